package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"carousel/internal/child"
	"carousel/internal/result"
)

func TestInterruptedBeforeTheRun(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(stopped{syscall.SIGINT})
	var said strings.Builder
	o := options{plan: "quick", results: t.TempDir()}
	if err := o.bench(ctx, io.Discard, &said); err != (stopped{syscall.SIGINT}) || said.String() != "interrupted before the run began: nothing is kept\n" {
		t.Errorf("%v, %q", err, said.String())
	}
}

// A client that ended is done, however long ago its limit was: bench itself may have been stopped meanwhile.
func TestAwait(t *testing.T) {
	interrupted, interrupt := context.WithCancelCause(t.Context())
	interrupt(stopped{syscall.SIGINT})
	for _, c := range []struct {
		name    string
		ctx     context.Context
		command []string
		ended   bool // before it is awaited
		limit   time.Duration
		says    string
	}{
		{"ended in time", t.Context(), []string{"true"}, true, 0, ""},
		{"too long", t.Context(), []string{"sleep", "60"}, false, 0, "still running after 0s: it was killed"},
		{"interrupted", interrupted, []string{"sleep", "60"}, false, time.Minute, "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 20 { // a choice between two that are ready is drawn
				p, err := child.Start(exec.Command(c.command[0], c.command[1:]...))
				if err != nil {
					t.Fatal(err)
				}
				defer p.Stdout.Close()
				if c.ended {
					p.Wait()
				}
				if _, err := await(c.ctx, p, c.limit); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Fatalf("got %v, want %q", err, c.says)
				}
			}
		})
	}
}

// A guest that makes itself a daemon, in a session of its own, is measured like any other and ended with its trial, or with bench.
func TestDaemonIsEnded(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc to see what is left")
	}
	h := newHarness(t)
	args := []string{"--server", "mine=daemon {addr}", "short.yaml"}
	h.start(args...)
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.said.String())
	}
	h.nobodyLeft()
	_, trials, _ := h.trials()
	if !slices.ContainsFunc(trials, func(s result.Trial) bool { return s.Cell.Model == "mine" && s.Failed == "" }) {
		t.Errorf("the daemon was not measured:\n%s", h.said.String())
	}

	h = newHarness(t)
	h.start(args...)
	h.until(1)
	h.command.Process.Kill()
	h.end()
	h.nobodyLeft()
}

// Whatever a server prints or a name holds, the terminal gets nothing of it but text.
func TestTerminalIsLeftAlone(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--server", `mine=sh -c 'printf "\033[2Jwi\rped" >&2; exit 1'`, "short.yaml"}, `it said: \x1b[2Jwi\rped`},
		{[]string{"--server", "mi\x1b[2Jne=sh", "short.yaml"}, `server name "mi\x1b[2Jne": it must be one word`},
		{[]string{"--server", "mi\nne=sh", "short.yaml"}, `server name "mi\nne": it must be one word`},
		{[]string{"\x1b[2J.yaml"}, `no plan "\x1b[2J.yaml"`},
	} {
		h.start(c.args...)
		if code, said := h.end(), h.said.String(); code == 0 || strings.ContainsAny(said, "\x1b\r") || !strings.Contains(said, c.says) {
			t.Errorf("bench %q ended with %d and said %q, want %q", c.args, code, said, c.says)
		}
	}
}
