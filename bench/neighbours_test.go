package main

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestNoisy(t *testing.T) {
	for _, share := range []float64{0, 0.1} {
		if note := noisy(share, "then"); note != "" {
			t.Errorf("a share of %v: %q", share, note)
		}
	}
	if note, want := noisy(0.534, "then"), "other programs took 53 % of the processors' time then"; !strings.HasPrefix(note, want) {
		t.Errorf("%q does not begin with %q", note, want)
	}
}

// What a child of this process takes is not others': both together are never more than all there is, beside whatever load.
func TestNeighboursAreNotWe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	others, began := neighbours(), time.Now()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
	share := others()
	ours := float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(time.Since(began)) / float64(runtime.NumCPU())
	if share < 0 || share+ours > 1+quiet {
		t.Errorf("others took %v, a child of ours %v", share, ours)
	}
}

// Whoever runs beside bench is named before the run, in its record and at its end.
func TestNeighboursAreSaid(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	for range runtime.NumCPU() { // no child of bench
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
	}
	h := newHarness(t)
	h.start("short.yaml")
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.said.String())
	}
	r, _, _ := h.trials()
	for _, when := range []string{"just before the run", "while it was measured"} {
		want := "% of the processors' time " + when
		if !strings.Contains(h.said.String(), want) || !strings.Contains(strings.Join(r.Notes, "\n"), want) {
			t.Errorf("%q is not said and kept:\n%s%q", want, h.said.String(), r.Notes)
		}
	}
}
