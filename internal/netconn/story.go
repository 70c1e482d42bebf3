package netconn

import (
	"io"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// part is what a connection plays in the story of the server.
type part struct {
	Lane   *story.Lane // of the goroutine that serves it; nil: there is no story, or no such goroutine yet
	parked bool        // until more comes
}

// Parks says that all that is due to c was sent, and that its goroutine waits for more.
func (c *Conn) Parks(what string) {
	c.Talk.Client().Sends(0, true)
	c.Talk.Client().Blocks(c.Lane, sock.FD(c.Conn), "read", what)
	c.parked = true
}

// Wakes says why c's goroutine goes on, if it was said to wait.
func (c *Conn) Wakes(why string) {
	if c.parked {
		c.parked = false
		c.Lane.Turn(c.Talk.Client(), sock.FD(c.Conn), why)
	}
}

// Prepare is what a handler does before it replies: it sleeps, and then works. The error is that of the work.
func (c *Conn) Prepare(plan *wire.Reply) error {
	if plan.Sleep > 0 {
		c.Talk.Client().Blocks(c.Lane, -1, "sleep", "the handler is parked in time.Sleep")
		time.Sleep(plan.Sleep)
		c.Lane.Turn(c.Talk.Client(), -1, "woken by a timer, the handler goes on")
	}
	if plan.Work == nil {
		return nil
	}
	defer c.Talk.Client().Works()()
	return plan.Work()
}

// read says what a read came to.
func (c *Conn) read(n int, err error) {
	if n > 0 || err == io.EOF {
		c.Wakes("woken: Read returns")
		c.Talk.Client().Reads(n)
	} else {
		c.Talk.Client().Breaks(err)
	}
}
