package gnet

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

type server struct {
	gnet.BuiltinEventEngine
	logger
	ln    int
	open  func() *wire.Talk
	lanes lanes
}

// conn is the model's part of a connection.
type conn struct {
	talk  *wire.Talk
	lane  *story.Lane   // of its loop
	owed  int           // bytes written that gnet had not sent at the last look
	again time.Duration // from the last look to the next
	due   time.Time     // when the present wait has taken as long as the talk allows; zero: not set
	timer *time.Timer   // wakes the connection
}

// Serve answers connections to ln until it is shut down. gnet listens on an address of its own at first: see OnBoot.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	// Connections inherit it.
	if err := unix.SetsockoptInt(ln, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	s := &server{ln: ln, open: open}
	err := gnet.Run(s, "tcp://127.0.0.1:0", gnet.WithMulticore(true), gnet.WithReadBufferCap(sock.ReadBytes), gnet.WithLogger(&s.logger))
	if err == nil {
		err = s.first
	}
	if errors.Is(err, unix.EMFILE) {
		return fmt.Errorf("gnet ends when it has no descriptor for a client (%w): run \"ulimit -n\" with a higher number", err)
	}
	return sock.Ended(err)
}

func (s *server) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	us := &conn{talk: s.open()}
	c.SetContext(us)
	if us.talk.Client() != nil {
		us.lane = s.lanes.of(c.EventLoop())
		us.lane.Turn(us.talk.Client(), c.Fd(), "OnOpen is called")
	}
	return nil, us.turn(c)
}

func (s *server) OnClose(c gnet.Conn, err error) gnet.Action {
	us := c.Context().(*conn)
	if us.timer != nil {
		us.timer.Stop()
	}
	us.lane.Turn(us.talk.Client(), c.Fd(), "OnClose is called")
	if us.talk.Client().Breaks(err); errors.Is(err, io.EOF) {
		us.talk.Feed(nil)
	}
	us.talk.Client().Closes("fd %d is closed when OnClose has returned", c.Fd())
	us.lane.Wait(gnets)
	return gnet.None
}

// OnTraffic is called when gnet has read something, whether it is wanted or not, and after Wake.
func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	us := c.Context().(*conn)
	us.called(c)
	us.sent(c)
	if !us.due.IsZero() && !time.Now().Before(us.due) {
		us.due = time.Time{}
		us.talk.Late(c.Fd())
	}
	return us.turn(c)
}

// turn lets a connection go on until it has to wait or has had its share.
func (us *conn) turn(c gnet.Conn) gnet.Action {
	for us.talk.Turn(); !us.talk.Over(); {
		switch us.talk.Next() {
		case wire.Read:
			n := min(c.InboundBuffered(), sock.ReadBytes)
			if n == 0 {
				return us.wait(c)
			}
			in, _ := c.Peek(n)
			us.talk.Feed(in)
			c.Discard(n)
			us.due = time.Time{}
		case wire.Write:
			if us.owed > 0 {
				return us.wait(c)
			}
			out := us.talk.Out()
			if _, err := c.Write(out); err != nil {
				return gnet.None // it is closed
			}
			us.owed = len(out)
			us.sent(c)
		case wire.Sleep:
			return us.wait(c)
		case wire.Work:
			us.talk.Work()
			us.due = time.Time{}
		case wire.Close:
			if twin, err := c.Dup(); err == nil {
				sock.Bye(twin)
			}
			return gnet.Close
		}
	}
	if us.talk.Next() == wire.Read && c.InboundBuffered() == 0 {
		return us.wait(c)
	}
	return us.yield(c)
}

// sent notes what gnet has sent since the last look.
func (us *conn) sent(c gnet.Conn) {
	if left := c.OutboundBuffered(); left < us.owed {
		us.talk.Sent(us.owed - left)
		us.owed, us.again, us.due = left, 0, time.Time{}
	}
}

// wait sets a timer that wakes the connection when its wait is over. While gnet holds unsent bytes of the connection the timer is short, since
// gnet does not report when they are sent; it grows with each look that finds none sent.
func (us *conn) wait(c gnet.Conn) gnet.Action {
	us.left(c, us.talk.Next())
	limit := us.talk.Pause()
	if limit > 0 {
		if us.due.IsZero() {
			us.due = time.Now().Add(limit)
		}
		limit = max(1, time.Until(us.due))
	}
	if us.owed > 0 {
		us.again = min(2*us.again+time.Millisecond, 100*time.Millisecond)
		if limit == 0 || us.again < limit {
			limit = us.again
		}
	}
	if limit == 0 {
		return gnet.None
	} else if us.timer != nil {
		us.timer.Reset(limit)
	} else {
		us.timer = time.AfterFunc(limit, func() { c.Wake(nil) })
	}
	return gnet.None
}

// yield lets the others have their turn first. It calls Wake on another goroutine: called on the loop's own, Wake would come before the others.
func (us *conn) yield(c gnet.Conn) gnet.Action {
	us.left(c, wire.Work)
	go c.Wake(nil)
	return gnet.None
}
