package coroutine

import (
	"carousel/internal/coro"
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
	l := &loop{lane: story.NewLane("loop"), poller: poller, open: open}
	if err := poller.Add(ln, sock.Readable, uint64(ln)); err != nil {
		return err
	}
	defer l.shutdown()
	events := make([]sock.Event, 512)
	for {
		l.lane.Wait("epoll_wait, while all coroutines are paused")
		n, err := poller.Wait(events, l.timers.Wait())
		if err != nil {
			return err
		}
		if n > 0 {
			l.lane.Say("epoll_wait returns: %d ready", n)
		}
		for i := range events[:n] {
			fd := int(events[i].Data())
			if fd == ln {
				l.lane.Turn(nil, ln, "fd %d is readable: accept is called", ln)
				if err := sock.AcceptAll(ln, l.accepted); err != nil {
					return sock.Ended(err)
				}
			} else if c := l.conns[fd]; c.events == 0 {
				c.talk.Client().Say("has hung up")
				c.handler.Close() // a hang-up is reported though nothing is watched for
			} else {
				l.turn(c, words[c.talk.Next()].sent, nil)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			l.turn(c, words[c.talk.Next()].thrown, errTimeout)
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
	l.turn(c, "converse is started, the coroutine of fd %d", nil)
}

// words narrate what a coroutine yields, what is sent in when that has come, and what is thrown in when its time is over.
var words = [...]struct{ yields, sent, thrown string }{
	wire.Read: {"readMessage yields 'read' past converse to the loop, which watches fd %d",
		"'fd %d is readable' is sent in past converse to readMessage", "'the allowed wait of fd %d is over' is thrown in past converse to readMessage"},
	wire.Write: {"writeAll yields 'write' past converse to the loop, which watches fd %d",
		"'fd %d is writable' is sent in past converse to writeAll", "'the allowed wait of fd %d is over' is thrown in past converse to writeAll"},
	wire.Sleep: {yields: "converse yields 'sleep' to the loop, which sets a timer for fd %d", thrown: "'the time of fd %d is over' is thrown into converse"},
	wire.Work:  {yields: "converse of fd %d yields its turn to the others", thrown: "'the others have had their turn, fd %d' is thrown into converse"},
}

// turn lets a coroutine go on until it yields what it waits for; err, if there is one, is thrown into it; why is narrated.
func (l *loop) turn(c *conn, why string, err error) {
	l.lane.Turn(c.talk.Client(), c.fd, why, c.fd)
	var want wire.Want
	c.talk.Turn()
	if err != nil {
		want, err = c.handler.Throw(err)
	} else {
		want, err = c.handler.Next()
	}
	if err == nil { // an error means that the coroutine has ended and cleaned up
		l.wait(c, want)
	}
}

// wait leaves a connection registered for exactly what it wants.
func (l *loop) wait(c *conn, want wire.Want) {
	c.talk.Waits(c.fd, words[want].yields, c.fd)
	if events := want.Events(); c.events != events {
		c.events = events
		l.poller.Change(c.fd, events, uint64(c.fd))
	}
	l.timers.Set(c.fd, c.talk.Pause())
}

// close unregisters before it closes: a duplicate of the descriptor would keep it registered.
func (l *loop) close(c *conn, bye func(int)) {
	c.talk.Client().Closes("converse returns, fd %d is unwatched, then closed", c.fd)
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
