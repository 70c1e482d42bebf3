package traceevent

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now returns the machine's monotonic clock (CLOCK_MONOTONIC) in nanoseconds. It is the same for all processes.
func Now() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return time.Now().UnixNano()
	}
	return now.Nano()
}
