package truth

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// Requests are due evenly for ten seconds, and the server stands still for one of them. The tenth of the requests that is due meanwhile waits from
// one second, for the first, down to nothing, for the last: 5 % of all wait for more than 0.5 s, and 1 % for more than 0.9 s.
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

// A server that stands still when the run ends leaves requests without a reply. Their ages are lower bounds of their response times.
func TestStopAtTheEnd(t *testing.T) {
	needsLive(t)
	for _, c := range []struct {
		how      string
		length   time.Duration
		flags    []string
		p95, p99 float64 // seconds
	}{
		// A request due in the last second has its age at the end of the window, up to a second.
		{"no grace", 1500 * time.Millisecond, []string{"--grace", "0s"}, 0.50, 0.90},
		// The stop ends with the window. Requests with a connection are then answered at once; the others were not sent and have their age at that time.
		{"a second of grace", time.Second, nil, 0.50, 0.90},
		// All have a connection, and none has a reply by the end of the grace, when each is a second older.
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

// within proves that a figure is want seconds, within 2 %.
func within(t *testing.T, claim string, want float64, found int64) {
	t.Helper()
	prove(t, claim, fmt.Sprintf("%.2f s", want), seconds(found), "2 %", math.Abs(float64(found)/1e9/want-1) <= 0.02)
}
