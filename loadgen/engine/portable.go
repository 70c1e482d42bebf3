package engine

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
)

// portable is the net engine: a goroutine per connection, on package net and the Go scheduler, on every system. It keeps the
// rules of the epoll engine and costs a good deal more per request.
//
// Paced, the connections that are free queue for the turn to wait for the next due instant, so that only one sleeps: in a
// system call on Linux, which wakes to some 60 us; by a timer elsewhere, which can be late by more than a millisecond.
type portable struct {
	*run
	shards []*shard
	lines  []*line
	silent []net.Conn
	turn   chan struct{} // holds a token; who has it owns pacer
	pacer  pacer
	over   chan struct{} // closed at the end of the run

	soldOut chan struct{} // closed when a number of requests, or its schedule, is used up
	sellOut func()        // closes it
	alive   atomic.Int64  // connections that are open
	gone    atomic.Int64  // when a connect first failed since there is none; Never: none has

	mu         sync.Mutex // guards what follows
	refusal    record.Class
	refusalErr error
}

// shard is the record of some connections, which share it so that a thousand need not have a thousand histograms.
type shard struct {
	sync.Mutex
	rec *record.Recorder
}

// publishEvery is how often the net engine hands in what it counted.
const publishEvery = 50 * time.Millisecond

func newPortable(r *run) (crew, error) {
	p := &portable{run: r, turn: make(chan struct{}, 1), over: make(chan struct{}), soldOut: make(chan struct{})}
	p.gone.Store(record.Never)
	p.sellOut = sync.OnceFunc(func() { close(p.soldOut) })
	n := min(runtime.GOMAXPROCS(0), r.Connections)
	for i := range n {
		s := &shard{rec: record.NewRecorder(share(r.Connections, i, n), r.Rate > 0, r.live)}
		s.rec.Split(r.paths)
		p.shards = append(p.shards, s)
		for k := range share(r.Connections, i, n) {
			l := &line{shard: s, index: k, number: len(p.lines), asks: client.NewAsks(r.asks)}
			l.address(l.asks.Turn(0))
			p.lines = append(p.lines, l)
		}
	}
	return p, nil
}

func (p *portable) open(ctx context.Context) error {
	silent := make([]net.Conn, p.Idle)
	p.ramp(ctx, len(silent), func(i int) { silent[i] = p.dial(ctx, p.shards[0], time.Time{}) })
	for _, conn := range silent {
		if conn != nil {
			p.silent = append(p.silent, conn)
		}
	}
	p.ramp(ctx, len(p.lines), func(i int) { p.opened(p.lines[i], p.dial(ctx, p.lines[i].shard, time.Time{})) })
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.alive.Load() == 0:
		return p.unreachable(p.refusal, p.refusalErr)
	}
	return nil
}

// ramp calls connect for 0 to n-1, all at once but not faster than a server with a short backlog can accept, and waits.
func (p *portable) ramp(ctx context.Context, n int, connect func(int)) {
	var all sync.WaitGroup
	for i := 0; i < n && ctx.Err() == nil; i++ {
		if i > 0 && i%ramp == 0 {
			sock.Sleep(rampPause)
		}
		all.Go(func() { connect(i) })
	}
	all.Wait()
}

// dial opens a connection, by the limit unless that is zero; nil if it could not be.
func (p *portable) dial(ctx context.Context, s *shard, limit time.Time) net.Conn {
	d := net.Dialer{Timeout: min(connectLimit, p.Timeout), Deadline: limit, KeepAlive: -1}
	conn, err := d.DialContext(ctx, "tcp", p.addr)
	if err == nil {
		s.Lock()
		defer s.Unlock()
		s.rec.Opened()
		return conn
	}
	if ctx.Err() != nil {
		return nil
	}
	class := connectClass(err)
	p.mu.Lock()
	p.refusal, p.refusalErr = class, err
	p.mu.Unlock()
	s.Lock()
	defer s.Unlock()
	s.rec.Failed(class)
	return nil
}

// deserted reports whether a connect that failed is one too many.
func (p *portable) deserted() bool {
	now := p.now()
	p.gone.CompareAndSwap(record.Never, now)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alive.Load() == 0 && now-p.gone.Load() > p.patience(p.refusal)
}

// spent reports whether no request will be sent any more that was not yet.
func (p *portable) spent() bool {
	select {
	case <-p.soldOut:
		return true
	default:
		return p.run.spent()
	}
}

func (p *portable) work() {
	if p.Rate > 0 { // one processor more, for who sleeps keeps one, and a single one would never come to see what has arrived
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1))
	}
	p.pacer = p.pace(0, 1)
	p.turn <- struct{}{}
	p.each(func(r *record.Recorder) { r.Close(p.until.Load()) })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var lines, minder sync.WaitGroup
	for _, l := range p.lines {
		l.ready = p.begin
		lines.Go(func() { p.serve(ctx, l) })
	}
	minder.Go(func() {
		p.mind(ctx)
		cancel()
	})
	lines.Wait()
	cancel()
	minder.Wait()
}

// mind ends the run when it is time, and hands in what was counted until then.
func (p *portable) mind(finished context.Context) {
	limit := time.NewTimer(time.Duration(p.until.Load() - p.now()))
	defer limit.Stop()
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for over := false; !over; {
		select {
		case <-tick.C:
		case <-limit.C:
			over = true
		case <-p.ended:
			over = true
		case <-finished.Done():
			over = true
		}
		now := p.now()
		p.each(func(r *record.Recorder) {
			r.Awake(now)
			r.Publish(now)
		})
	}
	close(p.over)
	p.each(func(r *record.Recorder) { r.Close(p.until.Load()) })
	for _, l := range p.lines {
		l.interrupt()
	}
}

func (p *portable) each(f func(*record.Recorder)) {
	for _, s := range p.shards {
		s.Lock()
		f(s.rec)
		s.Unlock()
	}
}

func (p *portable) settle(end int64, why record.Reason) {
	p.each(func(r *record.Recorder) { r.Close(end) })
	free := false
	for _, l := range p.lines {
		if l.pending {
			l.rec.For(l.path).Unanswered(l.due, l.sent)
		}
		free = free || !l.pending && l.conn != nil
	}
	late := record.NoConnection
	if free {
		late = record.WindowClosed
	}
	rec := p.shards[0].rec
	p.pacer.rest(end, rec, late, why)
	if left := p.tickets.Load(); left > 0 && p.Rate == 0 {
		rec.NeverDue(left, why)
	}
}

func (p *portable) records() (all []*record.Recorder) {
	for _, s := range p.shards {
		all = append(all, s.rec)
	}
	return all
}

func (p *portable) close() {
	for _, conn := range p.silent {
		conn.Close()
	}
	for _, l := range p.lines {
		if l.conn != nil {
			l.conn.Close()
		}
	}
}
