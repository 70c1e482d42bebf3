package asyncio

import (
	"errors"
	"time"
)

// WaitFor awaits f for at most limit. Then it cancels f, waits until f is done, and returns ErrTimeout, or f's result if f has
// got one all the same. If the waiting task is cancelled, so is f, unless f is a Shield. With a limit of 0 it does
// not wait.
func WaitFor[T any](c *Co, f Awaitable[T], limit time.Duration) (T, error) {
	one := f.core()
	if limit > 0 {
		waiter := NewFuture[struct{}](c.Loop)
		release := func() { waiter.settle() }
		timer := c.Loop.CallLater(limit, release)
		defer timer.Cancel()
		done := one.onDone(&DoneCallback{release})
		if err := c.await(&waiter.future); err != nil && !one.Done() {
			var none T
			one.remove(done)
			if err := cancelAndWait(c, one); err != nil {
				return none, err
			}
			return none, err
		}
		one.remove(done)
	}
	if one.Done() {
		return f.Result()
	}
	if err := cancelAndWait(c, one); err != nil {
		var none T
		return none, err
	}
	v, err := f.Result()
	if errors.Is(err, ErrCancelled) {
		err = ErrTimeout
	}
	return v, err
}

// cancelAndWait cancels f and waits until it is done; a task may await more before it is.
func cancelAndWait(c *Co, f *future) error {
	waiter := NewFuture[struct{}](c.Loop)
	done := f.onDone(&DoneCallback{func() { waiter.settle() }})
	f.Cancel()
	err := c.await(&waiter.future)
	f.remove(done)
	return err
}
