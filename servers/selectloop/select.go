// Package selectloop hands control to a loop around select(2).
//
// Lesson: give the kernel the whole list of descriptors and act on those that are ready; nobody blocks alone any
// more. The list is built and scanned anew on every turn, so a turn costs as much as there are connections, and a
// set has 1024 places: a descriptor beyond them is refused.
package selectloop

import (
	"carousel/internal/sock"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

type loop struct {
	ln     int
	open   func() *wire.Talk
	conns  []*conn // by descriptor
	timers timer.Queue
	buf    [sock.ReadBytes]byte
}

type conn struct {
	fd    int
	talk  *wire.Talk
	again bool // it could go on, but had its turn
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	l := &loop{ln: ln, open: open}
	for {
		read, write, urgent, n := l.sets()
		if _, err := sock.Select(n, &read, &write, &urgent, l.timers.Wait()); err != nil {
			return err
		}
		for fd, c := range l.conns {
			if c != nil && (read.Has(fd) || write.Has(fd)) {
				l.turn(c)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			if !c.again {
				c.talk.Late(c.fd)
			}
			l.turn(c)
		}
		if read.Has(ln) {
			if err := l.accept(); err != sock.Again {
				return sock.Ended(err)
			}
		}
	}
}

// sets lists every descriptor under what it waits for. Nobody here sends urgent data, the third list stays empty.
func (l *loop) sets() (read, write, urgent sock.FDSet, n int) {
	read.Set(l.ln)
	for fd, c := range l.conns {
		if c == nil || c.again {
			continue
		}
		switch c.talk.Next() {
		case wire.Read:
			read.Set(fd)
		case wire.Write:
			write.Set(fd)
		}
	}
	return read, write, urgent, max(l.ln+1, len(l.conns))
}

func (l *loop) accept() error {
	for {
		fd, err := sock.Accept(l.ln)
		if err != nil {
			return err
		}
		if sock.Beyond(fd) {
			continue
		}
		for fd >= len(l.conns) {
			l.conns = append(l.conns, nil)
		}
		c := &conn{fd: fd, talk: l.open()}
		l.conns[fd] = c
		l.wait(c)
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
				l.wait(c)
				return
			}
			n, err := sock.Read(c.fd, l.buf[:])
			if err != nil {
				l.blocked(c, err)
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
				l.blocked(c, err)
				return
			}
			c.talk.Sent(n)
			budget -= n
		case wire.Sleep:
			l.wait(c)
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

// wait leaves a connection to the next select, which watches for what it wants.
func (l *loop) wait(c *conn) { l.timers.Set(c.fd, c.talk.Pause()) }

// blocked is what a call that would have blocked, or failed, comes to.
func (l *loop) blocked(c *conn, err error) {
	if err == sock.Again {
		l.wait(c)
	} else {
		l.close(c, sock.Close)
	}
}

// yield lets the others have their turn first.
func (l *loop) yield(c *conn) {
	l.timers.Set(c.fd, 1)
	c.again = true
}

func (l *loop) close(c *conn, bye func(int)) {
	l.timers.Set(c.fd, 0)
	l.conns[c.fd] = nil
	bye(c.fd)
}
