package asyncio

// Shield returns a stand-in for f: cancelling it, or the task that awaits it, leaves f alone. If f itself is cancelled, so is
// the stand-in.
func Shield[T any](f Awaitable[T]) Awaitable[T] {
	inner := f.core()
	if inner.Done() {
		return f
	}
	outer := NewFuture[T](inner.loop)
	passOn := inner.onDone(&DoneCallback{func() {
		if outer.Cancelled() {
			inner.Err() // counts as retrieved: no caller will read it
			return
		}
		v, err := f.Result()
		switch {
		case inner.Cancelled():
			outer.Cancel()
		case err != nil:
			outer.SetError(err)
		default:
			outer.SetResult(v)
		}
	}})
	outer.onDone(&DoneCallback{func() { inner.remove(passOn) }})
	return outer
}
