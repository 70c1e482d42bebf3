package record

import (
	"time"

	"carousel/internal/result"
)

// gaps are the times between consecutive requests of one worker, as scheduled and as sent.
type gaps struct {
	asked, sent *result.Histogram
	due, at     int64 // of the request before; at is Never where that does not count
	waited      int64 // requests that found no connection free
}

func newGaps() *gaps {
	return &gaps{asked: result.NewHistogram(), sent: result.NewHistogram(), at: Never}
}

// took notes a request. One that waited for a connection was held up by the target: neither the gap before it nor the one after it is
// loadgen's doing.
func (g *gaps) took(due, sent int64, waited bool) {
	switch {
	case waited:
		g.waited++
		sent = Never
	case g.at != Never:
		g.asked.Record(due - g.due)
		g.sent.Record(sent - g.at)
	}
	g.due, g.at = due, sent
}

// A gap may be off by a part of the mean one, 50 us at most. Two requests cannot be sent closer to each other than sending takes, 5 us.
const (
	part  = 4
	least = 5 * time.Microsecond
	most  = 50 * time.Microsecond
)

// arrivals compares the gaps with the schedule. OffShare is the share of gaps that are too long or too short: the larger of the two distances between
// the distributions (Kolmogorov and Smirnov, with a tolerance; Lévy's metric if all gaps are equal).
func arrivals(workers []*Recorder) *result.Arrivals {
	all := newGaps()
	for _, r := range workers {
		if r.gaps == nil {
			return nil
		}
		all.asked.Merge(r.gaps.asked)
		all.sent.Merge(r.gaps.sent)
		all.waited += r.gaps.waited
	}
	a := &result.Arrivals{Gaps: all.asked.Count(), Waited: all.waited}
	a.ToleranceNS = min(max(least.Nanoseconds(), int64(all.asked.Mean()/part)), most.Nanoseconds())
	a.OffShare = max(all.asked.Ahead(all.sent, a.ToleranceNS), all.sent.Ahead(all.asked, a.ToleranceNS))
	return a
}
