// Package coroutine gives every connection a coroutine, which values and errors travel into while it is paused.
//
// Lesson: the conversation reads from beginning to end again, though it never blocks. Its handler delegates (the
// tutorial's yield from) to sub-coroutines that read and write; what they wait for goes past it to the loop, and what
// the loop answers comes back past it: readiness is sent in, a timeout and the shutdown are thrown in, and results are
// returned.
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

type (
	// co is a coroutine seen from inside: it yields what it waits for.
	co      = coro.Co[wire.Want, coro.None]
	handler = coro.Gen[wire.Want, coro.None, coro.None]
)

// converse is the handler: a conversation from its first byte to its last.
func (c *conn) converse(co *co) (none coro.None, err error) {
	bye := sock.Close
	defer func() { c.loop.close(c, bye) }()
	for {
		switch c.talk.Next() {
		case wire.Read:
			c.talk.Client().Say("converse delegates to readMessage")
			_, err = coro.YieldFrom(co, coro.New(c.readMessage))
		case wire.Write:
			c.talk.Client().Say("converse delegates to writeAll")
			_, err = coro.YieldFrom(co, coro.New(c.writeAll))
		case wire.Sleep:
			_, err = co.Yield(wire.Sleep)
		case wire.Work:
			if c.talk.Over() {
				_, err = co.Yield(wire.Work)
			} else {
				c.talk.Work()
			}
		case wire.Close:
			bye = sock.Bye
			return none, nil
		}
		if err == errTimeout {
			c.talk.Client().Say("converse catches what was thrown in")
			c.talk.Late(c.fd)
		} else if err != nil {
			c.talk.Client().Breaks(err)
			return none, err
		}
	}
}

// readMessage reads until the talk has a whole message to answer.
func (c *conn) readMessage(co *co) (none coro.None, err error) {
	for c.talk.Next() == wire.Read {
		if _, err := co.Yield(wire.Read); err != nil {
			return none, err
		}
		n, err := sock.Read(c.fd, c.loop.buf[:])
		if err == nil {
			c.talk.Feed(c.loop.buf[:n])
		} else if err != sock.Again {
			return none, err
		}
	}
	c.talk.Client().Say("readMessage returns to converse")
	return none, nil
}

// writeAll sends all there is to send, with a break where the kernel takes no more or others are to have their turn.
func (c *conn) writeAll(co *co) (none coro.None, err error) {
	for c.talk.Next() == wire.Write {
		n, err := 0, sock.Again
		if !c.talk.Over() {
			n, err = sock.Write(c.fd, c.talk.Out())
		}
		if err == nil {
			c.talk.Sent(n)
		} else if err != sock.Again {
			return none, err
		} else if _, err := co.Yield(wire.Write); err != nil {
			return none, err
		}
	}
	c.talk.Client().Say("writeAll returns to converse")
	return none, nil
}
