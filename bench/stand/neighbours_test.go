package stand

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"carousel/bench/protocol"
)

func TestNoisy(t *testing.T) {
	for _, share := range []float64{0, 0.1} {
		if note := NeighboursNote(share, "then"); note != "" {
			t.Errorf("a share of %v: %q", share, note)
		}
	}
	if note, want := NeighboursNote(0.534, "then"), "other programs took 53 % of the processors' time then"; !strings.HasPrefix(note, want) {
		t.Errorf("%q does not begin with %q", note, want)
	}
}

// The time of a child does not count as time of other programs: both together never exceed all processors' time, under any load.
func TestNeighboursAreNotWe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	others, began := WatchNeighbours(), time.Now()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
	share := others()
	ours := float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(time.Since(began)) / float64(runtime.NumCPU())
	if share < 0 || share+ours > 1+protocol.QuietShare {
		t.Errorf("others took %v, a child of ours %v", share, ours)
	}
}
