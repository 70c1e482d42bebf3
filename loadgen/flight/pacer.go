package flight

import (
	"time"

	"carousel/loadgen/record"
	"carousel/loadgen/schedule"
)

// pacer is one sender's share of a schedule: every step-th request from the one called next. The backlog, those due but not
// sent, needs no room: it is the numbers from next on.
type pacer struct {
	rate  schedule.Uniform
	begin int64 // of the schedule; of one that goes on in slices, as if it had gone on without a break until this one
	next  int64 // number of the request to be sent next
	step  int64
	first int64 // number of the first that belongs to the window
	limit int64 // number of the first that will never be sent
	due   int64 // when next is due; Never if there is none
}

// pace starts sender i of n on the run's schedule.
func (r *Run) pace(i, n int) pacer {
	p := pacer{rate: schedule.Uniform(r.Rate), begin: r.Begin - r.flown, next: int64(i), step: int64(n), limit: record.Never, due: record.Never}
	if r.Rate == 0 {
		return p
	}
	p.next += p.rate.Before(time.Duration(r.flown))
	if !r.sliced { // a warm-up has slices of its own
		p.first = p.rate.Before(r.Warmup)
	}
	if r.Counted() {
		p.limit = later(p.first, r.Requests)
	}
	p.set()
	return p
}

func (p *pacer) set() {
	p.due = record.Never
	if p.next < p.limit {
		p.due = p.instant(p.next)
	}
}

// instant is when request i is due; of one that is due after all time, the last instant that is not Never.
func (p *pacer) instant(i int64) int64 {
	return min(later(p.begin, int64(p.rate.Due(i))), record.Never-1)
}

// take hands out the request that is due next.
func (p *pacer) take() (due int64) {
	due = p.due
	p.next += p.step
	p.set()
	return due
}

// rest notes what of the schedule up to end was not sent, and, of a number of requests, what was not due by then. What
// is left of a warm-up is passed over.
func (p *pacer) rest(end int64, rec *record.Recorder, late, cut record.Reason) {
	if p.due == record.Never {
		return
	}
	p.next += p.before(p.first) * p.step
	n := p.before(min(p.rate.Before(time.Duration(end-p.begin)), p.limit))
	rec.UnsentSeries(n, func(i int64) int64 { return p.instant(p.next + i*p.step) }, late)
	p.next += n * p.step
	if p.limit != record.Never {
		rec.NeverDue(p.before(p.limit), cut)
	}
}

// before is how many of the sender's requests, from next on, have a number below limit.
func (p *pacer) before(limit int64) int64 {
	if limit <= p.next {
		return 0
	}
	return (limit-p.next-1)/p.step + 1
}
