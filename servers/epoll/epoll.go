// Package epoll registers each descriptor with the function to call when it is ready: callbacks.
//
// Lesson: tell the kernel once what to watch, and it hands back only what is ready, so a turn costs as much as there
// is to do and not as there are connections. The program is turned inside out for it: no function sees a
// conversation from beginning to end.
package epoll

import (
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
	ended  error
}

// conn is a registered descriptor: the listening socket, or a connection.
type conn struct {
	fd     int
	ready  func(*loop, *conn) // the callback
	talk   *wire.Talk
	events uint32 // what it is registered for
	again  bool   // it could go on, but had its turn
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	poller, err := sock.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	l := &loop{poller: poller, open: open}
	if err := l.register(&conn{fd: ln, ready: (*loop).accept}); err != nil {
		return err
	}
	events := make([]sock.Event, 512)
	for l.ended == nil {
		n, err := poller.Wait(events, l.timers.Wait())
		if err != nil {
			return err
		}
		for i := range events[:n] {
			c := l.conns[events[i].Data()]
			if c.events == 0 {
				l.close(c, sock.Close) // a hang-up is reported though nothing was asked for
			} else {
				c.ready(l, c)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			if !c.again {
				c.talk.Late(c.fd)
			}
			l.turn(c)
		}
	}
	return sock.Ended(l.ended)
}

func (l *loop) register(c *conn) error {
	c.events = sock.Readable
	if err := l.poller.Add(c.fd, c.events, uint64(c.fd)); err != nil {
		return err
	}
	for c.fd >= len(l.conns) {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	return nil
}

func (l *loop) accept(ln *conn) {
	for {
		fd, err := sock.Accept(ln.fd)
		if err == sock.Again {
			return
		} else if err != nil {
			l.ended = err
			return
		}
		c := &conn{fd: fd, ready: (*loop).turn}
		if err := l.register(c); err != nil {
			sock.Refuse(fd, err.Error())
			continue
		}
		c.talk = l.open()
		l.wait(c, sock.Readable)
	}
}

// turn lets a connection go as far as it can without waiting, and not farther than is fair.
func (l *loop) turn(c *conn) {
	c.again = false
	fed, worked, budget := false, false, sock.TurnBytes
	for {
		switch c.talk.Next() {
		case wire.Read:
			if fed {
				l.wait(c, sock.Readable)
				return
			}
			n, err := sock.Read(c.fd, l.buf[:])
			if err != nil {
				l.blocked(c, err, sock.Readable)
				return
			}
			c.talk.Feed(l.buf[:n])
			fed = true
		case wire.Write:
			if budget <= 0 {
				l.yield(c)
				return
			}
			n, err := sock.Write(c.fd, c.talk.Out())
			if err != nil {
				l.blocked(c, err, sock.Writable)
				return
			}
			c.talk.Sent(n)
			budget -= n
		case wire.Sleep:
			l.wait(c, 0)
			return
		case wire.Work:
			if worked {
				l.yield(c)
				return
			}
			c.talk.Work()
			worked = true
		case wire.Close:
			l.close(c, sock.Bye)
			return
		}
	}
}

// wait leaves a connection registered for exactly what it waits for.
func (l *loop) wait(c *conn, events uint32) {
	if c.events != events {
		c.events = events
		l.poller.Change(c.fd, events, uint64(c.fd))
	}
	l.timers.Set(c.fd, c.talk.Pause())
}

// blocked is what a call that would have blocked, or failed, comes to.
func (l *loop) blocked(c *conn, err error, events uint32) {
	if err == sock.Again {
		l.wait(c, events)
	} else {
		l.close(c, sock.Close)
	}
}

// yield lets the others have their turn first.
func (l *loop) yield(c *conn) {
	l.wait(c, 0)
	l.timers.Set(c.fd, 1)
	c.again = true
}

// close unregisters before it closes: a duplicate of the descriptor would keep it registered.
func (l *loop) close(c *conn, bye func(int)) {
	l.timers.Set(c.fd, 0)
	l.poller.Remove(c.fd)
	l.conns[c.fd] = nil
	bye(c.fd)
}
