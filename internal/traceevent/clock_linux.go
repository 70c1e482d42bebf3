package traceevent

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now is an instant in nanoseconds on the machine's monotonic clock (CLOCK_MONOTONIC), which is the same for all its processes.
func Now() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return time.Now().UnixNano()
	}
	return now.Nano()
}
