package asyncio

import (
	"errors"
	"time"
)

// Sleep lets the task pause for d by the loop's clock. A sleep of 0 gives way once.
func Sleep(c *Co, d time.Duration) error {
	if d <= 0 {
		return c.Yield()
	}
	f := NewFuture[struct{}](c.Loop)
	timer := c.Loop.CallLater(d, func() {
		c.Loop.story.Say("the timer's callback sets the result of its future")
		f.settle()
	})
	defer timer.Cancel()
	c.awaits("sleep", "Task-%d awaits the future of a timer, which is due in %d ms", c.task.number, int(d/time.Millisecond))
	return c.await(&f.future)
}

// settle makes a future done that only says that something has happened, unless it was cancelled meanwhile.
func (f *future) settle() {
	if !f.Done() {
		f.finish(finished, nil)
	}
}

// Timeout calls fn, in the same task, and cancels what it awaits when d is over: the error is ErrTimeout then. Unlike
// WaitFor it needs no second task. A limit of 0 is none.
func Timeout[T any](c *Co, d time.Duration, fn func() (T, error)) (T, error) {
	if d <= 0 {
		return fn()
	}
	expired, before := false, c.task.Cancelling()
	timer := c.Loop.CallLater(d, func() {
		expired = true
		c.task.cancel()
	})
	v, err := fn()
	timer.Cancel()
	if expired && c.task.Uncancel() <= before && errors.Is(err, ErrCancelled) {
		err = ErrTimeout
	}
	return v, err
}
