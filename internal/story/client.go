package story

import (
	"errors"
	"strconv"
	"syscall"

	"carousel/internal/traceevent"
)

// Client is a connection. All methods do nothing on nil.
type Client struct {
	story  *Story
	number int64
	peer   string // its address, "" until it is known
	span
	requests int64 // that have begun: each is an arrow from its bytes over its turns to its reply
	open     bool  // the last of them has no reply yet
}

// NewClient returns the client of the number-th accepted connection, nil if there is no story.
func NewClient(number int64) *Client {
	if current == nil {
		return nil
	}
	return current.client(number)
}

func (s *Story) client(number int64) *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Client{story: s, number: number}
	s.clients = append(s.clients, c)
	return c
}

func (c *Client) name() string { return "client " + strconv.FormatInt(c.number, 10) }

// known records once which address is connected to fd.
func (c *Client) known(fd int) {
	if c == nil || c.peer != "" || c.story.options.Peer == nil {
		return
	}
	if c.peer = c.story.options.Peer(fd); c.peer != "" {
		c.line("connects from " + c.peer)
	}
}

// Waits records what c waits for, which ends its turn. kind is read, write, sleep, work (another thread does its work) or turn (it could go on,
// and others have their turn first). what is a format for n, as in the other methods.
func (c *Client) Waits(fd int, kind, what string, n ...int) {
	if c != nil {
		c.waits(fd, kind, what, n)
	}
}

func (c *Client) waits(fd int, kind, format string, n []int) {
	what := text(format, n)
	c.story.mu.Lock()
	defer c.story.mu.Unlock()
	c.known(fd)
	if c.category == "wait" && c.span.name == what && c.why == kind {
		return // it was woken for nothing
	}
	c.line(what)
	c.pause(span{category: "wait", name: what, why: kind, from: c.story.since()})
}

// Blocks is Waits where lane l waits too, for this client alone: a blocked thread, a parked goroutine.
func (c *Client) Blocks(l *Lane, fd int, kind, what string, n ...int) {
	if c != nil {
		c.blocks(l, fd, kind, what, n)
	}
}

func (c *Client) blocks(l *Lane, fd int, kind, format string, n []int) {
	what := text(format, n)
	s := c.story
	s.mu.Lock()
	defer s.mu.Unlock()
	c.known(fd)
	at := s.since()
	s.line(event{lane: l}, l.name, "waits for "+c.name()+": "+what, at)
	c.become(span{category: "wait", name: what, why: kind, from: at})
	l.become(span{category: "wait", name: what, from: at, client: c})
}

// Closes records that the connection is closed, and how.
func (c *Client) Closes(what string, n ...int) {
	if c != nil {
		c.closes(what, n)
	}
}

func (c *Client) closes(format string, n []int) {
	what := text(format, n)
	c.story.mu.Lock()
	defer c.story.mu.Unlock()
	c.line(what)
	at := c.story.since()
	c.reply(at)
	c.pause(span{from: at})
}

// Breaks records that c's connection is broken, if err is an errno; it ignores other errors.
func (c *Client) Breaks(err error) {
	var errno syscall.Errno
	if c != nil && errors.As(err, &errno) {
		c.say("its connection is broken: "+errno.Error(), nil)
	}
}

// Say records what happens to c.
func (c *Client) Say(what string, n ...int) {
	if c != nil {
		c.say(what, n)
	}
}

func (c *Client) say(format string, n []int) {
	what := text(format, n)
	c.story.mu.Lock()
	defer c.story.mu.Unlock()
	c.line(what)
}

// Reads records that n bytes of c were read; 0: it has finished sending.
func (c *Client) Reads(n int) {
	if c != nil {
		c.reads(n)
	}
}

func (c *Client) reads(n int) {
	c.story.mu.Lock()
	defer c.story.mu.Unlock()
	if n == 0 {
		c.line("has finished sending")
		return
	}
	c.line(text("%d bytes are read", []int{n}))
	if !c.open {
		c.open = true
		c.requests++
		c.arrow(traceevent.FlowFrom, c.from, nil)
		c.step(c.from)
	}
}

// Sends records that the kernel took n bytes for c; done: all replies are sent.
func (c *Client) Sends(n int, done bool) {
	if c != nil {
		c.sends(n, done)
	}
}

func (c *Client) sends(n int, done bool) {
	c.story.mu.Lock()
	defer c.story.mu.Unlock()
	if n > 0 {
		c.line(text("%d bytes are sent", []int{n}))
	}
	if done {
		c.reply(c.story.since())
	}
}

// Works records that c's work begins, which blocks the thread of its turn. Call end when it has ended.
func (c *Client) Works() (end func()) {
	if c == nil {
		return func() {}
	}
	c.story.mu.Lock()
	defer c.story.mu.Unlock()
	from, lane := c.story.since(), c.lane
	if lane != nil {
		c.line("its work begins, on " + lane.name)
	} else {
		c.line("its work begins")
	}
	return func() {
		c.story.mu.Lock()
		defer c.story.mu.Unlock()
		c.line("its work ends")
		work := event{span: span{category: "work", name: "works", from: from}, phase: traceevent.Slice, to: c.story.since(), client: c}
		c.story.keep(work)
		if lane != nil {
			work.client, work.lane = nil, lane
			c.story.keep(work)
		}
	}
}

func (c *Client) line(what string) {
	c.story.line(event{client: c}, c.name(), what, c.story.since())
}

// pause ends c's turn, on its own lane and on the lane that gave the turn.
func (c *Client) pause(next span) {
	if l := c.lane; l != nil && l.client == c {
		l.become(span{from: next.from})
	}
	c.become(next)
}

// become ends the span of c and begins the next one.
func (c *Client) become(next span) {
	if c.category != "" {
		c.story.keep(event{span: c.span, phase: traceevent.Slice, to: next.from, client: c})
	}
	c.span = next
}

// step makes the arrow of a request pass through the turn that c has.
func (c *Client) step(at int64) {
	if c.open && c.lane != nil {
		c.arrow(traceevent.FlowStep, at, c.lane)
	}
}

// reply ends the arrow of a request.
func (c *Client) reply(at int64) {
	if c.open {
		c.arrow(traceevent.FlowTo, at, nil)
		c.open = false
	}
}

func (c *Client) arrow(phase byte, at int64, lane *Lane) {
	e := event{span: span{category: "request", name: "request", from: at}, phase: phase, id: c.number<<20 | c.requests&(1<<20-1), client: c}
	if lane != nil {
		e.lane, e.client = lane, nil
	}
	c.story.keep(e)
}
