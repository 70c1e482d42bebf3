// Package pool serves with a fixed number of threads. Each takes one connection at a time.
//
// Lesson: memory is bounded, and so is the number of clients. While every worker has one, the next waits in the kernel's queue until
// one leaves, however little those do. Work that blocks is what the model is good at.
package pool

import (
	"runtime"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
	"carousel/servers/blocking"
)

var words = blocking.Words{
	Accept:   "accept: free for whoever is next in the kernel's queue",
	Accepted: "it is taken from the kernel's queue",
	Read:     "in read: no other client is served here until this one leaves",
	HasRead:  "read returns",
	Write:    "in write, which blocks only if the kernel has no room",
	Written:  "write returns",
	Sleep:    "in nanosleep: the other workers go on",
	Slept:    "it has slept enough",
	Close:    "close: its worker is free for the next",
}

// Serve answers connections to ln, as many at once as there are workers, until it is shut down.
func Serve(ln int, open func() *wire.Talk, workers int) error {
	runtime.GOMAXPROCS(max(workers, runtime.GOMAXPROCS(0))) // a thread needs one of the runtime's processors, or waits for it
	ended := make(chan error, workers)
	for n := range workers {
		lane := story.NewLane("worker %d", n+1)
		go func() {
			runtime.LockOSThread()
			ended <- blocking.Loop(lane, &words, new(sock.Waiter), ln, open)
		}()
	}
	return <-ended
}
