package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// TestShutdown ends Serve in this process, where nothing ends by itself: it closes connections that are idle, in the middle of a
// request, in a sleep and not read from, closes all that it opened, and leaves no goroutine behind.
func TestShutdown(t *testing.T) {
	for _, name := range loops {
		t.Run(name, func(t *testing.T) {
			m := skipUnavailable(t, name)
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0)) // reactors changes it
			ln, addr, err := sock.Listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer sock.Close(ln)
			x := &exam{s: &server{addr: addr}, deadline: time.Now().Add(patience)}
			defer x.hangUp()
			err = attempt(func() {
				x.dial().close() // so that package net and sock have opened what they keep open
				fd, err := new(sock.Waiter).Accept(ln)
				if err != nil {
					x.failf("%w", err)
				}
				sock.Close(fd)

				before := descriptors()
				book, ready, done := new(wire.Book), make(chan struct{}), make(chan error, 1)
				go func() { done <- m.serve(ln, book.Open, 3, func() { close(ready) }) }()
				select {
				case <-ready:
				case err := <-done:
					x.failf("Serve returns %w", err)
				}
				var all []*conn
				for _, s := range []string{"", get[:10], ask("/sleep/60s"), ask("/bytes/1073741824")} {
					c := x.dialNarrow()
					c.hello()
					c.send(s)
					all = append(all, c)
				}
				all[3].expect("HTTP/1.1 200 OK\r\n")
				sock.Shutdown(ln)
				select {
				case err := <-done:
					if err != nil {
						x.failf("Serve returns %w", err)
					}
				case <-time.After(patience):
					x.failf("Serve does not return")
				}
				for i, c := range all {
					if n, err := io.Copy(io.Discard, c.in); err != nil && !cut(err) {
						x.failf("connection %d of %d goes on after %d bytes: %w", i+1, len(all), n, err)
					}
					c.close()
				}
				after := descriptors()
				maps.DeleteFunc(after, func(which string, _ bool) bool { return before[which] })
				if len(after) > 0 {
					x.failf("descriptors are left open: %v", after)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEndsWhenItsLoopFails makes the wait of a server's loop fail: poll(2) rejects a list longer than the descriptor limit. The server must print
// the reason and end.
func TestEndsWhenItsLoopFails(t *testing.T) {
	v, err := ours("poll").start()
	if err != nil {
		t.Fatal(err)
	}
	defer v.kill()
	x := &exam{s: v, deadline: time.Now().Add(patience)}
	defer x.hangUp()
	if err := attempt(func() { x.limit(0); x.dial() }); err != nil { // the new client makes the loop call poll again
		t.Fatal(err)
	}
	select {
	case <-v.proc.Done():
	case <-time.After(patience):
		t.Fatalf("it goes on; stderr: %q", v.stderr.String())
	}
	var ended *exec.ExitError
	if err := v.proc.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitFailed {
		t.Errorf("ended with %v, want exit code %d", err, exitFailed)
	}
	if printed := v.stderr.String(); !strings.HasSuffix(printed, "servers: poll: invalid argument\n") {
		t.Errorf("the reason given is %q", printed)
	}
}

// descriptors returns the open descriptors of this process, each as its number and its file.
func descriptors() map[string]bool {
	all := map[string]bool{}
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil {
			all[fmt.Sprint(strings.TrimPrefix(link, "/proc/self/fd/"), " ", name)] = true
		}
	}
	return all
}
