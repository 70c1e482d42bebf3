package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// oneHost is one of several servers. It counts connections, and requests by path.
type oneHost struct {
	*httptest.Server
	target   string // without a path
	met      atomic.Int64
	mu       sync.Mutex
	received map[string]int64
}

func openHost(t *testing.T, network string) *oneHost {
	t.Helper()
	h := &oneHost{received: map[string]int64{}}
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.received[r.URL.RequestURI()]++
		h.mu.Unlock()
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	}))
	h.Listener.Close()
	h.Listener = ln
	h.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			h.met.Add(1)
		}
	}
	h.Start()
	t.Cleanup(h.Close)
	if h.target = h.URL; network == "unix" {
		h.target = "unix:" + addr + ":"
	}
	return h
}

// Connections are distributed over the servers in turn, each sends the requests of its own server in turn, and the record agrees with the servers'
// counts.
func TestSeveralHosts(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, engine := range append(engines(), "epoll -t 2", "auto -t 2") {
			for _, ways := range []string{"", "--no-keepalive", "-r 2000", "--idle 3"} {
				if strings.HasPrefix(engine, "epoll") && len(engines()) < 3 || strings.HasPrefix(engine, "auto -t") && len(engines()) < 3 {
					continue
				}
				t.Run(strings.Join([]string{network, engine, ways}, " "), func(t *testing.T) {
					a, b, c := openHost(t, network), openHost(t, network), openHost(t, network)
					args := append(strings.Fields("-q -c 7 -n 300 --engine "+engine+" "+ways), a.target+"/x?n=1", b.target+"/x", "/y", c.target+"/z", b.target+"/w")
					l, _ := recordOf(t, done, args...)
					balanced(t, l)
					if l.Requests.OK != 300 {
						t.Errorf("%+v", l.Requests)
					}
					met := int64(0)
					for i, h := range []*oneHost{a, b, c} {
						met += h.met.Load()
						if want := []int64{3, 2, 2}[i]; ways == "" && h.met.Load() != want {
							t.Errorf("server %d met %d connections, want %d", i, h.met.Load(), want)
						}
					}
					if want := l.Connections.Opened; met != want {
						t.Errorf("the servers met %d connections, %d were opened", met, want)
					}
					seen := int64(0)
					for _, p := range l.Paths {
						for _, h := range []*oneHost{a, b, c} {
							name := strings.TrimPrefix(strings.TrimPrefix(h.target, "http://"), "unix:")
							if path, ours := strings.CutPrefix(p.Path, name); ours {
								seen++
								if p.OK == 0 || p.OK != h.received[path] {
									t.Errorf("%s: %d ok, the server was asked %d times", p.Path, p.OK, h.received[path])
								}
							}
						}
					}
					if seen != 5 || len(l.Paths) != 5 {
						t.Errorf("%d of the figures are of a target: %+v", seen, l.Paths)
					}
					for _, path := range []string{"/x?n=1", "/x"} { // the paths of a server take turns
						h, other := a, "/y"
						if path == "/x" {
							h, other = b, "/w"
						}
						if d := h.received[path] - h.received[other]; d < 0 || d > 1 {
							t.Errorf("%s %d times, %s %d times", path, h.received[path], other, h.received[other])
						}
					}
				})
			}
		}
	}
}

func TestSeveralHostsRedirected(t *testing.T) {
	a, b := openHost(t, "tcp"), openHost(t, "tcp")
	l, _ := recordOf(t, done, "-q", "-c", "4", "-n", "100", "--max-redirects", "2", a.target+"/moved", b.target+"/away", b.target+"/moved")
	if there := a.received["/there"] + b.received["/there"]; l.Redirects != there || b.received["/there"] == 0 || l.Errors["redirect-elsewhere"] != b.received["/away"] {
		t.Errorf("%d followed, %v, %v and %v asked", l.Redirects, l.Errors, a.received, b.received)
	}
}

// If one of several servers cannot be reached, the error names it, and there is no load.
func TestHostThatIsNotThere(t *testing.T) {
	a := openHost(t, "tcp")
	dead := deadAddr(t)
	for _, engine := range engines() {
		var stdout, stderr strings.Builder
		code := run(&stdout, &stderr, []string{"-q", "-c", "4", "-n", "100", "--engine", engine, a.target, "http://" + dead})
		if want := "nothing listens on " + dead; code != unreachable || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d, %q, want %q", engine, code, stderr.String(), want)
		}
	}
	if len(a.received) > 0 {
		t.Errorf("%v", a.received)
	}
}

// Each server's certificate is checked against the name of that server.
func TestSeveralHostsSecured(t *testing.T) {
	a, b := openVault(t, nil), openVault(t, nil)
	l, _ := recordOf(t, done, "-q", "-k", "-c", "4", "-n", "100", a.URL, b.URL+"/b")
	if a.received.Load()+b.received.Load() != 100 || a.met.Load() != 2 || b.met.Load() != 2 || l.TLS.Handshakes != 4 {
		t.Errorf("asked %d and %d over %d and %d, %+v", a.received.Load(), b.received.Load(), a.met.Load(), b.met.Load(), l.TLS)
	}
	named := strings.Replace(b.URL, "127.0.0.1", "localhost", 1)
	var stdout, stderr strings.Builder
	code := run(&stdout, &stderr, []string{"-q", "--cacert", a.authority.File(), "-c", "4", "-n", "10", a.URL, named})
	if want := "(connect-tls)"; code != unreachable || !strings.Contains(stderr.String(), want) {
		t.Errorf("exit code %d, %q, want %q", code, stderr.String(), want)
	}
}
