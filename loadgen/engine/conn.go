//go:build linux

package engine

import (
	"syscall"

	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
)

// conn is one of a worker's connections, through however many reconnects.
type conn struct {
	fd      int
	index   int32  // among the worker's
	line    int32  // in the record; negative: a silent connection
	era     uint32 // counts the descriptors it has had, so that an event of an earlier one is told apart
	state   state
	pending bool // a request was sent and is not settled
	again   bool // it was sent before on a connection that the server closed without a word
	written int  // bytes of it that the kernel took
	served  int64
	due     int64
	sent    int64
	freed   int64 // when it became free: its last request had ended and, paced, it was open
	tried   int64 // when the connect began
	reply   client.Reply
	ask     *client.Ask
	path    int   // of the request, among the run's
	hops    int   // redirects it has followed
	carried int64 // bytes of the replies that were redirects

	queue      *queue // that it stands in
	prev, next *conn
}

type state uint8

const (
	closed state = iota
	opening
	idle
	busy
)

// next gives c its next request: at once in a closed loop, where the request is due at once; else when the schedule has one.
func (w *worker) next(c *conn, due, now int64) {
	switch {
	case w.Rate > 0 && !w.spent():
		c.freed = now
		w.free.push(c)
		if w.pacer.due <= now {
			w.sendDue(now)
		}
	case now >= w.end:
	case w.Rate == 0 && w.ticket(due):
		w.send(c, due, now)
	default:
		w.drop(c) // it would only keep others waiting
	}
}

func (w *worker) send(c *conn, due, now int64) {
	if w.several() || c.hops > 0 {
		n := w.number()
		if c.address(w.asks.Turn(n)); w.several() {
			c.path = w.path[n%int64(len(w.path))]
		}
	}
	c.due, c.sent, c.pending, c.again, c.hops, c.carried = due, now, true, false, 0, 0
	w.outstanding++
	w.rec.Sent(int(c.line), due)
	if w.Rate > 0 {
		w.rec.Late(due, now, c.freed > due)
	}
	w.resend(c)
}

// address gives c another request to send.
func (c *conn) address(a *client.Ask) {
	c.ask = a
	c.reply.Ask(a)
}

// resend sends c's request, from its first byte.
func (w *worker) resend(c *conn) {
	c.state, c.written = busy, 0
	w.write(c)
}

// write hands the kernel what it takes of the request.
func (w *worker) write(c *conn) {
	whole := c.written == 0
	n, err := sock.Write(c.fd, c.ask.Bytes[c.written:])
	if c.written += n; c.written == len(c.ask.Bytes) {
		if !whole {
			w.poller.Change(c.fd, sock.Readable, c.key())
		}
		return
	}
	switch err {
	case nil, sock.Again:
		if whole {
			w.poller.Change(c.fd, sock.Readable|sock.Writable, c.key())
		}
	case syscall.EPIPE:
		w.hungUp(c, w.now(), record.WriteReset)
	default:
		w.lost(c, w.now(), writeClass(err))
	}
}

// read takes what has come and checks it.
func (w *worker) read(c *conn) {
	for range sock.TurnBytes / client.MaxRead {
		n, err := sock.Read(c.fd, w.buf[:])
		switch {
		case err == sock.Again:
			return
		case err == nil && n == 0, err != nil && readClass(err) == record.ReadEOF:
			w.hungUp(c, w.now(), record.ReadEOF)
			return
		case err != nil:
			w.lost(c, w.now(), readClass(err))
			return
		case !c.pending: // a word nobody asked for, such as a 408: the connection is at its end
			w.lost(c, w.now(), record.OK)
			return
		case c.reply.Feed(w.buf[:n]):
			w.answered(c, w.now())
			return
		case n < len(w.buf):
			return
		}
	}
}

// hungUp handles a peer that has closed. That completes a reply without a length; between replies it is its right, and a
// request that crossed it on the way, of which not one byte was answered, is sent once more on a new connection if its method
// allows that.
func (w *worker) hungUp(c *conn, now int64, class record.Class) {
	switch {
	case !c.pending:
		w.lost(c, now, record.OK)
	case c.reply.End():
		w.answered(c, now)
	case c.served > 0 && !c.again && c.ask.Idempotent:
		c.again = true
		w.drop(c)
		w.reconnect(c, now)
	default:
		w.lost(c, now, class)
	}
}

// answered notes a complete reply and goes on to the next request.
func (w *worker) answered(c *conn, now int64) {
	class := c.reply.Class()
	if _, _, moved := c.reply.Moved(); moved {
		var to *client.Ask
		if to, class = w.hop(w.asks, c.ask, &c.reply, c.hops); class == record.OK {
			w.follow(c, to, now)
			return
		}
	}
	c.pending, c.state = false, idle
	c.served++
	w.outstanding--
	w.ended(c, now, class)
	if w.backoff != 0 && class.Answered() && c.tried > w.trouble {
		w.backoff, w.retry = 0, now
	}
	if c.reply.Keep() && c.written == len(c.ask.Bytes) {
		if w.files != nil {
			w.next(c, now, w.now()) // a file written in place held it up
		} else {
			w.next(c, now, now)
		}
		return
	}
	w.drop(c)
	if c.freed = now; !class.Answered() {
		c.served = 0
	}
	w.reconnect(c, now)
}

// follow sends c's request on to where its reply pointed.
func (w *worker) follow(c *conn, to *client.Ask, now int64) {
	keep := c.reply.Keep() && c.written == len(c.ask.Bytes)
	c.carried += c.reply.Size()
	c.hops++
	c.served++
	c.again = false
	w.rec.Redirected(c.due)
	if c.address(to); keep {
		w.resend(c)
		return
	}
	w.drop(c)
	w.reconnect(c, now)
}

// ended notes what became of c's request, once its file is written if it is to have one.
func (w *worker) ended(c *conn, now int64, class record.Class) {
	size := c.carried + c.reply.Size()
	if w.files == nil || class != record.OK {
		w.rec.For(c.path).Ended(int(c.line), c.due, c.sent, now, class, size)
		return
	}
	o := outcome{line: int(c.line), path: c.path, due: c.due, sent: c.sent, at: now, size: size}
	w.save(c.ask.Request, &c.reply, w.first+o.line, func(class record.Class) {
		o.class = class
		w.mu.Lock()
		w.outcomes = append(w.outcomes, o)
		w.mu.Unlock()
	})
}

// outcome is a request whose file is written, or is not to be had.
type outcome struct {
	line, path    int
	due, sent, at int64
	class         record.Class
	size          int64
}

// collect notes the outcomes there are.
func (w *worker) collect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.outcomes {
		w.rec.For(o.path).Ended(o.line, o.due, o.sent, o.at, o.class, o.size)
	}
	w.outcomes = w.outcomes[:0]
}

// lost gives up c's connection, and the request on it if there is one.
func (w *worker) lost(c *conn, now int64, class record.Class) {
	if c.pending {
		c.pending = false
		w.outstanding--
		w.rec.For(c.path).Ended(int(c.line), c.due, c.sent, now, class, c.carried+c.reply.Size())
		c.freed = now
	}
	w.drop(c)
	w.reconnect(c, now)
}
