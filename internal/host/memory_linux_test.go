package host

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
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
