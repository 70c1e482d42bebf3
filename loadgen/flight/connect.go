package flight

import (
	"errors"
	"syscall"
	"time"

	"carousel/loadgen/record"
)

// ConnectLimit is the longest time that a connect may take: enough for two retransmissions of a SYN that found the listen queue full.
const ConnectLimit = 5 * time.Second

// The connects of a load begin in batches of ramp, one every rampPause, so that a server with a short backlog can accept them all. If the listen
// queue has fewer free places, it is read again after fullPause. If it had none for fullFor, the server may have stopped accepting, and full
// batches begin again.
const (
	ramp      = 64
	rampPause = 4 * time.Millisecond
	fullPause = time.Millisecond
	fullFor   = time.Second
)

// atOnce returns this shard's share of ramp.
func (s *Shard) atOnce() int { return max(1, ramp/s.of) }

// batch returns how many connects may begin now, and the pause until the next batch. The more connects are under way the longer is the pause: each
// of them may have found the listen queue full, and the kernel retransmits its SYN only after a second.
func (s *Shard) batch(now int64) (n int, pause time.Duration) {
	n, pause = s.atOnce(), rampPause*time.Duration(1+s.opening/s.atOnce())
	places := n
	if s.Places != nil {
		places = s.Places() - int(s.connecting.Load())
	}
	if places > 0 {
		s.lastRoom = now
	}
	if places >= n || now-s.lastRoom >= int64(fullFor) {
		return n, pause
	}
	return max(0, places), fullPause
}

// try begins the connects that are due, and reports whether the phase goes on.
func (s *Shard) try(now int64) bool {
	if now >= s.nextSweep {
		s.sweep(now)
	}
	if now >= s.nextRamp && len(s.untried) > 0 {
		s.rampLock.Lock()
		n, pause := s.batch(now)
		n = min(n, len(s.untried))
		for k := range s.untried[:n] {
			s.connect(&s.untried[k], now)
		}
		s.rampLock.Unlock()
		s.untried, s.nextRamp = s.untried[n:], now+int64(pause)
	}
	return (len(s.untried) > 0 || s.opening > 0) && s.until.Load() == record.Never
}

// open begins to connect spare connections: one for each request that is due while no connection is free, as many at once as the ramp allows.
func (s *Shard) open(now int64) {
	if s.uncovered.Next < s.pacer.walk.Next {
		s.uncovered = s.pacer.walk
	}
	for s.needsConn() && s.pacer.instant(s.uncovered.Due()) <= now {
		s.connect(&s.spare[0], now)
		s.spare = s.spare[1:]
		s.uncovered.Skip(s.pacer.step)
	}
}

// needsConn reports whether a spare connection may be opened as soon as another request is due.
func (s *Shard) needsConn() bool {
	return len(s.spare) > 0 && s.free.first == nil && s.opening < s.atOnce() && s.backoff == 0 && s.uncovered.Next < s.pacer.limit
}

// connect makes the engine connect c.
func (s *Shard) connect(c *Conn, now int64) {
	c.state, c.connectBegan, c.handshaking, c.served, c.room = opening, now, false, 0, s.most
	c.reply.Reset()
	s.addOpening(1)
	s.enqueue(c, Connect)
}

// addOpening adds n, which may be negative, to the connects under way.
func (s *Shard) addOpening(n int) {
	s.opening += n
	s.connecting.Add(int64(n))
}

// HandshakeBegan reports that c has reached its peer and begins a TLS handshake. The handshake is part of the connect: Connected or Refused follows.
func (s *Shard) HandshakeBegan(c *Conn) { c.handshaking = true }

// Connected reports that c is open.
func (s *Shard) Connected(c *Conn) {
	now := s.now()
	if s.tooLate(now) {
		return
	}
	c.state = idle
	s.addOpening(-1)
	s.Record.Opened()
	s.tried(c, now, record.OK, 0)
	if c.number < 0 {
		return
	}
	s.alive++
	switch {
	case c.inFlight > 0:
		for i := range c.resent {
			s.Record.Resent(c.at(i).due)
		}
		s.resend(c)
	case s.phase == flowing:
		s.next(c, max(c.freed, s.Begin), now) // the request was due when c became free, before the connect
	}
}

// HandshakeDone reports a TLS handshake: how many nanoseconds it took, its version and its cipher. Call it just before Connected of its connection.
func (s *Shard) HandshakeDone(ns int64, version, cipher string) {
	s.Record.Shook(ns, version, cipher)
	s.handshakeNS = ns
}

// Refused reports that the connect of c failed, with its class and error.
func (s *Shard) Refused(c *Conn, class record.Class, err error) {
	if now := s.now(); !s.tooLate(now) {
		s.refused(c, now, Refusal{class, err})
	}
}

func (s *Shard) refused(c *Conn, now int64, why Refusal) {
	s.refusal, s.refusals[c.host] = why, why
	s.Record.Failed(why.Class)
	s.tried(c, now, why.Class, 0)
	s.drop(c)
	if s.alive == 0 {
		s.failingSince = min(s.failingSince, now)
		s.unreachable = now-s.failingSince > s.patience(why.Class)
	}
	s.reconnect(c, now)
}

// patience returns how long connects may fail, while no connection is open, before a run with -n ends early. After a timeout it is longer: the
// server may be there with a full listen queue.
func (s *Shard) patience(class record.Class) int64 {
	if class == record.ConnectTimeout {
		return int64(max(s.Timeout, ConnectLimit))
	}
	return int64(s.Timeout)
}

// drop closes c.
func (s *Shard) drop(c *Conn) {
	if c.queue != nil {
		c.queue.remove(c)
	}
	switch {
	case c.state == opening:
		s.addOpening(-1)
	case c.state != closed && c.number >= 0:
		if s.alive--; s.alive == 0 {
			s.failingSince, s.unreachable = record.Never, false
		}
	}
	c.state = closed
	c.Era++
	s.enqueue(c, Close)
}

// reconnect opens c again: at once if it had a reply and no connect failed lately, else after a pause that doubles with each round of failures. A
// silent connection that the server closed stays closed.
func (s *Shard) reconnect(c *Conn, now int64) {
	switch {
	case c.number < 0, c.inFlight == 0 && (s.exhausted() || now >= s.end):
	case c.served > 0 && s.backoff == 0:
		s.begin(c, now)
	default:
		if s.down.push(c); c.served > 0 {
			break
		}
		if s.lastFailure = max(s.lastFailure, c.connectBegan); !s.roundFailed { // one step a round of attempts, however many fail
			s.roundFailed, s.backoff = true, grow(s.backoff)
			s.retry = max(s.retry, now+int64(s.backoff))
		}
	}
}

// begin connects c or, with --no-keepalive, gives it its next request, which connects it.
func (s *Shard) begin(c *Conn, now int64) {
	if s.NoKeepalive && c.inFlight == 0 {
		s.next(c, max(c.freed, s.Begin), now)
		return
	}
	s.connect(c, now)
}

// grow returns the pause after d: 1 ms at first, then twice d, 1 s at most.
func grow(d time.Duration) time.Duration {
	return min(max(time.Millisecond, 2*d), time.Second)
}

// reopen opens connections again, as many as the ramp allows.
func (s *Shard) reopen(now int64) {
	s.roundFailed, s.retry = false, now+int64(rampPause)
	for range s.atOnce() {
		if s.down.first == nil {
			return
		}
		if c := s.down.pop(); c.inFlight > 0 || now < s.end && !s.exhausted() {
			s.begin(c, now)
		}
	}
}

// late returns why the connect of c, which takes too long, is given up.
func (c *Conn) late() Refusal {
	if c.handshaking {
		return Refusal{record.ConnectTLS, errMute}
	}
	return Refusal{record.ConnectTimeout, syscall.ETIMEDOUT}
}

var errMute = errors.New("the server was reached and did not answer the TLS handshake in time: look whether it speaks TLS on that port")

// sweep gives up requests and connects that have taken too long, and sets nextSweep. What begins after the sweep times out later than that.
func (s *Shard) sweep(now int64) {
	patience := int64(s.connectPatience())
	s.nextSweep = now + patience
	for k := range s.conns {
		c := &s.conns[k]
		switch {
		case c.inFlight > 0 && c.sent+int64(s.Timeout) <= now: // it waits for a reply, or for a connection on which to be sent again
			s.lost(c, now, record.Timeout)
		case c.state == opening && c.connectBegan+patience <= now:
			s.refused(c, now, c.late())
		}
		if c.inFlight > 0 {
			s.nextSweep = min(s.nextSweep, c.sent+int64(s.Timeout))
		}
		if c.state == opening {
			s.nextSweep = min(s.nextSweep, c.connectBegan+patience)
		}
	}
}
