// Package blocking serves one connection at a time with blocking calls.
//
// Lesson: accept, recv and send block. While one client thinks, everybody else waits: the kernel's backlog lets
// them connect, but nobody accepts them. It costs nothing to take turns when there are none, so this is row zero:
// what every other model adds is its price.
package blocking

import (
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// Serve answers connections to ln, one after another, until ln is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	waiter := sock.NewWaiter()
	defer waiter.Close()
	return Loop(story.NewLane("thread"), waiter, ln, open)
}

// Loop is Serve on the thread of lane, waiting as waiter does.
func Loop(lane *story.Lane, waiter *sock.Waiter, ln int, open func() *wire.Talk) error {
	buf := make([]byte, sock.ReadBytes)
	for {
		lane.Wait("accept blocks until somebody connects")
		fd, err := waiter.Accept(ln)
		if err != nil {
			return sock.Ended(err)
		}
		Converse(lane, waiter, fd, open(), buf)
	}
}

// Converse holds one conversation from its first byte to its last, and closes fd; buf is for what is read.
func Converse(lane *story.Lane, waiter *sock.Waiter, fd int, talk *wire.Talk, buf []byte) {
	for {
		switch talk.Next() {
		case wire.Read:
			talk.Holds(lane, fd, "read blocks until it sends")
			n, err := waiter.Read(fd, buf, talk.Pause())
			lane.Turn(talk.Client(), fd, "read returns")
			if err == sock.Again {
				talk.Late(fd)
			} else if err != nil {
				talk.Client().Closes("close: its connection is broken")
				sock.Close(fd)
				return
			} else {
				talk.Feed(buf[:n])
			}
		case wire.Write:
			talk.Holds(lane, fd, "write blocks until the kernel has room")
			n, err := waiter.Write(fd, talk.Out(), talk.Pause())
			lane.Turn(talk.Client(), fd, "write returns")
			if err == sock.Again {
				talk.Late(fd)
			} else if err != nil {
				talk.Client().Closes("close: its connection is broken")
				sock.Close(fd)
				return
			} else {
				talk.Sent(n)
			}
		case wire.Sleep:
			talk.Holds(lane, fd, "nanosleep blocks until the time is over")
			sock.Sleep(talk.Pause())
			lane.Turn(talk.Client(), fd, "nanosleep returns")
			talk.Woke()
		case wire.Work:
			talk.Work()
		case wire.Close:
			talk.Client().Closes("close: the thread is free for the next client")
			sock.Bye(fd)
			return
		}
	}
}
