package engine

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/sock"
)

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello world\n"

// apart is an address with ports that clients of other tests do not use, so that a server can listen on its port again.
var apart = map[bool]string{true: "127.0.0.77:0", false: "127.0.0.1:0"}[sock.Linux]

// server serves each connection with a function of the test.
type server struct {
	addr     string
	ln       net.Listener
	accepted atomic.Int64
	received atomic.Int64
	mu       sync.Mutex
	conns    map[net.Conn]bool
	all      sync.WaitGroup
}

// peer is a connection as a server sees it.
type peer struct {
	net.Conn
	*server
	in   *bufio.Reader
	line string // the request line of the latest request
}

func serve(t *testing.T, addr string, each func(*peer)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Error(err)
		runtime.Goexit() // like FailNow, but serve may be called from another goroutine
	}
	s := &server{addr: ln.Addr().String(), ln: ln, conns: map[net.Conn]bool{}}
	s.all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			s.mu.Lock()
			s.conns[conn] = true
			s.mu.Unlock()
			s.all.Go(func() {
				each(&peer{Conn: conn, server: s, in: bufio.NewReader(conn)})
				conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			})
		}
	})
	t.Cleanup(s.die)
	return s
}

// die resets every connection and stops listening.
func (s *server) die() {
	s.ln.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
	s.mu.Unlock()
	s.all.Wait()
}

// dieAfter makes the server die after so many requests.
func (s *server) dieAfter(t *testing.T, requests int64) {
	when(t, func() bool { return s.received.Load() >= requests }, s.die)
}

// when calls do on a goroutine as soon as cond is true. The test ends only after that.
func when(t *testing.T, cond func() bool, do func()) {
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for t.Context().Err() == nil {
			if cond() {
				do()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
}

// request reads one request's head and reports whether there was one.
func (p *peer) request() bool {
	for p.line = ""; ; {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == "\r\n" {
			p.received.Add(1)
			return true
		}
		if p.line == "" {
			p.line = line
		}
	}
}

func (p *peer) reset() { p.Conn.(*net.TCPConn).SetLinger(0); p.Close() }

// say answers every request with text.
func say(text string) func(*peer) {
	return func(p *peer) {
		for p.request() {
			fmt.Fprint(p, text)
		}
	}
}

// sayOnce answers one request with text and closes.
func sayOnce(text string) func(*peer) {
	return func(p *peer) {
		if p.request() {
			fmt.Fprint(p, text)
		}
	}
}

func load(target string) result.Spec {
	s := result.DefaultSpec()
	s.Target, s.Connections, s.Duration, s.Grace = target, 4, 100*time.Millisecond, 0
	return s
}

func carryOut(t *testing.T, s result.Spec) *result.Load {
	t.Helper()
	l, err := Run(t.Context(), context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Spec = s
	balance(t, l)
	return l
}

// balance checks what holds for every run.
func balance(t *testing.T, l *result.Load) {
	t.Helper()
	sums(t, l)
	h, err := result.Decode(l.ServiceHistogram)
	if err != nil {
		t.Fatal(err)
	}
	if q := l.Requests; h.Count() != q.OK+q.Unanswered+l.Errors["timeout"]+l.Unsaved() {
		t.Errorf("the service histogram holds %d requests: %+v, %v", h.Count(), q, l.Errors)
	}
}

// sums checks that the counts agree with each other.
func sums(t *testing.T, l *result.Load) {
	t.Helper()
	sum := func(m map[string]int64) (n int64) {
		for _, v := range m {
			n += v
		}
		return n
	}
	q := l.Requests
	for _, c := range []struct {
		what      string
		got, want int64
	}{
		{"planned = sent + unsent", q.Planned, q.Sent + q.Unsent},
		{"sent = ok + errors + unanswered", q.Sent, q.OK + q.Errors + q.Unanswered},
		{"unsent_by sums to unsent", sum(l.UnsentBy), q.Unsent},
		{"errors sum to errors", sum(l.Errors), q.Errors},
		{"connect_errors sum to failed", sum(l.ConnectErrors), l.Connections.Failed},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, %d\n%+v", c.what, c.got, c.want, l)
		}
	}
	if q.Unanswered > l.Connections.Used*int64(max(1, l.Spec.Pipeline)) {
		t.Errorf("%d requests unanswered on %d connections", q.Unanswered, l.Connections.Used)
	}
}
