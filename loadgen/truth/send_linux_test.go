package truth

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"carousel/internal/units"
)

// Requests are sent when they are due: by loadgen's record, and by the server's log of their arrival. They arrive at the rate of -r.
func TestSendInstants(t *testing.T) {
	needsLive(t)
	const length = 30 * time.Second // in shorter runs the p99 depends on how many pauses of the host happen to fall into one
	for _, rate := range []float64{1000, 5000, 20_000} {
		claim := units.Count(rate) + "/s: "
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			bare := bareWait()
			r := quiet(t, claim+"send instants", func() *run {
				return drive(t, Work{Law: "fixed"}, nil, "-r", fmt.Sprint(rate), "-d", length.String())
			})
			bare = append(bare, bareWait()...)
			slices.Sort(bare)
			most := 50 * time.Microsecond
			if at(bare, 0.99) > int64(most) { // this host wakes no thread sooner
				most *= 2
			}
			late := r.load.Lateness
			prove(t, claim+"sent after due, p99", "at once", fmt.Sprintf("%s (%s, %s; a bare wait on this host: p99 %s)", figure(late, "p99"), figure(late, "p50"), figure(late, "p999"), units.Duration(float64(at(bare, 0.99)))),
				micros(int64(most)), late.Withheld["p99"] == "" && late.P99 <= int64(most))

			arrived := r.arrivedAfterDue()
			half, most99 := at(arrived, 0.5), at(arrived, 0.99)
			prove(t, claim+"the server's log agrees with the record, p50 and p99", micros(late.P50)+", "+micros(late.P99), micros(half)+", "+micros(most99), "100 µs",
				distance(half, late.P50) <= 100*time.Microsecond && distance(most99, late.P99) <= 100*time.Microsecond)

			n := len(r.log.Arrived)
			found := float64(n-1) / time.Duration(r.log.Arrived[n-1]-r.log.Arrived[0]).Seconds()
			prove(t, claim+"rate of arrival", units.Count(rate)+"/s", fmt.Sprintf("%.3f/s", found), "0.01 %", math.Abs(found/rate-1) <= 1e-4)
		})
	}
}

// arrivedAfterDue returns how long after they were due the requests arrived at the server, in nanoseconds, sorted.
func (r *run) arrivedAfterDue() []int64 {
	after := r.due()
	for i, at := range r.log.Arrived {
		after[i] = at - after[i]
	}
	slices.Sort(after)
	return after
}

func distance(a, b int64) time.Duration { return time.Duration(max(a-b, b-a)) }
