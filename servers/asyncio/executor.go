package asyncio

import (
	"runtime"
	"sync"
	"sync/atomic"

	"carousel/internal/story"
)

// executor runs blocking calls on goroutines of their own, a fixed number at a time.
type executor struct {
	sync.Mutex
	more    sync.Cond
	queue   []func(*story.Lane) // calls to make; each gets the lane of its thread
	started int
	idle    int
	closed  bool
	workers sync.WaitGroup
	pending int // calls whose results have not reached the loop
}

// RunInExecutor runs fn, which may block, outside the loop, and returns the future of its result. Cancelling the future
// keeps fn from starting; once it runs it cannot be stopped, and its result is dropped.
func RunInExecutor[T any](l *Loop, fn func() (T, error)) *Future[T] {
	f := NewFuture[T](l)
	var taken atomic.Bool // set by the worker or by Cancel, whichever comes first
	l.executor.pending++
	task := l.current
	f.future.cancel = func() bool {
		if taken.CompareAndSwap(false, true) {
			l.executor.pending--
		}
		return f.cancelNow()
	}
	l.executor.submit(l.Workers, func(lane *story.Lane) {
		if !taken.CompareAndSwap(false, true) {
			return
		}
		task.handed(lane)
		v, err := guarded(fn)
		task.returned(lane)
		l.CallSoonThreadsafe(func() {
			l.story.Say("the callback sets the result of the call's future")
			l.executor.pending--
			switch {
			case f.Done():
			case err != nil:
				f.result = v
				f.SetError(err)
			default:
				f.SetResult(v)
			}
		})
	})
	return f
}

func guarded[T any](fn func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return fn()
}

// DefaultWorkers is how many blocking calls run at a time where Options.Workers is 0: four more than processors, at most 32.
func DefaultWorkers() int { return min(32, runtime.GOMAXPROCS(0)+4) }

// submit queues a call, and starts a worker if none is free and one more is allowed.
func (e *executor) submit(limit int, job func(*story.Lane)) {
	if limit <= 0 {
		limit = DefaultWorkers()
	}
	e.Lock()
	defer e.Unlock()
	e.more.L = e
	e.queue = append(e.queue, job)
	if e.idle < len(e.queue) && e.started < limit {
		e.started++
		lane := story.NewLane("executor thread %d", e.started)
		e.workers.Go(func() { e.work(lane) })
	}
	e.more.Signal()
}

func (e *executor) work(lane *story.Lane) {
	e.Lock()
	defer e.Unlock()
	for {
		for len(e.queue) == 0 {
			if e.closed {
				return
			}
			e.idle++
			lane.Wait("for a call to make")
			e.more.Wait()
			e.idle--
		}
		job := e.queue[0]
		e.queue = e.queue[1:]
		e.Unlock()
		job(lane)
		e.Lock()
	}
}

// close waits for the calls that were not cancelled, and for the workers to end.
func (e *executor) close() {
	e.Lock()
	e.more.L = e
	e.closed = true
	e.more.Broadcast()
	e.Unlock()
	e.workers.Wait()
}
