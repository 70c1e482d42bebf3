package host

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

const eaten = 64 << 20

// What a descendant once had counts though it gave it back; what the process itself has does not.
func TestPeakBelow(t *testing.T) {
	for part, children := range map[string]int{"family": 1, "eater": 0} {
		pid := played(t, part, "HOST_CHILD=eater")
		want, below := int64(0), Descendants(pid)
		for _, pid := range below {
			line := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(read(fmt.Sprintf("/proc/%d/status", pid)))
			if line == nil {
				t.Fatalf("%s: nothing is known of process %d", part, pid)
			}
			kib, _ := strconv.ParseInt(line[1], 10, 64)
			want += kib << 10
		}
		if got := PeakBelow(pid); len(below) != children || got != want || got < int64(children)*eaten {
			t.Errorf("%s: %d bytes, want %d, of %d descendants", part, got, want, len(below))
		}
	}
}

// What somebody has at this moment counts, the process itself too; what was given back does not.
func TestResident(t *testing.T) {
	pid := played(t, "family", "HOST_CHILD=eater")
	got, own := Resident(pid), Resident(Descendants(pid)[0])
	if own <= 0 || got <= own || got >= eaten {
		t.Errorf("a family has %d bytes, the child %d of them, want more than that and less than %d", got, own, eaten)
	}
	if got := Resident(1 << 30); got != 0 {
		t.Errorf("nobody has %d bytes", got)
	}
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
