package record

import (
	"sync"
	"time"
)

// Live has the counts of a run for display while it goes on. Its zero value is ready; a nil *Live keeps nothing. Workers publish their counts
// some twenty times a second, so that it costs them nothing measurable.
type Live struct {
	Began func() // called when requests begin to flow; may be nil

	mu       sync.Mutex
	began    time.Time
	warm     time.Duration // from began until the window opens
	total    tally         // since the run began
	interval tally         // since the last Read
	read     time.Time     // the last Read

	times [64 << coarse]int64 // response times since the run began
}

// Progress is how far a run has come. Planned, Answered and Errors count since the run began, warm-up included. RatePerSecond, P50 and P99
// are those of the good replies since the last Read, to about 3 %.
type Progress struct {
	Elapsed       time.Duration
	Planned       int64
	Answered      int64 // good replies
	Errors        int64
	RatePerSecond float64
	P50, P99      time.Duration
	Warming       bool
}

// Begin starts the clock: requests flow from now on, and the window opens after warmup.
func (l *Live) Begin(warmup time.Duration) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began, l.warm = time.Now(), warmup
	l.read = l.began
	if l.Began != nil {
		l.Began()
	}
}

// Read returns how far the run has come. Before it begins, all but Warming is zero.
func (l *Live) Read() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began.IsZero() {
		return Progress{Warming: true}
	}
	now := time.Now()
	p := Progress{
		Elapsed:  now.Sub(l.began),
		Planned:  l.total.planned,
		Answered: l.total.ok,
		Errors:   l.total.errors,
		P50:      l.interval.quantile(0.50),
		P99:      l.interval.quantile(0.99),
	}
	p.Warming = p.Elapsed < l.warm
	if s := now.Sub(l.read).Seconds(); s > 0 {
		p.RatePerSecond = float64(l.interval.ok) / s
	}
	l.interval, l.read = tally{}, now
	return p
}

// Totals are the counts since a run began, warm-up included. Requests under way count in Sent only.
type Totals struct {
	Began                       time.Time // zero: it has not begun
	Sent, OK, BytesRead, Opened int64
	Waited                      int64            // the sum of the response times of OK, in nanoseconds
	Errors, Failed              map[string]int64 // requests and attempts to connect, by class
}

// Totals returns the counts, and calls take with the response times of good replies, the shortest first: n of them are ns nanoseconds, within
// 1.6 %.
func (l *Live) Totals(take func(ns, n int64)) Totals {
	l.mu.Lock()
	t, times := l.total, l.times
	all := Totals{l.began, t.planned, t.ok, t.bytes, t.opened, t.waited, map[string]int64{}, map[string]int64{}}
	l.mu.Unlock()
	for step, n := range times {
		if n > 0 {
			low, width := stepAt(step, coarse)
			take(low+width/2, n)
		}
	}
	for class, n := range t.errorsBy {
		add(all.Errors, Class(class).String, int64(n))
	}
	for class, n := range t.failedBy {
		add(all.Failed, Class(class).String, int64(n))
	}
	return all
}

// publishEvery is the shortest time between two times that a worker publishes its counts, in nanoseconds.
const publishEvery = 50e6

// pulse has the counts of one worker that are not yet published.
type pulse struct {
	live *Live
	last int64
	tally
}

// Publish adds the worker's counts to Live if the last time is publishEvery ago. With Never it always does.
func (r *Recorder) Publish(now int64) {
	p := r.pulse
	if p == nil || now-p.last < publishEvery {
		return
	}
	p.last = now
	p.live.mu.Lock()
	p.live.total.add(&p.tally)
	p.live.interval.add(&p.tally)
	for i, n := range p.latencies {
		p.live.times[i] += int64(n)
	}
	p.live.mu.Unlock()
	p.tally = tally{}
}

// tally are counts, and latencies by step.
type tally struct {
	planned, ok, errors   int64
	bytes, opened, failed int64
	waited                int64 // the sum of the response times of ok
	errorsBy              [statuses]uint32
	failedBy              [named]uint32
	latencies             [64 << coarse]uint32
}

// coarse is the fineness (see stepOf) of the latencies for display: 32 steps to the octave.
const coarse = 5

func (t *tally) ended(latency int64, class Class) {
	if class != OK {
		t.errors++
		t.errorsBy[class]++
		return
	}
	t.ok++
	t.waited += latency
	t.latencies[stepOf(uint64(max(latency, 0)), coarse)]++
}

func (t *tally) add(o *tally) {
	t.planned += o.planned
	t.ok += o.ok
	t.errors += o.errors
	t.bytes += o.bytes
	t.opened += o.opened
	t.waited += o.waited
	if o.errors > 0 {
		for i, n := range o.errorsBy {
			t.errorsBy[i] += n
		}
	}
	if t.failed += o.failed; o.failed > 0 {
		for i, n := range o.failedBy {
			t.failedBy[i] += n
		}
	}
	for i, n := range o.latencies {
		t.latencies[i] += n
	}
}

// quantile returns the latency that a share q does not exceed.
func (t *tally) quantile(q float64) time.Duration {
	rank := int64(q * float64(t.ok))
	for i, n := range t.latencies {
		if rank -= int64(n); rank < 0 {
			low, width := stepAt(i, coarse)
			return time.Duration(low + width/2)
		}
	}
	return 0
}
