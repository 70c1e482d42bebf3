package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A killed worker leaves no turns. The trace of the others is written, and a message says that some are missing.
func TestTraceOfKilledWorker(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "trace.json")
	v, err := ours("prefork").start("--trace", file, "--workers", "1")
	if err != nil {
		t.Fatal(err)
	}
	defer v.kill()
	killed := v.pids()[1]
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	v.until(t, func() bool {
		now := v.pids()
		return len(now) == 2 && now[1] != killed
	})
	peer, err := askAll(v.addr) // the next worker answers
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.stop(); err != nil {
		t.Fatal(err)
	}
	if err := follow(traced(t, file), peer); err != nil {
		t.Error(err)
	}
	if word := "the turns of workers that were killed are not in it: 1"; !strings.Contains(v.stderr.String(), word) {
		t.Errorf("it says %q, without %q", v.stderr.String(), word)
	}
}
