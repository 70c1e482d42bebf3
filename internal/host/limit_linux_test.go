package host

import (
	"testing"

	"golang.org/x/sys/unix"
)

// The soft limit of the whole tree is set; the hard limit stays.
func TestLimitFiles(t *testing.T) {
	pid := played(t, "family", "HOST_CHILD=eater")
	tree := append(Descendants(pid), pid)
	hard := func(pid int) (limit unix.Rlimit) {
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
			t.Fatal(err)
		}
		return limit
	}
	before := hard(pid)
	if err := LimitFiles(pid, 64); err != nil || len(tree) != 2 {
		t.Fatalf("of %d processes: %v", len(tree), err)
	}
	for _, p := range tree {
		if got := hard(p); got.Cur != 64 || got.Max != before.Max {
			t.Errorf("process %d has %+v, want 64 of %d", p, got, before.Max)
		}
	}
	if err := LimitFiles(1<<30, 64); err == nil {
		t.Error("nobody was limited")
	}
}
