// Package thread gives every connection an OS thread.
//
// Lesson: the conversation of blocking, and the kernel takes the turns: it can interrupt a thread anywhere, so no thread
// can keep the others waiting. The price is a thread's memory for each connection, a switch of threads for each
// request, and a limit.
package thread

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
	"carousel/servers/blocking"
)

// processors is GOMAXPROCS. A running thread needs one of the runtime's processors, or waits for one as a goroutine does: with as few as
// the machine has a request costs half as much again, and with hundreds the collector stops the world for tens of milliseconds.
const processors = 64

var words = blocking.Words{
	Read:    "blocked in read, so the kernel takes it off the processor",
	HasRead: "the kernel runs its thread again: read returns",
	Write:   "in write, off the processor only if the kernel has no room",
	Written: "write returns",
	Sleep:   "blocked in nanosleep, so the kernel takes it off the processor",
	Slept:   "the kernel runs its thread again: nanosleep returns",
	Close:   "close, and its thread ends",
}

// Serve answers connections to ln until it is shut down. It refuses those beyond limit threads: a thread that the kernel cannot start
// would end the program.
func Serve(ln int, open func() *wire.Talk, limit int) error {
	debug.SetMaxThreads(limit + 1000) // the runtime's own limit, 10,000, would end the program too
	runtime.GOMAXPROCS(max(processors, runtime.GOMAXPROCS(0)))
	var waiter sock.Waiter
	var threads atomic.Int64
	acceptor, started := story.NewLane("acceptor"), 0
	for {
		acceptor.Wait("accept, for a client to start a thread for")
		fd, err := waiter.Accept(ln)
		if err != nil {
			return sock.Ended(err)
		}
		if threads.Load() >= int64(limit) {
			sock.Refuse(fd, fmt.Sprintf("all %d threads have a connection: raise --threads", limit))
			continue
		}
		threads.Add(1)
		talk := open()
		started++
		lane := story.NewLane("thread %d", started)
		acceptor.Turn(nil, ln, "accept returns: thread %d starts", started)
		go func() {
			runtime.LockOSThread() // and never unlock it: the thread ends with the conversation
			defer threads.Add(-1)
			lane.Turn(talk.Client(), fd, "its thread has started, and serves nobody else")
			blocking.Converse(lane, &words, new(sock.Waiter), fd, talk, make([]byte, sock.ReadBytes))
		}()
	}
}
