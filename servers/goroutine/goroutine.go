// Package goroutine starts a goroutine for every connection.
//
// Lesson: what Go made of all this. The code reads as if it blocked, from the first byte of a conversation to the
// last; the runtime parks the goroutine, runs another and keeps the epoll loop to itself.
package goroutine

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// Serve answers connections to ln until it is shut down. Package net sets its own options on what it accepts
// (TCP_NODELAY, keep-alive probes), which costs a connection a few system calls more than in the other models.
func Serve(ln int, open func() *wire.Talk) error {
	listener, err := sock.NetListener(ln)
	if err != nil {
		return err
	}
	defer listener.Close()
	lane, started := story.NewLane("main"), 0
	for {
		lane.Wait("parked by the runtime in Accept until fd %d is readable", ln)
		c, err := sock.AcceptNet(listener, ln)
		if err != nil {
			return sock.Ended(err)
		}
		started++
		lane.Turn(nil, ln, "woken, Accept returns: go starts goroutine %d", started)
		go converse(story.NewLane("goroutine %d", started), c, open())
	}
}

var buffers = sync.Pool{New: func() any { return new([sock.ReadBytes]byte) }}

func converse(lane *story.Lane, c net.Conn, talk *wire.Talk) {
	buf := buffers.Get().(*[sock.ReadBytes]byte)
	defer buffers.Put(buf)
	fd := -1
	if lane != nil {
		fd = sock.FD(c)
		lane.Turn(talk.Client(), fd, "runs for the first time")
	}
	for {
		switch talk.Next() {
		case wire.Read:
			limit(c, talk)
			talk.Blocks(lane, fd, "parked by the runtime in Read until fd %d is readable", fd)
			n, err := c.Read(buf[:])
			lane.Turn(talk.Client(), fd, "woken by the runtime, Read returns")
			if errors.Is(err, os.ErrDeadlineExceeded) {
				talk.Late(sock.FD(c))
			} else if err != nil && err != io.EOF {
				talk.Client().Breaks(err)
				talk.Client().Closes("Close, and its goroutine ends")
				c.Close()
				return
			} else {
				talk.Feed(buf[:n])
			}
		case wire.Write:
			limit(c, talk)
			talk.Blocks(lane, fd, "in Write, parked by the runtime only if fd %d is not writable", fd)
			n, err := c.Write(talk.Out())
			lane.Turn(talk.Client(), fd, "Write returns")
			talk.Sent(n)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				talk.Late(sock.FD(c))
			} else if err != nil {
				talk.Client().Breaks(err)
				talk.Client().Closes("Close, and its goroutine ends")
				c.Close()
				return
			}
		case wire.Sleep:
			talk.Blocks(lane, fd, "parked by the runtime in time.Sleep")
			time.Sleep(talk.Pause())
			lane.Turn(talk.Client(), fd, "woken by a timer of the runtime")
			talk.Woke()
		case wire.Work:
			talk.Work()
		case wire.Close:
			talk.Client().Closes("Close, and its goroutine ends")
			sock.ByeConn(c)
			return
		}
	}
}

// limit sets the deadline of the next wait for the peer, if the talk has a limit.
func limit(c net.Conn, talk *wire.Talk) {
	if wait := talk.Pause(); wait > 0 {
		c.SetDeadline(time.Now().Add(wait))
	}
}
