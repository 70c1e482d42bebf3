// Package blocking serves one connection at a time with blocking calls.
//
// Lesson: accept, recv and send block. While one client thinks, everybody else waits: the kernel's backlog lets
// them connect, but the server does not accept them. There are no turns, so they cost nothing: this is row zero, and
// what another model costs beyond it is the price of taking turns.
package blocking

import (
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// Words narrate the calls of a conversation: what each may block for, and that it has returned.
type Words struct {
	Accept, Accepted, Read, HasRead, Write, Written, Sleep, Slept, Close string
}

var words = Words{
	Accept:   "accept blocks until somebody connects",
	Accepted: "accept returns",
	Read:     "read blocks until it sends",
	HasRead:  "read returns",
	Write:    "write blocks only if the kernel has no room",
	Written:  "write returns",
	Sleep:    "nanosleep blocks until the time is over",
	Slept:    "nanosleep returns",
	Close:    "close: the only thread is free for the next client",
}

// Serve answers connections to ln, one after another, until ln is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	waiter := sock.NewWaiter()
	defer waiter.Close()
	return Loop(story.NewLane("thread"), &words, waiter, ln, open)
}

// Loop is Serve on the thread of lane, waiting as waiter does.
func Loop(lane *story.Lane, says *Words, waiter *sock.Waiter, ln int, open func() *wire.Talk) error {
	buf := make([]byte, sock.ReadBytes)
	for {
		lane.Wait(says.Accept)
		fd, err := waiter.Accept(ln)
		if err != nil {
			return sock.Ended(err)
		}
		talk := open()
		lane.Turn(talk.Client(), fd, says.Accepted)
		if lane != nil && sock.Queued(ln) > 0 {
			lane.Say("clients in the kernel's queue, connected and not accepted: %d", sock.Queued(ln))
		}
		Converse(lane, says, waiter, fd, talk, buf)
	}
}

// Converse holds one conversation from its first byte to its last, and closes fd. It reads into buf.
func Converse(lane *story.Lane, says *Words, waiter *sock.Waiter, fd int, talk *wire.Talk, buf []byte) {
	for {
		switch talk.Next() {
		case wire.Read:
			talk.Blocks(lane, fd, says.Read)
			n, err := waiter.Read(fd, buf, talk.Pause())
			lane.Turn(talk.Client(), fd, says.HasRead)
			if err == sock.Again {
				talk.Late(fd)
			} else if err != nil {
				talk.Client().Breaks(err)
				talk.Client().Closes(says.Close)
				sock.Close(fd)
				return
			} else {
				talk.Feed(buf[:n])
			}
		case wire.Write:
			talk.Blocks(lane, fd, says.Write)
			n, err := waiter.Write(fd, talk.Out(), talk.Pause())
			lane.Turn(talk.Client(), fd, says.Written)
			if err == sock.Again {
				talk.Late(fd)
			} else if err != nil {
				talk.Client().Breaks(err)
				talk.Client().Closes(says.Close)
				sock.Close(fd)
				return
			} else {
				talk.Sent(n)
			}
		case wire.Sleep:
			talk.Blocks(lane, fd, says.Sleep)
			sock.Sleep(talk.Pause())
			lane.Turn(talk.Client(), fd, says.Slept)
			talk.Woke()
		case wire.Work:
			talk.Work()
		case wire.Close:
			talk.Client().Closes(says.Close)
			sock.Bye(fd)
			return
		}
	}
}
