package record

import (
	"time"

	"carousel/internal/result"
)

// Merge returns the record of a load: the sum of the workers' records for a window of the given length. It leaves to the caller what only the
// process knows: its processor time and what the host did.
func Merge(workers []*Recorder, elapsed time.Duration) (*result.Load, error) {
	l := Books(workers...)
	l.Window.ElapsedNS = elapsed.Nanoseconds()
	all, lateness, pacer := newTimes(), result.NewHistogram(), result.NewHistogram()
	var replied, busy int64
	for _, r := range workers {
		r.Keep()
		all.merge(r.times())
		if r.apart != nil {
			all.merge(r.apart.silent)
		}
		if r.lateness != nil {
			lateness.Merge(r.lateness)
			pacer.Merge(r.pacer)
		}
		l.OwnStallNS = max(l.OwnStallNS, r.stall)
		l.SpunNS += r.spun
		replied += r.replied
		busy += r.busy
		if r.parts != nil {
			l.Timed += r.timedOK
		}
	}
	if s := elapsed.Seconds(); s > 0 {
		l.RateRPS = float64(replied) / s
		l.InFlight = float64(busy) / float64(elapsed)
	}
	l.Latency, l.Service = all.latencies()
	l.Lateness, l.PacerLateness = lateness.Latency(), pacer.Latency()
	l.Paths = paths(workers)
	l.TLS = handshakes(workers)
	if workers[0].parts == nil {
		l.Arrivals = arrivals(workers)
	}
	l.Series = seriesOf(workers, elapsed)
	l.Intervals = intervalsOf(workers, elapsed)
	var err error
	l.Histogram, l.ServiceHistogram, err = all.encode()
	return l, err
}

// Books returns the counts of all workers: requests by outcome, connections, and which of them were served.
func Books(workers ...*Recorder) *result.Load {
	l := &result.Load{
		Schema:        result.Schema,
		UnsentBy:      map[string]int64{},
		Errors:        map[string]int64{},
		ConnectErrors: map[string]int64{},
	}
	q := &l.Requests
	for _, r := range workers {
		q.Sent += r.sent
		q.OK += r.ok
		q.Unanswered += r.unanswered
		for class, n := range r.errors {
			add(l.Errors, Class(class).String, n)
			q.Errors += n
		}
		for reason, n := range r.unsent {
			add(l.UnsentBy, func() string { return reasonNames[reason] }, n)
			q.Unsent += n
		}
		for class, n := range r.failed {
			add(l.ConnectErrors, Class(class).String, n)
			l.Connections.Failed += n
		}
		l.Connections.Opened += r.opened
		l.BytesRead += r.bytes
		l.Redirects += r.redirects
		l.Resent += r.resent
	}
	q.Planned = q.Sent + q.Unsent
	served(&l.Connections, workers)
	return l
}

// paths returns the figures of the requests by kind.
func paths(workers []*Recorder) (all []result.PathLatency) {
	for i, kind := range workers[0].kinds {
		h, unanswered := result.NewHistogram(), int64(0)
		one := result.PathLatency{Path: kind.Path, Kind: kind.Kind}
		for _, r := range workers {
			part := &r.kinds[i]
			if part.latency != nil {
				h.Merge(part.latency)
			}
			unanswered += part.unanswered
			one.OK += part.ok
			for class, n := range part.errors {
				if one.Errors == nil {
					one.Errors = map[string]int64{}
				}
				one.Errors[class.String()] += n
			}
		}
		h.Describe(&one, unanswered)
		all = append(all, one)
	}
	return all
}

// handshakes returns the figures of the TLS handshakes; nil: there were none.
func handshakes(workers []*Recorder) *result.TLS {
	h, t := result.NewHistogram(), new(result.TLS)
	for _, r := range workers {
		if r.tls != nil {
			h.Merge(r.tls.took)
			t.Version, t.Cipher = r.tls.version, r.tls.cipher
		}
	}
	if t.Handshakes = h.Count(); t.Handshakes == 0 {
		return nil
	}
	t.Handshake = h.Latency()
	return t
}

func add(to map[string]int64, name func() string, n int64) {
	if n > 0 {
		to[name()] += n
	}
}

// served sets how many connections were served, and how evenly.
func served(c *result.Connections, workers []*Recorder) {
	c.Fewest = Never
	sum, squares := 0.0, 0.0
	for _, r := range workers {
		for _, conn := range r.conns {
			c.Fewest, c.Most = min(c.Fewest, conn.Replies), max(c.Most, conn.Replies)
			if conn.Asked {
				c.Used++
				sum += float64(conn.Replies)
				squares += float64(conn.Replies) * float64(conn.Replies)
			}
			switch {
			case conn.Replies > 0:
				c.Answered++
			case conn.Asked:
				c.LongestWaitNS = max(c.LongestWaitNS, r.over-conn.since)
			}
		}
	}
	if c.Fewest == Never {
		c.Fewest = 0
	}
	if squares > 0 {
		c.Fairness = sum * sum / (float64(c.Used) * squares) // Jain, Chiu and Hawe 1984
	}
}
