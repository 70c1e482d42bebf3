package engine

import (
	"context"
	"net"
	"time"

	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
)

// line is one connection of the net engine, through however many reconnects.
type line struct {
	*shard  // also guards conn, which only the line's goroutine changes
	index   int
	conn    net.Conn
	number  int // in the load
	asks    *client.Asks
	ask     *client.Ask
	reply   client.Reply
	path    int   // of the request, among the run's
	hops    int   // redirects the request has followed
	carried int64 // bytes of the replies that were redirects
	pending bool  // a request was sent and is not settled
	again   bool  // it was sent before on a connection that the server closed without a word
	served  int64
	backoff time.Duration // to wait before the next connect
	ready   int64         // since when it could send: its last request had ended and, paced, it was open
	due     int64
	sent    int64
	buf     [sock.ReadBytes]byte
}

// serve is a connection's life: it returns when the run is over, or when no request is left.
func (p *portable) serve(ctx context.Context, l *line) {
	for l.conn != nil || p.connect(ctx, l) {
		if !l.pending && !p.next(ctx, l) {
			if p.counted() {
				p.drop(l) // it would only keep others waiting
			}
			return
		}
		if class, whole := p.exchange(l); !p.settled(l, class, whole) {
			return
		}
	}
}

// connect opens l's connection, and reports whether it is to be used.
func (p *portable) connect(ctx context.Context, l *line) bool {
	for l.pending || !p.spent() {
		pause, limit, soldOut := l.backoff, time.Time{}, p.soldOut
		if l.pending { // what was sent is to be sent again
			limit, soldOut = p.deadline(l), nil
			pause = min(pause, time.Until(limit))
		}
		select {
		case <-time.After(pause):
		case <-soldOut:
			return false
		case <-ctx.Done():
			return false
		}
		if l.pending && !time.Now().Before(limit) {
			l.pending, l.ready = false, p.now()
			p.end(l, l.ready, record.Timeout)
			continue
		}
		if p.opened(l, p.dial(ctx, l.shard, limit)) {
			return true
		}
		if ctx.Err() != nil || p.counted() && p.deserted() {
			return false
		}
		l.backoff = grow(l.backoff)
	}
	return false
}

// deadline is when l's request has taken too long.
func (p *portable) deadline(l *line) time.Time { return p.base.Add(time.Duration(l.sent) + p.Timeout) }

// opened puts a new connection into use, if there is one.
func (p *portable) opened(l *line, conn net.Conn) bool {
	if conn == nil {
		return false
	}
	l.Lock()
	l.conn = conn
	if l.pending && l.again {
		l.rec.Resent(l.due)
	}
	l.Unlock()
	if l.served = 0; p.Rate > 0 {
		l.ready = p.now()
	}
	l.reply.Reset()
	p.alive.Add(1)
	return true
}

func (p *portable) drop(l *line) {
	l.Lock()
	l.conn.Close()
	l.conn = nil
	l.Unlock()
	if p.alive.Add(-1) == 0 {
		p.gone.Store(record.Never)
	}
}

// address gives l another request to send.
func (l *line) address(a *client.Ask) {
	l.ask = a
	l.reply.Ask(a)
}

// interrupt ends what l is waiting for.
func (l *line) interrupt() {
	l.Lock()
	defer l.Unlock()
	if l.conn != nil {
		l.conn.SetDeadline(time.Unix(1, 0))
	}
}

// next waits until l's next request is due, and reports whether there is one.
func (p *portable) next(ctx context.Context, l *line) bool {
	waited := false
	if l.due = max(l.ready, p.begin); p.Rate > 0 {
		select {
		case <-p.turn:
		case <-ctx.Done():
			return false
		}
		defer func() { p.turn <- struct{}{} }()
		waited = l.ready > p.pacer.due
		if l.due = p.pacer.due; l.due == record.Never || !p.sleep(ctx, l.due) || l.due >= p.until.Load() {
			return false
		}
		if p.pacer.take(); p.pacer.due == record.Never {
			p.sellOut()
		}
	} else if p.now() >= p.until.Load() || !p.ticket(l.due) {
		if p.counted() {
			p.sellOut()
		}
		return false
	}
	if p.several() || l.hops > 0 {
		n := p.number()
		if l.address(l.asks.Turn(n)); p.several() {
			l.path = p.path[n%int64(len(p.path))]
		}
	}
	l.pending, l.again, l.hops, l.carried, l.sent = true, false, 0, 0, p.now()
	l.Lock()
	defer l.Unlock()
	l.rec.Sent(l.index, l.due)
	if p.Rate > 0 {
		l.rec.Late(l.due, l.sent, waited)
	}
	return true
}

// sleep waits until an instant, in steps short enough to notice the end of the run, and reports whether it came.
func (p *portable) sleep(ctx context.Context, until int64) bool {
	for now := p.now(); now < until; now = p.now() {
		if ctx.Err() != nil {
			return false
		}
		sock.Sleep(min(time.Duration(until-now), publishEvery))
	}
	return ctx.Err() == nil
}

// exchange sends the request and reads until its reply is complete, and says what came of it; whole reports that the reply
// itself knows.
func (p *portable) exchange(l *line) (class record.Class, whole bool) {
	l.conn.SetDeadline(p.deadline(l))
	select {
	case <-p.over: // the deadline just set may have overwritten the one that ends the run
		l.interrupt()
	default:
	}
	if _, err := l.conn.Write(l.ask.Bytes); err != nil {
		return writeClass(err), false
	}
	for {
		n, err := l.conn.Read(l.buf[:])
		if n > 0 && l.reply.Feed(l.buf[:n]) {
			return l.reply.Class(), true
		}
		switch class := readClass(err); {
		case err == nil:
		case class != record.ReadEOF:
			return class, false
		case l.reply.End():
			return l.reply.Class(), true
		default:
			return record.ReadEOF, false
		}
	}
}

// settled notes what came of a request, and reports whether the run goes on.
func (p *portable) settled(l *line, class record.Class, whole bool) bool {
	now := p.now()
	silence := class == record.ReadEOF || class == record.WriteReset
	switch {
	case !whole && now >= p.until.Load():
		return false // unanswered
	case !whole && silence && !l.reply.Begun() && l.served > 0 && !l.again && l.ask.Idempotent:
		// The server closed between two replies, which is its right, and the request crossed that on the way.
		l.again = true
		p.drop(l)
		return true
	}
	if _, _, moved := l.reply.Moved(); whole && moved {
		var to *client.Ask
		if to, class = p.hop(l.asks, l.ask, &l.reply, l.hops); class == record.OK {
			p.follow(l, to)
			return true
		}
	}
	l.pending = false
	p.end(l, now, class)
	if l.ready = now; class.Answered() {
		l.backoff = 0
		l.served++
	} else if l.served == 0 {
		l.backoff = grow(l.backoff)
	}
	if !whole || !l.reply.Keep() {
		p.drop(l)
	}
	return true
}

// follow sends l's request on to where its reply pointed.
func (p *portable) follow(l *line, to *client.Ask) {
	l.carried += l.reply.Size()
	l.hops++
	l.served++
	l.again = false
	l.Lock()
	l.rec.Redirected(l.due)
	l.Unlock()
	if !l.reply.Keep() {
		p.drop(l)
	}
	l.address(to)
}

// end notes what became of l's request, once its file is written if it is to have one.
func (p *portable) end(l *line, now int64, class record.Class) {
	size := l.carried + l.reply.Size()
	if p.files == nil || class != record.OK {
		l.Lock()
		l.rec.For(l.path).Ended(l.index, l.due, l.sent, now, class, size)
		l.Unlock()
		return
	}
	due, sent, path := l.due, l.sent, l.path
	p.save(l.ask.Request, &l.reply, l.number, func(class record.Class) {
		l.Lock()
		l.rec.For(path).Ended(l.index, due, sent, now, class, size)
		l.Unlock()
	})
}
