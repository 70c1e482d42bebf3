package engine

import (
	"context"
	"net"
	"runtime"
	"sync"
	"time"

	"carousel/internal/sock"
	"carousel/loadgen/flight"
)

// netCrew is the net engine: a goroutine per connection, on package net and the Go scheduler, on every system. It costs a good
// deal more per request than epoll. All connections share one deck, which is used under the lock: whoever works the crew holds it but
// while a phase rests.
//
// Paced, the goroutine that gives the deck its turns sleeps in a system call on Linux, which wakes to some 60 us; by a timer
// elsewhere, which can be late by more than a millisecond.
type netCrew struct {
	*run
	dial    func(ctx context.Context, index int) (net.Conn, error)
	precise time.Duration   // how long before an instant the timers of the Go scheduler, which may be late, are left
	kick    chan struct{}   // the next turn comes at once
	stopped <-chan struct{} // and when the run is ended early; nil once that is known
	ctx     context.Context // of the connects
	hang    context.CancelFunc
	eras    sync.WaitGroup // goroutines of connections

	sync.Mutex
	deck *flight.Deck
	open []net.Conn // by the connection's index; nil where there is none
	over bool       // what still happens is of no interest
	wake int64      // when the next turn comes at the latest
}

func newNet(r *run) (crew, error) {
	d := net.Dialer{Timeout: min(flight.ConnectLimit, r.Timeout), KeepAlive: -1}
	dial := func(ctx context.Context, _ int) (net.Conn, error) { return d.DialContext(ctx, "tcp", r.addr) }
	p := newNetCrew(r, dial)
	if r.Rate > 0 {
		p.precise = 2 * time.Millisecond
	}
	return p, nil
}

func newNetCrew(r *run, dial func(context.Context, int) (net.Conn, error)) *netCrew {
	p := &netCrew{run: r, dial: dial, kick: make(chan struct{}, 1), stopped: r.Stopped(), deck: r.split(1)[0]}
	p.ctx, p.hang = context.WithCancel(context.Background())
	p.open = make([]net.Conn, p.deck.Size())
	p.Lock()
	return p
}

// phase gives the deck its turns until the phase is over.
func (p *netCrew) phase(begin func(*flight.Deck)) {
	if p.precise > 0 { // one processor more, for who sleeps keeps one, and a single one would never come to see what has arrived
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1))
	}
	begin(p.deck)
	for p.deck.Turn() {
		requests := p.act()
		p.wake = p.deck.Wake()
		wake := p.wake
		p.Unlock()
		p.send(requests)
		p.rest(wake)
		p.Lock()
	}
}

// rest waits until an instant or a kick.
func (p *netCrew) rest(until int64) {
	if d := time.Duration(until-p.now()) - p.precise; d > 0 {
		select {
		case <-time.After(d):
		case <-p.kick:
			return
		case <-p.stopped:
			p.stopped = nil
			return
		}
	}
	if d := time.Duration(until - p.now()); d > 0 {
		sock.Sleep(d)
	}
}

// request is bytes to be sent on a connection.
type request struct {
	c    *flight.Conn
	era  uint32
	conn net.Conn
	text []byte
}

// act does what the deck wants, but for sending, which may wait: it returns what is to be sent.
func (p *netCrew) act() (requests []request) {
	for {
		switch c, do := p.deck.Next(); do {
		case flight.Nothing:
			return requests
		case flight.Connect:
			p.drop(c)
			era := c.Era
			p.eras.Go(func() { p.live(c, era) })
		case flight.Send:
			requests = append(requests, request{c, c.Era, p.open[c.Index], piece(c)})
		case flight.Close:
			p.drop(c)
		}
	}
}

// maxPiece is how much is written at once: so much fits the buffer of a connection that has nothing else to send.
const maxPiece = 16 << 10

// piece takes the next of c's request to be sent. It counts as sent before it is, or its reply could be there first.
func piece(c *flight.Conn) []byte {
	out := c.Out()
	out = out[:min(len(out), maxPiece)]
	c.Sent(len(out))
	return out
}

// send writes what act returned, and, of a long request, what follows.
func (p *netCrew) send(requests []request) {
	for _, q := range requests {
		if len(q.text) == maxPiece {
			p.eras.Go(func() { p.write(q) }) // it may wait
		} else {
			p.write(q)
		}
	}
}

func (p *netCrew) write(q request) {
	for goesOn := true; goesOn && len(q.text) > 0; {
		_, err := q.conn.Write(q.text)
		if err == nil && len(q.text) < maxPiece {
			return
		}
		goesOn = p.note(q.c, q.era, func() {
			if err != nil {
				p.deck.Closed(q.c, writeClass(err))
				return
			}
			q.text = piece(q.c)
		})
	}
}

// note notes what happened to a connection and does what the deck wants then. It reports whether this era of the connection goes
// on; what happened after its end is of no interest.
func (p *netCrew) note(c *flight.Conn, era uint32, what func()) (goesOn bool) {
	p.Lock()
	if p.over || c.Era != era {
		p.Unlock()
		return false
	}
	what()
	requests := p.act()
	if wake := p.deck.Wake(); wake < p.wake {
		p.wake = wake
		select {
		case p.kick <- struct{}{}:
		default:
		}
	}
	goesOn = c.Era == era
	p.Unlock()
	p.send(requests)
	return goesOn
}

// buffers are what connections read into.
var buffers = sync.Pool{New: func() any { return new([sock.ReadBytes]byte) }}

// live is an era of a connection: it connects, then takes in what comes until it is over.
func (p *netCrew) live(c *flight.Conn, era uint32) {
	conn, err := p.dial(p.ctx, c.Index)
	goesOn := p.note(c, era, func() {
		if err != nil {
			p.deck.Refused(c, connectClass(err), err)
			return
		}
		p.open[c.Index] = conn
		p.deck.Connected(c)
	})
	if conn == nil {
		return
	}
	defer conn.Close()
	buf := buffers.Get().(*[sock.ReadBytes]byte)
	defer buffers.Put(buf)
	for goesOn {
		n, err := conn.Read(buf[:])
		goesOn = p.note(c, era, func() {
			if n > 0 {
				p.deck.Feed(c, buf[:n])
			}
			if err != nil && c.Era == era {
				p.deck.Closed(c, readClass(err))
			}
		})
	}
}

// drop closes c, if it is open.
func (p *netCrew) drop(c *flight.Conn) {
	if conn := p.open[c.Index]; conn != nil {
		conn.Close()
		p.open[c.Index] = nil
	}
}

func (p *netCrew) close() {
	if p.over {
		return
	}
	p.over = true // before connects fail for it: those have not failed
	for k := range p.open {
		p.drop(p.deck.Conn(k))
	}
	p.Unlock()
	p.hang()
	p.eras.Wait()
}
