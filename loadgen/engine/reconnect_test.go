package engine

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A client that sent Connection: close sends no further request on the connection, even if the reply permits it.
func TestOwnClose(t *testing.T) {
	for _, engine := range engines() {
		srv := serve(t, "127.0.0.1:0", func(p *peer) {
			if p.request() {
				fmt.Fprint(p, hello)
			}
			p.request()
		})
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Duration, s.Requests, s.Headers = engine, 0, 50, []string{"connection: Keep-Alive , Close"}
		l := carryOut(t, s)
		if l.Requests.OK != 50 || srv.received.Load() != 50 || l.Connections.Opened > 50+int64(s.Connections) {
			t.Errorf("%s: asked %d times; %+v %+v", engine, srv.received.Load(), l.Requests, l.Connections)
		}
	}
}

// The timeout also applies to a request that waits for a new connection, on which it is to be sent again.
func TestTimeoutWithoutConnection(t *testing.T) {
	for _, engine := range engines() {
		srv := serve(t, "127.0.0.1:0", func(p *peer) {
			if p.request() {
				fmt.Fprint(p, hello)
			}
			p.request()
			p.ln.Close()
		})
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Connections, s.Duration, s.Timeout = engine, 1, time.Second, 200*time.Millisecond
		l := carryOut(t, s)
		if l.Requests.OK != 1 || l.Errors["timeout"] != 1 || l.Requests.Unanswered != 0 || l.ConnectErrors["connect-refused"] == 0 {
			t.Errorf("%s: %+v %v %v", engine, l.Requests, l.Errors, l.ConnectErrors)
		}
		if most := time.Duration(l.Latency.Max); most < s.Timeout {
			t.Errorf("%s: given up after %v", engine, most)
		}
	}
}

// While some connections are served, those that the server closes are opened again with ever longer pauses.
func TestRefusedBesideServed(t *testing.T) {
	for _, engine := range engines() {
		var turn atomic.Int64
		srv := serve(t, "127.0.0.1:0", func(p *peer) {
			if turn.Add(1) <= 2 {
				say(hello)(p)
			}
		})
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Duration = engine, 500*time.Millisecond
		l := carryOut(t, s)
		// Pauses of 1, 2, 4 ... 256 ms make nine rounds. The bound is twice that, because the first rounds may overlap.
		if tries := srv.accepted.Load(); tries < 6 || tries > 2+2*2*9 || l.Connections.Answered != 2 {
			t.Errorf("%s: %d connections in %v; %+v", engine, tries, s.Duration, l.Connections)
		}
	}
}

// When the last request of a schedule is sent, the engine stops trying to connect.
func TestScheduleEndsWithoutServer(t *testing.T) {
	for _, engine := range engines() {
		var turn atomic.Int64
		srv := serve(t, "127.0.0.1:0", func(p *peer) {
			if turn.Add(1) == 1 {
				say(hello)(p)
			}
			p.ln.Close()
		})
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Rate, s.Duration, s.Requests, s.Timeout = engine, 500, 0, 100, 5*time.Second
		l := carryOut(t, s)
		if l.Requests.OK < 50 || l.Requests.OK+l.Requests.Errors != 100 || time.Duration(l.Window.ElapsedNS) > s.Timeout/2 {
			t.Errorf("%s: %+v %s in %v", engine, l.Requests, strings.TrimSpace(fmt.Sprint(l.Errors)), time.Duration(l.Window.ElapsedNS))
		}
	}
}

// A server may read a request and close without a reply. The request is sent again only if its method is idempotent; that is counted, and the books
// agree with what reached the server.
func TestDropped(t *testing.T) {
	for _, engine := range engines() {
		for method, again := range map[string]bool{"GET": true, "PUT": true, "DELETE": true, "POST": false, "PATCH": false, "MINE": false} {
			t.Run(engine+" "+method, func(t *testing.T) {
				srv := serve(t, "127.0.0.1:0", func(p *peer) {
					if p.request() {
						fmt.Fprint(p, hello)
					}
					p.request()
				})
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Method, s.Duration, s.Requests = engine, method, 0, 100
				l := carryOut(t, s)
				if received := srv.received.Load(); received != l.Requests.Sent+l.Resent {
					t.Errorf("the server was asked %d times, the books say %d + %d", received, l.Requests.Sent, l.Resent)
				}
				if ok := l.Requests.OK == 100 && l.Resent > 0; again && !ok || !again && (l.Resent > 0 || l.Errors["read-eof"] != l.Requests.Errors || ok) {
					t.Errorf("%+v %v, %d sent again", l.Requests, l.Errors, l.Resent)
				}
			})
		}
	}
}

// A run with -n continues while a server listens, even when the pauses between connects have grown beyond the timeout.
func TestCountedRunOutlivesAStall(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 1000} {
			t.Run(fmt.Sprint(engine, rate), func(t *testing.T) {
				var stalled atomic.Int64 // requests in the stall: the pauses double from 1 ms, so the ninth comes after a pause of 256 ms
				srv := serve(t, "127.0.0.1:0", func(p *peer) {
					for p.request() {
						if n := p.received.Load(); n > 10 && stalled.Add(1) <= 9 {
							p.request()
							return
						}
						fmt.Fprint(p, hello)
					}
				})
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Rate, s.Connections, s.Duration, s.Requests, s.Timeout = engine, rate, 1, 0, 200, 50*time.Millisecond
				l := carryOut(t, s)
				if q := l.Requests; !l.Complete || q.Unsent > 0 || l.Errors["timeout"] < 9 || q.OK+q.Errors != 200 {
					t.Errorf("complete %v, %+v %v %v", l.Complete, q, l.UnsentBy, l.Errors)
				}
			})
		}
	}
}
