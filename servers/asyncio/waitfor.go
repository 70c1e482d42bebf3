package asyncio

import (
	"errors"
	"time"
)

// WaitFor awaits f for at most limit. When that is over it cancels f, waits until f has come to its end, and returns
// ErrTimeout; should f have got a result all the same, that is what counts. If the waiting task is cancelled, so is f:
// put it behind a Shield where it shall not be. A limit of 0 takes only what is there.
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

// cancelAndWait cancels f and waits until it is done, which a task may take its time for.
func cancelAndWait(c *Co, f *future) error {
	waiter := NewFuture[struct{}](c.Loop)
	done := f.onDone(&DoneCallback{func() { waiter.settle() }})
	f.Cancel()
	err := c.await(&waiter.future)
	f.remove(done)
	return err
}
