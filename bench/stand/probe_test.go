package stand

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"carousel/internal/host"
)

// limitedServer is a server that counts its silent connections: those that are open and have sent nothing. Beside maxSilent or more it refuses requests,
// does not answer them, or stops listening.
type limitedServer struct {
	net.Listener
	maxSilent int
	then      string

	mu        sync.Mutex
	opened    int // in the order they came
	requested int
}

func (l *limitedServer) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	request, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.requested++
	silent := l.opened - l.requested
	l.mu.Unlock()
	switch {
	case silent < l.maxSilent && request.URL.Path != "/":
		io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	case silent < l.maxSilent:
		io.WriteString(c, helloReply)
	case l.then == "turns away":
		io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	case l.then == "says nothing":
		io.Copy(io.Discard, r)
	}
}

func open(t *testing.T, maxSilent int, then string) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &limitedServer{Listener: listener, maxSilent: maxSilent, then: then}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.opened++
			gone := then == "listens no longer" && l.opened-l.requested >= maxSilent
			l.mu.Unlock()
			talks.Go(func() { l.serve(c) })
			if gone {
				listener.Close()
				return
			}
		}
	})
	t.Cleanup(func() { listener.Close(); talks.Wait() })
	return &server{addr: listener.Addr().String()}
}

func TestProbe(t *testing.T) {
	const never = 1 << 20
	if soft, _, err := host.FDLimit(); err == nil && soft < 11000 {
		t.Skipf("%d descriptors: too few for both ends of 5000 connections", soft)
	}
	for _, c := range []struct {
		name               string
		limit, maxSilent   int
		then               string
		wait               time.Duration
		silent, orSilent   int // a connect may succeed while the listener closes
		status             int
		answered, hasWaits bool
	}{
		{"all of 8", 8, never, "", time.Minute, 8, 8, 0, true, false},
		{"all of 64", 64, never, "", time.Minute, 64, 64, 0, true, false},
		{"all of 5000", 5000, never, "", time.Minute, 5000, 5000, 0, true, false},
		{"the first is one too many", 64, 0, "turns away", time.Minute, 1, 1, 503, false, false},
		{"turns away from 3 on", 64, 3, "turns away", time.Minute, 3, 3, 503, false, false},
		{"turns away from 64 on", 5000, 64, "turns away", time.Minute, 64, 64, 503, false, false},
		{"turns away from 900 on", 5000, 900, "turns away", time.Minute, 900, 900, 503, false, false},
		{"turns away from 1020 on, where select ends", 5000, 1020, "turns away", time.Minute, 1100, 1100, 503, false, false},
		{"turns away from 5000 on", 5000, 5000, "turns away", time.Minute, 5000, 5000, 503, false, false},
		{"says nothing from 3 on", 64, 3, "says nothing", 2 * time.Second, 3, 3, 0, false, true},
		{"says nothing from 100 on", 5000, 100, "says nothing", 2 * time.Second, 128, 128, 0, false, true},
		{"listens no longer from 70 on", 5000, 70, "listens no longer", 2 * time.Second, 70, 128, 0, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := probe(t.Context(), open(t, c.maxSilent, c.then), c.limit, c.wait)
			if err != nil {
				t.Fatal(err)
			}
			if p.Silent < c.silent || p.Silent > c.orSilent || p.Limit != c.limit || p.Answered != c.answered || p.Status != c.status {
				t.Errorf("%+v", *p)
			}
			if c.hasWaits && p.WaitNS < int64(c.wait) || c.answered && p.WaitNS != 0 || !c.answered && p.WaitNS == 0 {
				t.Errorf("it waited %v", time.Duration(p.WaitNS))
			}
		})
	}
}

// With three at a time the third silent connection takes the last place.
func TestProbeOfAFewAtATime(t *testing.T) {
	const limit, wait = 8, 2 * time.Second
	some, err := probe(t.Context(), &server{addr: listenFew(t, 3, perRequest(helloReply))}, limit, wait)
	if err != nil || some.Answered || some.Silent != 3 || some.WaitNS < int64(wait) {
		t.Errorf("three at a time: %+v, %v", some, err)
	}
}

func TestProbeWithoutAServer(t *testing.T) {
	addr, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	if p, err := probe(t.Context(), &server{addr: addr}, 8, 2*time.Second); err == nil {
		t.Errorf("nobody listens: %+v", p)
	}
	why := errors.New("a signal")
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(why)
	if p, err := probe(ctx, open(t, 100, ""), 8, time.Minute); err != why {
		t.Errorf("interrupted: %+v, %v", p, err)
	}
}

// A guest with a path of its own is probed with that path.
func TestProbeAsksForThePath(t *testing.T) {
	up := open(t, 100, "")
	up.candidate = Candidate{Name: "mine", Guest: true, Path: "/users", Status: http.StatusNotFound}
	if p, err := probe(t.Context(), up, 8, time.Minute); err != nil || !p.Answered {
		t.Errorf("%+v, %v", p, err)
	}
	up.candidate.Status = 0
	if p, err := probe(t.Context(), up, 8, time.Minute); err != nil || p.Answered || p.Status != http.StatusNotFound || p.Silent != 1 {
		t.Errorf("with another answer than was expected: %+v, %v", p, err)
	}
}
