package verdict

import (
	"fmt"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// The checks of this file are of what loadgen itself did to the figures.

func checkOwnShare(l *result.Load) (state, text, advice string) {
	share := l.Host.OwnShare
	if share <= 0.70 || l.Window.ElapsedNS < int64(shortest) {
		return "", "", ""
	}
	return grade(share, 0.85, 1e9), fmt.Sprintf("loadgen used %s of its own processor time, so the figures may be its own limit", Percent(share)),
		"give it more threads (-t) on processors of its own"
}

// shortest is the window below which loadgen's own processor time is mostly that of starting and ending.
const shortest = 10 * time.Millisecond

// lateEnough is the lateness below which a kernel's wake-up, not loadgen, is what is seen.
const lateEnough = 200 * time.Microsecond

func checkLateness(l *result.Load) (state, text, advice string) {
	late, median := float64(l.PacerLateness.P99), float64(l.Latency.P50)
	if l.Spec.Rate == 0 || late <= float64(lateEnough) || late <= 0.10*median {
		return "", "", ""
	}
	state = result.Valid
	if late > 0.25*median {
		state = result.Suspect
	}
	return state, fmt.Sprintf("loadgen was late: it sent 1 %% of the requests %s or more after they were due with a connection free (the median response takes %s)",
		units.Short(late), units.Short(median)), "give it a processor of its own"
}

// stallEnough is the gap between two looks of a sender that is no stall: it waits for 50 ms at most, and wakes late.
const stallEnough = 100 * time.Millisecond

// checkStall says that loadgen itself stood still. That could have moved the requests under way and, of a schedule, those that fell due
// meanwhile. Files that are written in place are meant to hold it up.
func checkStall(l *result.Load) (state, text, advice string) {
	stall, n := float64(l.OwnStallNS), result.Response(l).Count
	if stall <= float64(stallEnough) || stall <= 0.10*float64(l.Latency.P50) || n == 0 || l.Spec.SaveMode == result.Inline {
		return "", "", ""
	}
	moved := min(1, (float64(l.Spec.Connections)+l.Spec.Rate*stall/1e9)/float64(n))
	return grade(moved, 0.01, 1), fmt.Sprintf("loadgen itself stood still for %s, for which up to %s of the requests may have waited", units.Short(stall), Percent(moved)),
		"the slowest say nothing of the target; do not stop it, give it a processor of its own"
}

// fewGaps are too few to say anything of.
const fewGaps = 100

// checkArrivals says that requests were not sent as they were asked for: loadgen was late for some and sent them in a bunch, or they waited
// for connections.
func checkArrivals(l *result.Load) (state, text, advice string) {
	a := l.Arrivals
	if a == nil || a.Gaps+a.Waited < fewGaps {
		return "", "", ""
	}
	if a.OffShare > 0.05 && a.Gaps >= fewGaps {
		return grade(a.OffShare, 0.10, 1), fmt.Sprintf("arrivals were not as asked: %s of the gaps between requests were off by more than %s",
			Percent(a.OffShare), units.Short(float64(a.ToleranceNS))), "give loadgen a processor of its own, or offer less (-r)"
	}
	if waited := float64(a.Waited) / float64(max(1, l.Requests.Sent)); waited > 0.01 {
		return result.Valid, fmt.Sprintf("%s of the requests found no connection free when they were due, so the target had a part in when they were sent", Percent(waited)),
			fmt.Sprintf("use more than %s connections (-c) if it is to see them as they are due", units.Count(l.Spec.Connections))
	}
	return "", "", ""
}
