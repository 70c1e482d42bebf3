package flight

import (
	"time"

	"carousel/loadgen/record"
	"carousel/loadgen/schedule"
)

// pacer is one shard's share of a schedule: every step-th request, from the one at which its walk stands. The backlog, requests that are due and
// not sent, takes no memory: they are those from the walk on.
type pacer struct {
	schedule *schedule.Schedule // nil: a closed loop
	walk     schedule.Walk
	step     int64
	begin    int64         // when the schedule begins; in slices it is moved on by the pauses between them
	opens    time.Duration // after begin: when the window opens
	limit    int64         // number of the first request that will never be sent
	due      int64         // when the next request is due; Never if there is none
}

// newPacer returns the share of shard i of n in the run's schedule.
func (r *Run) newPacer(i, n int) pacer {
	p := pacer{step: int64(n), limit: record.Never, due: record.Never}
	if r.Rate > 0 {
		p.schedule = schedule.New(r.Spec)
		p.walk = p.schedule.Walk()
		p.walk.Skip(int64(i))
	}
	return p
}

// start begins the schedule, or continues it in a further slice.
func (p *pacer) start(r *Run) {
	if p.schedule == nil {
		return
	}
	p.begin = r.Begin - r.flowedBefore
	p.skipUntil(time.Duration(r.flowedBefore))
	if !r.sliced { // a warm-up has slices of its own, so opens stays 0
		p.opens = r.Warmup
	}
	if r.Counted() {
		p.limit = later(p.schedule.Before(p.opens), r.Requests)
	}
	p.set()
}

// set computes due.
func (p *pacer) set() {
	p.due = record.Never
	if p.walk.Next < p.limit {
		p.due = p.instant(p.walk.Due())
	}
}

// instant returns an instant of the schedule on the run's clock. What is beyond the clock's range is due at its end, which is not Never.
func (p *pacer) instant(due time.Duration) int64 {
	return min(later(p.begin, int64(due)), record.Never-1)
}

// take returns when the next request is due, and moves on to the one after it.
func (p *pacer) take() (due int64) {
	due = p.due
	p.walk.Skip(p.step)
	p.set()
	return due
}

// skipUntil moves on to the first request that is due at d after begin, or later.
func (p *pacer) skipUntil(d time.Duration) {
	if !p.schedule.Poisson() {
		p.walk.Skip(p.below(p.schedule.Before(d)) * p.step)
		return
	}
	for p.walk.Due() < d {
		p.walk.Skip(p.step)
	}
}

// bookUnsent books requests that were due by end and not sent; with -n also those not yet due. Requests of the warm-up are not booked.
func (p *pacer) bookUnsent(end int64, rec *record.Recorder, late, cut record.Reason) {
	if p.due == record.Never {
		return
	}
	p.skipUntil(p.opens)
	if p.schedule.Poisson() {
		for p.set(); p.due < end; p.take() {
			rec.Unsent(p.due, late)
		}
	} else {
		n, next := p.below(min(p.schedule.Before(time.Duration(end-p.begin)), p.limit)), p.walk.Next
		rec.UnsentSeries(n, func(i int64) int64 { return p.instant(p.schedule.Due(next + i*p.step)) }, late)
		p.walk.Skip(n * p.step)
	}
	if p.limit != record.Never {
		rec.NeverDue(p.below(p.limit), cut)
	}
}

// below returns how many requests of this share, from the next on, have a number below limit.
func (p *pacer) below(limit int64) int64 {
	if limit <= p.walk.Next {
		return 0
	}
	return (limit-p.walk.Next-1)/p.step + 1
}
