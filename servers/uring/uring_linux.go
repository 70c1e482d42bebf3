package uring

import (
	"runtime"
	"syscall"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/timer"
	"carousel/internal/uring"
	"carousel/internal/wire"
)

type loop struct {
	lane   *story.Lane
	ring   *sock.Ring
	open   func() *wire.Talk
	ln     int
	conns  []*conn // by descriptor
	timers timer.Queue
}

// conn is a connection, and which requests on it are pending.
type conn struct {
	fd                 int
	talk               *wire.Talk
	receiving, sending bool
	cancelling         bool      // the cancel of its recv is queued, since the talk does not read
	ended              bool      // the peer has finished sending
	rest               []byte    // what came while the talk did not read
	bye                func(int) // closes it once nothing is pending; nil: it stays open
}

// Data of a request is its kind and the descriptor.
const (
	listen uint64 = iota << 32
	accept
	receive
	send
	cancel
	kind = uint64(0xffffffff) << 32
)

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	runtime.LockOSThread() // the ring belongs to this thread
	defer runtime.UnlockOSThread()
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))) // a second one for other goroutines; with one, each of their turns would switch threads twice
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	ring, err := sock.NewRing()
	if err != nil {
		return err
	}
	defer ring.End()
	l := &loop{lane: story.NewLane("loop"), ring: ring, open: open, ln: ln}
	if err := ring.Listen(ln, listen); err != nil {
		return err
	}
	defer l.shutdown()
	for {
		if n := ring.Queued(); n > 0 {
			l.lane.Say("io_uring_enter submits %d", n)
		}
		l.lane.Wait("io_uring_enter, until something has completed")
		if err := ring.Wait(l.timers.Wait()); err != nil {
			return err
		}
		if l.lane != nil && ring.Ready() > 0 {
			l.lane.Say("io_uring_enter returns: %d completed", ring.Ready())
		}
		for done := ring.Next(); done != nil; done = ring.Next() {
			if err := l.completed(done); err != nil {
				return sock.Ended(err)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			l.lane.Turn(c.talk.Client(), fd, "the timer of fd %d is due", fd)
			if !c.unread() {
				c.talk.Late(fd)
			}
			l.turn(c)
		}
	}
}

// completed handles one completion; an error ends the loop.
func (l *loop) completed(done *uring.Completion) error {
	switch done.Data & kind {
	case listen:
		l.lane.Turn(nil, l.ln, "the watch on fd %d completes: accept is queued, multishot, once for all who have connected", l.ln)
		l.ring.Accept(l.ln, accept)
	case accept:
		switch {
		case done.Res >= 0 && sock.Admit(l.ln, int(done.Res)):
			l.accept(int(done.Res))
		case done.Res == -int32(syscall.EAGAIN):
			l.lane.Turn(nil, l.ln, "accept completes without a client: all who had connected are accepted")
			return nil
		case done.Res < 0:
			l.lane.Turn(nil, l.ln, "accept fails (res %d)", int(done.Res))
		}
		if !done.More() { // the multishot accept has ended, and clients may still wait
			return sock.AcceptAll(l.ln, l.accept)
		}
	case receive:
		l.received(l.conns[uint32(done.Data)], done)
	case send:
		l.sent(l.conns[uint32(done.Data)], done.Res)
	}
	return nil
}

func (l *loop) accept(fd int) {
	c := &conn{fd: fd, talk: l.open()}
	l.lane.Turn(c.talk.Client(), fd, "accept completes with fd %d", fd)
	l.conns = sock.Put(l.conns, fd, c)
	l.wait(c)
}

func (l *loop) received(c *conn, done *uring.Completion) {
	l.lane.Turn(c.talk.Client(), c.fd, received[outcome(done.Res)], c.fd, int(done.Res))
	p := l.ring.Bytes(done)
	c.receiving = done.More()
	c.cancelling = c.cancelling && c.receiving
	switch {
	case done.Res > 0 && len(c.rest) == 0 && c.talk.Next() == wire.Read:
		c.talk.Feed(p)
	case done.Res >= 0:
		c.rest = append(c.rest, p...)
		c.ended = done.Res == 0
	case done.Res != -int32(syscall.ECANCELED) && done.Res != -int32(syscall.ENOBUFS):
		c.talk.Client().Breaks(syscall.Errno(-done.Res))
		l.close(c, sock.Close)
		return
	}
	l.turn(c)
}

func (l *loop) sent(c *conn, res int32) {
	l.lane.Turn(c.talk.Client(), c.fd, sent[outcome(res)], c.fd, int(res))
	if c.sending = false; res < 0 {
		if c.bye == nil { // else it was cancelled
			c.talk.Client().Breaks(syscall.Errno(-res))
		}
		l.close(c, sock.Close)
		return
	}
	c.talk.Sent(int(res))
	l.turn(c)
}

// turn goes on until the talk has to wait or has had its share.
func (l *loop) turn(c *conn) {
	if c.bye != nil {
		l.close(c, c.bye)
		return
	}
	for c.talk.Turn(); !c.talk.Over(); {
		switch c.talk.Next() {
		case wire.Read:
			if len(c.rest) == 0 && !c.ended {
				l.wait(c)
				return
			}
			n := min(len(c.rest), sock.ReadBytes)
			c.talk.Feed(c.rest[:n])
			if c.rest = c.rest[n:]; len(c.rest) == 0 {
				c.rest = nil
			}
		case wire.Write:
			if !c.sending {
				c.talk.Client().Say("send of fd %d is queued", c.fd)
				l.ring.Send(c.fd, c.talk.Out(), send|uint64(c.fd))
				c.sending = true
			}
			l.wait(c)
			return
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

// wait leaves a connection to its next completion. It keeps a recv pending, or cancels it where enough unread input is there.
func (l *loop) wait(c *conn) {
	switch enough := len(c.rest) >= sock.ReadBytes; {
	case !c.receiving && !c.ended && !enough:
		c.talk.Client().Say("recv of fd %d is queued, multishot: it stays armed", c.fd)
		l.ring.Receive(c.fd, receive|uint64(c.fd))
		c.receiving = true
	case c.receiving && !c.cancelling && enough: // else a client that does not read its replies would take all buffers
		c.talk.Client().Say("a cancel of the recv of fd %d is queued", c.fd)
		l.ring.Cancel(receive|uint64(c.fd), cancel)
		c.cancelling = true
	}
	pause := c.talk.Pause()
	if c.unread() {
		pause = 1 // its turn was over
		c.talk.Client().Waits(c.fd, "turn", "%d bytes of fd %d are kept for its next turn", len(c.rest), c.fd)
	} else {
		c.talk.Waits(c.fd, waits[c.talk.Next()], c.fd)
	}
	l.timers.Set(c.fd, pause)
}

// unread reports whether there is input that the talk wants to read.
func (c *conn) unread() bool { return len(c.rest) > 0 && c.talk.Next() == wire.Read }

// close cancels what is pending, and closes the connection when that has completed.
func (l *loop) close(c *conn, bye func(int)) {
	l.timers.Set(c.fd, 0)
	if !c.receiving && !c.sending {
		c.talk.Client().Closes("fd %d is closed", c.fd)
		l.conns[c.fd] = nil
		bye(c.fd)
		return
	}
	c.talk.Client().Closes("what is under way on fd %d is cancelled, and has to complete before the close", c.fd)
	if c.receiving && c.bye == nil {
		l.ring.Cancel(receive|uint64(c.fd), cancel)
	}
	if c.sending && c.bye == nil {
		l.ring.Cancel(send|uint64(c.fd), cancel)
	}
	c.bye = bye
}

// shutdown closes what is open, and waits for what is pending.
func (l *loop) shutdown() {
	for _, c := range l.conns {
		if c != nil {
			l.close(c, sock.Close)
		}
	}
	for range 100 {
		if l.ring.Wait(time.Millisecond) != nil {
			return
		}
		for done := l.ring.Next(); done != nil; done = l.ring.Next() {
			if k := done.Data & kind; k == receive || k == send {
				l.completed(done)
			}
		}
	}
}
