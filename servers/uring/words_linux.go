package uring

import (
	"syscall"

	"carousel/internal/wire"
)

// received and sent are the words for what has completed, by its outcome.
var (
	received = [...]string{"recv of fd %d completes: %d bytes", "recv of fd %d completes: it was cancelled (res %d)", "recv of fd %d fails (res %d)"}
	sent     = [...]string{"send of fd %d completes: %d bytes", "send of fd %d completes: it was cancelled (res %d)", "send of fd %d fails (res %d)"}
)

// outcome returns the index of the words for a result.
func outcome(res int32) int {
	switch {
	case res >= 0:
		return 0
	case res == -int32(syscall.ECANCELED):
		return 1
	}
	return 2
}

// waits are the words for what a connection waits for.
var waits = [...]string{
	wire.Read:  "waits for recv of fd %d to complete",
	wire.Write: "waits for send of fd %d to complete",
	wire.Sleep: "a timer is set for fd %d",
	wire.Work:  "a timer is set for fd %d, due when the others have had their turn",
}
