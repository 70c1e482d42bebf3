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
			c.talk.Late(c.fd)
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
