package stand

import (
	"slices"
	"strings"
	"testing"
)

// A second client starts before the measured one, ends after it, and is stopped with the trial.
func TestSecondClient(t *testing.T) {
	s := bench(t)
	trials := s.Measure(t.Context(), job(t, s, "{name: slowreader, connections: [3]}", "epoll"))
	if failed := failures(trials); len(trials) != 1 || len(failed) > 0 {
		t.Fatalf("%d trials, failed: %v", len(trials), failed)
	}
	one := trials[0]
	if one.Load == nil || one.Second == nil || one.Second.RSSBefore <= 0 || one.Second.RSSAfter <= 0 {
		t.Fatalf("%+v", one)
	}
	if !strings.HasSuffix(one.Second.Load.Spec.Target, "/bytes/8388608") || !strings.HasSuffix(one.Load.Spec.Target, "/") {
		t.Errorf("requested %s and %s", one.Second.Load.Spec.Target, one.Load.Spec.Target)
	}
	got := calls(t)
	if len(got) != 2 || !strings.Contains(got[0], " --ready ") || !strings.Contains(got[0], " -c 16 --read-rate 1KiB --timeout 1h ") || !strings.Contains(got[1], " -c 3 ") {
		t.Errorf("loadgen was called %q", got)
	}
}

// The flags of a scenario are those of the measured client.
func TestFlags(t *testing.T) {
	s := bench(t)
	s.Measure(t.Context(), job(t, s, "{name: churn, connections: [64]}", "epoll", "goroutine"))
	s.Measure(t.Context(), job(t, s, "{name: flood, connections: [3]}", "epoll"))
	got := calls(t)
	if len(got) != 3 || !slices.Contains(strings.Fields(got[0]), "--no-keepalive") || strings.Contains(got[1], "--think") || !strings.Contains(got[1], " --pipeline 1000 ") ||
		!strings.Contains(got[2], " --think 5ms ") {
		t.Errorf("loadgen was called %q", got)
	}
}

// A second client that did not load the server makes the trial fail.
func TestSecondClientDidNotWork(t *testing.T) {
	for how, message := range map[string]string{
		"late":    "the second client began ",
		"refused": "the second client had trouble: 1 requests sent, 1 errors map[status-503:1]",
	} {
		t.Run(how, func(t *testing.T) {
			t.Setenv("FAKE_SECOND", how)
			s := bench(t)
			trials := s.Measure(t.Context(), job(t, s, "{name: flood, connections: [3]}", "epoll"))
			if failed := failures(trials)["epoll"]; !strings.HasPrefix(failed, message) {
				t.Errorf("failed: %q, want %q", failed, message)
			}
		})
	}
}
