package portrait

import "carousel/internal/sock"

// monotonic is CLOCK_MONOTONIC in nanoseconds, which all processes of a machine share.
func monotonic() int64 { return sock.Now() }
