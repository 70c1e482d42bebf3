package record

// fine is the steps to the octave, as a power of two, of the response times of a part of the window: 0.4 % at most.
const fine = 8

// parts is what is kept besides where the window is in parts: slices, between which other servers have their turns.
type parts struct {
	times [64 << fine]uint32 // since the last harvest
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
	}
	r.start, r.from, r.timed = start, from, timed
	r.awake = begin // it need not be in between
}

// Pause notes that a part of the window is closed, with what was due at these instants under way.
func (r *Recorder) Pause(due []int64) {
	for _, at := range due {
		r.underWay(at, r.end)
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
// last harvest: how many lie in each step of time, the shortest first.
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
	}
}
