// Package netconn wraps the connections of models whose library has HTTP of its own (net/http, fasthttp): a Conn counts the bytes it
// sends, and limits its waits for the peer as a talk does.
package netconn

import (
	"errors"
	"net"
	"os"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// Listen makes the listening socket ln a net.Listener, whose waits are narrated on lane. Each connection it accepts has a talk, opened only
// for its counters, and is passed through wrap.
func Listen(lane *story.Lane, ln int, open func() *wire.Talk, wrap func(Conn) net.Conn) (net.Listener, error) {
	l, err := sock.NetListener(ln)
	if err != nil {
		return nil, err
	}
	return &listener{l, lane, ln, open, wrap}, nil
}

type listener struct {
	net.Listener
	lane *story.Lane
	ln   int
	open func() *wire.Talk
	wrap func(Conn) net.Conn
}

func (l *listener) Accept() (net.Conn, error) {
	l.lane.Wait("parked in Accept")
	c, err := sock.AcceptNet(l.Listener, l.ln)
	if err != nil {
		return nil, err
	}
	talk := l.open()
	return l.wrap(Conn{Conn: c, Talk: talk, idle: talk.Pause()}), nil
}

// Conn is a connection that counts the bytes it sends. Its model counts the replies: only the model knows when one is sent.
type Conn struct {
	net.Conn
	Talk *wire.Talk
	idle time.Duration // longest wait for the peer, 0: no limit
	part
}

func (c *Conn) Read(p []byte) (n int, err error) {
	for unsent, again := 0, true; again; {
		end := c.limit(c.SetReadDeadline)
		n, err = c.Conn.Read(p)
		again = c.over(err, end) && c.alive(sock.HasInput, &unsent)
	}
	if c.Lane != nil {
		c.read(n, err)
	}
	return n, err
}

func (c *Conn) Write(p []byte) (n int, err error) {
	for unsent, again := 0, true; again; {
		end := c.limit(c.SetWriteDeadline)
		sent := 0
		if sent, err = c.Conn.Write(p[n:]); sent > 0 {
			unsent = 0
		}
		n += sent
		c.Talk.Tally(0, sent)
		c.Talk.Client().Sends(sent, false)
		again = c.over(err, end) && c.alive(sock.AllAcked, &unsent)
	}
	return n, err
}

// limit sets the deadline of the next wait for the peer, if there is a limit, and returns it.
func (c *Conn) limit(set func(time.Time) error) (end time.Time) {
	if c.idle > 0 {
		end = time.Now().Add(c.idle)
		set(end)
	}
	return end
}

// over reports whether a call failed because its own limit was reached. It is false where net/http has ended a read by a deadline in the past.
func (c *Conn) over(err error, end time.Time) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && c.idle > 0 && !time.Now().Before(end)
}

// alive reports whether the peer is not idle: the awaited event has come and this process had no processor to see it, or the peer has acknowledged
// more bytes.
func (c *Conn) alive(did func(fd int) bool, unsent *int) bool {
	fd := sock.FD(c.Conn)
	return did(fd) || sock.AckProgress(fd, unsent)
}
