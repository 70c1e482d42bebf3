package host

import (
	"bufio"
	"testing"
)

const eaten = 64 << 20

// What a descendant once had counts though it gave it back; what the process itself has does not.
func TestPeakBelow(t *testing.T) {
	for part, least := range map[string]int64{"family": eaten, "eater": 0} {
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
		if got := PeakBelow(cmd.Process.Pid); got < least || got > 2*least {
			t.Errorf("%s: %d bytes, want %d and at most twice that", part, got, least)
		}
	}
}
