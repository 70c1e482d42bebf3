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
		if note := Noisy(share, "then"); note != "" {
			t.Errorf("a share of %v: %q", share, note)
		}
	}
	if note, want := Noisy(0.534, "then"), "other programs took 53 % of the processors' time then"; !strings.HasPrefix(note, want) {
		t.Errorf("%q does not begin with %q", note, want)
	}
}

// What a child of this process takes is not others': both together are never more than all there is, beside whatever load.
func TestNeighboursAreNotWe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	others, began := Neighbours(), time.Now()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
	share := others()
	ours := float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(time.Since(began)) / float64(runtime.NumCPU())
	if share < 0 || share+ours > 1+protocol.Quiet {
		t.Errorf("others took %v, a child of ours %v", share, ours)
	}
}
