// Package epoll registers each descriptor with the function to call when it is ready: callbacks.
//
// Lesson: tell the kernel once what to watch, and it hands back only what is ready, so a turn costs as much as is
// ready, and not as much as there are connections. The program is turned inside out for it: no function sees a
// conversation from beginning to end.
package epoll

import (
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

type loop struct {
	lane   *story.Lane
	poller *sock.Poller
	open   func() *wire.Talk
	conns  []*conn // by descriptor
	timers timer.Queue
	buf    [sock.ReadBytes]byte
}

// conn is a registered descriptor: the listening socket, or a connection.
type conn struct {
	fd     int
	talk   *wire.Talk
	events uint32                   // what it is registered for
	ready  func(*loop, *conn) error // the callback; an error ends the loop
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	serve, err := Watch(story.NewLane("loop"), ln, open)
	if err != nil {
		return err
	}
	return serve()
}

// Watch registers ln with a loop of its own, on lane. It returns the loop, which serves until ln is shut down.
func Watch(lane *story.Lane, ln int, open func() *wire.Talk) (serve func() error, err error) {
	if err := sock.NonBlocking(ln); err != nil {
		return nil, err
	}
	poller, err := sock.NewPoller()
	if err != nil {
		return nil, err
	}
	l := &loop{lane: lane, poller: poller, open: open}
	if err := l.register(&conn{fd: ln, ready: (*loop).accept}); err != nil {
		poller.Close()
		return nil, err
	}
	return func() error { return l.run(ln) }, nil
}

// run calls the callbacks of whatever is ready.
func (l *loop) run(ln int) error {
	defer l.poller.Close()
	defer l.shutdown(ln)
	events := make([]sock.Event, 512)
	for {
		l.lane.Wait("epoll_wait")
		n, err := l.poller.Wait(events, l.timers.Wait())
		if err != nil {
			return err
		}
		if n > 0 {
			l.lane.Say("epoll_wait returns: %d ready", n)
		}
		for i := range events[:n] {
			c := l.conns[events[i].Data()]
			if err := c.ready(l, c); err != nil {
				return sock.Ended(err)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			l.lane.Say("the timer of fd %d is due", fd)
			c.talk.Late(fd)
			l.turn(c)
		}
	}
}

// register adds a connection to the poller, which watches it for input.
func (l *loop) register(c *conn) error {
	c.events = sock.Readable
	if err := l.poller.Add(c.fd, c.events, uint64(c.fd)); err != nil {
		return err
	}
	l.conns = sock.Put(l.conns, c.fd, c)
	return nil
}

// accept is the callback of the listening socket.
func (l *loop) accept(ln *conn) error {
	l.lane.Turn(nil, ln.fd, "fd %d is readable: its callback calls accept", ln.fd)
	return sock.AcceptAll(ln.fd, func(fd int) {
		c := &conn{fd: fd}
		if err := l.register(c); err != nil {
			sock.Refuse(fd, err.Error())
			return
		}
		c.talk = l.open()
		l.wait(c)
	})
}

// turn is the callback of a connection that reads or writes: it goes on until it has to wait or has had its share.
func (l *loop) turn(c *conn) error {
	l.lane.Turn(c.talk.Client(), c.fd, "the callback of fd %d is called", c.fd)
	for c.talk.Turn(); !c.talk.Over(); {
		switch c.talk.Next() {
		case wire.Read:
			n, err := sock.Read(c.fd, l.buf[:])
			if err != nil {
				l.failed(c, err)
				return nil
			}
			c.talk.Feed(l.buf[:n])
		case wire.Write:
			n, err := sock.Write(c.fd, c.talk.Out())
			if err != nil {
				l.failed(c, err)
				return nil
			}
			c.talk.Sent(n)
		case wire.Sleep:
			l.wait(c)
			return nil
		case wire.Work:
			c.talk.Work()
		case wire.Close:
			l.close(c, sock.Bye)
			return nil
		}
	}
	l.wait(c)
	return nil
}

// hangUp is the callback of a connection that is watched for nothing: the poller reports a hang-up all the same.
func (l *loop) hangUp(c *conn) error {
	l.lane.Turn(c.talk.Client(), c.fd, "fd %d has hung up: its callback is called", c.fd)
	l.close(c, sock.Close)
	return nil
}

// waits are the words for what a connection waits for.
var waits = [...]string{
	wire.Read:  "its callback is registered for input on fd %d",
	wire.Write: "its callback is registered for output on fd %d",
	wire.Sleep: "its callback is registered for the end of fd %d alone, and a timer is set",
	wire.Work:  "a timer is set for fd %d, due when the others have had their turn",
}

// wait leaves a connection registered for exactly what it wants.
func (l *loop) wait(c *conn) {
	c.talk.Waits(c.fd, waits[c.talk.Next()], c.fd)
	events := c.talk.Next().Events()
	if c.ready = (*loop).turn; events == 0 {
		c.ready = (*loop).hangUp
	}
	if c.events != events {
		c.events = events
		l.poller.Change(c.fd, events, uint64(c.fd))
	}
	l.timers.Set(c.fd, c.talk.Pause())
}

// failed waits on EAGAIN, else closes.
func (l *loop) failed(c *conn, err error) {
	if err == sock.Again {
		l.wait(c)
	} else {
		c.talk.Client().Breaks(err)
		l.close(c, sock.Close)
	}
}

// close unregisters before it closes: a duplicate of the descriptor would keep it registered.
func (l *loop) close(c *conn, bye func(int)) {
	c.talk.Client().Closes("fd %d is unregistered, then closed", c.fd)
	l.timers.Set(c.fd, 0)
	l.poller.Remove(c.fd)
	l.conns[c.fd] = nil
	bye(c.fd)
}

func (l *loop) shutdown(ln int) {
	l.conns[ln] = nil
	for _, c := range l.conns {
		if c != nil {
			l.close(c, sock.Close)
		}
	}
}
