package gnet

import (
	"sync"

	"github.com/panjf2000/gnet/v2"

	"carousel/internal/story"
	"carousel/internal/wire"
)

// lanes has a lane for each of gnet's loops, numbered in the order in which they open their first connection.
type lanes struct {
	sync.Mutex
	all map[gnet.EventLoop]*story.Lane
}

func (l *lanes) of(loop gnet.EventLoop) *story.Lane {
	l.Lock()
	defer l.Unlock()
	if l.all == nil {
		l.all = map[gnet.EventLoop]*story.Lane{}
	}
	if l.all[loop] == nil {
		l.all[loop] = story.NewLane("loop %d", len(l.all)+1)
	}
	return l.all[loop]
}

// called narrates why OnTraffic is called, unless it is in vain.
func (us *conn) called(c gnet.Conn) {
	if us.lane == nil {
		return
	}
	if n, left := c.InboundBuffered(), c.OutboundBuffered(); n > 0 {
		us.lane.Turn(us.talk.Client(), c.Fd(), "OnTraffic is called: gnet has read, and holds %d bytes", n)
	} else if left < us.owed {
		us.lane.Turn(us.talk.Client(), c.Fd(), "OnTraffic is called by Wake: gnet has sent some of what it held, %d bytes are left", left)
	} else if us.owed == 0 {
		us.lane.Turn(us.talk.Client(), c.Fd(), "OnTraffic is called by Wake")
	}
}

const gnets = "in gnet, which has control again"

var waits = [...]string{
	wire.Read:  "waits for gnet to read something from fd %d, and call OnTraffic",
	wire.Write: "waits for gnet to send what it holds for fd %d, which a timer calls Wake to look at",
	wire.Sleep: "waits for a timer to call Wake of fd %d, and gnet to call OnTraffic",
	wire.Work:  "waits for Wake of fd %d, which comes behind what the loop has to do already",
}

// left narrates what a connection waits for when its callback returns.
func (us *conn) left(c gnet.Conn, to wire.Want) {
	if us.lane != nil {
		us.talk.Waits(c.Fd(), waits[to], c.Fd())
		us.lane.Wait(gnets)
	}
}
