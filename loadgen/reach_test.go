package main

import (
	"strings"
	"testing"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/engine"
)

// engines returns the engines of this machine, except hey.
func engines() []string {
	all := []string{result.Net}
	if sock.Linux {
		all = append(all, result.Epoll)
	}
	if engine.CheckUring() == nil {
		all = append(all, result.Uring)
	}
	return append(all, "auto")
}

// TestUnixSocket loads a server at a Unix socket: the record agrees with its counts of requests and connections.
func TestUnixSocket(t *testing.T) {
	for _, engine := range engines() {
		for _, ways := range []string{"", "--no-keepalive", "-r 2000", "--pid auto"} {
			if ways == "--pid auto" && !sock.Linux {
				continue
			}
			t.Run(engine+" "+ways, func(t *testing.T) {
				s := openHost(t, "unix")
				args := append([]string{"-q", "--json", "-c", "8", "-n", "200", "--engine", engine, s.target + "/a?b=c"}, strings.Fields(ways)...)
				l, _ := recordOf(t, done, args...)
				balanced(t, l)
				if l.Requests.OK != 200 || s.received["/a?b=c"] != 200 || l.Connections.Opened != s.met.Load() {
					t.Errorf("%d ok over %d connections, the server saw %v over %d", l.Requests.OK, l.Connections.Opened, s.received, s.met.Load())
				}
				if ways == "--pid auto" && l.TargetCPU == nil {
					t.Errorf("its process is not known: %s", l.TargetCPULacks)
				}
			})
		}
	}
}
