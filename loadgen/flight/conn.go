package flight

import (
	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

// Conn is one connection of a shard. It remains the same Conn when it connects again.
type Conn struct {
	Index int    // in the shard, from 0
	Era   uint32 // goes up each time it is closed: an engine ignores events of a descriptor of an earlier Era

	host         int // index of the server that it is to
	number       int // in the record, from 0; negative: a silent connection
	state        state
	do           Action  // that Next returns; Nothing: it is not in todo
	room         int     // bytes that may be read now
	inFlight     int     // requests under way, including those that are not sent whole
	resent       int     // so many of inFlight, the first, are sent a second time: the server closed the connection without a reply
	unsent       int     // so many of inFlight, the last, are not sent whole
	written      int     // bytes sent of the first of those
	served       int64   // replies on this connection since it was opened
	times                // of the first request under way
	behind       []times // of those behind it, a ring; nil: no pipelining
	first        int     // index in behind of its oldest entry
	burst        []byte  // the request, repeated depth times; nil: no pipelining
	freed        int64   // when it became, or becomes, free for a request: the last one had ended and, if it was to rest, the rest is over
	connectBegan int64   // when the connect began
	handshaking  bool    // the TCP connect is done and a TLS handshake is under way
	reply        client.Reply
	request      *client.CachedRequest
	kind         int // of the request: index in the run's kinds
	hops         int // redirects that the request has followed

	queue      *queue // in which it stands; nil: in none
	prev, next *Conn  // in queue
	after      *Conn  // the next in todo
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

// Host returns the index of the connection's server, from 0, in the order of client.Servers.
func (c *Conn) Host() int { return c.host }

// Room returns how many bytes may be read now, at most client.MaxRead. After 0 read nothing until Next returns Read for the connection.
func (c *Conn) Room() int { return c.room }

// Out returns the bytes of requests that are still to be sent. Their content does not change until Sent, whatever happens to the connection.
func (c *Conn) Out() []byte {
	all := c.burst
	if all == nil {
		all = c.request.Bytes
	}
	return all[c.written : c.unsent*len(c.request.Bytes)]
}

// Sent reports that n bytes of Out were sent.
func (c *Conn) Sent(n int) {
	c.written += n
	for size := len(c.request.Bytes); c.unsent > 0 && c.written >= size; c.written -= size {
		c.unsent--
	}
}

// whole reports whether the first request under way was sent whole.
func (c *Conn) whole() bool { return c.unsent < c.inFlight }

// at returns the times of request i of those under way, from 0.
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

// pop removes the first request from those under way.
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

// setRequest sets the request that c sends next.
func (c *Conn) setRequest(a *client.CachedRequest) {
	c.request = a
	c.reply.SetRequest(a)
}

// next gives c, which may send, its next request. In a closed loop that is at the instant due, after a rest; with pipelining it is as many requests
// as fit. With a schedule c becomes free for a request that is due.
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
		s.drop(c) // a server that serves one client at a time can then accept the next
	}
}

// turn returns the index of the request that c sends next.
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

// send makes the engine send c's next request.
func (s *Shard) send(c *Conn, due, now int64) {
	s.spins = false
	if s.several() || c.hops > 0 {
		k := s.turn(c)
		if c.setRequest(s.cache.Request(k)); s.several() {
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
	if c.state == closed { // --no-keepalive: each request begins with a connect
		s.connect(c, now)
		return
	}
	c.state = busy
	s.enqueue(c, Send)
}

// resend makes the engine send all requests under way on c, from their first byte.
func (s *Shard) resend(c *Conn) {
	c.state, c.unsent, c.written = busy, c.inFlight, 0
	s.enqueue(c, Send)
}

// unavailable is the status of a reply with which a server without room closes a connection that has sent no request.
const unavailable = 503

// Feed reports that the bytes p came from the peer of c: at most Room, or client.MaxRead of a connection that the peer has closed. It returns
// true if the engine may read again at once. It keeps no reference to p.
func (s *Shard) Feed(c *Conn, p []byte) bool {
	s.spins = false
	if c.Silent() { // the only reply it can get is one with which the server closes it
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
		if c.inFlight == 0 { // an unrequested reply, such as a 408: the server closes the connection
			s.lost(c, now, record.OK)
			return false
		}
		if s.trace != nil && s.traceTimes[c.Index].first == 0 {
			s.traceTimes[c.Index].first = now
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

// Closed reports that the peer of c has closed (record.ReadEOF), or that a read or write has failed with class. A close ends a reply that has no
// length. The peer may close between replies: a request that was sent at the same time is sent again on a new connection, once, if its method is
// idempotent and not one byte of a reply has come.
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

// silenced handles a close without a reply: it sends the requests under way again, once, on a new connection; or it fails them with class, where c
// was never answered, their method is not idempotent, or they were sent again before.
func (s *Shard) silenced(c *Conn, now int64, class record.Class) {
	if c.served == 0 || c.resent > 0 || !c.request.Idempotent {
		s.lost(c, now, class)
		return
	}
	c.resent = c.inFlight
	s.drop(c)
	s.reconnect(c, now)
}

// answered records a complete reply and gives c its next request.
func (s *Shard) answered(c *Conn, now int64) {
	if s.tooLate(now) {
		return // the request counts as unanswered
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
	case keep && c.inFlight > 0 && c.sent < s.Begin: // requests of an earlier slice are under way: send when all of them are answered
	case keep:
		if c.inFlight == 0 {
			c.state = idle
		}
		if s.files != nil {
			now = s.now() // writing a file in place took time
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

// close removes c's first request, which has ended.
func (s *Shard) close(c *Conn) {
	if c.sent >= s.Begin {
		s.outstanding--
	}
	c.pop()
}

// hop returns the request to which a redirect of c's request leads, or the class of the error.
func (s *Shard) hop(c *Conn, status int, location string) (*client.CachedRequest, record.Class) {
	if c.hops >= s.MaxRedirects {
		return nil, record.RedirectTooMany
	}
	return s.cache.Follow(c.request, status, location)
}

// follow sends to, the request to which the redirect of c's request leads.
func (s *Shard) follow(c *Conn, to *client.CachedRequest, now int64) {
	keep := c.reply.Keep() && c.whole()
	if s.trace != nil {
		s.hopped(c, now)
	}
	c.hops++
	c.served++
	c.resent = 0
	s.Record.Redirected(c.due)
	if c.setRequest(to); keep {
		s.resend(c)
		return
	}
	s.drop(c)
	s.reconnect(c, now)
}

// lost closes c and fails the requests under way on it with class.
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

// settled records what became of c's first request. If its body is saved, it does so when the file is written.
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

// outcome is what became of a request whose file was written, or could not be.
type outcome struct {
	number, kind  int
	due, sent, at int64
	class         record.Class
	traced        trace.Record
}

// collect records the outcomes of files written since the last call.
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
