// Package engine carries out a load: it opens the connections, sends each request when it is due, and records what became of it.
//
// The engines differ only in how they wait: epoll has threads and raw calls of its own (Linux), net leaves it to package
// net and the Go scheduler, hey is another tool altogether. What they share stands in this file and in pace.go.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"carousel/internal/host"
	"carousel/internal/sock"
	"carousel/internal/trial"
	"carousel/internal/usage"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/save"
	"carousel/loadgen/spec"
)

// connectLimit is the longest an attempt to connect may take: two retransmissions of a SYN that found the backlog full.
const connectLimit = 5 * time.Second

// memoryLimit ends the truce with the garbage collector should a run need more, which none is known to.
const memoryLimit = 1 << 30

// Unreachable says that not one connection could be opened.
type Unreachable struct {
	Addr  string
	Class record.Class // of the last attempt
	Err   error
}

func (u *Unreachable) Error() string {
	return fmt.Sprintf("cannot connect to %s: %v (%v)", u.Addr, u.Err, u.Class)
}

func (u *Unreachable) Unwrap() error { return u.Err }

// Auto is the engine that is meant where none is named.
func Auto() string {
	if sock.Linux {
		return spec.Epoll
	}
	return spec.Net
}

// Threads is how many threads the epoll engine uses where s does not say: half of the processors, since the other half
// has a server to run or is not needed, but at least one.
func Threads(s spec.Spec) int {
	if s.Threads > 0 {
		return s.Threads
	}
	return max(1, min(len(host.CPUs())/2, s.Connections))
}

// Run carries out s, which must be valid, and returns its record but for Spec and Verdict. Ending ctx ends the run early:
// what was measured is returned with Complete false, as it is of a run by number that nobody was left to answer. The error says
// why nothing could be measured: an *Unreachable if not one connection could be opened. live may be nil.
func Run(ctx context.Context, s spec.Spec, live *record.Live) (*trial.Load, error) {
	if s.Engine == spec.Hey {
		return runHey(ctx, s, live)
	}
	r := &run{Spec: s, asks: client.New(s), live: live, base: time.Now(), ended: make(chan struct{})}
	r.sortPaths()
	r.tickets.Store(s.Requests)
	r.until.Store(record.Never)
	var err error
	if r.addr, err = reachable(ctx, r.asks[0].Addr); err != nil {
		return nil, err
	}
	if err = r.openFiles(); err != nil {
		return nil, err
	}
	if r.files != nil {
		defer r.files.Close()
	}
	var c crew
	switch s.Engine {
	case spec.Epoll:
		c, err = newEpoll(r)
	case spec.Net:
		c, err = newPortable(r)
	default:
		err = fmt.Errorf("no engine %q", s.Engine)
	}
	if err != nil {
		return nil, err
	}
	defer c.close()
	return r.measure(ctx, c)
}

// crew is an engine at work. The steps follow each other; nothing of one goes on during the next.
type crew interface {
	open(ctx context.Context) error // every connection was tried once
	work()                          // until the run's end, with the connections left as they are
	settle(end int64, why record.Reason)
	records() []*record.Recorder
	close()
}

// run is what the workers of one load share. Instants are nanoseconds since base.
type run struct {
	spec.Spec
	asks  []*client.Request // in turn
	paths []string          // different ones of them, where there are several
	path  []int             // of each of asks, in paths
	addr  string            // resolved
	files *save.Files       // nil: bodies are not saved
	live  *record.Live
	base  time.Time
	begin int64         // requests flow from here on
	start int64         // of the measured window
	until atomic.Int64  // no request is due from here on; it only ever comes nearer
	ended chan struct{} // closed when it has come nearer

	tickets atomic.Int64 // requests of the window that may still be sent in a closed loop, if counted
	taken   atomic.Int64 // turns, where there are several requests
}

func (r *run) now() int64 { return int64(time.Since(r.base)) }

// counted reports whether the run ends after a number of requests.
func (r *run) counted() bool { return r.Requests > 0 }

// ticket asks leave to send a request that is due at this instant.
func (r *run) ticket(due int64) bool {
	return !r.counted() || due < r.start || r.tickets.Add(-1) >= 0
}

// spent reports whether no request will be sent any more that was not yet.
func (r *run) spent() bool { return r.counted() && r.Rate == 0 && r.tickets.Load() <= 0 }

func (r *run) measure(ctx context.Context, c crew) (*trial.Load, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memoryLimit))
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	runtime.GC()
	before := make(chan edge, 1)
	if r.Warmup == 0 {
		before <- r.look()
	}
	r.begin = r.now()
	r.start = later(r.begin, int64(r.Warmup))
	if r.Duration > 0 {
		r.until.Store(later(r.start, int64(r.Duration)))
	}
	for _, rec := range c.records() {
		rec.Open(r.start)
	}
	r.live.Begin(r.Warmup)

	over := make(chan struct{})
	go r.watch(ctx, over, before)
	c.work()
	end := r.until.Load()
	if r.counted() && end == record.Never {
		r.written() // the work is done when the last file is there
		end = r.now()
	}
	after := r.look()
	close(over)
	first, opened := <-before

	why := record.NoConnection
	if ctx.Err() != nil {
		why = record.Interrupted
	}
	end = max(end, r.begin)
	r.written()
	c.settle(end, why)
	for _, rec := range c.records() {
		rec.Publish(record.Never)
	}
	l, err := record.Merge(c.records(), time.Duration(max(0, end-r.start)))
	if err != nil {
		return nil, err
	}
	l.Window.Start = r.base.Add(time.Duration(r.start))
	l.Complete = ctx.Err() == nil && (!r.counted() || l.Requests.Unsent == 0)
	if opened {
		r.price(l, first, after)
	} else if r.PID > 0 {
		l.TargetCPULacks = "the run ended before its window opened"
	}
	return l, nil
}

// edge is what the processors had done at an edge of the window.
type edge struct {
	own    usage.CPU
	target host.Tree
	lacks  error // why there is no target
	host   host.Snapshot
}

func (r *run) look() edge {
	e := edge{own: host.SelfCPU()}
	if r.PID > 0 {
		var err error
		if e.target, err = host.TreeCPU(r.PID); err != nil {
			e.lacks = fmt.Errorf("%v into the run, %w", time.Since(r.base).Round(time.Millisecond), err)
		}
	}
	e.host = host.Take()
	return e
}

// watch looks at the processors when the window opens after a warm-up, and ends the run when ctx does.
func (r *run) watch(ctx context.Context, over <-chan struct{}, before chan<- edge) {
	defer close(before)
	var window <-chan time.Time
	if r.Warmup > 0 {
		window = time.After(time.Duration(r.start - r.now()))
	}
	for {
		select {
		case <-window:
			before <- r.look()
		case <-ctx.Done():
			if now := r.now(); now < r.until.Load() {
				r.until.Store(now)
			}
			close(r.ended)
			<-over
			return
		case <-over:
			return
		}
	}
}

// price fills in what the window cost.
func (r *run) price(l *trial.Load, first, last edge) {
	l.CPU = minus(last.own, first.own)
	if r.PID > 0 {
		cpu, err := first.target.Until(last.target)
		if err = cmp.Or(first.lacks, last.lacks, err); err != nil {
			l.TargetCPULacks = err.Error()
		} else {
			l.TargetCPU = &cpu
		}
	}
	d := first.host.Until(last.host)
	l.Host.StealShare, l.Host.ListenDrops = d.StealShare, d.ListenDrops
	threads := len(host.CPUs())
	if r.Engine == spec.Epoll {
		threads = min(threads, Threads(r.Spec))
	}
	if l.Window.ElapsedNS > 0 {
		l.Host.OwnShare = float64(l.CPU.Total()) / float64(l.Window.ElapsedNS) / float64(threads)
	}
}

func minus(a, b usage.CPU) usage.CPU {
	return usage.CPU{UserNS: a.UserNS - b.UserNS, SystemNS: a.SystemNS - b.SystemNS}
}

// reachable is the address behind addr to connect to. Where a name stands for several, it is the first that answers.
func reachable(ctx context.Context, addr string) (string, error) {
	name, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return "", &Unreachable{addr, record.ConnectUnreachable, err}
	}
	if len(ips) == 1 {
		return net.JoinHostPort(ips[0].Unmap().String(), port), nil
	}
	for _, ip := range ips {
		var conn net.Conn
		d := net.Dialer{Timeout: connectLimit}
		if conn, err = d.DialContext(ctx, "tcp", net.JoinHostPort(ip.Unmap().String(), port)); err == nil {
			conn.Close()
			return conn.RemoteAddr().String(), nil
		}
	}
	return "", &Unreachable{addr, connectClass(err), err}
}

// unreachable is the error of a run without a connection.
func (r *run) unreachable(class record.Class, err error) error {
	if err == nil {
		err = errors.New("no answer")
	}
	return &Unreachable{r.addr, class, err}
}

// share is how many of n things fall to worker i of k; shares differ by one at most.
func share(n, i, k int) int { return n*(i+1)/k - n*i/k }
