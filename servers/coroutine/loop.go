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

type conn struct {
	loop    *loop
	fd      int
	talk    *wire.Talk
	events  uint32   // what it is registered for
	handler *handler // paused where it waits
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
	if err := poller.Add(ln, sock.Readable, uint64(ln)); err != nil {
		return err
	}
	defer l.shutdown()
	events := make([]sock.Event, 512)
	for {
		n, err := poller.Wait(events, l.timers.Wait())
		if err != nil {
			return err
		}
		for i := range events[:n] {
			fd := int(events[i].Data())
			if fd == ln {
				if err := sock.AcceptAll(ln, l.accepted); err != nil {
					return sock.Ended(err)
				}
			} else if c := l.conns[fd]; c.events == 0 {
				c.handler.Close() // a hang-up is reported though nothing was asked for
			} else {
				l.turn(c, nil)
			}
		}
		for fd := range l.timers.Due() {
			l.turn(l.conns[fd], errTimeout)
		}
	}
}

func (l *loop) accepted(fd int) {
	if err := l.poller.Add(fd, sock.Readable, uint64(fd)); err != nil {
		sock.Refuse(fd, err.Error())
		return
	}
	c := &conn{loop: l, fd: fd, talk: l.open(), events: sock.Readable}
	c.handler = coro.New(c.converse).Kept()
	l.conns = sock.Put(l.conns, fd, c)
	l.turn(c, nil)
}

// turn lets a coroutine go on until it yields what it waits for; err, if there is one, is thrown into it.
func (l *loop) turn(c *conn, err error) {
	var want wire.Want
	c.talk.Turn()
	if err != nil {
		want, err = c.handler.Throw(err)
	} else {
		want, err = c.handler.Next()
	}
	if err == nil { // else it has ended, and tidied up
		l.wait(c, want)
	}
}

// wait leaves a connection registered for exactly what it wants.
func (l *loop) wait(c *conn, want wire.Want) {
	if events := want.Events(); c.events != events {
		c.events = events
		l.poller.Change(c.fd, events, uint64(c.fd))
	}
	l.timers.Set(c.fd, c.talk.Pause())
}

// close unregisters before it closes: a duplicate of the descriptor would keep it registered.
func (l *loop) close(c *conn, bye func(int)) {
	l.timers.Set(c.fd, 0)
	l.poller.Remove(c.fd)
	l.conns[c.fd] = nil
	bye(c.fd)
}

func (l *loop) shutdown() {
	for _, c := range l.conns {
		if c != nil {
			c.handler.Throw(errShutdown)
		}
	}
}
