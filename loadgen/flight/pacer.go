package flight

import (
	"time"

	"carousel/loadgen/record"
	"carousel/loadgen/schedule"
)

// pacer is one sender's share of a schedule: every step-th request from the one at which its walk stands. The backlog, those due but not
// sent, needs no room: it is the requests from there on.
type pacer struct {
	schedule *schedule.Schedule // nil: a closed loop
	walk     schedule.Walk
	step     int64
	begin    int64         // of the schedule; of one that goes on in slices, as if it had gone on without a break until this one
	opens    time.Duration // after begin: the window
	limit    int64         // number of the first that will never be sent
	due      int64         // when the next is due; Never if there is none
}

// newPacer is sender i of n on the run's schedule.
func (r *Run) newPacer(i, n int) pacer {
	p := pacer{step: int64(n), limit: record.Never, due: record.Never}
	if r.Rate > 0 {
		p.schedule = schedule.New(r.Spec)
		p.walk = p.schedule.Walk()
		p.walk.Skip(int64(i))
	}
	return p
}

// start has the schedule begin, or go on in a further slice.
func (p *pacer) start(r *Run) {
	if p.schedule == nil {
		return
	}
	p.begin = r.Begin - r.flowedBefore
	p.skipUntil(time.Duration(r.flowedBefore))
	if !r.sliced { // a warm-up has slices of its own
		p.opens = r.Warmup
	}
	if r.Counted() {
		p.limit = later(p.schedule.Before(p.opens), r.Requests)
	}
	p.set()
}

func (p *pacer) set() {
	p.due = record.Never
	if p.walk.Next < p.limit {
		p.due = p.instant(p.walk.Due())
	}
}

// instant is one of the schedule on the run's clock; of what is due after all time, the last that is not Never.
func (p *pacer) instant(due time.Duration) int64 {
	return min(later(p.begin, int64(due)), record.Never-1)
}

// take hands out the request that is due next.
func (p *pacer) take() (due int64) {
	due = p.due
	p.walk.Skip(p.step)
	p.set()
	return due
}

// skipUntil goes on to the first request that is due at d after begin or later.
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

// below is how many of the sender's requests, from the next on, have a number below limit.
func (p *pacer) below(limit int64) int64 {
	if limit <= p.walk.Next {
		return 0
	}
	return (limit-p.walk.Next-1)/p.step + 1
}
