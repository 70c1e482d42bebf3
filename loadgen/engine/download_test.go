package engine

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// site replies by path, and closes if the reply has Connection: close.
func site(replies map[string]string) func(*peer) {
	return func(p *peer) {
		for {
			line, err := p.in.ReadString('\n')
			if err != nil || !p.request() {
				return
			}
			reply := replies[strings.Fields(line)[1]]
			if fmt.Fprint(p, reply); reply == "" || strings.Contains(reply, "Connection: close") {
				return
			}
		}
	}
}

// picture returns the reply to /picture/K, whose body doubles with each K.
func picture(k int) (reply, body string) {
	body = strings.Repeat(fmt.Sprintf("picture %d\n", k), 1<<k)
	sum := sha256.Sum256([]byte(body))
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: image/png\r\nContent-Digest: sha-256=:%s:\r\n\r\n%s",
		len(body), base64.StdEncoding.EncodeToString(sum[:]), body), body
}

func to(location string) string {
	return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 4\r\n\r\ngone"
}

// gallery returns the replies of a site with ten pictures and a redirect to each.
func gallery() map[string]string {
	replies := map[string]string{}
	for k := range 10 {
		at := fmt.Sprintf("/picture/%d", k)
		replies[at], _ = picture(k)
		replies["/moved"+at] = to(at)
	}
	return replies
}

func movedPictures(s *result.Spec) {
	s.Target += "moved/picture/0"
	for k := 1; k < 10; k++ {
		s.Paths = append(s.Paths, fmt.Sprintf("/moved/picture/%d", k))
	}
}

// Both save modes write the same files, one for each request, over one connection and over ten.
func TestDownload(t *testing.T) {
	for _, engine := range engines() {
		for _, mode := range []string{result.Inline, result.Offload} {
			for _, connections := range []int{1, 10} {
				t.Run(fmt.Sprint(engine, mode, connections), func(t *testing.T) {
					srv := serve(t, "127.0.0.1:0", site(gallery()))
					s := load("http://" + srv.addr + "/")
					movedPictures(&s)
					s.Engine, s.Connections, s.Duration, s.Requests = engine, connections, 0, 30
					s.MaxRedirects, s.Save, s.SaveMode = 1, filepath.Join(t.TempDir(), "new"), mode
					l := carryOut(t, s)
					if l.Requests.OK != 30 || l.Redirects != 30 || srv.received.Load() != 60 || l.Connections.Opened != int64(connections) {
						t.Errorf("%+v %v, %d redirects, asked %d times, %+v", l.Requests, l.Errors, l.Redirects, srv.received.Load(), l.Connections)
					}
					want := int64(0)
					for path, reply := range gallery() {
						want += 3 * int64(len(reply))
						if k, is := strings.CutPrefix(path, "/picture/"); is {
							held(t, s.Save, k, 3)
						}
					}
					if l.BytesRead != want {
						t.Errorf("%d bytes read, want %d", l.BytesRead, want)
					}
					for i, path := range l.Paths {
						if path.Path != fmt.Sprintf("/moved/picture/%d", i) || path.Count != 3 || path.Latency.Max <= 0 || path.Latency.Max > l.Latency.Max {
							t.Errorf("%+v", path)
						}
					}
					if len(l.Paths) != 10 {
						t.Errorf("%d paths", len(l.Paths))
					}
					if all, _ := os.ReadDir(s.Save); len(all) != 30 {
						t.Errorf("%d files", len(all))
					}
				})
			}
		}
	}
}

// held checks that dir has so many files of picture k, each complete.
func held(t *testing.T, dir, k string, times int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "picture-"+k+"-*.png"))
	if err != nil || len(files) != times {
		t.Errorf("%d files of picture %s, want %d (%v)", len(files), k, times, err)
	}
	number, _ := strconv.Atoi(k)
	_, want := picture(number)
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%s differs from what was served (%v)", file, err)
		}
		if !regexp.MustCompile(`/picture-[0-9]-[0-9]+-[0-9]+\.png$`).MatchString(filepath.ToSlash(file)) {
			t.Errorf("%s: not connection and number", file)
		}
	}
}

func TestRedirects(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies map[string]string
		max     int
		hops    int64  // redirects of each request
		want    string // class of the errors; "" for none
	}{
		{"none to follow", map[string]string{"/": to("/a")}, 0, 0, ""},
		{"one", map[string]string{"/": to("/a"), "/a": hello}, 1, 1, ""},
		{"a chain", map[string]string{"/": to("a/b"), "/a/b": to("c"), "/a/c": to("?d"), "/a/c?d": hello}, 3, 3, ""},
		{"a chain of one too many", map[string]string{"/": to("a/b"), "/a/b": to("c"), "/a/c": to("/"), "/a/c?d": hello}, 2, 2, "redirect-too-many"},
		{"a circle", map[string]string{"/": to("/")}, 7, 7, "redirect-too-many"},
		{"another server", map[string]string{"/": to("/a"), "/a": to("http://127.0.0.2:1/")}, 5, 1, "redirect-elsewhere"},
		{"nowhere", map[string]string{"/": "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\n\r\n"}, 5, 0, "redirect-elsewhere"},
		{"to what is missing", map[string]string{"/": to("/a"), "/a": "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}, 5, 1, "status-404"},
		{"to no HTTP", map[string]string{"/": to("/a"), "/a": "what\r\n\r\n"}, 5, 1, "malformed"},
		{"and a close that was announced", map[string]string{"/": strings.Replace(to("/a"), "\r\n", "\r\nConnection: close\r\n", 1), "/a": hello}, 5, 1, ""},
		{"to a close without a word", map[string]string{"/": to("/a"), "/a": ""}, 5, 1, "read-eof"},
		{"a wrong digest", map[string]string{"/": to("/a"), "/a": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Digest: sha-256=:" + strings.Repeat("A", 43) + "=:\r\n\r\nx"}, 5, 1, "body-digest"},
		{"to checked bytes", map[string]string{"/": to("/bytes/70"), "/bytes/70": "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n" + alphabet(70)}, 5, 1, ""},
		{"to wrong bytes", map[string]string{"/": to("/bytes/70"), "/bytes/70": "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n" + alphabet(69) + "!"}, 5, 1, "body-content"},
	} {
		for _, engine := range engines() {
			t.Run(c.name+"/"+engine, func(t *testing.T) {
				srv := serve(t, "127.0.0.1:0", site(c.replies))
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Duration, s.Requests, s.MaxRedirects, s.Expect = engine, 0, 20, c.max, result.Carousel
				l := carryOut(t, s)
				if got := strings.Join(slices.Sorted(maps.Keys(l.Errors)), " "); got != c.want || l.Requests.OK+l.Requests.Errors != 20 {
					t.Errorf("errors %v, want %q; %+v", l.Errors, c.want, l.Requests)
				}
				if l.Redirects != 20*c.hops {
					t.Errorf("%d redirects, want %d", l.Redirects, 20*c.hops)
				}
				if again := srv.received.Load() - l.Requests.Sent - l.Redirects; again != 0 && (c.want != "read-eof" || again < 0 || again > 20) {
					t.Errorf("the server was asked %d times, the books say %d + %d", srv.received.Load(), l.Requests.Sent, l.Redirects)
				}
			})
		}
	}
}

// The timeout is for a whole chain of redirects, and so are response and service time, even if the chain takes several connections.
func TestChainIsOneRequest(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				for p.request() {
					time.Sleep(20 * time.Millisecond)
					if p.received.Load()%5 == 0 {
						fmt.Fprint(p, hello)
					} else {
						fmt.Fprint(p, strings.Replace(to("/"), "\r\n", "\r\nConnection: close\r\n", 1))
						return
					}
				}
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Connections, s.Duration, s.Requests, s.MaxRedirects = engine, 1, 0, 1, 100
			if l := carryOut(t, s); l.Latency.Max < int64(100*time.Millisecond) || l.Service.Max < int64(100*time.Millisecond) || l.Redirects != 4 {
				t.Errorf("%+v %+v, %d redirects", l.Latency, l.Service, l.Redirects)
			}
			s.Timeout = 50 * time.Millisecond
			if l := carryOut(t, s); l.Errors["timeout"] != 1 {
				t.Errorf("%v", l.Errors)
			}
		})
	}
}

// If the server closes a connection just as a request is sent, the request is sent again, and a chain of redirects continues.
func TestChainCrossesClose(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				line, err := p.in.ReadString('\n')
				if err != nil || !p.request() {
					return
				}
				if !strings.HasPrefix(line, "GET /a ") {
					fmt.Fprint(p, to("/a"))
					p.Conn.(*net.TCPConn).CloseWrite()
					p.request()
					return
				}
				fmt.Fprint(p, strings.Replace(hello, "\r\n", "\r\nConnection: close\r\n", 1))
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Duration, s.Requests, s.MaxRedirects = engine, 0, 20, 1
			if l := carryOut(t, s); l.Requests.OK != 20 || l.Redirects != 20 {
				t.Errorf("%+v %v, %d redirects", l.Requests, l.Errors, l.Redirects)
			}
		})
	}
}

// If the folder is removed while the load runs, files are not saved, but everything is measured.
func TestFolderLost(t *testing.T) {
	for _, engine := range engines() {
		for _, mode := range []string{result.Inline, result.Offload} {
			t.Run(engine+mode, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "lost")
				srv := serve(t, "127.0.0.1:0", func(p *peer) { os.RemoveAll(dir); say(hello)(p) })
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Duration, s.Requests, s.Save, s.SaveMode = engine, 0, 200, dir, mode
				l := carryOut(t, s)
				if l.Errors["save-other"] != 200 || l.Connections.Answered == 0 || l.Connections.Answered != l.Connections.Used || l.Latency.Max <= 0 || l.InFlight <= 0 {
					t.Errorf("%+v %v %+v", l.Requests, l.Errors, l.Connections)
				}
			})
		}
	}
}

// All connections together take the targets in order.
func TestTurns(t *testing.T) {
	for _, engine := range engines() {
		srv := serve(t, "127.0.0.1:0", site(gallery()))
		s := load("http://" + srv.addr + "/")
		movedPictures(&s)
		s.Engine, s.Duration, s.Requests, s.Save, s.SaveMode, s.MaxRedirects = engine, 0, 10, t.TempDir(), result.Offload, 1
		if s.Connections = 4; engine == result.Epoll {
			s.Threads = 2
		}
		if l := carryOut(t, s); l.Requests.OK != 10 {
			t.Errorf("%+v %v", l.Requests, l.Errors)
		}
		for k := range 10 {
			held(t, s.Save, strconv.Itoa(k), 1)
		}
	}
}

// A path may be given several times, and a slow path does not affect the figures of the others.
func TestPathsApart(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 1000} {
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				for {
					line, err := p.in.ReadString('\n')
					if err != nil || !p.request() {
						return
					}
					if strings.HasPrefix(line, "GET /slow ") {
						time.Sleep(600 * time.Millisecond)
					}
					fmt.Fprint(p, hello)
				}
			})
			s := load("http://" + srv.addr + "/")
			s.Paths, s.Rate = []string{"/", "/slow", "/"}, rate
			s.Engine, s.Connections, s.Duration, s.Requests, s.Timeout = engine, 8, 0, 8, 300*time.Millisecond
			l := carryOut(t, s)
			if l.Errors["timeout"] != 2 || len(l.Paths) != 2 {
				t.Fatalf("%v %+v", l.Errors, l.Paths)
			}
			quick, slow := l.Paths[0], l.Paths[1]
			if quick.Path != "/" || quick.Count != 6 || slow.Path != "/slow" || slow.Count != 2 || quick.Latency.Max >= slow.Latency.Max {
				t.Errorf("%+v", l.Paths)
			}
		}
	}
}

func TestBodyLimitIsInTheBooks(t *testing.T) {
	large := strings.Repeat("x", client.MaxBody+1)
	for _, engine := range engines() {
		srv := serve(t, "127.0.0.1:0", say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(large), large)))
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Duration, s.Requests, s.Connections, s.Save, s.SaveMode = engine, 0, 2, 1, t.TempDir(), result.Offload
		l := carryOut(t, s)
		if files, _ := os.ReadDir(s.Save); l.Errors["save-toolarge"] != 2 || len(files) > 0 {
			t.Errorf("%v, %d files", l.Errors, len(files))
		}
	}
}
