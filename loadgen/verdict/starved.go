package verdict

import (
	"fmt"
	"net/url"

	"carousel/internal/result"
	"carousel/internal/units"
)

// checkStarved reports how many connections were never answered while others were, and the likely cause.
func checkStarved(l *result.Load) (state, text, advice string) {
	who := result.Starved(l)
	if who == "" {
		return "", "", ""
	}
	if cause, cure := starvedBy(l); cause != "" {
		return result.Invalid, who, "likely cause: " + cause + ": " + cure
	}
	return result.Invalid, who, "no percentile speaks for those; compare with -c 1, or look at how the server takes turns"
}

// starvedBy returns the likely cause of connections that were never answered, and the cure; "" if the record shows none.
func starvedBy(l *result.Load) (cause, cure string) {
	const together, raise = "serve several connections at once", "raise its limit of connections, threads or processes"
	c, queue, waiting := l.Connections, l.Host.ListenBacklog, l.Host.ListenWaiting
	alone := c.Answered == 1
	if queue != nil {
		listens := fmt.Sprintf("the listen queue of %s takes %s", address(l), units.Plural(*queue, "connection"))
		switch {
		case waiting > *queue && alone: // the queue holds one more than the backlog
			return listens + " and was full, as the server serves one at a time", "raise the number given to listen(), and " + together
		case waiting > *queue:
			return listens + " and was full", "raise the number given to listen()"
		case l.Host.ListenDrops > 0 && *queue < int64(l.Spec.Connections): // these connections cannot fill a longer queue
			return fmt.Sprintf("%s, and the host turned away %s to connect", listens, units.Plural(l.Host.ListenDrops, "attempt")), "raise the number given to listen(), and net.core.somaxconn"
		case 2*waiting > l.Eligible()-c.Answered && !l.Spec.NoKeepalive && alone:
			return fmt.Sprintf("the server leaves %s in its listen queue and serves one at a time", units.Plural(waiting, "connection")), together
		case 2*waiting > l.Eligible()-c.Answered && !l.Spec.NoKeepalive:
			return fmt.Sprintf("the server leaves %s in its listen queue and serves %s at a time", units.Plural(waiting, "connection"), units.Count(c.Answered)), raise
		}
	}
	switch {
	case c.Failed > 0:
		return fmt.Sprintf("%s of %s attempts to connect failed", units.Count(c.Failed), units.Count(c.Failed+c.Opened)), "the errors say how"
	case failed(l) > 0: // checkErrors reports those
		return "", ""
	case alone:
		return "the server serves one connection at a time", together
	case c.Answered%10 == 0 || c.Answered&(c.Answered-1) == 0:
		return fmt.Sprintf("the server serves %s at a time and lets the others wait", units.Plural(c.Answered, "connection")), raise
	}
	return "", ""
}

// failed returns how many requests failed in another way than by a timeout.
func failed(l *result.Load) int64 { return l.Requests.Errors - l.Errors["timeout"] }

// address returns the target's address, as the user wrote it.
func address(l *result.Load) string {
	if u, err := url.Parse(l.Spec.Target); err == nil && u.Host != "" {
		return u.Host
	}
	return l.Spec.Target
}
