package truth

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// Of requests that are due evenly for ten seconds, a tenth is due while the server stands still for one. Request by request they wait from a
// second down to nothing: half of that tenth, which is 5 % of all, for more than half a second, and 1 % for more than 0.9 s.
func TestStopInTheMiddle(t *testing.T) {
	needsLive(t)
	for _, rate := range []int{200, 1000} {
		claim := fmt.Sprintf("%d/s, stopped for a second in the middle: ", rate)
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			flags := []string{"-r", fmt.Sprint(rate), "-d", "10s"}
			before := quiet(t, claim+"p50", func() *run { return drive(t, Work{Law: "fixed"}, nil, flags...) })
			r := quiet(t, claim+"p95 and p99", func() *run {
				return drive(t, Work{Law: "fixed"}, standStill(4500*time.Millisecond, time.Second), flags...)
			})
			half, usual := r.load.Latency.P50, before.load.Latency.P50
			prove(t, claim+"p50", micros(usual)+", as without", micros(half), "100 µs", distance(half, usual) <= 100*time.Microsecond)
			within(t, claim+"p95", 0.50, r.load.Latency.P95)
			within(t, claim+"p99", 0.90, r.load.Latency.P99)
		})
	}
}

// A server that stands still when the run ends leaves requests without an answer: at least so long they have waited.
func TestStopAtTheEnd(t *testing.T) {
	needsLive(t)
	for _, c := range []struct {
		how      string
		length   time.Duration
		flags    []string
		p95, p99 float64 // seconds
	}{
		// Whoever is due in the last second has the age in which the window ends, up to a second.
		{"no grace", 1500 * time.Millisecond, []string{"--grace", "0s"}, 0.50, 0.90},
		// The stop ends with the window. Those with a connection are answered at once, the others were not sent: they too are as old as that.
		{"a second of grace", time.Second, nil, 0.50, 0.90},
		// All have a connection, none has an answer by the end of the grace, which is a second older.
		{"a second of grace, which it outlasts", 2500 * time.Millisecond, []string{"-c", "1500"}, 1.50, 1.90},
	} {
		for _, rate := range []int{200, 1000} {
			claim := fmt.Sprintf("%d/s, stopped in the last second, %s: ", rate, c.how)
			t.Run(fmt.Sprint(rate, " ", c.how), func(t *testing.T) {
				r := quiet(t, claim+"p95 and p99", func() *run {
					return drive(t, Work{Law: "fixed"}, standStill(9*time.Second, c.length), append([]string{"-r", fmt.Sprint(rate), "-d", "10s"}, c.flags...)...)
				})
				within(t, claim+"p95", c.p95, r.load.Latency.P95)
				within(t, claim+"p99", c.p99, r.load.Latency.P99)
				marked := slices.Contains(r.load.Latency.AtLeast, "p95") && slices.Contains(r.load.Latency.AtLeast, "p99") && strings.Contains(r.text, ">=")
				prove(t, claim+"p95 and p99 are marked", ">=", map[bool]string{true: ">=", false: "no mark"}[marked], "", marked)
			})
		}
	}
}

// within notes a figure that is to be so many seconds, within 2 %.
func within(t *testing.T, claim string, want float64, found int64) {
	t.Helper()
	prove(t, claim, fmt.Sprintf("%.2f s", want), seconds(found), "2 %", math.Abs(float64(found)/1e9/want-1) <= 0.02)
}
