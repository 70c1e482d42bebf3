package asyncio

import (
	"errors"
	"time"

	"carousel/internal/story"
)

var (
	// ErrCancelled is the error of a cancelled future or task, and what a cancelled task's await returns.
	ErrCancelled = errors.New("asyncio: cancelled")
	// ErrTimeout is the error of a wait that reached its limit.
	ErrTimeout = errors.New("asyncio: timeout")
	// ErrInvalidState is the error of a future that has no result yet, or already has one.
	ErrInvalidState = errors.New("asyncio: invalid state of a future")
	// ErrLoopClosed is the error of calls on a closed loop.
	ErrLoopClosed = errors.New("asyncio: the event loop is closed")
	// ErrLoopRunning is the error of running a loop from inside itself.
	ErrLoopRunning = errors.New("asyncio: the event loop is already running")
)

// Loop is an event loop: a queue of callbacks that are ready, a heap of those that wait for their time, and a poller
// for those that wait for a descriptor. It belongs to one goroutine; other goroutines may call CallSoonThreadsafe.
type Loop struct {
	Options

	ready, spare []callback // spare is the array of the last turn, reused for the next
	timers       timers
	polling      polling
	mail         mail
	executor     executor
	tasks        taskList // the unfinished ones
	current      *task
	story        loopStory

	began    time.Time
	now      time.Duration // on a virtual clock
	running  bool
	stopping bool
	closed   bool
}

// Options are a loop's settings; the zero value is a loop on the machine's clock that reports to standard error.
type Options struct {
	// Virtual makes the loop's clock jump to the next timer when nothing is ready: a program that only waits for time
	// takes none, and runs the same way every time. Such a loop has no sockets.
	Virtual bool
	// SlowCallback is how long one callback, or one step of a task, may take before it is reported to the exception
	// handler; 0 is no limit. It costs two readings of the clock per callback.
	SlowCallback time.Duration
	// ExceptionHandler receives errors that no caller can receive: panics of callbacks, errors of tasks that no task awaited.
	// Without one they are printed to standard error.
	ExceptionHandler func(Context)
	// Workers is how many blocking calls RunInExecutor runs at a time; 0 is DefaultWorkers.
	Workers int
}

// callback is something the loop can call. Tasks and futures are callbacks themselves, which saves a closure per turn.
type callback interface{ call(*Loop) }

// Handle is a callback that was scheduled.
type Handle struct {
	fn        func()
	cancelled bool
}

// Cancel keeps the callback from being called.
func (h *Handle) Cancel() { h.cancelled, h.fn = true, nil }

// Cancelled reports whether Cancel was called.
func (h *Handle) Cancelled() bool { return h.cancelled }

func (h *Handle) call(*Loop) {
	if !h.cancelled {
		h.fn()
	}
}

// NewLoop returns a loop, which must be closed after use. Most programs call Run instead.
func NewLoop(o Options) *Loop {
	return &Loop{Options: o, began: time.Now(), story: loopStory{Lane: story.NewLane("loop")}}
}

// Time returns the loop's clock: the time since the loop was made. It never goes back.
func (l *Loop) Time() time.Duration {
	if l.Virtual {
		return l.now
	}
	return time.Since(l.began)
}

// CallSoon schedules fn for the loop's next turn, behind all that is scheduled already. It panics with ErrLoopClosed on a
// closed loop.
func (l *Loop) CallSoon(fn func()) *Handle {
	h := &Handle{fn: fn}
	l.soon(h)
	return h
}

func (l *Loop) soon(c callback) {
	if l.closed {
		panic(ErrLoopClosed)
	}
	l.ready = append(l.ready, c)
	l.story.scheduled(c)
}

// RunForever runs the loop until Stop.
func (l *Loop) RunForever() error {
	switch {
	case l.closed:
		return ErrLoopClosed
	case l.running:
		return ErrLoopRunning
	}
	l.running = true
	defer func() { l.running, l.stopping = false, false }()
	for {
		if err := l.turn(); err != nil {
			return err
		}
		if l.stopping {
			return nil
		}
	}
}

// RunUntilComplete runs the loop until f is done and returns its result.
func RunUntilComplete[T any](l *Loop, f Awaitable[T]) (T, error) {
	stop := f.core().onDone(&DoneCallback{l.Stop})
	err := l.RunForever()
	f.core().remove(stop)
	if err != nil {
		var zero T
		return zero, err
	}
	return f.Result()
}

// Stop ends RunForever after the present turn.
func (l *Loop) Stop() { l.stopping = true }

// Close closes a loop that is not running. It reports tasks that are still pending and closes their coroutines, so that
// their deferred calls run; what these await fails.
func (l *Loop) Close() {
	if l.closed || l.running {
		return
	}
	for t := l.tasks.first; t != nil; t = l.tasks.first {
		l.report(Context{Message: "Task was destroyed but it is pending!", Task: t.Name()})
		t.destroy()
	}
	l.closed = true
	l.executor.close()
	l.mail.close()
	l.polling.close()
	l.ready = nil
	l.timers.drop()
}

// turn is one round of the loop: wait for descriptors, until the next timer at most and not at all if a callback is ready;
// collect the timers that are due; call what is ready now. What becomes ready meanwhile is for the next turn.
func (l *Loop) turn() error {
	wait := time.Duration(-1)
	if len(l.ready) > 0 || l.stopping {
		wait = 0
	} else if when, ok := l.timers.next(); ok {
		wait = max(0, when-l.Time())
	}
	if wait != 0 {
		l.story.Wait("epoll_wait, as no callback is ready")
	}
	if err := l.poll(wait); err != nil {
		return err
	}
	l.mail.collect(l)
	l.dueTimers()
	batch := l.ready
	l.ready = l.spare[:0]
	l.story.turn(len(batch))
	for done := 0; done < len(batch); {
		done += l.callAll(batch[done:])
	}
	clear(batch)
	l.spare = batch
	return nil
}

// callAll calls the callbacks of the batch, up to one that panics, which it reports. It returns how many it called.
func (l *Loop) callAll(batch []callback) (called int) {
	returned := false
	defer func() {
		if !returned {
			if p := recover(); p != nil {
				l.report(Context{Message: "Exception in callback", Err: panicked(p)})
			}
		}
	}()
	for _, c := range batch {
		called++
		if l.SlowCallback > 0 {
			l.timed(c)
		} else {
			c.call(l)
		}
	}
	returned = true
	return called
}
