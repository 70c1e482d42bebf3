package record

import "carousel/internal/result"

// fine is the fineness (see stepOf) of the response times of a part of the window: a step is 0.4 % wide at most.
const fine = 8

// parts is the additional state of a window in parts: slices, between which other servers have their turns. What is recorded is held back
// until Keep adds it to the record or Forget drops it.
type parts struct {
	times [64 << fine]uint32 // response times by step, since the last Harvest or Forget; in a warm-up, service times

	// Since the last Keep or Forget:
	fresh   [kinds][]int64    // durations that are not yet in the histograms
	fates   []fate            // entries that are not yet in the kinds
	unsent  *result.Histogram // response times of UnsentSeries that are not yet in latency; nil: there was none
	kept    sums              // the counts at that time
	replies []int64           // the Replies of each connection at that time
}

// The kinds of durations.
const (
	ofResponse = iota
	ofService
	ofLateness
	ofPacer
	kinds
)

// histograms returns the histograms by kind of duration.
func (r *Recorder) histograms() [kinds]*result.Histogram {
	return [kinds]*result.Histogram{r.latency, r.service, r.lateness, r.pacer}
}

// note records a duration. In a window in parts, it is held back until Keep or Forget, since nothing can be removed from a histogram.
func (r *Recorder) note(kind int, ns int64) {
	if r.parts == nil {
		r.histograms()[kind].Record(ns)
	} else {
		r.parts.fresh[kind] = append(r.parts.fresh[kind], ns)
	}
}

// overdue returns the histogram for the response times of UnsentSeries.
func (r *Recorder) overdue() *result.Histogram {
	if r.parts == nil {
		return r.latency
	}
	if r.parts.unsent == nil {
		r.parts.unsent = result.NewHistogram()
	}
	return r.parts.unsent
}

// Keep adds to the record what was recorded since the last Keep or Forget.
func (r *Recorder) Keep() {
	p := r.parts
	if p == nil {
		return
	}
	for kind, h := range r.histograms() {
		for _, ns := range p.fresh[kind] {
			h.Record(ns)
		}
	}
	for _, f := range p.fates {
		r.kinds[f.kind].note(f)
	}
	if p.unsent != nil {
		r.latency.Merge(p.unsent)
	}
	p.reset(r)
}

// Forget drops what was recorded since the last Keep or Forget, except connects. A request that is under way counts when it ends in a later
// part, but is not timed.
func (r *Recorder) Forget() {
	p := r.parts
	if p == nil {
		return
	}
	n := r.sums.underWay()
	r.sums = p.kept
	r.sent += n - r.sums.underWay()
	for i := range r.conns {
		r.conns[i].Replies, r.conns[i].timed = p.replies[i], Never
	}
	clear(p.times[:])
	p.reset(r)
}

// reset drops what is held back, and remembers the counts as they are now.
func (p *parts) reset(r *Recorder) {
	for kind := range p.fresh {
		p.fresh[kind] = p.fresh[kind][:0]
	}
	p.fates = p.fates[:0]
	if p.unsent != nil {
		p.unsent.Reset()
	}
	p.kept, p.replies = r.sums, p.replies[:0]
	for i := range r.conns {
		p.replies = append(p.replies, r.conns[i].Replies)
	}
}

func (p *parts) took(ns int64) { p.times[stepOf(uint64(max(ns, 0)), fine)]++ }

// warm records the service time of a request of the warm-up. start is Never as long as the warm-up lasts; a later reply to a request of the
// warm-up is not recorded.
func (p *parts) warm(start, service int64) {
	if start == Never {
		p.took(service)
	}
}

// Part begins a part of the window at the instant begin. start is when the window starts; Never: the part is in the warm-up. Replies that come
// at the instant from or later, until the part is closed, count for the rate. Requests that are due at the instant timed or later are timed.
func (r *Recorder) Part(begin, start, from, timed int64) {
	if r.parts == nil {
		r.parts = new(parts)
		r.parts.reset(r)
	}
	r.start, r.from, r.timed = start, from, timed
	r.awake = begin // between parts the worker need not run
}

// Pause ends a part that was closed. due is when the requests that are still under way were due.
func (r *Recorder) Pause(due []int64) {
	for _, at := range due {
		r.busyFrom(at, r.end)
	}
	r.from, r.timed = Never, Never
}

// Counts are the counts since the window started: good replies, good replies that came in its parts, requests that failed, replies of any
// kind, and connects that failed.
type Counts struct{ OK, InWindow, Errors, Replies, Refused int64 }

// Count returns the sum of the recorders' counts.
func Count(workers ...*Recorder) (c Counts) {
	for _, r := range workers {
		c.OK += r.ok
		c.InWindow += r.replied
		for _, n := range r.errors {
			c.Errors += n
		}
		for i := range r.conns {
			c.Replies += r.conns[i].Replies
		}
		for _, n := range r.failed {
			c.Refused += n
		}
	}
	return c
}

// Harvest calls take with the response times that the recorders of a window in parts have recorded since the last Harvest or Forget; in a
// warm-up, with the service times. Each call has a step and how many times lie in it, the shortest first. Then Harvest calls Keep.
func Harvest(take func(low, width, n int64), workers ...*Recorder) {
	for step := range 64 << fine {
		var n int64
		for _, r := range workers {
			n += int64(r.parts.times[step])
		}
		if n > 0 {
			low, width := stepAt(step, fine)
			take(low, width, n)
		}
	}
	for _, r := range workers {
		clear(r.parts.times[:])
		r.Keep()
	}
}
