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

// NewFuture returns a pending future: SetResult, SetError or Cancel make it done.
func NewFuture[T any](l *Loop) *Future[T] {
	return &Future[T]{future: future{loop: l}}
}

// Result returns the result or the error: ErrInvalidState while the future is pending, ErrCancelled if it was cancelled.
func (f *Future[T]) Result() (T, error) { return f.result, f.Err() }

// SetResult makes the future done, with the result v. It returns ErrInvalidState if the future is done already, or is a task.
func (f *Future[T]) SetResult(v T) error {
	if f.Done() || f.task != nil {
		return ErrInvalidState
	}
	f.result = v
	f.finish(finished, nil)
	return nil
}

// AddDoneCallback schedules fn on the loop for when the future is done, also if it is done already.
func (f *Future[T]) AddDoneCallback(fn func(*Future[T])) *DoneCallback {
	d := &DoneCallback{fn: func() { fn(f) }}
	f.onDone(d)
	return d
}

// DoneCallback is a callback that waits for a future.
type DoneCallback struct{ fn func() }

func (d *DoneCallback) call(*Loop) { d.fn() }

// future is the part of a Future that does not depend on the type of the result.
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

// Done reports whether there is a result or an error, or the future was cancelled.
func (f *future) Done() bool { return f.state != pending }

// Cancelled reports whether the future was cancelled.
func (f *future) Cancelled() bool { return f.state == cancelled }

// Err returns the error of Result.
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

// SetError makes the future done, with the error err. It returns ErrInvalidState if the future is done already, or is a task.
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

// finish makes the future done and schedules its callbacks, in the order in which they were added.
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

// RemoveDoneCallback removes a callback and reports whether it was still pending.
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
