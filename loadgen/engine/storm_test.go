package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// patience is the timeout of the requests. A good one needs far less, even on a busy machine.
const patience = 2 * time.Second

// fault is one way in which a server fails a request.
type fault struct {
	name  string
	n     int           // how often it is planned
	says  string        // what the server sends: a whole reply, a part of one, or nothing
	slow  time.Duration // pause before each byte; 0: all is sent at once
	then  func(*peer)   // what the server then does with the connection; nil: keep it open
	class string        // the class of the error; "": the reply is good
}

// resent stands for the class of a request that is sent again, because a connection that had a reply before was closed without a reply.
const resent = "sent again"

var (
	letters = alphabet(64) // the body of /bytes/64
	whole   = reply("200 OK", letters)
)

func reply(status, body string, fields ...string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), strings.Join(fields, ""), body)
}

// faults has every fault that a request on an open connection can meet: 2,500 of them among as many good replies.
var faults = []fault{
	{name: "good", n: 2000, says: whole},
	{name: "good and slow", n: 50, says: whole, slow: 1},
	{name: "good elsewhere", n: 200, says: reply("302 Found", "", "Location: /bytes/64?\r\n"), class: "redirect-too-many"}, // of the second in a chain
	{name: "good and the last", n: 250, says: reply("200 OK", letters, "Connection: close\r\n"), then: shut},

	{name: "reset before a reply", n: 225, then: (*peer).reset, class: "read-reset"},
	{name: "reset within a head", n: 200, says: whole[:20], then: (*peer).reset, class: "read-reset"},
	{name: "reset within a body", n: 200, says: whole[:len(whole)-1], then: (*peer).reset, class: "read-reset"},
	{name: "closed before a reply", n: 175, then: shut, class: "read-eof"},
	{name: "half-closed before a reply", n: 150, then: halfClose, class: "read-eof"},
	{name: "half-closed within a head", n: 150, says: whole[:30], then: halfClose, class: "read-eof"},
	{name: "half-closed within a body", n: 150, says: whole[:len(whole)-1], then: halfClose, class: "read-eof"},
	{name: "a body cut short", n: 175, says: whole[:len(whole)-30], then: shut, class: "read-eof"},
	{name: "more than announced", n: 150, says: whole + "!", class: "body-length"},
	{name: "a shorter body than asked for", n: 75, says: reply("200 OK", letters[1:]), class: "body-length"},
	{name: "a longer body than asked for", n: 75, says: reply("200 OK", letters+"A"), class: "body-length"},
	{name: "another body", n: 175, says: reply("200 OK", letters[1:]+"!"), class: "body-content"},
	{name: "another digest", n: 125, says: reply("200 OK", letters, "Content-Digest: sha-256=:"+strings.Repeat("A", 43)+"=:\r\n"), class: "body-digest"},
	{name: "no HTTP", n: 75, says: "SSH-2.0-OpenSSH_9.9\r\n\r\n", class: "malformed"},
	{name: "two lengths", n: 75, says: reply("200 OK", letters, "Content-Length: 1\r\n"), class: "malformed"},
	{name: "not found", n: 75, says: reply("404 Not Found", "no"), class: "status-404"},
	{name: "too many requests", n: 50, says: reply("429 Too Many Requests", "", "Connection: close\r\n"), then: shut, class: "status-429"},
	{name: "an error inside", n: 75, says: reply("500 Internal Server Error", "oh"), class: "status-500"},
	{name: "unavailable", n: 75, says: reply("503 Service Unavailable", "", "Connection: close\r\n"), then: shut, class: "status-503"},
	{name: "another host", n: 42, says: reply("302 Found", "", "Location: http://127.0.0.9:1/\r\n"), class: "redirect-elsewhere"},
	{name: "never a reply", n: 4, then: (*peer).listen, class: "timeout"},
	{name: "slower than the timeout", n: 4, says: whole, slow: 2 * patience / time.Duration(len(whole)), class: "timeout"},
}

func shut(p *peer) { p.Close() }

func halfClose(p *peer) {
	p.Conn.(*net.TCPConn).CloseWrite()
	p.listen()
}

// listen waits until the client has closed.
func (p *peer) listen() { p.request() }

// storm is a server that replies by a plan.
type storm struct {
	plan []*fault

	mu    sync.Mutex
	next  int            // in the plan
	done  int            // faults so far
	class map[string]int // requests that met a fault, by class
}

// newStorm shuffles the faults with a seed. Those that take long come first, so that the run does not end with them.
func newStorm(seed uint64) *storm {
	s := &storm{class: map[string]int{}}
	late := 0
	for i := range faults {
		f := &faults[i]
		for range f.n {
			s.plan = append(s.plan, f)
		}
		if f.class == "timeout" {
			late += f.n
		}
	}
	early := len(s.plan) - late
	s.plan = append(s.plan[early:], s.plan[:early]...)
	rest := s.plan[late:]
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rest), func(i, k int) { rest[i], rest[k] = rest[k], rest[i] })
	return s
}

// draw returns the next fault of the plan. first: the request is the first on its connection; chained: it follows a redirect.
func (s *storm) draw(first, chained bool) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, class := &faults[0], ""
	if s.next < len(s.plan) {
		f = s.plan[s.next]
		class = f.class
	}
	switch s.next++; {
	case class == "read-eof" && f.says == "" && !first:
		class = resent
	case class == "redirect-elsewhere" && chained:
		class = "redirect-too-many"
	case class == "redirect-too-many" && !chained:
		class = ""
	}
	if class != "" {
		s.class[class]++
		s.done++
	}
	return f
}

// serve answers a connection by the plan.
func (s *storm) serve(p *peer) {
	for first := true; p.request(); first = false {
		f := s.draw(first, strings.Contains(p.line, "?"))
		for text := f.says; text != ""; {
			n := len(text)
			if f.slow > 0 {
				time.Sleep(f.slow)
				n = 1
			}
			if _, err := p.Write([]byte(text[:n])); err != nil {
				return
			}
			text = text[n:]
		}
		if f.then != nil {
			f.then(p)
			return
		}
	}
}

// Each of more than 10,000 faults is counted in its class, whatever came before it on its connection, and the books agree with those of the server.
func TestStorm(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 20_000} {
			t.Run(fmt.Sprint(engine, " ", rate), func(t *testing.T) {
				t.Parallel()
				plan := newStorm(uint64(rate))
				srv := serve(t, "127.0.0.1:0", plan.serve)
				s := load("http://" + srv.addr + "/bytes/64")
				ours(&s)
				s.Engine, s.Rate, s.Connections, s.Timeout, s.MaxRedirects = engine, rate, 64, patience, 1
				s.Duration, s.Requests = 0, int64(len(plan.plan))
				l := carryOut(t, s)
				srv.die()

				want := map[string]int64{}
				for class, n := range plan.class {
					want[class] = int64(n)
				}
				got := maps.Clone(l.Errors)
				got[resent] = l.Resent
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("the server's faults - errors +\n%s", diff)
				}
				q := l.Requests
				if received := srv.received.Load(); q.Sent+l.Redirects+l.Resent != received {
					t.Errorf("%d sent, %d redirects and %d sent again; the server was asked %d times", q.Sent, l.Redirects, l.Resent, received)
				}
				// A connection that opens after the last reply is not in the record.
				if c := l.Connections; c.Opened > srv.accepted.Load() || c.Opened < srv.accepted.Load()-int64(s.Connections) || c.Failed > 0 {
					t.Errorf("%+v; the server took %d connections", c, srv.accepted.Load())
				}
				if !l.Complete || q.Sent != s.Requests || plan.done < 2500 {
					t.Errorf("complete %v, %+v, %d faults", l.Complete, q, plan.done)
				}
			})
		}
	}
}
