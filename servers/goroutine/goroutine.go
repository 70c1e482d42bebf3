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
	for {
		c, err := sock.AcceptNet(listener, ln)
		if err != nil {
			return sock.Ended(err)
		}
		go converse(c, open())
	}
}

var buffers = sync.Pool{New: func() any { return new([sock.ReadBytes]byte) }}

func converse(c net.Conn, talk *wire.Talk) {
	buf := buffers.Get().(*[sock.ReadBytes]byte)
	defer buffers.Put(buf)
	for {
		switch talk.Next() {
		case wire.Read:
			limit(c, talk)
			n, err := c.Read(buf[:])
			if errors.Is(err, os.ErrDeadlineExceeded) {
				talk.Late(sock.Number(c))
			} else if err != nil && err != io.EOF {
				c.Close()
				return
			} else {
				talk.Feed(buf[:n])
			}
		case wire.Write:
			limit(c, talk)
			n, err := c.Write(talk.Out())
			talk.Sent(n)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				talk.Late(sock.Number(c))
			} else if err != nil {
				c.Close()
				return
			}
		case wire.Sleep:
			time.Sleep(talk.Pause())
			talk.Woke()
		case wire.Work:
			talk.Work()
		case wire.Close:
			sock.ByeConn(c)
			return
		}
	}
}

// limit bounds the next wait for the peer, where a bound was asked for.
func limit(c net.Conn, talk *wire.Talk) {
	if wait := talk.Pause(); wait > 0 {
		c.SetDeadline(time.Now().Add(wait))
	}
}
