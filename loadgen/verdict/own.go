package verdict

import (
	"fmt"
	"math"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// The checks in this file are of how loadgen itself affected the figures.

func checkOwnShare(l *result.Load) (state, text, advice string) {
	share := l.Host.OwnShare
	if share <= 0.70 || l.Window.ElapsedNS < int64(shortest) {
		return "", "", ""
	}
	return grade(share, 0.85, 1e9), fmt.Sprintf("loadgen used %s of its own processor time, so the figures may be its own limit", Percent(share)),
		moreProcessors
}

// moreProcessors is the advice where loadgen itself is the limit.
const moreProcessors = "give the client more processors and threads (-t), or go by what a request costs the server"

// checkCeiling compares the rate with what loadgen reached against a server that does nothing.
func checkCeiling(l *result.Load) (state, text, advice string) {
	if l.CeilingRPS <= 0 || l.RateRPS <= 0.70*l.CeilingRPS {
		return "", "", ""
	}
	share := l.RateRPS / l.CeilingRPS
	return grade(share, 0.85, math.Inf(1)), fmt.Sprintf("the rate is %s of the %s/s that loadgen reached against a server that does nothing, so it may be loadgen's own limit", Percent(share), units.Rate(l.CeilingRPS)),
		moreProcessors
}

// checkRunDelay reports that loadgen's threads were ready to run and waited for a processor.
func checkRunDelay(l *result.Load) (state, text, advice string) {
	share := l.Host.RunDelayShare
	if share <= 0.01 || l.Window.ElapsedNS < int64(shortest) {
		return "", "", ""
	}
	return grade(share, 0.05, math.Inf(1)), fmt.Sprintf("loadgen's threads were ready to run and waited for a processor for %s of the time", Percent(share)),
		"end what else runs on its processors, or let it have others"
}

// checkThrottled reports that the kernel stopped loadgen because its control group had used up its processor quota.
func checkThrottled(l *result.Load) (state, text, advice string) {
	if l.Host.Throttled == 0 {
		return "", "", ""
	}
	return result.Suspect, fmt.Sprintf("the processor quota of loadgen's control group was used up in %s, for which its threads stood still for %s in all",
		units.Plural(l.Host.Throttled, "period"), units.Short(float64(l.Host.ThrottledNS))), "raise the quota (cpu.max, or the container's limit), or offer less"
}

// checkGC reports that loadgen collected garbage. The epoll and uring engines do so in a window only above a limit of memory.
func checkGC(l *result.Load) (state, text, advice string) {
	gc, n := l.GC, result.Response(l).Count
	if gc == nil || gc.Cycles == 0 {
		return "", "", ""
	}
	text = fmt.Sprintf("loadgen collected garbage %s, which stopped it for %s in all", units.Plural(gc.Cycles, "time"), units.Short(float64(gc.PauseNS)))
	advice = "fewer connections or a shorter run make less of it"
	switch {
	case l.TLS != nil:
		advice = fmt.Sprintf("engine %s does so as it goes, and no other speaks TLS", l.Spec.Engine)
	case l.Spec.Engine == result.Hey || l.Spec.Engine == result.Net:
		advice = fmt.Sprintf("engine %s does so as it goes, use another --engine where that matters", l.Spec.Engine)
	}
	if n == 0 || float64(gc.PauseNS)/float64(gc.Cycles) <= 0.10*float64(l.Latency.P50) {
		return result.Valid, text, advice
	}
	return grade(held(l, float64(gc.Cycles), float64(gc.PauseNS)), 0.01, 1), text, advice
}

// held returns the share of the requests that may have waited while loadgen stood still, so many times and for ns nanoseconds in all: those
// under way and, with a schedule, those that became due meanwhile.
func held(l *result.Load, times, ns float64) float64 {
	return min(1, (times*float64(l.Spec.Connections)+l.Spec.Rate*ns/1e9)/float64(result.Response(l).Count))
}

// checkOthers reports that other programs used the processors. That is known only if the target's process is.
func checkOthers(l *result.Load) (state, text, advice string) {
	share := l.Host.BesideShare
	if share <= 0.10 {
		return "", "", ""
	}
	return grade(share, 0.25, 1), fmt.Sprintf("other programs used %s of the processors", Percent(share)), "repeat on a calmer machine"
}

// shortest is the shortest window in which loadgen's own processor time is checked: in a shorter one most of it is for starting and ending.
const shortest = 10 * time.Millisecond

// lateEnough is the least lateness that is reported: below it, it is the kernel that wakes a thread late.
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

// stallEnough is the longest gap between two turns of a sender that is not a stall: a sender waits for 50 ms at most, and may wake late.
const stallEnough = 100 * time.Millisecond

// checkStall reports that loadgen itself stood still. That may have delayed the requests under way and, with a schedule, those that became due
// meanwhile. With --save-mode inline it stands still on purpose, so that is not reported.
func checkStall(l *result.Load) (state, text, advice string) {
	stall, n := float64(l.OwnStallNS), result.Response(l).Count
	if stall <= float64(stallEnough) || stall <= 0.10*float64(l.Latency.P50) || n == 0 || l.Spec.SaveMode == result.Inline {
		return "", "", ""
	}
	moved := held(l, 1, stall)
	return grade(moved, 0.01, 1), fmt.Sprintf("loadgen itself stood still for %s, for which up to %s of the requests may have waited", units.Short(stall), Percent(moved)),
		"the slowest requests show loadgen, not the target; do not stop it, give it a processor of its own"
}

// fewGaps is the fewest gaps between requests that are checked.
const fewGaps = 100

// checkArrivals reports that requests were not sent as scheduled: loadgen was late and sent some in a bunch, or they waited for connections.
func checkArrivals(l *result.Load) (state, text, advice string) {
	a := l.Arrivals
	if a == nil || a.Gaps+a.Waited < fewGaps {
		return "", "", ""
	}
	if a.OffShare > 0.05 && a.Gaps >= fewGaps {
		return grade(a.OffShare, 0.10, 1), fmt.Sprintf("arrivals were not as scheduled: %s of the gaps between requests were off by more than %s",
			Percent(a.OffShare), units.Short(float64(a.ToleranceNS))), "give loadgen a processor of its own, or offer less (-r)"
	}
	if waited := float64(a.Waited) / float64(max(1, l.Requests.Sent)); waited > 0.01 {
		return result.Valid, fmt.Sprintf("%s of the requests waited for a connection, so they reached the target later than they were due", Percent(waited)),
			fmt.Sprintf("use more than %s connections (-c)", units.Count(l.Spec.Connections))
	}
	return "", "", ""
}
