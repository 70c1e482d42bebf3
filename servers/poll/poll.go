// Package poll hands control to a loop around poll(2).
//
// Lesson: the same as select without its limit. The list stays from turn to turn, one entry per connection, whatever its
// descriptor; but the kernel still looks at every entry of it and so does the loop, so a turn costs as much as there are connections.
package poll

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
	conns  []*conn       // by descriptor
	list   []sock.PollFD // what poll watches: the listening socket, then a place for each connection
	left   int           // places in it whose connection is closed
	timers timer.Queue
	buf    [sock.ReadBytes]byte
}

type conn struct {
	fd    int
	talk  *wire.Talk
	place int // in the list
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	l := &loop{lane: story.NewLane("loop"), waiter: sock.NewWaiter(), open: open}
	l.list = []sock.PollFD{{FD: int32(ln), Events: sock.Readable}}
	defer l.shutdown()
	for {
		l.lane.Wait("poll, over a list of %d, which stays", len(l.list))
		found, err := l.waiter.Poll(&l.list, l.timers.Wait())
		if err != nil {
			return err
		}
		if found > 0 {
			l.lane.Say("poll returns: %d ready, so the whole list of %d is looked at", found, len(l.list))
		}
		for i := range l.list[1:] {
			watched := &l.list[1+i]
			if watched.Ready == 0 {
				continue
			}
			c := l.conns[watched.FD]
			l.lane.Turn(c.talk.Client(), c.fd, "entry %d of the list is ready, fd %d", c.place, c.fd)
			if watched.Events == 0 { // a hang-up is reported though nothing is watched for
				c.talk.Client().Say("has hung up")
				l.close(c, sock.Close)
			} else {
				l.turn(c)
			}
		}
		for fd := range l.timers.Due() {
			c := l.conns[fd]
			l.lane.Turn(c.talk.Client(), fd, "the timer of fd %d is due", fd)
			c.talk.Late(fd)
			l.turn(c)
		}
		if l.list[0].Ready != 0 {
			l.lane.Turn(nil, ln, "entry 0 of the list is ready, fd %d: accept is called", ln)
			if err := sock.AcceptAll(ln, l.accepted); err != nil {
				return sock.Ended(err)
			}
		}
		if l.left > len(l.list)/2 {
			l.compact()
		}
	}
}

func (l *loop) accepted(fd int) {
	c := &conn{fd: fd, talk: l.open(), place: len(l.list)}
	l.conns = sock.Put(l.conns, fd, c)
	l.list = append(l.list, sock.PollFD{FD: int32(fd)})
	l.wait(c)
}

// compact closes the gaps in the list: poll ignores an empty place, but has to look at it. Call it between two passes over the list.
func (l *loop) compact() {
	l.lane.Say("the list closes its gaps, %d of %d", l.left, len(l.list))
	list := l.list[:1]
	for _, watched := range l.list[1:] {
		if watched.FD >= 0 {
			l.conns[watched.FD].place = len(list)
			list = append(list, watched)
		}
	}
	l.list, l.left = list, 0
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
	wire.Read:  "entry %d of the list watches fd %d for input",
	wire.Write: "entry %d of the list watches fd %d for output",
	wire.Sleep: "entry %d of the list watches fd %d for its end alone, and a timer is set",
	wire.Work:  "entry %d of the list watches fd %d for its end alone, and a timer is set, due when the others have had their turn",
}

// wait leaves a connection to the next poll, which watches for what it wants.
func (l *loop) wait(c *conn) {
	c.talk.Waits(c.fd, waits[c.talk.Next()], c.place, c.fd)
	l.list[c.place].Events = int16(c.talk.Next().Events())
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

// close leaves the connection's place in the list empty: moving up all that follow would take as long as the list.
func (l *loop) close(c *conn, bye func(int)) {
	c.talk.Client().Closes("entry %d of the list is left empty, and fd %d is closed", c.place, c.fd)
	l.timers.Set(c.fd, 0)
	l.list[c.place] = sock.PollFD{FD: -1}
	l.left++
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
