package record

import (
	"sync"
	"time"
)

// Live is what a person sees while a run is on. The zero value is ready; a nil *Live watches nothing. Workers hand in what
// they counted some twenty times a second, so that watching costs them nothing measurable.
type Live struct {
	Began func() // called when requests begin to flow; nil: nobody wants to know

	mu       sync.Mutex
	began    time.Time
	warm     time.Duration // when the window opens, since began
	total    tally         // since the run began
	interval tally         // since the last Read
	read     time.Time     // when that was

	times [64 << coarse]int64 // response times since the run began
}

// Progress is how far a run has come. Planned, Answered and Errors count since the run began, warm-up included;
// RatePerSecond, P50 and P99 tell of the good replies since the last Read, to about 3 %.
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

// Read tells how far the run has come; zeros before it begins.
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

// Totals is what was counted since a run began, a warm-up included. What is under way has neither an answer nor failed.
type Totals struct {
	Began                       time.Time // zero: it has not
	Sent, OK, BytesRead, Opened int64
	Waited                      int64            // the response times of OK, added up, in nanoseconds
	Errors, Failed              map[string]int64 // requests and attempts to connect, by class
}

// Totals hands out the response times of good replies, the shortest first, as how many lie about ns nanoseconds, within 1.6 %, and tells
// what was counted beside them.
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

// publishEvery is how often a worker hands in what it counted, in nanoseconds.
const publishEvery = 50e6

// pulse is what one worker has counted since it last handed in.
type pulse struct {
	live *Live
	last int64
	tally
}

// Publish hands in what was counted, if it is time to; all of it where now is Never.
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

// tally is a coarse count: latencies in 32 steps to the octave.
type tally struct {
	planned, ok, errors   int64
	bytes, opened, failed int64
	waited                int64 // the response times of ok, added up
	errorsBy              [statuses]uint32
	failedBy              [named]uint32
	latencies             [64 << coarse]uint32
}

// coarse is the steps to the octave of what a person watches, as a power of two.
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

// quantile is the latency that a share q does not exceed.
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
