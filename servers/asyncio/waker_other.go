//go:build !linux

package asyncio

// waker does nothing here: it wakes a poller, which only Linux has.
type waker struct{ fd int }

func (w *waker) open() error { return nil }
func (w *waker) wake()       {}
func (w *waker) ready(*Loop) {}
func (w *waker) close()      {}
