package netconn

import (
	"io"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// part is the state of a connection in the story of the server.
type part struct {
	Lane   *story.Lane // of the goroutine that serves it; nil: no story, or no such goroutine yet
	parked bool        // its goroutine waits for input
}

// Parks narrates that all replies to c are sent and that its goroutine waits for input.
func (c *Conn) Parks(what string) {
	c.Talk.Client().Sends(0, true)
	c.Talk.Client().Blocks(c.Lane, sock.FD(c.Conn), "read", what)
	c.parked = true
}

// Wakes narrates why c's goroutine goes on, if it was parked.
func (c *Conn) Wakes(why string) {
	if c.parked {
		c.parked = false
		c.Lane.Turn(c.Talk.Client(), sock.FD(c.Conn), why)
	}
}

// Prepare does what a handler does before it replies: it sleeps, then works. The error is that of the work.
func (c *Conn) Prepare(reply *wire.Reply) error {
	if reply.Sleep > 0 {
		c.Talk.Client().Blocks(c.Lane, -1, "sleep", "the handler is parked in time.Sleep")
		time.Sleep(reply.Sleep)
		c.Lane.Turn(c.Talk.Client(), -1, "woken by a timer, the handler goes on")
	}
	if reply.Work == nil {
		return nil
	}
	defer c.Talk.Client().Works()()
	return reply.Work()
}

// read narrates the result of a read.
func (c *Conn) read(n int, err error) {
	if n > 0 || err == io.EOF {
		c.Wakes("woken: Read returns")
		c.Talk.Client().Reads(n)
	} else {
		c.Talk.Client().Breaks(err)
	}
}
