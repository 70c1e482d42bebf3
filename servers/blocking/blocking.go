// Package blocking serves one connection at a time with blocking calls.
//
// Lesson: accept, recv and send block. While one client thinks, everybody else waits: the kernel's backlog lets
// them connect, but nobody accepts them. It costs nothing to take turns when there are none, so this is row zero:
// what every other model adds is its price.
package blocking

import (
	"carousel/internal/sock"
	"carousel/internal/wire"
)

// Serve answers connections to ln, one after another, until ln is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	waiter := sock.NewWaiter()
	defer waiter.Close()
	return Loop(waiter, ln, open)
}

// Loop is Serve, waiting as waiter does.
func Loop(waiter *sock.Waiter, ln int, open func() *wire.Talk) error {
	buf := make([]byte, sock.ReadBytes)
	for {
		fd, err := waiter.Accept(ln)
		if err != nil {
			return sock.Ended(err)
		}
		Converse(waiter, fd, open(), buf)
	}
}

// Converse holds one conversation from its first byte to its last, and closes fd; buf is for what is read.
func Converse(waiter *sock.Waiter, fd int, talk *wire.Talk, buf []byte) {
	for {
		switch talk.Next() {
		case wire.Read:
			n, err := waiter.Read(fd, buf, talk.Pause())
			if err == sock.Again {
				talk.Late(fd)
			} else if err != nil {
				sock.Close(fd)
				return
			} else {
				talk.Feed(buf[:n])
			}
		case wire.Write:
			n, err := waiter.Write(fd, talk.Out(), talk.Pause())
			if err == sock.Again {
				talk.Late(fd)
			} else if err != nil {
				sock.Close(fd)
				return
			} else {
				talk.Sent(n)
			}
		case wire.Sleep:
			sock.Sleep(talk.Pause())
			talk.Woke()
		case wire.Work:
			talk.Work()
		case wire.Close:
			sock.Bye(fd)
			return
		}
	}
}
