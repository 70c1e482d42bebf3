package flight

import (
	"errors"
	"syscall"
	"time"

	"carousel/loadgen/record"
)

// ConnectLimit is the longest a connect may take: two retransmissions of a SYN that found the backlog full.
const ConnectLimit = 5 * time.Second

// ramp and rampPause keep the connects of a load, 64 every 4 ms, below what a server with a short backlog can accept. Where its listen queue
// has places for fewer, it is looked at again after fullPause; where it had none for fullFor, nobody may accept any more.
const (
	ramp      = 64
	rampPause = 4 * time.Millisecond
	fullPause = time.Millisecond
	fullFor   = time.Second
)

// atOnce is the deck's share of how many connects may begin at once.
func (d *Deck) atOnce() int { return max(1, ramp/d.of) }

// batch is how many connects may begin at this instant, and the pause until the next may: a longer one the more are under way, since
// each of them may have found the listen queue full, which the kernel tries again only after a second.
func (d *Deck) batch(now int64) (n int, pause time.Duration) {
	n, pause = d.atOnce(), rampPause*time.Duration(1+d.opening/d.atOnce())
	places := n
	if d.Places != nil {
		places = d.Places() - int(d.connecting.Load())
	}
	if places > 0 {
		d.accepted = now
	}
	if places >= n || now-d.accepted >= int64(fullFor) {
		return n, pause
	}
	return max(0, places), fullPause
}

// try begins to connect what was not tried yet, and reports whether something of it is still to come.
func (d *Deck) try(now int64) bool {
	if now >= d.nextSweep {
		d.sweep(now)
	}
	if now >= d.nextRamp && len(d.untried) > 0 {
		d.ramping.Lock()
		n, pause := d.batch(now)
		n = min(n, len(d.untried))
		for k := range d.untried[:n] {
			d.connect(&d.untried[k], now)
		}
		d.ramping.Unlock()
		d.untried, d.nextRamp = d.untried[n:], now+int64(pause)
	}
	return (len(d.untried) > 0 || d.opening > 0) && d.until.Load() == record.Never
}

// open begins to open further connections, one for each request that is due with none free, as many at once as the ramp allows.
func (d *Deck) open(now int64) {
	if d.wanting.Next < d.pacer.walk.Next {
		d.wanting = d.pacer.walk
	}
	for d.wants() && d.pacer.instant(d.wanting.Due()) <= now {
		d.connect(&d.spare[0], now)
		d.spare = d.spare[1:]
		d.wanting.Skip(d.pacer.step)
	}
}

// wants reports whether a further connection may be opened as soon as another request is due.
func (d *Deck) wants() bool {
	return len(d.spare) > 0 && d.free.first == nil && d.opening < d.atOnce() && d.backoff == 0 && d.wanting.Next < d.pacer.limit
}

// connect begins to open c.
func (d *Deck) connect(c *Conn, now int64) {
	c.state, c.tried, c.shakes, c.served, c.room = opening, now, false, 0, d.most
	c.reply.Reset()
	d.underWay(1)
	d.want(c, Connect)
}

// underWay notes that n connects more are under way.
func (d *Deck) underWay(n int) {
	d.opening += n
	d.connecting.Add(int64(n))
}

// Shaking notes that c has reached its peer and begins a TLS handshake. The connect ends with the handshake.
func (d *Deck) Shaking(c *Conn) { c.shakes = true }

// Connected notes that c is open.
func (d *Deck) Connected(c *Conn) {
	now := d.now()
	if d.tooLate(now) {
		return
	}
	c.state = idle
	d.underWay(-1)
	d.Record.Opened()
	d.tried(c, now, record.OK, 0)
	if c.number < 0 {
		return
	}
	d.alive++
	switch {
	case c.under > 0:
		for i := range c.again {
			d.Record.Resent(c.at(i).due)
		}
		d.resend(c)
	case d.phase == flowing:
		d.next(c, max(c.freed, d.Begin), now) // what would have been sent waited for the connection
	}
}

// Shook notes the TLS handshake of the next connection that is Connected: how many nanoseconds it took, and its version and cipher.
func (d *Deck) Shook(ns int64, version, cipher string) {
	d.Record.Shook(ns, version, cipher)
	d.shook = ns
}

// Refused notes that c could not be opened.
func (d *Deck) Refused(c *Conn, class record.Class, err error) {
	if now := d.now(); !d.tooLate(now) {
		d.refused(c, now, Refusal{class, err})
	}
}

func (d *Deck) refused(c *Conn, now int64, why Refusal) {
	d.refusal, d.refusals[c.host] = why, why
	d.Record.Failed(why.Class)
	d.tried(c, now, why.Class, 0)
	d.drop(c)
	if d.alive == 0 {
		d.gone = min(d.gone, now)
		d.deserted = now-d.gone > d.patience(why.Class)
	}
	d.reconnect(c, now)
}

// patience is how long connects may fail, while no connection is open, until a run by number is given up. Where nothing at all answers,
// somebody with a full backlog may be there.
func (d *Deck) patience(class record.Class) int64 {
	if class == record.ConnectTimeout {
		return int64(max(d.Timeout, ConnectLimit))
	}
	return int64(d.Timeout)
}

// drop closes c.
func (d *Deck) drop(c *Conn) {
	if c.queue != nil {
		c.queue.remove(c)
	}
	switch {
	case c.state == opening:
		d.underWay(-1)
	case c.state != closed && c.number >= 0:
		if d.alive--; d.alive == 0 {
			d.gone, d.deserted = record.Never, false
		}
	}
	c.state = closed
	c.Era++
	d.want(c, Close)
}

// reconnect sees to it that c is opened again: at once if it was of use and nothing failed lately, else after a pause that
// doubles as long as failures go on. A silent connection that the server closed stays closed.
func (d *Deck) reconnect(c *Conn, now int64) {
	switch {
	case c.number < 0, c.under == 0 && (d.used() || now >= d.end):
	case c.served > 0 && d.backoff == 0:
		d.begin(c, now)
	default:
		if d.down.push(c); c.served > 0 {
			break
		}
		if d.trouble = max(d.trouble, c.tried); !d.failed { // one step for each round of attempts, however many fail
			d.failed, d.backoff = true, grow(d.backoff)
			d.retry = max(d.retry, now+int64(d.backoff))
		}
	}
}

// begin opens c again or, where each request has a connection of its own, gives it the request that does.
func (d *Deck) begin(c *Conn, now int64) {
	if d.NoKeepalive && c.under == 0 {
		d.next(c, max(c.freed, d.Begin), now)
		return
	}
	d.connect(c, now)
}

// grow is the pause before the next attempt to connect, after one that followed a pause of d: 1 ms, doubling to 1 s.
func grow(d time.Duration) time.Duration {
	return min(max(time.Millisecond, 2*d), time.Second)
}

// reopen opens connections again, as many as the ramp allows.
func (d *Deck) reopen(now int64) {
	d.failed, d.retry = false, now+int64(rampPause)
	for range d.atOnce() {
		if d.down.first == nil {
			return
		}
		if c := d.down.pop(); c.under > 0 || now < d.end && !d.used() {
			d.begin(c, now)
		}
	}
}

// late is why the connect of c is given up, which takes too long.
func (c *Conn) late() Refusal {
	if c.shakes {
		return Refusal{record.ConnectTLS, errMute}
	}
	return Refusal{record.ConnectTimeout, syscall.ETIMEDOUT}
}

var errMute = errors.New("the server was reached and did not answer the TLS handshake in time: look whether it speaks TLS on that port")

// sweep gives up what has taken too long, and sets the time of the next: what begins later is too late later.
func (d *Deck) sweep(now int64) {
	patience := int64(d.connectPatience())
	d.nextSweep = now + patience
	for k := range d.conns {
		c := &d.conns[k]
		switch {
		case c.under > 0 && c.sent+int64(d.Timeout) <= now: // whether it waits for a reply or for a connection to be sent again
			d.lost(c, now, record.Timeout)
		case c.state == opening && c.tried+patience <= now:
			d.refused(c, now, c.late())
		}
		if c.under > 0 {
			d.nextSweep = min(d.nextSweep, c.sent+int64(d.Timeout))
		}
		if c.state == opening {
			d.nextSweep = min(d.nextSweep, c.tried+patience)
		}
	}
}
