package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"carousel/internal/host"
	"carousel/internal/result"
)

// blocking is a server as in many tutorials: it listens with this backlog, and serves one connection until it ends before it accepts the next.
func blocking(t *testing.T, backlog int) (addr string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	s, ended := &server{}, make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			answer(s, conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String()
}

// If connections starve because a server with a backlog of 5 serves one at a time, the verdict names the listen queue, and the summary has the times
// of the connections that were answered.
func TestAShortListenQueueIsNamed(t *testing.T) {
	const full = "the listen queue of ADDR takes 5 connections and was full, as the server serves one at a time"
	for _, c := range []struct {
		engine  string
		backlog int
		want    string
		more    []string
	}{
		{"auto", 5, full, nil},
		{"epoll", 5, full, nil},
		{"net", 5, full, nil},
		{"auto", 5, full, []string{"-r", "200"}},
		{"auto", 100, "the server leaves 19 connections in its listen queue and serves one at a time", nil},
	} {
		t.Run(strings.Join(append([]string{c.engine}, c.more...), " "), func(t *testing.T) {
			for range 10 {
				addr := blocking(t, c.backlog)
				if _, known := host.ListenQueue(addr); !known {
					t.Skip("the kernel does not say how full listen queues are (inet_diag)")
				}
				want := "likely cause: " + strings.ReplaceAll(c.want, "ADDR", addr) + ": "
				var stdout, stderr bytes.Buffer
				args := append([]string{"-c", "20", "-d", "50ms", "--grace", "10ms", "--timeout", "100ms", "-q", "--json", "--engine", c.engine, "--fail-if", "p99>9s", addr}, c.more...)
				if code := run(&stdout, &stderr, args); code != gateBroken || !strings.Contains(stderr.String(), "p99>9s: not measured: 1 of ") {
					t.Fatalf("exit code %d: %s", code, &stderr)
				}
				var l result.Load
				if err := json.Unmarshal(stdout.Bytes(), &l); err != nil {
					t.Fatal(err)
				}
				first := l.Verdict.Reasons[0]
				if first.Check != "starved" || !strings.HasPrefix(first.Advice, want) {
					t.Fatalf("the first reason is %s, want %s", first, want)
				}
				if h := l.Host; h.ListenBacklog == nil || *h.ListenBacklog != int64(c.backlog) || h.ListenWaiting < 6 {
					t.Errorf("%+v", h)
				}
				if a := l.Answered; a == nil || a.Connections != 1 || a.Of != l.Eligible() || a.Service.Max == 0 || a.Service.Withheld["max"] != "" || l.Service.Withheld["max"] == "" {
					t.Errorf("of the answered %+v, of all %+v", a, l.Service)
				}
			}
		})
	}
}

// If a server cannot serve all connections, a lower rate does not help, so the search ends.
func TestASearchEndsWhereConnectionsAreNotAnswered(t *testing.T) {
	s, _, progress := runSearch(t, 1, "-c", "4", "-r", "1000", "-d", "200ms", "--grace", "0", "--find-max", "p50<5s", blocking(t, 16))
	if a := s.Answer; len(s.Steps) != 2 || !s.Complete || a.Outcome != result.NotEven || a.Above != s.Steps[1].Level || a.Above >= 1000 || !strings.Contains(a.Why, "of 4 connections was ever answered") || !strings.Contains(a.Why, "likely cause: ") {
		t.Errorf("after %d steps %+v:\n%s", len(s.Steps), a, progress)
	}
	if !strings.Contains(progress, "no lower one is tried") {
		t.Errorf("it is not said why it ends:\n%s", progress)
	}
}
