//go:build !race

package truth

import (
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/loadgen/cli"
	"carousel/loadgen/search"
	"carousel/loadgen/verdict"
)

// simulated returns the record of loadgen's search with these flags, on a server with this service time, both on the same simulated clock. The search
// begins at the rate first, as if a closed loop had reached twice that rate.
func simulated(t *testing.T, service time.Duration, first float64, flags ...string) *result.Search {
	t.Helper()
	opts, err := cli.Parse(io.Discard, io.Discard, append(flags, "-r", fmt.Sprint(first), "--engine", "net", "http://127.0.0.1:1/"))
	if err != nil {
		t.Fatal(err)
	}
	s := &result.Search{Over: opts.Over}
	a, err := search.Find(opts.Levels(), func(level float64, confirms bool) (string, float64, error) {
		l := virtual(t, opts.At(level, 0, confirms), &oneByOne{service: int64(service), stops: never})
		l.Verdict = verdict.Judge(l)
		outcome, why := search.Judge(l, opts.FindMax)
		s.Steps = append(s.Steps, result.Step{Level: level, Confirms: confirms, Outcome: outcome, Why: why, Load: l})
		return outcome, 0, nil
	})
	s.Answer = search.Conclude(a, err, s.Steps, opts.Limit())
	return s
}

// extremes returns the lowest and the highest rate that n searches found, and the most steps that one took.
func extremes(t *testing.T, n int, find func(i int) *result.Search) (low, high float64, steps int) {
	t.Helper()
	low = math.Inf(1)
	for i := range n {
		s := find(i)
		if s.Answer.Outcome != result.Found {
			t.Fatalf("%+v", s.Answer)
		}
		low, high, steps = min(low, s.Answer.Level), max(high, s.Answer.Level), max(steps, len(s.Steps))
	}
	return low, high, steps
}

// A server that takes 2 ms per request serves 500 a second. Below that rate evenly spaced requests do not wait; above it they wait ever longer. So
// 500 is the highest rate with a p99 below 20 ms. The closed loop before a search may be wrong by a tenth, so the searches begin at rates that differ
// by that much.
func TestASearchFindsTheCapacity(t *testing.T) {
	const service, capacity, n = 2 * time.Millisecond, 500.0, 20
	low, high, steps := extremes(t, n, func(i int) *result.Search {
		return simulated(t, service, search.Round(capacity/2*(0.9+0.2*float64(i)/n)), "--find-max", "p99<20ms")
	})
	claim := fmt.Sprintf("--find-max 'p99<20ms', %d times, of a server that takes 2 ms for each request, evenly spaced, on a virtual clock", n)
	row(t, claim, "500/s", fmt.Sprintf("%.1f/s to %.1f/s", low, high), "3 %", low >= 0.97*capacity && high <= 1.03*capacity)
	row(t, claim+": steps", "12 at most", fmt.Sprint(steps), "none", steps <= 12)
}

// For Poisson arrivals the p99 rises with the rate as in the theory of M/D/1.
func TestASearchFindsTheRateOfAPercentile(t *testing.T) {
	const service, limit, n = 2 * time.Millisecond, 20 * time.Millisecond, 10
	wait := float64(limit-service) / float64(service) // in units of the service time
	low, high := 0.1, 0.99
	for range 40 {
		if middle := (low + high) / 2; stats.MD1Quantile(middle, 0.99) < wait {
			low = middle
		} else {
			high = middle
		}
	}
	want := low * float64(time.Second/service)
	low, high, steps := extremes(t, n, func(i int) *result.Search {
		return simulated(t, service, search.Round(250*(0.9+0.2*float64(i)/n)), "--find-max", "p99<20ms", "--arrivals", "poisson", "--seed", fmt.Sprint(i), "-d", "2m")
	})
	claim := fmt.Sprintf("--find-max 'p99<20ms' -d 2m, %d times, of the same server at random", n)
	row(t, claim+": the rate at which M/D/1 has that p99", fmt.Sprintf("%.1f/s", want), fmt.Sprintf("%.1f/s to %.1f/s", low, high), "5 %", low >= 0.95*want && high <= 1.05*want)
	row(t, claim+": steps", "12 at most", fmt.Sprint(steps), "none", steps <= 12)
}
