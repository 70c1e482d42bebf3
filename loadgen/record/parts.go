package record

import "carousel/internal/result"

// fine is the steps to the octave, as a power of two, of the response times of a part of the window: 0.4 % at most.
const fine = 8

// parts holds the additional state of a window in parts: slices, with turns of other servers in between.
type parts struct {
	times [64 << fine]uint32 // since the last harvest, or Forget

	// Since the last Keep or Forget:
	fresh   [kinds][]int64    // nanoseconds that are not in the histograms yet
	fates   []fate            // of requests by kind, likewise
	unsent  *result.Histogram // the same of series of requests that were never sent; nil: there was none yet
	kept    sums              // before these parts
	replies []int64           // of each connection, before them
}

// The kinds of durations that are kept.
const (
	ofResponse = iota
	ofService
	ofLateness
	ofPacer
	kinds
)

// histograms are those of a recorder, by kind.
func (r *Recorder) histograms() [kinds]*result.Histogram {
	return [kinds]*result.Histogram{r.latency, r.service, r.lateness, r.pacer}
}

// note notes a duration. In parts it waits for what becomes of them, as nothing can be taken out of a histogram.
func (r *Recorder) note(kind int, ns int64) {
	if r.parts == nil {
		r.histograms()[kind].Record(ns)
	} else {
		r.parts.fresh[kind] = append(r.parts.fresh[kind], ns)
	}
}

// overdue is the histogram for the response times of a series of requests that were never sent.
func (r *Recorder) overdue() *result.Histogram {
	if r.parts == nil {
		return r.latency
	}
	if r.parts.unsent == nil {
		r.parts.unsent = result.NewHistogram()
	}
	return r.parts.unsent
}

// Keep has what was noted since the last Keep or Forget stay in the record.
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
	p.renew(r)
}

// Forget takes what was noted since then out of the record, connects apart. A request that is under way stays, to end in a later part, and is
// timed in none.
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
	p.renew(r)
}

// renew begins with nothing noted.
func (p *parts) renew(r *Recorder) {
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

// warm notes the service time of a request of the warm-up, while that lasts: the window does not start before it is known when.
func (p *parts) warm(start, service int64) {
	if start == Never {
		p.took(service)
	}
}

// Part begins a part, at the instant begin, of a window that starts at the instant start, Never as long as it is a warm-up: replies that
// come from from on, until the part is closed, count for the rate, and requests that are due from timed on are timed.
func (r *Recorder) Part(begin, start, from, timed int64) {
	if r.parts == nil {
		r.parts = new(parts)
		r.parts.renew(r)
	}
	r.start, r.from, r.timed = start, from, timed
	r.awake = begin // it need not be in between
}

// Pause notes that a part of the window is closed, with what was due at these instants under way.
func (r *Recorder) Pause(due []int64) {
	for _, at := range due {
		r.busyFrom(at, r.end)
	}
	r.from, r.timed = Never, Never
}

// Counts is what was counted since the window started: good replies, those of them that came in its parts, requests that failed, replies of
// any kind, connects that failed.
type Counts struct{ OK, InWindow, Errors, Replies, Refused int64 }

// Count adds up what recorders counted.
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

// Harvest hands out the response times (those of a warm-up: service times) that recorders of a window in parts have noted since the
// last harvest: how many lie in each step of time, the shortest first. Then it keeps all that they noted.
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
