// Package engine runs a load: it opens the connections, sends each request when it is due, and records what became of it.
//
// The engines differ only in how they move bytes and wait: epoll and uring have threads and raw system calls of their own (Linux), net uses package
// net and the Go scheduler. What they share, the life of a request, is package flight. hey is the library of another tool, for comparison.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"carousel/internal/counters"
	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/uring"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
	"carousel/loadgen/save"
	"carousel/loadgen/trace"
)

// The garbage collector is off while a load runs, since requests make no garbage. Above memoryLimit it runs again. In a run that saves no bodies
// it also runs once there is this much garbage.
const (
	memoryLimit = 1 << 30
	garbage     = 32 << 20
)

// Unreachable is the error that not one connection could be opened to a server.
type Unreachable struct {
	Addr  string
	Class record.Class // of the last attempt
	Err   error
}

func (u *Unreachable) Error() string {
	return fmt.Sprintf("cannot connect to %s: %v (%v)", u.Addr, u.Err, u.Class)
}

func (u *Unreachable) Unwrap() error { return u.Err }

// Default returns the engine that a load uses if none is named: uring where the kernel has it, else epoll on Linux, else net.
func Default() string {
	switch {
	case CheckUring() == nil: // the cheapest
		return result.Uring
	case sock.Linux:
		return result.Epoll
	}
	return result.Net
}

// CheckUring returns why the uring engine cannot run here; nil if it can.
func CheckUring() error { return uring.Supported() }

// Threads returns how many threads the epoll and uring engines use for s: s.Threads or, if that is 0, half of the processors, at least one and at
// most one a connection. The other half is for a server on the same machine.
func Threads(s result.Spec) int {
	if s.Threads > 0 {
		return s.Threads
	}
	return max(1, min(len(host.CPUs())/2, s.Connections))
}

// Run runs s, which must be valid, and returns its record, without Spec and Verdict. When ctx is done, the window is cut short, or the grace if the
// window is over; when patience is done, both are. The record has what was measured by then. Complete is false if the window was cut short, or if
// a run with -n ended early because no server could be reached. The error says why nothing could be measured: an *Unreachable if not one
// connection could be opened. live may be nil.
func Run(ctx, patience context.Context, s result.Spec, live *record.Live) (*result.Load, error) {
	return Traced(ctx, patience, s, live, nil)
}

// Traced is Run that also records each request in t, which may be nil. The hey engine does not trace.
func Traced(ctx, patience context.Context, s result.Spec, live *record.Live, t *trace.Trace) (*result.Load, error) {
	if s.Engine == result.Hey {
		return runHey(ctx, patience, s, live)
	}
	r := &run{base: time.Now(), live: live}
	requests := client.New(s)
	var err error
	if err = r.resolve(ctx, s); err != nil {
		return nil, err
	}
	if s.Save != "" {
		if r.files, err = save.Open(s.Save, s.SaveMode == result.Inline); err != nil {
			return nil, err
		}
		defer r.files.Close()
	}
	if len(s.Counters) > 0 {
		if r.counters, err = counters.Inherited(s.Counters); err != nil {
			return nil, fmt.Errorf("--counters: %w", err)
		}
		defer r.counters.Close()
	}
	r.Run = flight.New(s, requests, r.files, r.now)
	threads := startThreads(s)
	defer threads.stop()
	r.threads = threads.ids
	t.Room(max(1, threads.size()))
	r.traceIn(t, "")
	e, err := newEngine(r, threads)
	if err != nil {
		return nil, err
	}
	defer e.close()
	defer context.AfterFunc(patience, r.Stop)()
	return r.measure(ctx, e)
}

// newEngine returns the engine that r names. threads are for the epoll and uring engines.
func newEngine(r *run, threads *threadPool) (engine, error) {
	switch r.Engine {
	case result.Epoll:
		return newEpoll(r, threads)
	case result.Uring:
		return newUring(r, threads)
	case result.Net:
		return newNet(r)
	}
	return nil, fmt.Errorf("no engine %q", r.Engine)
}

// engine moves the bytes of one load, and waits.
type engine interface {
	phase(begin func(*flight.Shard)) // calls begin on every shard, then works until the Turn of each returns false
	close()                          // closes the connections; it may be called twice
}

// run is the state of one load.
type run struct {
	*flight.Run
	shards  []*flight.Shard
	addr    string      // of the server, resolved
	further []string    // addresses of further servers
	threads []int       // IDs of the threads that send; nil: those of the Go scheduler do
	files   *save.Files // nil: bodies are not saved
	live    *record.Live
	base    time.Time // instants are nanoseconds since base

	silent   *result.Silent // nil: there are no silent connections
	counters *counters.Set  // of the target (--counters); nil: none
}

func (r *run) now() int64 { return int64(time.Since(r.base)) }

// split divides the load among n workers.
func (r *run) split(n int) []*flight.Shard {
	for i := range n {
		r.shards = append(r.shards, r.Shard(i, n, r.live))
	}
	return r.shards
}

func (r *run) measure(ctx context.Context, e engine) (*result.Load, error) {
	defer context.AfterFunc(ctx, r.Stop)()
	if err := r.open(ctx, e); err != nil {
		return nil, err
	}
	runtime.GC()
	defer r.collectorOff()()
	opened, closed, over := make(chan edge, 1), make(chan edge, 1), make(chan struct{})
	if r.Warmup == 0 {
		opened <- r.sample()
	}
	r.Flow(r.now())
	r.live.Begin(r.Warmup)
	go r.sampleEdges(over, opened, closed)
	end := r.send(e)
	close(over)
	first, began := <-opened
	last, known := <-closed
	if !known {
		last = r.lastSample()
	}
	r.settle(e, end)
	l, err := r.books(end)
	if err != nil {
		return nil, err
	}
	l.Silent = r.silentResult()
	l.Window.Start = r.base.Add(time.Duration(r.Opens))
	r.mark(l, end)
	if began {
		r.price(l, first, last)
	} else if r.PID > 0 {
		l.TargetCPULacks = "the run ended before its window opened"
	}
	return l, nil
}

// collectorOff turns the garbage collector off up to a memory limit, because a collection stops the threads. The function that it returns turns it on
// again. In the net engine, which makes garbage with each connection, it changes nothing.
func (r *run) collectorOff() (end func()) {
	if r.Engine == result.Net {
		return func() {}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	most := int64(m.Sys-m.HeapReleased) + garbage
	if r.files != nil {
		most = memoryLimit // bodies that wait to be written can take much of it
	}
	gc, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(most)
	return func() { debug.SetGCPercent(gc); debug.SetMemoryLimit(limit) }
}

// open connects every connection once, the silent ones first.
func (r *run) open(ctx context.Context, e engine) error {
	r.Places = r.places
	r.openSilent(ctx, e)
	e.phase(func(d *flight.Shard) { d.Try(false) })
	return r.reached(ctx)
}

// places returns how many more connections fit the target's listen queue until it is three quarters full; of several servers, the least. The last
// quarter is for connections that the kernel has not put there yet, and for other clients.
func (r *run) places() int {
	least := math.MaxInt
	for _, addr := range r.addrs() {
		if q, known := host.ListenQueue(addr); known {
			least = min(least, int(max(1, (q.Backlog+1)*3/4)-q.Waiting))
		}
	}
	return least
}

// send sends the requests, and returns when the window ended.
func (r *run) send(e engine) int64 {
	e.phase((*flight.Shard).Start)
	end := r.Until()
	if r.Counted() && end == record.Never {
		r.written() // a run with -n ends when the last file is written
		end = r.now()
	}
	return max(end, r.Begin)
}

// settle closes the connections and the books of a window that ended at end.
func (r *run) settle(e engine, end int64) {
	e.close()
	r.written()
	why := record.NoConnection
	if r.WasCut() {
		why = record.Interrupted
	}
	flight.Settle(r.shards, end, why)
}

// books merges what all workers recorded.
func (r *run) books(end int64) (*result.Load, error) {
	var records []*record.Recorder
	for _, d := range r.shards {
		d.Record.Publish(record.Never)
		records = append(records, d.Record)
	}
	l, err := record.Merge(records, time.Duration(max(0, end-r.Opens)))
	if err != nil {
		return nil, err
	}
	l.Complete = !r.WasCut() && (!r.Counted() || l.Requests.Unsent == 0)
	l.Gone = flight.Gone(r.shards)
	if l.Spec = r.Spec; result.Starved(l) != "" {
		if l.Answered, err = record.Answered(records...); err != nil {
			return nil, err
		}
		l.Answered.Connections, l.Answered.Of = l.Connections.Answered, l.Eligible()
	}
	return l, nil
}

// reached returns an error if no connection to one of the servers is open.
func (r *run) reached(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for host, addr := range r.addrs() {
		var why flight.Refusal
		for _, d := range r.shards {
			if latest := d.Refusal(host); latest.Err != nil {
				why = latest
			}
		}
		if !slices.ContainsFunc(r.shards, func(d *flight.Shard) bool { return d.HasOpen(host) }) {
			return &Unreachable{addr, why.Class, cmp.Or(why.Err, errNoAnswer)}
		}
	}
	return nil
}

// addrs returns the addresses of all servers, indexed as by Conn.Host.
func (r *run) addrs() []string { return append([]string{r.addr}, r.further...) }

// resolve resolves the addresses of the servers of s.
func (r *run) resolve(ctx context.Context, s result.Spec) error {
	for i, server := range client.Servers(s) {
		addr, err := reachable(ctx, client.Addr(server+"/"))
		switch {
		case err != nil:
			return err
		case i == 0:
			r.addr = addr
		default:
			r.further = append(r.further, addr)
		}
	}
	return nil
}

var errNoAnswer = errors.New("no answer")

// written waits until all files are written.
func (r *run) written() {
	if r.files != nil {
		r.files.Wait()
	}
}

// Process returns the process on this machine that listens at the target of s.
func Process(ctx context.Context, s result.Spec) (pid int, err error) {
	addr, err := reachable(ctx, client.Addr(s.Target))
	if err != nil {
		return 0, err
	}
	return host.Listener(addr)
}

// reachable resolves addr. If the name has several addresses, it returns the first that accepts a connection.
func reachable(ctx context.Context, addr string) (string, error) {
	if client.Network(addr) == "unix" {
		return addr, nil
	}
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
		d := net.Dialer{Timeout: flight.ConnectLimit}
		if conn, err = d.DialContext(ctx, "tcp", net.JoinHostPort(ip.Unmap().String(), port)); err == nil {
			conn.Close()
			return conn.RemoteAddr().String(), nil
		}
	}
	return "", &Unreachable{addr, connectClass(err), err}
}
