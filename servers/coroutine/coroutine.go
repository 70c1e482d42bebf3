// Package coroutine gives every connection a coroutine, which values and errors travel into while it is paused.
//
// Lesson: the conversation reads from beginning to end again, though it never blocks. Its handler delegates (the
// tutorial's yield from) to sub-coroutines that read and write; what they wait for goes past it to the loop, and what
// the loop has to say comes back past it: readiness is sent in, the end of an allowed wait and the shutdown are
// thrown in, and results are returned.
package coroutine

import (
	"errors"

	"carousel/internal/coro"
	"carousel/internal/sock"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

var (
	errTimeout  = errors.New("the allowed wait is over")
	errShutdown = errors.New("the server shuts down")
)

// again is what a coroutine yields that could go on but had its turn; else it yields the events it waits for.
const again = ^uint32(0)

type (
	co      = coro.Co[uint32, coro.None]
	handler = coro.Gen[uint32, coro.None, coro.None]
)

type loop struct {
	poller *sock.Poller
	open   func() *wire.Talk
	conns  []*conn // by descriptor
	timers timer.Queue
	buf    [sock.ReadBytes]byte
}

type conn struct {
	loop    *loop
	fd      int
	talk    *wire.Talk
	handler *handler
	events  uint32 // what it is registered for
	again   bool   // it could go on, but had its turn
	budget  int    // bytes it may still write in this turn
	worked  bool   // it had its Work of this turn
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	poller, err := sock.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	l := &loop{poller: poller, open: open}
	defer l.shutdown()
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	poller.Add(ln, sock.Readable, uint64(ln))
	events := make([]sock.Event, 512)
	for {
		n, err := poller.Wait(events, l.timers.Wait())
		if err != nil {
			return err
		}
		for i := range events[:n] {
			fd := int(events[i].Data())
			if fd == ln {
				if err := l.accept(ln); err != sock.Again {
					return sock.Ended(err)
				}
			} else if c := l.conns[fd]; c.events == 0 {
				c.handler.Close() // a hang-up is reported though nothing was asked for
			} else {
				l.settle(c, nil)
			}
		}
		for fd := range l.timers.Due() {
			if c := l.conns[fd]; c.again {
				l.settle(c, nil)
			} else {
				l.settle(c, errTimeout)
			}
		}
	}
}

func (l *loop) accept(ln int) error {
	for {
		fd, err := sock.Accept(ln)
		if err != nil {
			return err
		}
		for fd >= len(l.conns) {
			l.conns = append(l.conns, nil)
		}
		c := &conn{loop: l, fd: fd, talk: l.open(), events: sock.Readable}
		c.handler = coro.New(c.converse)
		l.conns[fd] = c
		l.poller.Add(fd, c.events, uint64(fd))
		l.settle(c, nil)
	}
}

// settle gives a coroutine its turn, throwing err in if there is one, and arranges for what it yields.
func (l *loop) settle(c *conn, err error) {
	c.budget, c.worked = sock.TurnBytes, false
	var wants uint32
	if err != nil {
		wants, err = c.handler.Throw(err)
	} else {
		wants, err = c.handler.Next()
	}
	if err != nil {
		return // it has ended, and tidied up
	}
	wait := c.talk.Pause()
	if c.again = wants == again; c.again {
		wants, wait = 0, 1
	}
	if wants != c.events {
		c.events = wants
		l.poller.Change(c.fd, wants, uint64(c.fd))
	}
	l.timers.Set(c.fd, wait)
}

// converse is the handler: a conversation from its first byte to its last.
func (c *conn) converse(co *co) (none coro.None, err error) {
	bye := sock.Close
	defer func() { c.close(bye) }()
	for {
		switch c.talk.Next() {
		case wire.Read:
			_, err = coro.YieldFrom(co, coro.New(c.readMessage))
		case wire.Write:
			_, err = coro.YieldFrom(co, coro.New(c.writeAll))
		case wire.Sleep:
			_, err = co.Yield(0)
		case wire.Work:
			if c.worked {
				_, err = co.Yield(again)
				break
			}
			c.talk.Work()
			c.worked = true
		case wire.Close:
			bye = sock.Bye
			return none, nil
		}
		if err == errTimeout {
			c.talk.Woke()
		} else if err != nil {
			return none, err
		}
	}
}

// readMessage reads until the talk has a whole message to answer.
func (c *conn) readMessage(co *co) (none coro.None, err error) {
	for c.talk.Next() == wire.Read {
		if _, err := co.Yield(sock.Readable); err != nil {
			return none, err
		}
		n, err := sock.Read(c.fd, c.loop.buf[:])
		if err == nil {
			c.talk.Feed(c.loop.buf[:n])
		} else if err != sock.Again {
			return none, err
		}
	}
	return none, nil
}

// writeAll sends all there is to send, with a break where others are to have their turn.
func (c *conn) writeAll(co *co) (none coro.None, err error) {
	for c.talk.Next() == wire.Write {
		n, err := sock.Write(c.fd, c.talk.Out())
		if err == nil {
			c.talk.Sent(n)
			c.budget -= n
		} else if err != sock.Again {
			return none, err
		}
		if err == sock.Again {
			_, err = co.Yield(sock.Writable)
		} else if c.budget <= 0 {
			_, err = co.Yield(again)
		}
		if err != nil {
			return none, err
		}
	}
	return none, nil
}

func (c *conn) close(bye func(int)) {
	c.loop.timers.Set(c.fd, 0)
	c.loop.poller.Remove(c.fd)
	c.loop.conns[c.fd] = nil
	bye(c.fd)
}

func (l *loop) shutdown() {
	for _, c := range l.conns {
		if c != nil {
			c.handler.Throw(errShutdown)
		}
	}
}
