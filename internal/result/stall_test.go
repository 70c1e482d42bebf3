package result

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStall(t *testing.T) {
	s := &Stall{Schema: Schema, Processors: 2, Rounds: 1, Stop: time.Second, Window: 10 * time.Second, Rate: 200, Reports: []Report{
		{Client: "hey", Command: "hey -z 10s", Raw: "hey.txt", Stood: 1e9, Requests: 1804, Times: []Within{{0.5, 1e5}, {0.99, 2e6}}, Max: 1e9},
	}}
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadStall(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Error(diff)
	}
	for share, want := range map[float64]time.Duration{0.5: 0, 0.9: 0, 0.95: 500 * time.Millisecond, 0.99: 900 * time.Millisecond, 1: time.Second} {
		if got := s.Truth(share).Round(time.Microsecond); got != want {
			t.Errorf("a share of %v waited for %v at most, want %v", share, got, want)
		}
	}
}
