package host

import (
	"bufio"
	"fmt"
	"regexp"
	"strconv"
	"testing"
)

const eaten = 64 << 20

// What a descendant once had counts though it gave it back; what the process itself has does not.
func TestPeakBelow(t *testing.T) {
	for part, children := range map[string]int{"family": 1, "eater": 0} {
		cmd := play(part, "HOST_CHILD=eater")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { in.Close(); cmd.Wait() }()
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatalf("it said %q, %v", line, err)
		}
		want, below := int64(0), Descendants(cmd.Process.Pid)
		for _, pid := range below {
			line := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(read(fmt.Sprintf("/proc/%d/status", pid)))
			if line == nil {
				t.Fatalf("%s: nothing is known of process %d", part, pid)
			}
			kib, _ := strconv.ParseInt(line[1], 10, 64)
			want += kib << 10
		}
		if got := PeakBelow(cmd.Process.Pid); len(below) != children || got != want || got < int64(children)*eaten {
			t.Errorf("%s: %d bytes, want %d, of %d descendants", part, got, want, len(below))
		}
	}
}
