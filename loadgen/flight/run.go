// Package flight is the client's side of a load, without I/O. It decides which connection connects, sends, rests or is closed, and when the next
// request is due, and it records what became of each request.
//
// A Run is what all workers of a load share. Each worker has a Shard: its share of the connections, of the schedule and of the record.
// An engine moves bytes and waits. It carries out the actions that Next returns and reports events to the shard: Connected, Refused, Sent, Feed
// and Closed. Try connects; Start, after Flow or Slice of the Run, sends requests. Both begin a phase, in which the engine loops:
//
//	for shard.Turn() {
//		for c, do := shard.Next(); do != flight.Nothing; c, do = shard.Next() {
//			... connect, send c.Out, close or read again
//		}
//		... wait for events until shard.Wake at the latest, and report them
//	}
//
// Next is called again after each event. Settle completes the record when the run is over.
//
// A Shard is for one goroutine at a time; the Shards of one Run may be used concurrently. Instants are nanoseconds on the run's clock, an
// argument of New.
package flight

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/save"
	"carousel/loadgen/trace"
)

// Run is what the workers of one load share. Set Trace before the first call of Shard, and Places before Try.
type Run struct {
	result.Spec
	Begin int64 // when requests begin to flow; set by Flow and Slice
	Opens int64 // when the measured window opens, after the warm-up; set by Flow and Slice

	Places func() int     // returns the free places in the target's listen queue, math.MaxInt if unknown; nil: always unknown
	Trace  *trace.Process // nil: nothing is traced

	clock    func() int64
	requests []*client.Request    // that take turns
	kinds    []result.PathLatency // the distinct names of requests, without figures; nil: there is one request
	kind     []int                // by index in requests: its index in kinds
	byHost   [][]int              // by server: the indices of its requests
	files    *save.Files          // nil: bodies are not saved

	until atomic.Int64 // the end of the window: no request is due from then on; it only ever becomes earlier
	last  atomic.Int64 // cuts the grace short: no reply is taken in from then on; Never: nothing has cut it

	sliced       bool          // requests flow in slices: a reply that is too late for its slice counts in a later one
	from, timed  int64         // in slices: when the lead is over, and from when on requests are timed; Never: not in this slice
	sliceGrace   time.Duration // the grace after a slice
	flowedBefore int64         // how long requests flowed in earlier slices

	connecting atomic.Int64 // connects under way
	rampLock   sync.Mutex   // held while a batch of connects is counted and begun; guards lastRoom
	lastRoom   int64        // when the listen queue last had a free place

	cut, windowClosed     chan struct{} // closed when the window is cut short, and when the window is over
	cutShort, closeWindow func()        // close them

	budget atomic.Int64   // requests of the window that may still be sent in a closed loop (-n)
	turns  []atomic.Int64 // by server: how many requests were sent, if several take turns
}

// New returns a run of s, which must be valid. requests are those of client.New(s). If files is nil, bodies are not saved. clock returns the
// current instant in nanoseconds.
func New(s result.Spec, requests []*client.Request, files *save.Files, clock func() int64) *Run {
	r := &Run{Spec: s, requests: requests, files: files, clock: clock, cut: make(chan struct{}), windowClosed: make(chan struct{})}
	r.cutShort = sync.OnceFunc(func() { close(r.cut) })
	r.closeWindow = sync.OnceFunc(func() { close(r.windowClosed) })
	for i, q := range requests {
		for len(r.byHost) <= q.Host {
			r.byHost = append(r.byHost, nil)
		}
		r.byHost[q.Host] = append(r.byHost[q.Host], i)
	}
	r.turns = make([]atomic.Int64, len(r.byHost))
	r.budget.Store(s.Requests)
	r.until.Store(record.Never)
	r.last.Store(record.Never)
	for _, q := range requests {
		if !r.several() {
			break
		}
		kind := result.PathLatency{Path: q.Name, Kind: q.Kind}
		i := slices.IndexFunc(r.kinds, func(k result.PathLatency) bool { return k.Name() == kind.Name() })
		if i < 0 {
			i, r.kinds = len(r.kinds), append(r.kinds, kind)
		}
		r.kind = append(r.kind, i)
	}
	return r
}

// Flow sets when requests flow: from the instant begin on, for the warm-up and the duration of s. Call it before the shards Start. Requests that
// are due in the warm-up are not counted.
func (r *Run) Flow(begin int64) {
	r.Begin, r.Opens = begin, later(begin, int64(r.Warmup))
	if r.Duration > 0 {
		r.endBy(later(r.Opens, int64(r.Duration)))
	}
}

// Slice is a part of a load: requests flow for Length, then replies are still read for Patience at most.
type Slice struct {
	Begin    int64         // when requests begin to flow
	Opens    int64         // when the window of the whole load opened: requests due from then on count; Never: this slice is part of the warm-up
	Lead     time.Duration // the first part of Length: replies in it do not count for the rate, and its requests are not timed
	Length   time.Duration // how long requests flow
	Timed    bool          // requests are timed
	Patience time.Duration // the longest wait, after Length, for replies to what was sent in the slice
}

// Slice sets when requests flow, for one slice. Call it between two phases, before the shards Start.
func (r *Run) Slice(s Slice) {
	if r.sliced {
		r.flowedBefore += r.until.Load() - r.Begin
	}
	r.sliced, r.sliceGrace = true, s.Patience
	r.Begin, r.Opens, r.from, r.timed = s.Begin, s.Opens, record.Never, record.Never
	if s.Opens != record.Never {
		r.from = later(s.Begin, int64(s.Lead))
	}
	if s.Timed {
		r.timed = r.from
	}
	r.last.Store(record.Never)
	r.until.Store(later(s.Begin, int64(s.Length)))
}

// Stop cuts the window short: no further request is due, and the grace begins. In the grace, Stop ends the grace. It may be called from any goroutine.
func (r *Run) Stop() {
	now := r.clock()
	if now >= r.until.Load() {
		r.last.Store(min(now, r.last.Load()))
		return
	}
	r.endBy(now)
	r.cutShort()
}

// Cut returns a channel that is closed when the window is cut short.
func (r *Run) Cut() <-chan struct{} { return r.cut }

// WasCut reports whether the window was cut short.
func (r *Run) WasCut() bool {
	select {
	case <-r.cut:
		return true
	default:
		return false
	}
}

// WindowClosed returns a channel that is closed when the window is over and the grace begins.
func (r *Run) WindowClosed() <-chan struct{} { return r.windowClosed }

// Until returns the instant from which no request is due, the end of the window; record.Never while that is not known.
func (r *Run) Until() int64 { return r.until.Load() }

// graceEnds returns when the grace ends after a window that ended at end.
func (r *Run) graceEnds(end int64) int64 {
	grace := r.Grace
	if r.sliced {
		grace = r.sliceGrace
	}
	return min(later(end, int64(grace)), max(end, r.last.Load()))
}

// endBy makes the window end at the instant at, or earlier.
func (r *Run) endBy(at int64) {
	for was := r.until.Load(); at < was && !r.until.CompareAndSwap(was, at); was = r.until.Load() {
	}
}

// Counted reports whether the run ends after a number of requests (-n).
func (r *Run) Counted() bool { return r.Requests > 0 }

// takeBudget takes one request from the budget of -n and reports whether it may be sent. A request due in the warm-up takes nothing.
func (r *Run) takeBudget(due int64) bool {
	return !r.Counted() || due < r.Opens || r.budget.Add(-1) >= 0
}

// spent reports whether the budget of -n is used up in a closed loop.
func (r *Run) spent() bool { return r.Counted() && r.Rate == 0 && r.budget.Load() <= 0 }

// several reports whether several requests take turns.
func (r *Run) several() bool { return len(r.requests) > 1 }

// save writes the body of a good reply to a file, and then calls done, on any goroutine.
func (r *Run) save(q *client.Request, reply *client.Reply, connection int, done func(record.Class)) {
	body, kind := reply.Body()
	stem, extension := save.Stem(q.Path)
	if extension == "" {
		extension = save.Extension(kind)
	}
	reply.Lend(r.files.Put(save.Body{Stem: stem, Extension: extension, Connection: connection, Bytes: body}, done))
}

// share returns how many of n things worker i of k has; shares differ by one at most.
func share(n, i, k int) int { return n*(i+1)/k - n*i/k }

// later returns t + d, both 0 or more, and Never where the sum would be beyond that.
func later(t, d int64) int64 {
	if d > record.Never-t {
		return record.Never
	}
	return t + d
}

// connectPatience returns how long a connect may take at most.
func (r *Run) connectPatience() time.Duration { return min(ConnectLimit, r.Timeout) }
