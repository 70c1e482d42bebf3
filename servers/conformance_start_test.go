package main

import (
	"bytes"
	"errors"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/child"
)

// A server that cannot start prints why in one line, prints nothing on standard output, and ends with the exit code for it.
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
		{"unknown model, the known ones listed", "--model nope", exitUsage, strings.Join(listed(), ", ")},
		{"no model", "", exitUsage, "--model"},
		{"unknown flag", "--model goroutine --nope", exitUsage, "--nope"},
		{"an argument", "--model goroutine nope", exitUsage, "nope"},
		{"negative idle timeout", "--model goroutine --idle-timeout -1s", exitUsage, "-1s"},
		{"idle timeout without a unit", "--model goroutine --idle-timeout 5", exitUsage, "idle-timeout"},
		{"no workers", "--model pool --workers 0", exitUsage, "--workers is 0"},
		{"no processes", "--model prefork --workers 0", exitUsage, "--workers is 0"},
		{"fewer threads than none", "--model thread --threads -1", exitUsage, "--threads is -1"},
		{"no loops", "--model reactors --loops 0", exitUsage, "--loops is 0"},
		{"loops that are no number", "--model reactors --loops many", exitUsage, "--loops"},
		{"loops of a model that has one", "--model epoll --loops 2", exitUsage, "epoll has no loops"},
		{"threads of a model that has none", "--model goroutine --threads 2", exitUsage, "goroutine has no threads"},
		{"workers of a model that has threads", "--model thread --workers 2", exitUsage, "thread has no workers"},
		{"as many as there are anyway, of a model that has none", "--model pool --threads 4000", exitUsage, "pool has no threads"},
	} {
		t.Run(c.name, func(t *testing.T) { doesNotStart(t, c.args, c.code, c.says) })
	}
}

// doesNotStart starts a server that must not start.
func doesNotStart(t *testing.T, args string, code int, says string) {
	t.Helper()
	endsUnready(t, self("servers", strings.Fields(args)...), code, says)
}

// endsUnready runs a server that must end, for the reason given, before it is ready.
func endsUnready(t *testing.T, cmd *exec.Cmd, code int, says string) {
	t.Helper()
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
	if !errors.As(err, &ended) || ended.ExitCode() != code {
		t.Errorf("ended with %v, want exit code %d", err, code)
	}
	if printed := stderr.String(); !strings.Contains(printed, says) || strings.Count(printed, "\n") != 1 {
		t.Errorf("stderr is %q, want one line with %q", printed, says)
	}
	if stdout.Len() > 0 {
		t.Errorf("stdout is %q", stdout.String())
	}
}

// Beside a flag for a number of threads, workers or loops, the help names the models that have it.
func TestHelpNamesModelsOfFlags(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{"--help"}); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
	for model, flag := range counts {
		_, of, there := strings.Cut(stdout.String(), "--"+flag+" int")
		whose, _, _ := strings.Cut(of, ":")
		if !there || !slices.Contains(strings.Fields(whose), model) {
			t.Errorf("--%s is told to be %q, not %s's", flag, strings.TrimSpace(whose), model)
		}
	}
}
