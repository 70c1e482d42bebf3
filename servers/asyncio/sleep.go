package asyncio

import (
	"errors"
	"time"
)

// Sleep suspends the task for d on the loop's clock. With a d of 0 it is Yield.
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

// settle makes a future without a result done, unless it is done already.
func (f *future) settle() {
	if !f.Done() {
		f.finish(finished, nil)
	}
}

// Timeout calls fn in the same task. When d is over it cancels what fn awaits and returns ErrTimeout. Unlike WaitFor it
// needs no second task. A d of 0 is no limit.
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
