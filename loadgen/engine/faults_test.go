package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/record"
)

func TestMain(m *testing.M) {
	child()
	goleak.VerifyTestMain(m)
}

// engines returns the engines of this machine that share package flight.
func engines() []string {
	if !sock.Linux {
		return []string{result.Net}
	}
	if CheckUring() != nil {
		return []string{result.Epoll, result.Net}
	}
	return []string{result.Epoll, result.Uring, result.Net}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		each   func(*peer)
		change func(*result.Spec)
		path   string
		want   string // the classes of the errors, and in parentheses classes any of which may come; "": every reply is good
	}{
		{name: "good", each: say(hello)},
		{name: "chunked", each: say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n7;x=y\r\n world\n\r\n0\r\nTrailer: 1\r\n\r\n")},
		{name: "until the end of the connection", each: sayOnce("HTTP/1.0 200 OK\r\nServer: old\r\n\r\nHello world\n")},
		{name: "HTTP/1.0 keep-alive", each: say("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc")},
		{name: "interim replies", each: say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + hello)},
		{name: "no content", each: say("HTTP/1.1 204 No Content\r\n\r\n")},
		{name: "head", each: say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), change: func(s *result.Spec) { s.Method = "HEAD" }},
		{name: "a redirect", each: say("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")},
		{name: "a date that changes", each: func(p *peer) {
			for i := 0; p.request(); i++ {
				fmt.Fprintf(p, "HTTP/1.1 200 OK\r\nDate: %d\r\nContent-Length: 2\r\n\r\nok", i)
			}
		}},
		{name: "byte by byte", each: func(p *peer) {
			for p.request() {
				for i := range len(hello) {
					fmt.Fprint(p, hello[i:i+1])
				}
			}
		}},
		{name: "a close that was announced", each: sayOnce("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\nHello world\n")},
		{name: "a close after a reply", each: func(p *peer) {
			p.request()
			fmt.Fprint(p, hello)
			p.request()
			fmt.Fprint(p, hello)
			p.Conn.(*net.TCPConn).CloseWrite() // and read a request that crosses it, so that the kernel does not reset the connection
			p.request()
		}},
		{name: "a large body", path: "/bytes/300000", each: func(p *peer) {
			for p.request() {
				fmt.Fprintf(p, "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n%s", alphabet(300_000))
			}
		}, change: ours},
		{name: "lines", each: func(p *peer) {
			for {
				if line, err := p.in.ReadString('\n'); err != nil || line != "hi\n" {
					return
				}
				fmt.Fprint(p, "Hello world\n")
			}
		}, change: func(s *result.Spec) { s.Proto, s.Body = result.Line, "hi" }},

		{name: "reset before a reply", each: func(p *peer) { p.request(); p.reset() }, want: "read-reset"},
		{name: "reset unread", each: func(p *peer) { time.Sleep(2 * time.Millisecond); p.reset() }, want: "(read-reset write-reset)"},
		{name: "reset within a reply", each: func(p *peer) {
			p.request()
			fmt.Fprint(p, hello[:40])
			time.Sleep(time.Millisecond)
			p.reset()
		}, want: "read-reset"},
		{name: "closed without a reply", each: func(p *peer) { p.request() }, want: "read-eof"},
		{name: "closed within a head", each: sayOnce("HTTP/1.1 200 OK\r\nContent-Le"), want: "read-eof"},
		{name: "closed within a body", each: sayOnce(hello[:len(hello)-3]), want: "read-eof"},
		{name: "closed within a chunk", each: sayOnce("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHel"), want: "read-eof"},
		{name: "half closed", each: func(p *peer) {
			p.request()
			fmt.Fprint(p, hello[:30])
			p.Conn.(*net.TCPConn).CloseWrite()
			p.request()
		}, want: "read-eof"},
		{name: "another body", path: "/bytes/100", each: say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + strings.Repeat("x", 100)), change: ours, want: "body-content"},
		{name: "the last byte differs", path: "/bytes/100", each: say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + alphabet(99) + "!"), change: ours, want: "body-content"},
		{name: "a shorter body than asked for", path: "/bytes/100", each: say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + alphabet(99)), change: ours, want: "body-length"},
		{name: "more than announced", each: say(hello + "!"), want: "body-length"},
		{name: "a body after HEAD", each: say(hello), change: func(s *result.Spec) { s.Method = "HEAD" }, want: "body-length"},
		{name: "unavailable", each: say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), want: "status-503"},
		{name: "not found, and closed", each: sayOnce("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"), want: "status-404"},
		{name: "no HTTP", each: say("SSH-2.0-OpenSSH_9.9\r\n\r\n"), want: "malformed"},
		{name: "two lengths", each: say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), want: "malformed"},
		{name: "another line", each: func(p *peer) {
			for i := 0; ; i++ {
				if _, err := p.in.ReadString('\n'); err != nil {
					return
				}
				fmt.Fprint(p, map[bool]string{true: "Hello world\n", false: "Hallo Welt!\n"}[i == 0])
			}
		}, change: func(s *result.Spec) { s.Proto, s.Expect = result.Line, result.Carousel }, want: "body-content"},
		{name: "never a reply", each: func(p *peer) { p.request(); p.request() }, change: func(s *result.Spec) { s.Timeout = 100 * time.Millisecond }, want: "timeout"},
		{name: "half a reply", each: func(p *peer) { p.request(); fmt.Fprint(p, hello[:50]); p.request() },
			change: func(s *result.Spec) { s.Timeout = 100 * time.Millisecond }, want: "timeout"},
	} {
		for _, engine := range engines() {
			t.Run(c.name+"/"+engine, func(t *testing.T) {
				s := load("http://" + serve(t, "127.0.0.1:0", c.each).addr + "/" + strings.TrimPrefix(c.path, "/"))
				if s.Engine, s.Duration, s.Requests = engine, 0, 20; c.change != nil {
					c.change(&s)
				}
				l := carryOut(t, s)
				classes := slices.Sorted(maps.Keys(l.Errors))
				got := strings.Join(classes, " ")
				if choice, ok := strings.CutPrefix(c.want, "("); ok {
					for _, class := range classes {
						if !slices.Contains(strings.Fields(strings.TrimSuffix(choice, ")")), class) {
							t.Errorf("errors %v, want some of %s", l.Errors, c.want)
						}
					}
					if len(classes) == 0 {
						t.Errorf("no errors, want some of %s", c.want)
					}
				} else if got != c.want {
					t.Errorf("errors %v, want of class %q", l.Errors, c.want)
				}
				if q := l.Requests; q.OK+q.Errors != 20 || c.want == "" && q.OK != 20 {
					t.Errorf("%+v", q)
				}
				if c.name == "reset unread" {
					delete(l.ConnectErrors, "connect-reset") // on a busy machine the reset may come during the connect
				}
				if len(l.ConnectErrors) > 0 {
					t.Errorf("connect errors %v", l.ConnectErrors)
				}
			})
		}
	}
}

// ours makes the client check bodies by the rules of our own servers.
func ours(s *result.Spec) { s.Expect = result.Carousel }

func alphabet(n int) string {
	return strings.Repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", n/64+1)[:n]
}

func TestNobodyListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	for _, engine := range engines() {
		s := load("http://" + ln.Addr().String() + "/")
		s.Engine = engine
		l, err := Run(t.Context(), context.Background(), s, nil)
		var gone *Unreachable
		if l != nil || !errors.As(err, &gone) || gone.Class != record.ConnectRefused || gone.Addr != ln.Addr().String() {
			t.Errorf("%s: %v, %v", engine, l, err)
		}
	}
}

// A server dies and comes back. The requests in flight fail and are counted, failed connects do not count as requests, and the run ends on time and
// uses the server again.
func TestServerDiesAndReturns(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			var halves atomic.Int64 // incomplete replies, one on each connection, so that requests are in flight when the server dies
			first := serve(t, apart, func(p *peer) {
				for p.request() {
					time.Sleep(time.Millisecond)
					reply := hello
					if p.received.Load() > 50 {
						reply = hello[:len(hello)/2]
						halves.Add(1)
					}
					fmt.Fprint(p, reply)
				}
			})
			s := load("http://" + first.addr + "/")
			s.Engine, s.Duration = engine, 2*time.Second
			s.Method = "POST" // never sent again, so its service time does not include the wait for the server
			again := make(chan *server, 1)
			when(t, func() bool { return halves.Load() == 4 }, func() {
				defer close(again)
				first.die()
				time.Sleep(500 * time.Millisecond)
				again <- serve(t, first.addr, say(hello))
			})
			l := carryOut(t, s)
			second := <-again
			if second == nil {
				return // listening again failed
			}
			// The next request was due when the one before had failed, and waited until the server was back.
			if l.Latency.Max < int64(300*time.Millisecond) || l.Latency.Max <= l.Service.Max {
				t.Errorf("response time %+v, service time %+v", l.Latency, l.Service)
			}
			if l.Errors["read-reset"]+l.Errors["write-reset"]+l.Errors["read-eof"] == 0 {
				t.Errorf("errors %v", l.Errors)
			}
			if l.ConnectErrors["connect-refused"] == 0 {
				t.Errorf("connect errors %v", l.ConnectErrors)
			}
			if second.received.Load() == 0 || l.Connections.Answered != 4 {
				t.Errorf("%d requests after the return, connections %+v", second.received.Load(), l.Connections)
			}
			if !l.Complete || l.Gone || l.Window.ElapsedNS != int64(s.Duration) {
				t.Errorf("complete %v, gone %v after %v", l.Complete, l.Gone, time.Duration(l.Window.ElapsedNS))
			}
		})
	}
}

func TestServerDiesForGood(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 500} {
			t.Run(fmt.Sprint(engine, rate), func(t *testing.T) {
				srv := serve(t, "127.0.0.1:0", say(hello))
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Rate, s.Duration = engine, rate, time.Second
				srv.dieAfter(t, 20)
				l := carryOut(t, s)
				if l.Requests.OK == 0 || l.ConnectErrors["connect-refused"] == 0 || !l.Gone {
					t.Errorf("%+v %v, gone %v", l.Requests, l.ConnectErrors, l.Gone)
				}
				if rate > 0 && (l.Requests.Planned != 500 || l.UnsentBy["no-connection"] < 50) {
					t.Errorf("%+v %v", l.Requests, l.UnsentBy)
				}
			})
		}
	}
}

// A run with -n cannot complete when the server is gone: it ends when no connect has succeeded for the timeout.
func TestCountedRunGivesUp(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 1000} {
			t.Run(fmt.Sprint(engine, rate), func(t *testing.T) {
				srv := serve(t, "127.0.0.1:0", say(hello))
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Rate, s.Duration, s.Requests, s.Timeout = engine, rate, 0, 1_000_000, 200*time.Millisecond
				srv.dieAfter(t, 10)
				l := carryOut(t, s)
				if l.Complete || l.Requests.Planned != 1_000_000 || l.UnsentBy["no-connection"] == 0 {
					t.Errorf("%+v %v", l.Requests, l.UnsentBy)
				}
			})
		}
	}
}

// Every byte that is read in the window counts exactly once, whether its request succeeds or not.
func TestAllBytesCount(t *testing.T) {
	for _, c := range []struct {
		name   string
		each   func(*peer)
		change func(*result.Spec)
		ok     int // bytes of each good reply
		other  int // bytes of each other request
	}{
		{"unanswered", func(p *peer) { p.request(); fmt.Fprint(p, hello); p.request(); fmt.Fprint(p, hello[:40]); p.request() }, nil, len(hello), 40},
		{"closed", func(p *peer) { p.request(); fmt.Fprint(p, hello[:40]) }, func(s *result.Spec) { s.Duration, s.Requests = 0, 4 }, 0, 40},
		{"closed without a byte, after a reply", func(p *peer) { p.request(); fmt.Fprint(p, hello); p.request() },
			func(s *result.Spec) { s.Duration, s.Requests, s.Method = 0, 8, "POST" }, len(hello), 0},
		{"redirected, then closed", func(p *peer) { p.request(); fmt.Fprint(p, moved); p.request(); fmt.Fprint(p, hello[:40]) },
			func(s *result.Spec) { s.Duration, s.Requests, s.MaxRedirects = 0, 4, 1 }, 0, len(moved) + 40},
	} {
		for _, engine := range engines() {
			s := load("http://" + serve(t, "127.0.0.1:0", c.each).addr + "/")
			if s.Engine = engine; c.change != nil {
				c.change(&s)
			}
			l := carryOut(t, s)
			q := l.Requests
			if want := q.OK*int64(c.ok) + (q.Errors+q.Unanswered)*int64(c.other); l.BytesRead != want || q.Sent < 4 {
				t.Errorf("%s, %s: %d bytes read, want %d; %+v %v", c.name, engine, l.BytesRead, want, q, l.Errors)
			}
		}
	}
}

const moved = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
