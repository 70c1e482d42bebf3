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
	queue  []*conn // could go on, but had their turn
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
	queued bool
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	poller, err := sock.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	l := &loop{poller: poller, open: open}
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	l.register(&conn{fd: ln, ready: (*loop).accept})
	events := make([]sock.Event, 512)
	for l.ended == nil {
		limit := l.timers.Wait()
		if len(l.queue) > 0 {
			limit = 0
		}
		n, err := poller.Wait(events, limit)
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
		for fd, ok := l.timers.Due(); ok; fd, ok = l.timers.Due() {
			l.conns[fd].talk.Woke()
			l.turn(l.conns[fd])
		}
		for range len(l.queue) {
			c := l.queue[0]
			l.queue = l.queue[1:]
			if c.queued {
				c.queued = false
				l.turn(c)
			}
		}
	}
	return sock.Ended(l.ended)
}

func (l *loop) register(c *conn) {
	for c.fd >= len(l.conns) {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	c.events = sock.Readable
	l.poller.Add(c.fd, c.events, uint64(c.fd))
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
		c := &conn{fd: fd, ready: (*loop).turn, talk: l.open()}
		l.register(c)
		l.wait(c, sock.Readable)
	}
}

// turn lets a connection go as far as it can without waiting, and not farther than is fair.
func (l *loop) turn(c *conn) {
	fed, worked, budget := false, false, sock.TurnBytes
	for {
		switch c.talk.Next() {
		case wire.Read:
			if fed {
				l.wait(c, sock.Readable)
				return
			}
			n, err := sock.Read(c.fd, l.buf[:])
			if err == sock.Again {
				l.wait(c, sock.Readable)
				return
			} else if err != nil {
				l.close(c, sock.Close)
				return
			}
			c.talk.Feed(l.buf[:n])
			fed = true
		case wire.Write:
			if budget <= 0 {
				l.again(c)
				return
			}
			n, err := sock.Write(c.fd, c.talk.Out())
			if err == sock.Again {
				l.wait(c, sock.Writable)
				return
			} else if err != nil {
				l.close(c, sock.Close)
				return
			}
			c.talk.Sent(n)
			budget -= n
		case wire.Sleep:
			l.wait(c, 0)
			return
		case wire.Work:
			if worked {
				l.again(c)
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

// again queues a connection behind the others, watched for nothing until its next turn.
func (l *loop) again(c *conn) {
	l.wait(c, 0)
	l.timers.Set(c.fd, 0)
	c.queued = true
	l.queue = append(l.queue, c)
}

// close unregisters before it closes: a duplicate of the descriptor would keep it registered.
func (l *loop) close(c *conn, bye func(int)) {
	l.timers.Set(c.fd, 0)
	l.poller.Remove(c.fd)
	l.conns[c.fd] = nil
	c.queued = false
	bye(c.fd)
}
