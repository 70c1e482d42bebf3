package flight

import (
	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

// Conn is one connection of a shard. It stays the same Conn through reconnects.
type Conn struct {
	Index int    // in the shard
	Era   uint32 // counts its reconnects: what an engine learns of an earlier one is of no interest

	host         int // which of the servers it is connected to
	number       int // in the record, from 0; negative: a silent connection
	state        state
	do           Action
	room         int // bytes that may be read now
	inFlight     int // requests that were sent and are not settled
	resent       int // the first so many of them were sent before, on a connection that the server closed without a word
	unsent       int // the last so many of them are not sent whole
	written      int // bytes of the first of those that were
	served       int64
	times                // of the first request that is under way
	behind       []times // of those after it, a ring; nil: each waits for the one before
	first        int     // in the ring
	burst        []byte  // the request, as often as it may be under way at once; nil: once
	freed        int64   // when it became, or becomes, free: its last request had ended, it has rested and, paced, was open
	connectBegan int64   // when the connect began
	handshaking  bool    // its peer was reached, and a TLS handshake is under way
	reply        client.Reply
	request      *client.CachedRequest
	kind         int // of the request, among the run's
	hops         int // redirects it has followed

	queue      *queue // that it stands in
	prev, next *Conn
	after      *Conn // in todo
}

// times are when a request was due, and when it was sent.
type times struct{ due, sent int64 }

type state uint8

const (
	closed state = iota
	opening
	idle
	busy
)

// Opening reports whether a connect is under way.
func (c *Conn) Opening() bool { return c.state == opening }

// Silent reports whether the connection stays open without ever sending a request (--idle).
func (c *Conn) Silent() bool { return c.number < 0 }

// Host returns the index of the server that the connection is to, from 0, in the order of client.Servers.
func (c *Conn) Host() int { return c.host }

// Room returns how many bytes may be read now, at most client.MaxRead. After 0 nothing may be read until Next returns Read.
func (c *Conn) Room() int { return c.room }

// Out returns the bytes of requests that are still to be sent. They do not change until Sent, whatever happens to the connection.
func (c *Conn) Out() []byte {
	all := c.burst
	if all == nil {
		all = c.request.Bytes
	}
	return all[c.written : c.unsent*len(c.request.Bytes)]
}

// Sent notes that n bytes of Out were sent.
func (c *Conn) Sent(n int) {
	c.written += n
	for size := len(c.request.Bytes); c.unsent > 0 && c.written >= size; c.written -= size {
		c.unsent--
	}
}

// whole reports whether all of the first request was sent.
func (c *Conn) whole() bool { return c.unsent < c.inFlight }

// at is the times of request i of those under way, from 0.
func (c *Conn) at(i int) times {
	if i == 0 {
		return c.times
	}
	return c.behind[(c.first+i-1)%len(c.behind)]
}

// push adds a request to those under way.
func (c *Conn) push(t times) {
	if c.inFlight == 0 {
		c.times = t
	} else {
		c.behind[(c.first+c.inFlight-1)%len(c.behind)] = t
	}
	c.inFlight++
	c.unsent++
}

// pop takes the first request from those under way.
func (c *Conn) pop() {
	c.inFlight--
	c.resent = max(0, c.resent-1)
	if c.unsent > c.inFlight {
		c.unsent, c.written = c.inFlight, 0
	}
	if c.inFlight > 0 {
		c.times = c.behind[c.first]
		c.first = (c.first + 1) % len(c.behind)
	}
}

// ask gives c another request to send.
func (c *Conn) ask(a *client.CachedRequest) {
	c.request = a
	c.reply.SetRequest(a)
}

// next gives c its next request: in a closed loop when it is due, after a rest if there is to be one, and where several may be under way as
// many as that; else when the schedule has one.
func (s *Shard) next(c *Conn, due, now int64) {
	switch {
	case now >= s.end:
		return
	case s.Rate > 0 && !s.exhausted():
		c.freed = now
		s.free.push(c)
		return
	case s.Rate == 0 && due > now:
		c.freed = due
		s.resting.enter(c)
		return
	case s.Rate == 0:
		for c.inFlight < s.depth && s.takeBudget(due) {
			s.send(c, due, now)
		}
	}
	if c.inFlight == 0 {
		s.drop(c) // so that a server that serves one client at a time accepts the next
	}
}

// turn is which of the run's requests is sent next on c.
func (s *Shard) turn(c *Conn) int {
	if !s.several() {
		return 0
	}
	n, on := s.turns[c.host].Add(1)-1, s.byHost[c.host]
	if s.order != nil {
		return s.order.At(n)
	}
	return on[n%int64(len(on))]
}

// send has c's next request sent.
func (s *Shard) send(c *Conn, due, now int64) {
	s.spins = false
	if s.several() || c.hops > 0 {
		k := s.turn(c)
		if c.ask(s.cache.Request(k)); s.several() {
			c.kind = s.kind[k]
		}
	}
	c.hops = 0
	c.push(times{due, now})
	s.outstanding++
	s.Record.Sent(c.number, due)
	if s.Rate > 0 {
		s.Record.Late(due, now, c.freed > due)
	}
	if c.state == closed { // each request has a connection of its own, and begins with that
		s.connect(c, now)
		return
	}
	c.state = busy
	s.enqueue(c, Send)
}

// resend has all of c's requests sent, from their first byte.
func (s *Shard) resend(c *Conn) {
	c.state, c.unsent, c.written = busy, c.inFlight, 0
	s.enqueue(c, Send)
}

// unavailable is the status with which a server answers to a client for whom it has no room, though it has not said anything.
const unavailable = 503

// Feed takes bytes from the peer of c: at most Room, or client.MaxRead when the connection is at its end. It reports whether more may be
// read at once.
func (s *Shard) Feed(c *Conn, p []byte) bool {
	s.spins = false
	if c.Silent() { // it hears at most how it is turned away
		if _, whole := c.reply.Take(p); !whole {
			return true
		}
		if c.reply.Status() == unavailable {
			s.rejected++
		}
		s.lost(c, s.now(), record.OK)
		return false
	}
	now := s.now()
	s.Record.Read(now, len(p))
	if s.ReadRate > 0 {
		s.pauseReads(c)
	}
	for era := c.Era; ; {
		if c.inFlight == 0 { // a word nobody asked for, such as a 408: the connection is at its end
			s.lost(c, now, record.OK)
			return false
		}
		if s.trace != nil && s.heard[c.Index].first == 0 {
			s.heard[c.Index].first = now
		}
		rest, whole := c.reply.Take(p)
		if !whole {
			return true
		}
		if c.inFlight == 1 {
			c.reply.Surplus(rest)
		}
		s.answered(c, now)
		if p = rest; c.Era != era || len(p) == 0 {
			return c.Era == era && s.depth > 1
		}
	}
}

// Closed notes that the peer of c has closed, or that a read or write has failed. A close ends a reply that has no length. Between replies
// the peer may close: a request that crossed the close on the way is sent once more on a new connection, if its method allows that and not
// one byte of a reply has come.
func (s *Shard) Closed(c *Conn, class record.Class) {
	now := s.now()
	switch silence := class == record.ReadEOF || class == record.WriteReset; {
	case c.inFlight == 0:
		s.lost(c, now, record.OK)
	case silence && c.reply.End():
		s.answered(c, now)
	case silence:
		s.silenced(c, now, class)
	default:
		s.lost(c, now, class)
	}
}

// silenced has what is under way on c sent once more, on another connection, if that may be; else it is lost.
func (s *Shard) silenced(c *Conn, now int64, class record.Class) {
	if c.served == 0 || c.resent > 0 || !c.request.Idempotent {
		s.lost(c, now, class)
		return
	}
	c.resent = c.inFlight
	s.drop(c)
	s.reconnect(c, now)
}

// answered notes a complete reply and goes on to the next request.
func (s *Shard) answered(c *Conn, now int64) {
	if s.tooLate(now) {
		return // it is unanswered
	}
	class := c.reply.Class()
	if status, location, moved := c.reply.Moved(); moved {
		var to *client.CachedRequest
		if to, class = s.hop(c, status, location); class == record.OK {
			s.follow(c, to, now)
			return
		}
	}
	keep := c.reply.Keep() && c.whole()
	c.served++
	s.settled(c, now, class)
	s.close(c)
	if s.backoff != 0 && class.Answered() && c.connectBegan >= s.lastFailure {
		s.backoff = 0
		s.reopen(now)
	}
	c.freed = later(now, int64(s.Think))
	switch {
	case keep && c.inFlight > 0 && c.sent < s.Begin: // of an earlier slice: what is sent in this one follows when all of that is answered
	case keep:
		if c.inFlight == 0 {
			c.state = idle
		}
		if s.files != nil {
			now = s.now() // a file written in place held it up
		}
		s.next(c, c.freed, now)
	case c.inFlight > 0:
		s.silenced(c, now, record.ReadEOF)
	default:
		s.drop(c)
		if !class.Answered() {
			c.served = 0
		}
		s.reconnect(c, now)
	}
}

// close ends c's first request.
func (s *Shard) close(c *Conn) {
	if c.sent >= s.Begin {
		s.outstanding--
	}
	c.pop()
}

// hop is the request to which a redirect leads, or the class of error that it is.
func (s *Shard) hop(c *Conn, status int, location string) (*client.CachedRequest, record.Class) {
	if c.hops >= s.MaxRedirects {
		return nil, record.RedirectTooMany
	}
	return s.cache.Follow(c.request, status, location)
}

// follow sends c's request on to where its reply pointed.
func (s *Shard) follow(c *Conn, to *client.CachedRequest, now int64) {
	keep := c.reply.Keep() && c.whole()
	if s.trace != nil {
		s.hopped(c, now)
	}
	c.hops++
	c.served++
	c.resent = 0
	s.Record.Redirected(c.due)
	if c.ask(to); keep {
		s.resend(c)
		return
	}
	s.drop(c)
	s.reconnect(c, now)
}

// lost gives up c's connection, and the requests that are under way on it.
func (s *Shard) lost(c *Conn, now int64, class record.Class) {
	if c.state == opening {
		s.tried(c, now, class, 0)
	}
	for c.inFlight > 0 {
		s.ended(c, now, class)
		s.close(c)
		c.freed = now
	}
	s.drop(c)
	s.reconnect(c, now)
}

// settled notes what became of c's request, once its file is written if it is to have one.
func (s *Shard) settled(c *Conn, now int64, class record.Class) {
	if s.files == nil || class != record.OK {
		s.ended(c, now, class)
		return
	}
	o := outcome{number: c.number, kind: c.kind, due: c.due, sent: c.sent, at: now}
	if s.trace != nil {
		o.traced = s.traced(c, now, class)
	}
	s.save(c.request.Request, &c.reply, s.first+c.number, func(class record.Class) {
		o.class = class
		s.mu.Lock()
		s.outcomes = append(s.outcomes, o)
		s.mu.Unlock()
	})
}

// outcome is what became of a request whose file is written, or is not to be had.
type outcome struct {
	number, kind  int
	due, sent, at int64
	class         record.Class
	traced        trace.Record
}

// collect notes the outcomes there are.
func (s *Shard) collect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.outcomes {
		s.Record.For(o.kind).Ended(o.number, o.due, o.sent, o.at, o.class)
		if s.trace != nil {
			o.traced.Class = o.class
			s.keep(o.traced, o.at)
		}
	}
	s.outcomes = s.outcomes[:0]
}
