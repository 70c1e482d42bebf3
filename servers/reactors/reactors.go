// Package reactors runs the loop of epoll several times, each in a thread of its own.
//
// Lesson: a loop uses one processor, so have one per processor. Each has a listening socket of its own on the same port
// (SO_REUSEPORT), and the kernel deals the connections out: the loops share nothing, and a connection stays with its loop,
// even if that is busy and another is idle.
package reactors

import (
	"runtime"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
	"carousel/servers/epoll"
)

// Serve runs the loops, which answer connections to ln until it is shut down, and calls ready when all of them listen.
func Serve(ln int, open func() *wire.Talk, loops int, ready func()) error {
	runtime.GOMAXPROCS(max(loops, runtime.GOMAXPROCS(0))) // a loop keeps one of the runtime's processors while it holds a wait
	listeners := []int{ln}
	defer func() {
		for _, another := range listeners[1:] {
			sock.Close(another)
		}
	}()
	for len(listeners) < loops {
		another, err := sock.ListenSamePort(ln)
		if err != nil {
			return err
		}
		listeners = append(listeners, another)
	}
	var serves []func() error // all made before the first connection, which may take the last descriptor
	for n, ln := range listeners {
		lane := story.NewLane("loop %d", n+1)
		lane.Say("this loop has a listening socket of its own, fd %d", ln)
		serve, err := epoll.Watch(lane, ln, func() *wire.Talk {
			talk := open()
			talk.Client().Say("the kernel deals it to loop %d of %d, where it stays", n+1, loops)
			return talk
		})
		if err != nil {
			return err
		}
		serves = append(serves, serve)
	}
	ready()
	ended := make(chan error, loops)
	for _, serve := range serves {
		go func() {
			runtime.LockOSThread()
			ended <- serve()
		}()
	}
	err := <-ended
	for _, ln := range listeners { // one that failed ends the others, too
		sock.Shutdown(ln)
	}
	for range listeners[1:] {
		<-ended
	}
	return err
}
