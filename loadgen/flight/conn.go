package flight

import (
	"carousel/loadgen/client"
	"carousel/loadgen/record"
)

// Conn is one connection of a deck, through however many reconnects.
type Conn struct {
	Index int    // in the deck
	Era   uint32 // counts its reconnects: what an engine learns of an earlier one is of no interest

	number  int // in the record, from 0; negative: a silent connection
	state   state
	do      Do
	pending bool // a request was sent and is not settled
	again   bool // it was sent before on a connection that the server closed without a word
	written int  // bytes of it that were sent
	served  int64
	due     int64
	sent    int64
	freed   int64 // when it became free: its last request had ended and, paced, it was open
	tried   int64 // when the connect began
	reply   client.Reply
	request *client.Ask
	path    int   // of the request, among the run's
	hops    int   // redirects it has followed
	carried int64 // bytes of the replies that were redirects

	queue      *queue // that it stands in
	prev, next *Conn
	after      *Conn // in todo
}

type state uint8

const (
	closed state = iota
	opening
	idle
	busy
)

// Opening reports whether a connect is under way.
func (c *Conn) Opening() bool { return c.state == opening }

// Silent reports whether the connection is one that is never given a request.
func (c *Conn) Silent() bool { return c.number < 0 }

// Out is what is left to send of the request.
func (c *Conn) Out() []byte { return c.request.Bytes[c.written:] }

// Sent notes that n bytes of Out were sent.
func (c *Conn) Sent(n int) { c.written += n }

// whole reports whether all of the request was sent.
func (c *Conn) whole() bool { return c.written == len(c.request.Bytes) }

// ask gives c another request to send.
func (c *Conn) ask(a *client.Ask) {
	c.request = a
	c.reply.Ask(a)
}

// next gives c its next request: at once in a closed loop, where the request is due at once; else when the schedule has one.
func (d *Deck) next(c *Conn, due, now int64) {
	switch {
	case now >= d.end:
	case d.Rate > 0 && !d.used():
		c.freed = now
		d.free.push(c)
	case d.Rate == 0 && d.ticket(due):
		d.send(c, due, now)
	default:
		d.drop(c) // it would only keep others waiting
	}
}

// send has c's next request sent.
func (d *Deck) send(c *Conn, due, now int64) {
	if d.several() || c.hops > 0 {
		n := d.turn()
		if c.ask(d.asks.Turn(n)); d.several() {
			c.path = d.path[n%int64(len(d.path))]
		}
	}
	c.due, c.sent, c.pending, c.again, c.hops, c.carried = due, now, true, false, 0, 0
	d.outstanding++
	d.Record.Sent(c.number, due)
	if d.Rate > 0 {
		d.Record.Late(due, now, c.freed > due)
	}
	d.resend(c)
}

// resend has c's request sent, from its first byte.
func (d *Deck) resend(c *Conn) {
	c.state, c.written = busy, 0
	d.want(c, Send)
}

// Feed takes what the peer of c sent, at most client.MaxRead bytes, and reports whether more of the reply is to come.
func (d *Deck) Feed(c *Conn, p []byte) bool {
	switch {
	case !c.pending: // a word nobody asked for, such as a 408: the connection is at its end
		d.lost(c, d.now(), record.OK)
	case c.reply.Feed(p):
		d.answered(c, d.now())
	default:
		return true
	}
	return false
}

// Closed notes that the peer of c has closed, or that reading or writing failed. A close completes a reply without a length; between
// replies it is the peer's right, and a request that crossed it on the way, of which not one byte was answered, is sent once more on a
// new connection if its method allows that.
func (d *Deck) Closed(c *Conn, class record.Class) {
	now := d.now()
	switch silence := class == record.ReadEOF || class == record.WriteReset; {
	case !c.pending:
		d.lost(c, now, record.OK)
	case silence && c.reply.End():
		d.answered(c, now)
	case silence && c.served > 0 && !c.again && c.request.Idempotent:
		c.again = true
		d.drop(c)
		d.reconnect(c, now)
	default:
		d.lost(c, now, class)
	}
}

// answered notes a complete reply and goes on to the next request.
func (d *Deck) answered(c *Conn, now int64) {
	if d.tooLate(now) {
		return // it is unanswered
	}
	class := c.reply.Class()
	if status, location, moved := c.reply.Moved(); moved {
		var to *client.Ask
		if to, class = d.hop(c, status, location); class == record.OK {
			d.follow(c, to, now)
			return
		}
	}
	c.state = idle
	c.served++
	d.close(c)
	d.settled(c, now, class)
	if d.backoff != 0 && class.Answered() && c.tried > d.trouble {
		d.backoff, d.retry = 0, now
	}
	if c.reply.Keep() && c.whole() {
		due := now
		if d.files != nil {
			now = d.now() // a file written in place held it up
		}
		d.next(c, due, now)
		return
	}
	d.drop(c)
	if c.freed = now; !class.Answered() {
		c.served = 0
	}
	d.reconnect(c, now)
}

// close ends c's request.
func (d *Deck) close(c *Conn) {
	c.pending = false
	if c.sent >= d.Begin {
		d.outstanding--
	}
}

// hop is the request to which a redirect leads, or the class of error that it is.
func (d *Deck) hop(c *Conn, status int, location string) (*client.Ask, record.Class) {
	if c.hops >= d.MaxRedirects {
		return nil, record.RedirectTooMany
	}
	return d.asks.Follow(c.request, status, location)
}

// follow sends c's request on to where its reply pointed.
func (d *Deck) follow(c *Conn, to *client.Ask, now int64) {
	keep := c.reply.Keep() && c.whole()
	c.carried += c.reply.Size()
	c.hops++
	c.served++
	c.again = false
	d.Record.Redirected(c.due)
	if c.ask(to); keep {
		d.resend(c)
		return
	}
	d.drop(c)
	d.reconnect(c, now)
}

// lost gives up c's connection, and the request on it if there is one.
func (d *Deck) lost(c *Conn, now int64, class record.Class) {
	if c.pending {
		d.close(c)
		d.Record.For(c.path).Ended(c.number, c.due, c.sent, now, class, c.carried+c.reply.Size())
		c.freed = now
	}
	d.drop(c)
	d.reconnect(c, now)
}

// settled notes what became of c's request, once its file is written if it is to have one.
func (d *Deck) settled(c *Conn, now int64, class record.Class) {
	size := c.carried + c.reply.Size()
	if d.files == nil || class != record.OK {
		d.Record.For(c.path).Ended(c.number, c.due, c.sent, now, class, size)
		return
	}
	o := outcome{number: c.number, path: c.path, due: c.due, sent: c.sent, at: now, size: size}
	d.save(c.request.Request, &c.reply, d.first+c.number, func(class record.Class) {
		o.class = class
		d.mu.Lock()
		d.outcomes = append(d.outcomes, o)
		d.mu.Unlock()
	})
}

// outcome is what became of a request whose file is written, or is not to be had.
type outcome struct {
	number, path  int
	due, sent, at int64
	class         record.Class
	size          int64
}

// collect notes the outcomes there are.
func (d *Deck) collect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.outcomes {
		d.Record.For(o.path).Ended(o.number, o.due, o.sent, o.at, o.class, o.size)
	}
	d.outcomes = d.outcomes[:0]
}
