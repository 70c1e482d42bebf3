//go:build !linux

package asyncio

// waker stands for Linux's eventfd, which is needed only beside the poller that is not here either.
type waker struct{ fd int }

func (w *waker) open() error { return nil }
func (w *waker) wake()       {}
func (w *waker) ready(*Loop) {}
func (w *waker) close()      {}
