package main

import (
	"bytes"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"carousel/internal/child"
)

// A server that cannot start says why in one line, says nothing on standard output, and ends with the code for it.
func TestDoesNotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := taken.Addr().String()

	for _, c := range []struct {
		name string
		args string
		code int
		says string
	}{
		{"port in use", "--model goroutine --addr " + busy, exitStart, busy + " is in use"},
		{"address of another machine", "--model goroutine --addr 192.0.2.1:5000", exitStart, "192.0.2.1:5000"},
		{"address without a port", "--model goroutine --addr 127.0.0.1", exitUsage, "127.0.0.1"},
		{"port that is no number", "--model goroutine --addr 127.0.0.1:x", exitUsage, "127.0.0.1:x"},
		{"port beyond 65535", "--model goroutine --addr 127.0.0.1:65536", exitUsage, "65536"},
		{"unknown model", "--model nope", exitUsage, `"nope"`},
		{"unknown model, known ones told", "--model nope", exitUsage, "blocking, select, poll, epoll"},
		{"no model", "", exitUsage, "--model"},
		{"unknown flag", "--model goroutine --nope", exitUsage, "--nope"},
		{"an argument", "--model goroutine nope", exitUsage, "nope"},
		{"negative idle timeout", "--model goroutine --idle-timeout -1s", exitUsage, "-1s"},
		{"idle timeout without a unit", "--model goroutine --idle-timeout 5", exitUsage, "idle-timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := self("servers", strings.Fields(c.args)...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			p, err := child.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			timeout := time.AfterFunc(patience, func() { p.Stop(0) })
			err = p.Wait()
			timeout.Stop()
			var ended *exec.ExitError
			if !errors.As(err, &ended) || ended.ExitCode() != c.code {
				t.Errorf("ended with %v, want exit code %d", err, c.code)
			}
			if said := stderr.String(); !strings.Contains(said, c.says) || strings.Count(said, "\n") != 1 {
				t.Errorf("stderr is %q, want one line with %q", said, c.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout is %q", stdout.String())
			}
		})
	}
}
