package coroutine

import (
	"carousel/internal/coro"
	"carousel/internal/sock"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

type loop struct {
	poller *sock.Poller
	open   func() *wire.Talk
	conns  []*conn // by descriptor
	timers timer.Queue
	buf    [sock.ReadBytes]byte
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
	if err := poller.Add(ln, sock.Readable, uint64(ln)); err != nil {
		return err
	}
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
		if err := l.poller.Add(fd, sock.Readable, uint64(fd)); err != nil {
			sock.Refuse(fd, err.Error())
			continue
		}
		for fd >= len(l.conns) {
			l.conns = append(l.conns, nil)
		}
		c := &conn{loop: l, fd: fd, talk: l.open(), events: sock.Readable}
		c.handler = coro.New(c.converse)
		l.conns[fd] = c
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

func (l *loop) shutdown() {
	for _, c := range l.conns {
		if c != nil {
			c.handler.Throw(errShutdown)
		}
	}
}
