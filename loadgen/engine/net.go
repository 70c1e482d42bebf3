package engine

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
)

// netEngine has a goroutine for each connection, on package net and the Go scheduler. It works on every system, and costs a good deal more per
// request than epoll. All connections share one shard, which the lock guards: the goroutine that calls phase holds the lock except while it waits.
//
// With a schedule, that goroutine sleeps in a system call on Linux, which wakes it within some 60 us; elsewhere it waits for a timer, which can be
// late by more than a millisecond.
type netEngine struct {
	*run
	dial         func(ctx context.Context, index int) (net.Conn, error)
	tls          []*tls.Config   // by server; nil: no TLS
	certAccepted []atomic.Bool   // by server: it requested a client certificate, and accepted ours or none
	precise      time.Duration   // so long before an instant a timer of the Go scheduler ends, which may be late, and a system call waits for the rest
	kick         chan struct{}   // a message ends the wait of phase
	cut          <-chan struct{} // closed when the window is cut short; nil once phase has seen that
	eras         sync.WaitGroup  // the goroutines of connections

	sync.Mutex
	shard *flight.Shard
	conns []netConn // by the connection's index
	over  bool      // the engine is closed: events are ignored
	wake  int64     // when phase calls Turn again at the latest
}

// netConn is the socket of a connection.
type netConn struct {
	conn    net.Conn           // nil: not connected
	cancel  context.CancelFunc // ends the connect, or a pause in reading; nil: none has begun
	read    chan struct{}      // a message: it may be read from again
	writing bool               // a goroutine writes; it also sends what is added meanwhile
}

func newNet(r *run) (engine, error) {
	from := newSources(r.Source)
	usual := net.Dialer{KeepAlive: -1, Control: control(&r.Spec)}
	addrs := r.addrs()
	dial := func(ctx context.Context, index int) (net.Conn, error) {
		d := usual
		if addr, ok := from.next(); ok {
			d.LocalAddr = &net.TCPAddr{IP: addr[:]}
		}
		addr := addrs[r.shards[0].Conn(index).Host()]
		return d.DialContext(ctx, client.Network(addr), addr)
	}
	p := newNetEngine(r, dial)
	p.certAccepted = make([]atomic.Bool, len(addrs))
	for s := r.Spec; client.Secure(s.Target) && len(p.tls) < len(addrs); {
		s.Target = client.Servers(r.Spec)[len(p.tls)] + "/"
		config, err := TLS(s)
		if err != nil {
			return nil, err
		}
		p.tls = append(p.tls, config)
	}
	if r.Rate > 0 {
		p.precise = 2 * time.Millisecond
	}
	return p, nil
}

func newNetEngine(r *run, dial func(context.Context, int) (net.Conn, error)) *netEngine {
	p := &netEngine{run: r, dial: dial, kick: make(chan struct{}, 1), cut: r.Cut(), shard: r.split(1)[0]}
	p.conns = make([]netConn, p.shard.Size())
	p.Lock()
	return p
}

// phase calls begin on the shard, then its Turn until the phase is over.
func (p *netEngine) phase(begin func(*flight.Shard)) {
	if p.precise > 0 { // one more: the goroutine that sleeps in a system call keeps its P, and with a single one nothing would be read meanwhile
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1))
	}
	begin(p.shard)
	for p.shard.Turn() {
		p.act()
		p.wake = p.shard.Wake()
		wake := p.wake
		p.Unlock()
		p.rest(wake)
		p.Lock()
	}
}

// rest waits until an instant, or for a message on kick.
func (p *netEngine) rest(until int64) {
	if d := time.Duration(until-p.now()) - p.precise; d > 0 {
		select {
		case <-time.After(d):
		case <-p.kick:
			return
		case <-p.cut:
			p.cut = nil
			return
		}
	}
	if d := time.Duration(until - p.now()); d > 0 {
		sock.Sleep(d)
	}
}

// act carries out the actions that the shard returns. It releases the lock while it writes a request.
func (p *netEngine) act() {
	for !p.over {
		switch c, do := p.shard.Next(); do {
		case flight.Nothing:
			return
		case flight.Connect:
			p.drop(c)
			ctx, hang := context.WithCancel(context.Background())
			e := &p.conns[c.Index]
			e.cancel, e.read = hang, make(chan struct{}, 1)
			era, read := c.Era, e.read
			p.eras.Go(func() { p.serve(ctx, c, era, read) })
		case flight.Read:
			p.conns[c.Index].read <- struct{}{}
		case flight.Send:
			if p.conns[c.Index].writing {
				continue
			}
			q := p.piece(c)
			if q.more {
				p.eras.Go(func() { p.write(q) }) // the write may block until the peer reads
				continue
			}
			p.Unlock()
			p.write(q)
			p.Lock()
		case flight.Close:
			p.drop(c)
		}
	}
}

// piece is the part of a request that is written at once.
type piece struct {
	c    *flight.Conn
	era  uint32
	conn net.Conn
	text []byte
	more bool // another piece may follow
}

// maxPiece is the largest piece, in bytes: it fits the empty send buffer of a socket.
const maxPiece = 16 << 10

// piece takes the next piece of c's requests. It calls Sent before the write, because the reply could be read before the write returns.
func (p *netEngine) piece(c *flight.Conn) piece {
	out := c.Out()
	text := out[:min(len(out), maxPiece)]
	c.Sent(len(text))
	e := &p.conns[c.Index]
	e.writing = len(text) < len(out) || p.Pipeline > 1
	return piece{c, c.Era, e.conn, text, e.writing}
}

// write writes a piece of a request and those that follow it.
func (p *netEngine) write(q piece) {
	for goesOn := true; goesOn; {
		q.conn.SetWriteDeadline(time.Now().Add(p.Timeout))
		_, err := q.conn.Write(q.text)
		if err == nil && !q.more {
			return
		}
		left := true
		goesOn = p.note(q.c, q.era, func() {
			switch left = len(q.c.Out()) > 0; {
			case err != nil:
				p.shard.Closed(q.c, writeClass(err))
			case left:
				q = p.piece(q.c)
			default:
				p.conns[q.c.Index].writing = false
			}
		}) && left
	}
}

// note calls what, which reports an event of a connection to the shard, and carries out the actions that follow. It does nothing if this era of the
// connection is over. It reports whether the era continues.
func (p *netEngine) note(c *flight.Conn, era uint32, what func()) (goesOn bool) {
	p.Lock()
	if p.over || c.Era != era {
		p.Unlock()
		return false
	}
	what()
	p.act()
	if wake := p.shard.Wake(); wake < p.wake {
		p.wake = wake
		select {
		case p.kick <- struct{}{}:
		default:
		}
	}
	goesOn = c.Era == era && !p.over
	p.Unlock()
	return goesOn
}

// buffers are the read buffers of connections.
var buffers = sync.Pool{New: func() any { return new([sock.ReadBytes]byte) }}

// serve connects c, then reads from it until its era is over.
func (p *netEngine) serve(ctx context.Context, c *flight.Conn, era uint32, read <-chan struct{}) {
	conn, err := p.dial(ctx, c.Index)
	var shaken *handshake
	if err == nil && p.tls != nil {
		p.note(c, era, func() { p.shard.HandshakeBegan(c) })
		conn, shaken, err = secure(ctx, conn, p.tls[c.Host()], &p.certAccepted[c.Host()])
	}
	room := 0
	goesOn := p.note(c, era, func() {
		if err != nil {
			p.shard.Refused(c, connectClass(err), err)
			return
		}
		if p.conns[c.Index].conn = conn; shaken != nil {
			p.shard.HandshakeDone(int64(shaken.took), shaken.version, shaken.cipher)
		}
		room = c.Room()
		p.shard.Connected(c)
	})
	if conn == nil {
		return
	}
	defer conn.Close()
	buf := make([]byte, 1) // a silent connection expects no reply
	if !c.Silent() {
		whole := buffers.Get().(*[sock.ReadBytes]byte)
		defer buffers.Put(whole)
		buf = whole[:]
	}
	for goesOn {
		n, err := conn.Read(buf[:min(room, len(buf))])
		rest := false
		goesOn = p.note(c, era, func() {
			if n > 0 {
				p.shard.Feed(c, buf[:n])
			}
			if err != nil && c.Era == era {
				p.shard.Closed(c, readClass(err))
			}
			rest = c.Room() == 0
		})
		if goesOn && rest {
			select {
			case <-read:
			case <-ctx.Done():
			}
		}
	}
}

// drop closes c, if it is open, and cancels its connect if that is under way.
func (p *netEngine) drop(c *flight.Conn) {
	e := &p.conns[c.Index]
	if e.cancel != nil {
		e.cancel()
	}
	switch conn := e.conn; {
	case conn == nil:
	case p.tls != nil:
		p.eras.Go(func() { conn.Close() }) // TLS sends close_notify, which may block until the peer reads
	default:
		conn.Close()
	}
	*e = netConn{}
}

func (p *netEngine) close() {
	if p.over {
		return
	}
	p.over = true // first: connects that drop cancels have not failed
	for k := range p.conns {
		p.drop(p.shard.Conn(k))
	}
	p.Unlock()
	p.eras.Wait()
}
