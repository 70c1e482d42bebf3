// Package flight is the client's side of a load without I/O: which connection connects, sends, rests or is closed, when the next
// thing is due, and what became of each request.
//
// A Run is what all workers of a load share. Each worker has a Shard: its share of the connections, of the schedule and of the record.
// An engine waits and moves bytes. It says what happened (Connected, Refused, Feed, Closed) and carries out what Next hands it:
//
//	for shard.Turn() {
//		for c, do := shard.Next(); do != flight.Nothing; c, do = shard.Next() {
//			... connect, send c.Out or close
//		}
//		... wait until shard.Wake at the latest, and say what happened
//	}
//
// A Shard is for one goroutine at a time; Shards of one Run may be used at once. Instants are nanoseconds on the run's clock.
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

// Run is what the workers of one load share.
type Run struct {
	result.Spec
	Begin int64 // requests flow from here on
	Opens int64 // the measured window does

	Places func() int     // free ones in the target's listen queue, math.MaxInt if that is not known; nil: it never is
	Trace  *trace.Process // nil: nothing is traced

	clock    func() int64
	requests []*client.Request    // in turn
	kinds    []result.PathLatency // of requests, where there are several, without figures
	kind     []int                // of each of requests, in kinds
	byHost   [][]int              // by server: those of requests that are for it
	files    *save.Files          // nil: bodies are not saved

	until atomic.Int64 // no request is due from here on; it only ever comes nearer
	last  atomic.Int64 // no reply is taken in from here on, were the grace to last longer; Never, unless it is ended

	sliced       bool          // requests flow in slices, of which this is one: what comes too late for one counts in a later one
	from, timed  int64         // of a slice: when its lead is over, and from when on requests are timed
	sliceGrace   time.Duration // the grace of a slice
	flowedBefore int64         // how long requests flowed in the slices before

	connecting atomic.Int64 // connects under way
	rampLock   sync.Mutex   // held while connects begin that there must be places for
	lastRoom   int64        // when there last was one

	cut, windowClosed     chan struct{} // closed when the window is cut short, and when it has closed
	cutShort, closeWindow func()        // close them

	budget atomic.Int64   // requests of the window that may still be sent in a closed loop, if counted
	turns  []atomic.Int64 // by server: turns, where there are several requests
}

// New prepares a run of s, which must be valid. files may be nil: bodies are not saved then.
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

// Flow lets requests flow from the instant begin on. Requests that are due before the warm-up is over are not counted.
func (r *Run) Flow(begin int64) {
	r.Begin, r.Opens = begin, later(begin, int64(r.Warmup))
	if r.Duration > 0 {
		r.endBy(later(r.Opens, int64(r.Duration)))
	}
}

// Slice is a part of a load: requests flow for a while, then replies are taken in.
type Slice struct {
	Begin    int64
	Opens    int64         // of the whole window: what is due from then on counts; Never: this slice is part of a warm-up
	Lead     time.Duration // the first part, in which replies do not count for the rate and requests are not timed
	Length   time.Duration // in which requests flow
	Timed    bool          // requests are timed
	Patience time.Duration // longest wait, after Length, for what was sent in the slice
}

// Slice lets requests flow for a slice. It is called between two phases; afterwards all shards Start.
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

// Stop cuts the window short: no further request is due, and the grace begins. After the window has closed, Stop ends the grace.
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

// WindowClosed returns a channel that is closed when the window has closed and the grace begins.
func (r *Run) WindowClosed() <-chan struct{} { return r.windowClosed }

// Until returns the instant from which no request is due; Never while that is not known.
func (r *Run) Until() int64 { return r.until.Load() }

// graceEnds is when no reply is taken in any more after a window that ended at this instant.
func (r *Run) graceEnds(end int64) int64 {
	grace := r.Grace
	if r.sliced {
		grace = r.sliceGrace
	}
	return min(later(end, int64(grace)), max(end, r.last.Load()))
}

func (r *Run) endBy(at int64) {
	for was := r.until.Load(); at < was && !r.until.CompareAndSwap(was, at); was = r.until.Load() {
	}
}

// Counted reports whether the run ends after a number of requests (-n).
func (r *Run) Counted() bool { return r.Requests > 0 }

// takeBudget takes leave to send a request that is due at this instant.
func (r *Run) takeBudget(due int64) bool {
	return !r.Counted() || due < r.Opens || r.budget.Add(-1) >= 0
}

// spent reports whether the budget of -n is used up in a closed loop.
func (r *Run) spent() bool { return r.Counted() && r.Rate == 0 && r.budget.Load() <= 0 }

// several reports whether requests take turns.
func (r *Run) several() bool { return len(r.requests) > 1 }

// save puts the body of a good reply into a file. done may be called on any goroutine.
func (r *Run) save(q *client.Request, reply *client.Reply, connection int, done func(record.Class)) {
	body, kind := reply.Body()
	stem, extension := save.Stem(q.Path)
	if extension == "" {
		extension = save.Extension(kind)
	}
	reply.Lend(r.files.Put(save.Body{Stem: stem, Extension: extension, Connection: connection, Bytes: body}, done))
}

// share is how many of n things fall to worker i of k; shares differ by one at most.
func share(n, i, k int) int { return n*(i+1)/k - n*i/k }

// later is t + d, both 0 or more; Never if that is beyond it.
func later(t, d int64) int64 {
	if d > record.Never-t {
		return record.Never
	}
	return t + d
}

// connectPatience is the longest that a connect may take.
func (r *Run) connectPatience() time.Duration { return min(ConnectLimit, r.Timeout) }
