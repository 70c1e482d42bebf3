package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
)

// server replies with raw bytes, so that it can send what net/http would never send.
type server struct {
	addr     string
	close    func() error // stops listening
	answered atomic.Int64
}

// serve starts a server, which ends with the test. talk serves one connection.
func serve(t *testing.T, talk func(*server, net.Conn)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: ln.Addr().String(), close: ln.Close}
	over := make(chan struct{})
	t.Cleanup(func() { ln.Close(); close(over) })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer conn.Close()
				talk(s, conn)
			}()
			go func() {
				select {
				case <-over:
					conn.Close()
				case <-ended:
				}
			}()
		}
	}()
	return s
}

const helloReply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello world\n"

// answer serves HTTP: some paths have replies of their own, all others a hello.
func answer(s *server, conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		n := s.answered.Add(1)
		reply := helloReply
		switch {
		case r.URL.Path == "/garbage", r.URL.Path == "/mixed" && n%10 == 0:
			reply = "HTTP/1.1 two hundred\r\n\r\n"
		case r.URL.Path == "/missing", r.URL.Path == "/flaky" && n%3 == 0:
			reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
		case r.URL.Path == "/never":
			_, _ = io.Copy(io.Discard, conn)
			return
		case r.URL.Path == "/drop":
			return
		case r.URL.Path == "/echo":
			reply = fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		case gallery(r.URL.Path) != "":
			reply = gallery(r.URL.Path)
		}
		if _, err := io.WriteString(conn, reply); err != nil {
			return
		}
	}
}

// lines replies to each line "hi" with a hello.
func lines(s *server, conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		if line, err := in.ReadString('\n'); err != nil || line != "hi\n" {
			return
		}
		s.answered.Add(1)
		if _, err := io.WriteString(conn, "Hello world\n"); err != nil {
			return
		}
	}
}

// oneByOne serves one connection until it ends, then the next.
func oneByOne() func(*server, net.Conn) {
	turn := make(chan struct{}, 1)
	return func(s *server, conn net.Conn) {
		turn <- struct{}{}
		defer func() { <-turn }()
		answer(s, conn)
	}
}

// seated rejects every request while it has more than seats connections.
func seated(seats int64) func(*server, net.Conn) {
	var open atomic.Int64
	return func(s *server, conn net.Conn) {
		open.Add(1)
		defer open.Add(-1)
		in := bufio.NewReader(conn)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			s.answered.Add(1)
			reply := helloReply
			if open.Load() > seats {
				reply = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
			}
			if _, err := io.WriteString(conn, reply); err != nil {
				return
			}
		}
	}
}

// deadAddr returns an address at which no server listens.
func deadAddr(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
