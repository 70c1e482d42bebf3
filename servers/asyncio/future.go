package asyncio

// Future is a result that is not there yet.
type Future[T any] struct {
	future
	result T
}

// Awaitable is a Future or a Task.
type Awaitable[T any] interface {
	Done() bool
	Cancelled() bool
	Cancel() bool
	Result() (T, error)
	core() *future
}

// NewFuture makes a future for somebody to set the result of.
func NewFuture[T any](l *Loop) *Future[T] {
	return &Future[T]{future: future{loop: l}}
}

// Result is what the future came to: ErrInvalidState while it is pending, ErrCancelled if it was cancelled.
func (f *Future[T]) Result() (T, error) { return f.result, f.Err() }

// SetResult makes the future done; ErrInvalidState if it is already, or a task.
func (f *Future[T]) SetResult(v T) error {
	if f.Done() || f.task != nil {
		return ErrInvalidState
	}
	f.result = v
	f.finish(finished, nil)
	return nil
}

// AddDoneCallback has fn called, by the loop, once the future is done, even if it is already.
func (f *Future[T]) AddDoneCallback(fn func(*Future[T])) *DoneCallback {
	d := &DoneCallback{fn: func() { fn(f) }}
	f.onDone(d)
	return d
}

// DoneCallback is a callback that waits for a future.
type DoneCallback struct{ fn func() }

func (d *DoneCallback) call(*Loop) { d.fn() }

// future is what does not depend on the type of the result.
type future struct {
	loop   *Loop
	state  state
	err    error      // of a finished one
	first  callback   // to call when done; most have one
	more   []callback // and the others
	task   *task      // if this is the future of one
	cancel func() bool
	unread *unread
}

type state uint8

const (
	pending state = iota
	cancelled
	finished
)

func (f *future) core() *future { return f }

// Done tells whether there is a result, an error or a cancellation.
func (f *future) Done() bool { return f.state != pending }

// Cancelled tells whether the future was cancelled.
func (f *future) Cancelled() bool { return f.state == cancelled }

// Err is why there is no result: nil if there is one, ErrInvalidState while the future is pending.
func (f *future) Err() error {
	switch f.state {
	case pending:
		return ErrInvalidState
	case cancelled:
		return ErrCancelled
	}
	if f.unread != nil {
		f.unread.seen = true
	}
	return f.err
}

// SetError makes the future fail; ErrInvalidState if it is done already, or a task.
func (f *future) SetError(err error) error {
	if f.Done() || f.task != nil {
		return ErrInvalidState
	}
	f.fail(err)
	return nil
}

func (f *future) fail(err error) {
	f.watch(err)
	f.finish(finished, err)
}

// Cancel makes a pending future cancelled and reports whether it did. For a task it is a request: see Task.
func (f *future) Cancel() bool {
	if f.task != nil {
		return f.task.cancel()
	}
	if f.cancel != nil {
		return f.cancel()
	}
	return f.cancelNow()
}

func (f *future) cancelNow() bool {
	if f.Done() {
		return false
	}
	f.finish(cancelled, nil)
	return true
}

// finish settles the future and hands its callbacks to the loop, in the order in which they came.
func (f *future) finish(s state, err error) {
	f.state, f.err = s, err
	if f.first != nil {
		f.loop.soon(f.first)
		f.first = nil
	}
	for _, c := range f.more {
		f.loop.soon(c)
	}
	f.more = nil
}

func (f *future) onDone(c callback) callback {
	switch {
	case f.Done():
		f.loop.soon(c)
	case f.first == nil && len(f.more) == 0:
		f.first = c
	default:
		f.more = append(f.more, c)
	}
	return c
}

// RemoveDoneCallback takes a callback back and reports whether it was still waiting.
func (f *future) RemoveDoneCallback(d *DoneCallback) bool { return f.remove(d) }

func (f *future) remove(c callback) bool {
	if f.first == c {
		f.first = nil
		return true
	}
	for i := range f.more {
		if f.more[i] == c {
			f.more = append(f.more[:i], f.more[i+1:]...)
			return true
		}
	}
	return false
}
