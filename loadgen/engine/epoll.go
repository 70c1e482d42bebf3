//go:build linux

package engine

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/save"
	"carousel/loadgen/spec"
)

// batch is how many events one wait brings at most.
const batch = 256

// wakeEvery is how long a worker waits at most, so that it notices the end of the run and hands in what it counted.
const wakeEvery = int64(50 * time.Millisecond)

// epollCrew is the workers of the epoll engine, a thread each.
type epollCrew struct {
	*run
	workers []*worker
}

func newEpoll(r *run) (crew, error) {
	n := Threads(r.Spec)
	c := &epollCrew{run: r}
	for i := range n {
		w := &worker{run: r, id: i, of: n, first: r.Connections * i / n, asks: client.NewAsks(r.asks), gone: record.Never}
		var err error
		if w.peer, err = sockaddr(r.addr); err == nil {
			w.poller, err = sock.NewPoller()
		}
		if err != nil {
			c.close()
			return nil, err
		}
		w.silent = share(r.Idle, i, n)
		w.conns = make([]conn, w.silent+share(r.Connections, i, n))
		w.rec = record.NewRecorder(len(w.conns)-w.silent, r.Rate > 0, r.live)
		w.rec.Split(r.paths)
		for k := range w.conns {
			w.conns[k] = conn{fd: -1, index: int32(k), line: int32(k - w.silent)}
			w.conns[k].address(w.asks.Turn(0))
		}
		c.workers = append(c.workers, w)
	}
	return c, nil
}

// each runs step on every worker at once, each on a thread of its own.
func (c *epollCrew) each(step func(*worker)) {
	var all sync.WaitGroup
	for _, w := range c.workers {
		all.Go(func() {
			runtime.LockOSThread()
			// Not unlocked: the thread, whose timer slack was changed, ends with the goroutine.
			unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
			step(w)
		})
	}
	all.Wait()
}

func (c *epollCrew) open(ctx context.Context) error {
	c.each(func(w *worker) { w.openAll(ctx, true) })
	c.each(func(w *worker) { w.openAll(ctx, false) })
	var last *worker
	for _, w := range c.workers {
		if w.alive > 0 {
			return nil
		}
		last = w
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return c.unreachable(last.refusal, last.refusalErr)
}

func (c *epollCrew) work() {
	// One processor more than threads, so that who watches need not take a worker's; and some to those who write files.
	others := 1
	if c.SaveMode == spec.Offload {
		others += save.Writers
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), len(c.workers)+others)))
	c.each((*worker).work)
}

func (c *epollCrew) settle(end int64, why record.Reason) {
	for _, w := range c.workers {
		w.settle(end, why)
	}
	if left := c.tickets.Load(); left > 0 && c.Rate == 0 {
		c.workers[0].rec.NeverDue(left, why)
	}
}

func (c *epollCrew) records() (all []*record.Recorder) {
	for _, w := range c.workers {
		all = append(all, w.rec)
	}
	return all
}

func (c *epollCrew) close() {
	for _, w := range c.workers {
		for k := range w.conns {
			if fd := w.conns[k].fd; fd >= 0 {
				sock.Close(fd)
			}
		}
		w.poller.Close()
	}
}

// worker is one thread with its connections. In its loop nothing allocates and nothing enters the Go scheduler, waits
// included: the thread keeps its processor, and work leaves the rest of the program another one.
type worker struct {
	*run
	id, of int
	rec    *record.Recorder
	poller *sock.Poller
	peer   unix.Sockaddr // of its own: a connect writes into it
	asks   *client.Asks
	conns  []conn
	first  int   // number of the first of them in the load, silent ones apart
	silent int   // the first so many are never given a request
	free   queue // paced: connections without a request, the longest free first
	down   queue // connections to be opened again
	pacer  pacer
	open   bool  // requests flow
	end    int64 // of the run, as last looked up

	alive       int           // connections that are open, silent ones apart
	outstanding int           // requests sent and not settled
	opening     int           // connects under way
	nextSweep   int64         // when something may next have taken too long
	retry       int64         // when a connection may be opened again
	failed      bool          // a connect of the latest round did
	backoff     time.Duration // between connects, after failures; 0: none lately
	trouble     int64         // when a connection was last refused, or closed before it was of use
	gone        int64         // when a connect first failed since alive is 0; Never: none has
	deserted    bool          // and none was successful for too long since
	refusal     record.Class
	refusalErr  error

	mu       sync.Mutex // guards outcomes
	outcomes []outcome

	ready [batch]sock.Event
	buf   [client.MaxRead]byte
}

// work sends and receives until the run is over.
func (w *worker) work() {
	w.open = true
	w.pacer = w.run.pace(w.id, w.of)
	w.end = w.until.Load()
	w.rec.Close(w.end)
	for k := range w.conns {
		if c := &w.conns[k]; c.state == idle && c.line >= 0 {
			w.next(c, w.begin, w.now())
		}
	}
	for {
		now := w.now()
		if end := w.until.Load(); end != w.end {
			w.end = end
			w.rec.Close(end)
		}
		w.rec.Awake(now)
		if now >= w.end || w.finished() {
			return
		}
		w.turn(now)
	}
}

// finished reports whether a run by number has nothing left to do, or nobody left to do it with.
func (w *worker) finished() bool {
	if !w.counted() {
		return false
	}
	if w.outstanding == 0 && w.spent() {
		return true
	}
	return w.alive == 0 && w.deserted
}

// spent reports whether the worker will send no request any more that was not yet.
func (w *worker) spent() bool {
	return w.run.spent() || w.counted() && w.Rate > 0 && w.pacer.due == record.Never
}

// turn does what is due, then waits for the next thing and does that.
func (w *worker) turn(now int64) {
	if now >= w.nextSweep {
		w.sweep(now)
	}
	if w.down.first != nil && now >= w.retry {
		w.reopen(now)
	}
	if now >= w.pacer.due {
		w.sendDue(now)
	}
	if w.files != nil {
		w.collect()
	}
	w.rec.Publish(now)
	wake := min(now+wakeEvery, w.end, w.nextSweep)
	if w.down.first != nil {
		wake = min(wake, w.retry)
	}
	if w.free.first != nil {
		wake = min(wake, w.pacer.due)
	}
	n, err := w.poller.Hold(w.ready[:], time.Duration(max(0, wake-w.now())))
	if err != nil {
		panic(err) // a poller of ours cannot be waited for: there is no going on
	}
	for k := range n {
		ev := &w.ready[k]
		data := ev.Data()
		c := &w.conns[uint32(data)]
		if c.era != uint32(data>>32) {
			continue // the descriptor was closed earlier in this batch
		}
		switch {
		case c.state == opening:
			w.opened(c)
		case ev.Events&sock.Writable != 0 && ev.Events&(sock.Readable|sock.Hangup) == 0:
			w.write(c)
		default:
			w.read(c)
		}
		if w.pacer.due != record.Never && w.free.first != nil {
			if now := w.now(); now >= w.pacer.due {
				w.sendDue(now)
			}
		}
	}
}

// sendDue sends what is due on the connections that are free.
func (w *worker) sendDue(now int64) {
	for w.pacer.due <= now && now < w.end && w.free.first != nil {
		c := w.free.pop()
		w.send(c, w.pacer.take(), now)
		now = w.now()
	}
	for w.spent() && w.free.first != nil {
		w.drop(w.free.first) // it would only keep others waiting
	}
}

// settle closes the books of the window.
func (w *worker) settle(end int64, why record.Reason) {
	w.rec.Close(end)
	w.collect()
	for k := range w.conns {
		if c := &w.conns[k]; c.pending {
			w.rec.For(c.path).Unanswered(c.due, c.sent)
		}
	}
	late := record.NoConnection
	if w.free.first != nil {
		late = record.WindowClosed
	}
	w.pacer.rest(end, w.rec, late, why)
}
