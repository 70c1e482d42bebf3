package verdict

import (
	"fmt"
	"math"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// The checks of this file are of what TCP did on the way.

func checkDrops(l *result.Load) (state, text, advice string) {
	if l.Host.ListenDrops == 0 {
		return "", "", ""
	}
	whose := "a listen queue of this machine"
	if l.Host.ListenBacklog != nil {
		whose = "the target's listen queue"
	}
	return result.Suspect, fmt.Sprintf("%s attempts to connect were dropped because %s was full", units.Count(l.Host.ListenDrops), whose),
		"raise the server's backlog and net.core.somaxconn, or use fewer connections"
}

// timers are how long TCP waits on Linux before it sends a segment once more, the least that it does, and an attempt to connect, the first
// and the second time (RFC 6298; tcp(7)).
var timers = []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}

// checkRetransmits says that segments were lost, or their answers were late. Whose they were the kernel does not say; those of the load held a
// request up for as long as a timer runs at least.
func checkRetransmits(l *result.Load) (state, text, advice string) {
	n, all := l.Host.Retransmits, result.Response(l).Count
	if n == 0 || all == 0 {
		return "", "", ""
	}
	text = fmt.Sprintf("this machine sent %s once more", units.Plural(n, "TCP segment"))
	if syns := l.Host.SynRetransmits; syns > 0 {
		text += fmt.Sprintf(", %s of them to connect", units.Count(syns))
	}
	for _, timer := range timers {
		if near := result.CountBetween(l.ServiceHistogram, timer, timer+timer/10); near > 0 {
			text += fmt.Sprintf("; %s took %s or a little more, which is how long TCP waits before it does", units.Plural(near, "request"), units.Short(float64(timer)))
		}
	}
	moved := min(n, result.CountBetween(l.ServiceHistogram, timers[0], math.MaxInt64))
	return grade(float64(moved)/float64(all), 0.01, 1), text, "look at the network, its buffers and the listen queue (nstat -az | grep -i retrans)"
}

// The delay of an acknowledgement is 40 ms on Linux (TCP_DELACK_MIN), and up to two ticks of 4 ms. What takes so long is in the first span, and as much
// of either side of it in the others.
const (
	delayedFrom, delayedTo = 38 * time.Millisecond, 48 * time.Millisecond
	besideBy               = delayedTo - delayedFrom
)

// checkNagle looks for replies whose last part waited until the one before was acknowledged, by a kernel that delays that (Nagle 1984; RFC
// 1122, 4.2.3.2): a cluster of service times at 40 ms. Where most replies are in it the server may mean to take so long.
func checkNagle(l *result.Load) (state, text, advice string) {
	all := result.Service(l).Count
	n := result.CountBetween(l.ServiceHistogram, delayedFrom, delayedTo)
	beside := result.CountBetween(l.ServiceHistogram, delayedFrom-besideBy, delayedFrom) + result.CountBetween(l.ServiceHistogram, delayedTo, delayedTo+besideBy)
	share := float64(n) / float64(max(all, 1))
	median := time.Duration(l.Service.P50)
	if n < result.Support || share < 0.01 || n < 5*beside || median > delayedFrom/4 && share < 0.8 {
		return "", "", ""
	}
	return result.Valid, fmt.Sprintf("%s of the requests took 38 to 48 ms, and hardly any about as long, with a median of %s: so do replies sent in parts, the last of which waits for a delayed acknowledgement",
		Percent(share), units.Short(float64(median))), "have the server set TCP_NODELAY and write each reply at once"
}
