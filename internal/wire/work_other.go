//go:build !linux

package wire

import "time"

var start = time.Now()

// threadTime is wall time where a thread's own cannot be read.
func threadTime() time.Duration { return time.Since(start) }
