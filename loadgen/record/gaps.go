package record

import (
	"time"

	"carousel/internal/result"
)

// gaps are the times between consecutive requests of one worker, as scheduled and as sent.
type gaps struct {
	scheduled, sent *result.Histogram
	due, at         int64 // when the request before was due and was sent; at is Never if it waited for a connection
	waited          int64 // requests that found no connection free
}

func newGaps() *gaps {
	return &gaps{scheduled: result.NewHistogram(), sent: result.NewHistogram(), at: Never}
}

// took records a request. If it waited for a connection, the target delayed it, so neither the gap before it nor the gap after it counts.
func (g *gaps) took(due, sent int64, waited bool) {
	switch {
	case waited:
		g.waited++
		sent = Never
	case g.at != Never:
		g.scheduled.Record(due - g.due)
		g.sent.Record(sent - g.at)
	}
	g.due, g.at = due, sent
}

// The tolerance of a gap: a quarter of the mean gap, but at least 5 us, which sending a request takes, and at most 50 us.
const (
	part  = 4
	least = 5 * time.Microsecond
	most  = 50 * time.Microsecond
)

// arrivals compares the gaps as sent with those of the schedule. OffShare is the share of gaps that are too long or too short: the larger of
// the two distances between the distributions (Kolmogorov and Smirnov, with a tolerance; Lévy's metric if all gaps are equal).
func arrivals(workers []*Recorder) *result.Arrivals {
	all := newGaps()
	for _, r := range workers {
		if r.gaps == nil {
			return nil
		}
		all.scheduled.Merge(r.gaps.scheduled)
		all.sent.Merge(r.gaps.sent)
		all.waited += r.gaps.waited
	}
	a := &result.Arrivals{Gaps: all.scheduled.Count(), Waited: all.waited}
	a.ToleranceNS = min(max(least.Nanoseconds(), int64(all.scheduled.Mean()/part)), most.Nanoseconds())
	a.OffShare = max(all.scheduled.Ahead(all.sent, a.ToleranceNS), all.sent.Ahead(all.scheduled, a.ToleranceNS))
	return a
}
