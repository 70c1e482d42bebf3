//go:build !linux

package portrait

// monotonic is 0 where there is no such clock: the wall clock joins the instants of two processes there.
func monotonic() int64 { return 0 }
