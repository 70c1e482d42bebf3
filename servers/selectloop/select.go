// Package selectloop hands control to a loop around select(2).
//
// Lesson: give the kernel the whole list of descriptors and act on those that are ready; no call blocks for one
// client any more. The list is built and scanned anew on every turn, so a turn costs as much as there are connections, and a
// set has 1024 places: a descriptor beyond them is refused.
package selectloop

import (
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

type loop struct {
	lane   *story.Lane
	waiter *sock.Waiter
	open   func() *wire.Talk
	conns  []*conn // by descriptor
	timers timer.Queue
	buf    [sock.ReadBytes]byte
}

type conn struct {
	fd   int
	talk *wire.Talk
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	l := &loop{lane: story.NewLane("loop"), waiter: sock.NewWaiter(), open: open}
	defer l.shutdown()
	for {
		read, write, urgent, n := l.sets(ln)
		l.lane.Wait("select, over sets filled anew up to fd %d", n-1)
		found, err := l.waiter.Select(n, &read, &write, &urgent, l.timers.Wait())
		if err != nil {
			return err
		}
		if found > 0 {
			l.lane.Say("select returns: %d ready, so all places up to fd %d are looked at", found, n-1)
		}
		for fd, c := range l.conns {
			if c != nil && (read.Has(fd) || write.Has(fd)) {
				l.lane.Turn(c.talk.Client(), fd, "select has left fd %d in its set", fd)
				l.turn(c)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			l.lane.Turn(c.talk.Client(), fd, "the timer of fd %d is due", fd)
			c.talk.Late(fd)
			l.turn(c)
		}
		if read.Has(ln) {
			l.lane.Turn(nil, ln, "select has left fd %d in the set to read: accept is called", ln)
			if err := sock.AcceptAll(ln, l.accepted); err != nil {
				return sock.Ended(err)
			}
		}
	}
}

// sets puts every descriptor into the set of what it waits for. No client sends urgent data here, so the third set stays empty.
func (l *loop) sets(ln int) (read, write, urgent sock.FDSet, n int) {
	read.Set(ln)
	for fd, c := range l.conns {
		if c == nil {
			continue
		}
		switch c.talk.Next() {
		case wire.Read:
			read.Set(fd)
		case wire.Write:
			write.Set(fd)
		}
	}
	return read, write, urgent, max(ln+1, len(l.conns))
}

func (l *loop) accepted(fd int) {
	if sock.RefuseBeyondSelect(fd) {
		return
	}
	c := &conn{fd: fd, talk: l.open()}
	l.conns = sock.Put(l.conns, fd, c)
	l.wait(c)
}

// turn lets a connection go on until it has to wait or has had its share.
func (l *loop) turn(c *conn) {
	for c.talk.Turn(); !c.talk.Over(); {
		switch c.talk.Next() {
		case wire.Read:
			n, err := sock.Read(c.fd, l.buf[:])
			if err != nil {
				l.failed(c, err)
				return
			}
			c.talk.Feed(l.buf[:n])
		case wire.Write:
			n, err := sock.Write(c.fd, c.talk.Out())
			if err != nil {
				l.failed(c, err)
				return
			}
			c.talk.Sent(n)
		case wire.Sleep:
			l.wait(c)
			return
		case wire.Work:
			c.talk.Work()
		case wire.Close:
			l.close(c, sock.Bye)
			return
		}
	}
	l.wait(c)
}

// waits are the words for what a connection waits for.
var waits = [...]string{
	wire.Read:  "fd %d goes into the set to read of the next select",
	wire.Write: "fd %d goes into the set to write of the next select",
	wire.Sleep: "fd %d goes into no set, and a timer is set",
	wire.Work:  "fd %d goes into no set, and a timer is set, due when the others have had their turn",
}

// wait leaves a connection to the next select, which watches for what it wants.
func (l *loop) wait(c *conn) {
	c.talk.Waits(c.fd, waits[c.talk.Next()], c.fd)
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

func (l *loop) close(c *conn, bye func(int)) {
	c.talk.Client().Closes("fd %d is closed, and goes into no set any more", c.fd)
	l.timers.Set(c.fd, 0)
	l.conns[c.fd] = nil
	bye(c.fd)
}

func (l *loop) shutdown() {
	l.waiter.Close()
	for _, c := range l.conns {
		if c != nil {
			l.close(c, sock.Close)
		}
	}
}
