package verdict

import (
	"fmt"
	"math"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
)

// The checks in this file are of what TCP did.

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

// timers are the retransmission timeouts of Linux (RFC 6298; tcp(7)): the shortest one of a segment, and the first and the second of a SYN,
// counted from the first attempt.
var timers = []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}

// checkRetransmits reports that segments were retransmitted. The kernel counts those of all programs; one of the load delayed its request by
// the shortest timeout or more.
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
			text += fmt.Sprintf("; %s took %s or a little more, which is how long TCP waits before it sends again", units.Plural(near, "request"), units.Short(float64(timer)))
		}
	}
	moved := min(n, result.CountBetween(l.ServiceHistogram, timers[0], math.MaxInt64))
	return grade(float64(moved)/float64(all), 0.01, 1), text, "look at the network, its buffers and the listen queue (nstat -az | grep -i retrans)"
}

// A delayed acknowledgement takes 40 ms on Linux (TCP_DELACK_MIN), and up to two ticks of 4 ms. delayedFrom to delayedTo holds that; the spans of
// besideBy on either side are compared with it.
const (
	delayedFrom, delayedTo = 38 * time.Millisecond, 48 * time.Millisecond
	besideBy               = delayedTo - delayedFrom
)

// checkNagle reports a cluster of service times at 40 ms: replies whose last part was not sent until the client's delayed acknowledgement of the
// part before came (Nagle 1984; RFC 1122, 4.2.3.2). With a median
// above 9.5 ms it reports nothing, unless 80 % of the replies or more are in the cluster.
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
