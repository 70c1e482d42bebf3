package truth

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/child"
	"carousel/internal/result"
)

// A server that takes 2 ms per request serves 500 a second, and below that rate evenly spaced requests do not wait. So the highest rate with a p99
// below 20 ms is its capacity, which is known from its log.
func TestFindMax(t *testing.T) {
	needsLive(t)
	const claim = "--find-max 'p99<20ms', 5 times, of a live server that takes 2 ms for each request"
	server := start(t, Work{Law: "fixed", Mean: 2 * time.Millisecond})
	var rates []float64
	most := 0
	for range 5 {
		s := searched(t, server, claim, "--find-max", "p99<20ms", "-c", "50")
		if s.Answer.Outcome != result.Found {
			t.Fatalf("%+v", s.Answer)
		}
		rates = append(rates, s.Answer.Level)
		most = max(most, len(s.Steps))
	}
	services := server.stop().Services()
	slices.Sort(services)
	capacity := 1e9 / float64(at(services, 0.5))
	slices.Sort(rates)
	low, high := rates[0], rates[len(rates)-1]
	off := max(math.Abs(low/capacity-1), math.Abs(high/capacity-1))
	row(t, claim+": its capacity, by its own log", fmt.Sprintf("%.1f/s", capacity), fmt.Sprintf("%.1f/s to %.1f/s", low, high), "5 %", off <= 0.05)
	row(t, claim+": from each other", "0 %", fmt.Sprintf("%.1f %%", 100*(high/low-1)), "5 %", high/low <= 1.05)
	row(t, claim+": steps", "12 at most", fmt.Sprint(most), "none", most <= 12)
}

// searched returns the record of a search by bin/loadgen, pinned to a processor of its own. If the host was too noisy for one of its steps, the
// search is repeated, twice at most.
func searched(t *testing.T, server *target, claim string, flags ...string) *result.Search {
	t.Helper()
	noise := ""
	for range 3 {
		s := seek(t, server, flags...)
		if noise = disturbed(s); noise == "" {
			return s
		}
	}
	skip(t, claim, "noisy host: "+noise)
	return nil
}

// disturbed returns why a step of a search does not count; "" if all do.
func disturbed(s *result.Search) string {
	for _, step := range s.Steps {
		if step.Outcome == result.Void {
			return strings.Join(step.Why, "; ")
		}
	}
	return ""
}

func seek(t *testing.T, server *target, flags ...string) *result.Search {
	t.Helper()
	file := filepath.Join(t.TempDir(), "search.json")
	var text strings.Builder
	cmd := exec.Command(filepath.Join("..", "..", "bin", "loadgen"), append(flags, "-o", file, server.addr)...)
	cmd.Stdout, cmd.Stderr = &text, &text
	p, err := child.Start(cmd, clientCPU())
	if err != nil {
		t.Fatalf("%v: run \"make build\"", err)
	}
	defer p.Stop(0)
	failed := p.Wait()
	t.Log(text.String())
	s, err := result.ReadSearch(file)
	if err != nil {
		t.Fatal(err)
	}
	if failed != nil && disturbed(s) == "" {
		t.Fatal(failed)
	}
	return s
}
