package main

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"carousel/internal/child"
)

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
