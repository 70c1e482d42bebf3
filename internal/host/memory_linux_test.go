package host

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

const eaten = 64 << 20

// Memory that a descendant has freed still counts; memory of the process itself does not.
func TestPeakBelow(t *testing.T) {
	for part, children := range map[string]int{"family": 1, "eater": 0} {
		pid := played(t, part, "HOST_CHILD=eater")
		want, below := int64(0), Descendants(pid)
		for _, pid := range below {
			want += statusBytes(t, pid, "VmHWM")
		}
		if got := PeakBelow(pid); len(below) != children || got != want || got < int64(children)*eaten {
			t.Errorf("%s: %d bytes, want %d, of %d descendants", part, got, want, len(below))
		}
	}
}

// Only memory that is resident now counts, that of the process itself included.
func TestResident(t *testing.T) {
	const mostMoves = 1 << 20 // between two looks
	pid := played(t, "family", "HOST_CHILD=eater")
	want, tree := int64(0), append(Descendants(pid), pid)
	for _, pid := range tree {
		want += statusBytes(t, pid, "VmRSS")
	}
	if got := Resident(pid); len(tree) != 2 || max(got-want, want-got) > mostMoves || want < 2*mostMoves {
		t.Errorf("%d processes have %d bytes, want %d", len(tree), got, want)
	}
	if got := Resident(1 << 30); got != 0 {
		t.Errorf("nobody has %d bytes", got)
	}
}

// statusBytes is a figure of /proc/PID/status.
func statusBytes(t *testing.T, pid int, name string) int64 {
	t.Helper()
	line := regexp.MustCompile(name + `:\s+(\d+) kB`).FindStringSubmatch(read(fmt.Sprintf("/proc/%d/status", pid)))
	if line == nil {
		t.Fatalf("nothing is known of process %d", pid)
	}
	kib, _ := strconv.ParseInt(line[1], 10, 64)
	return kib << 10
}

// Sockets are in the slab: a thousand pairs of them take a megabyte at least.
func TestSlab(t *testing.T) {
	const pairs = 3000
	var open []int
	defer func() {
		for _, fd := range open {
			unix.Close(fd)
		}
	}()
	before, err := Slab()
	if err != nil || before < 1<<20 {
		t.Fatalf("the kernel has %d bytes, %v", before, err)
	}
	for range pairs {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Skipf("%d pairs of sockets: %v", pairs, err)
		}
		open = append(open, fds[0], fds[1])
	}
	after, err := Slab()
	if grown := after - before; err != nil || grown < pairs*1000 {
		t.Errorf("%d pairs of sockets take %d bytes, %v", pairs, grown, err)
	}
}
