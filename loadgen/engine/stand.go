package engine

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/usage"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
	"carousel/loadgen/turns"
)

// Server is one of the servers that a Stand loads in turns.
type Server struct {
	Name string      // in a trace
	Spec result.Spec // of its load; PID is its process, if known
	Auto bool        // find the process that listens at the target's address on this machine
}

// Stand has several servers, which the same threads load in turns, each over connections of its own that stay open. It is a turns.Stand, for one
// goroutine; only Stop may be called from another.
type Stand struct {
	servers []*standServer
	base    time.Time
	opens   int64 // when the first slice after the warm-up began; Never: none has
	threads *threadPool
	restore []func()
	slices  int  // so far
	first   edge // sampled when all connections were open
	watch   *host.Watch

	mu      sync.Mutex
	stopped int          // how often Stop was called
	current *standServer // the server that has its slice; nil: none
}

// standServer is a server of a Stand.
type standServer struct {
	*run
	engine  engine
	why     error // why it was never connected to; nil: it was
	pid     int
	meter   *host.Meter // nil: its process is not known
	lacks   error       // why its processor time is not known, or no longer
	tree    host.Tree   // processor time of its processes when all connections were open
	totals  totals      // of its slices
	kept    totals      // the totals at the last Harvest; Forget restores them
	idle    int64       // its processor time in the slices of others, while that was known
	slept   int64       // how long those slices were
	ended   int64       // when its last slice ended
	begun   int64       // when its first slice after the warm-up began; 0: none has
	replied int64       // when its last slice with a reply, good or not, ended
	refused bool        // a connect has failed since then
	longest int64       // length of the slices whose requests are timed
}

// totals are sums over slices.
type totals struct {
	window  int64     // length without the leads
	elapsed int64     // time until the last reply
	own     usage.CPU // loadgen's processor time
	cpu     int64     // the server's processor time, while that was known
}

// gcEvery is after how many slices garbage is collected: reading processor times makes some kilobytes of it a slice.
const gcEvery = 256

// NewStand opens all connections of the servers in a random order given by seed: the order decides where the memory of a connection lies, which
// affects its cost. A server that cannot be reached is left out (see Reached). Each request is recorded in t, if that is not nil. When ctx is done,
// connecting ends.
func NewStand(ctx context.Context, list []Server, seed uint64, t *trace.Trace) *Stand {
	s := &Stand{base: time.Now(), opens: record.Never, threads: startThreads(list[0].Spec)}
	t.Room(len(list) * max(1, s.threads.size()))
	gc, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(memoryLimit)
	s.restore = append(s.restore, func() { debug.SetGCPercent(gc); debug.SetMemoryLimit(limit) })
	for _, one := range list {
		v := &standServer{run: &run{base: s.base}, why: errors.New("was not connected to")}
		v.Run = flight.New(one.Spec, client.New(one.Spec), nil, v.now)
		v.traceIn(t, one.Name)
		s.servers = append(s.servers, v)
	}
	for _, k := range rand.New(rand.NewPCG(seed, 1)).Perm(len(list)) {
		s.servers[k].why = s.servers[k].connect(ctx, list[k], s.threads)
	}
	var meters []*host.Meter
	for _, v := range s.servers {
		if v.why == nil {
			meters = append(meters, v.meter)
		}
	}
	s.watch = host.NewWatch(meters)
	runtime.GC()
	s.first = edge{own: host.SelfCPU(), host: host.TakeAll()}
	return s
}

// Unreached returns why no server could be reached, the first one's error; nil if one was.
func (s *Stand) Unreached() error {
	for _, v := range s.servers {
		if v.why == nil {
			return nil
		}
	}
	return s.servers[0].why
}

// connect opens the connections of a server and finds its process.
func (v *standServer) connect(ctx context.Context, one Server, threads *threadPool) (err error) {
	if v.addr, err = reachable(ctx, client.Addr(one.Spec.Target)); err != nil {
		return err
	}
	if v.engine, err = newEngine(v.run, threads); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, v.Stop)()
	if err = v.open(ctx, v.engine); err != nil {
		return err
	}
	if v.pid = one.Spec.PID; one.Auto {
		v.pid, v.lacks = host.Listener(v.addr)
	}
	if v.pid > 0 && v.lacks == nil {
		if v.meter, v.lacks = host.NewMeter(v.pid); v.lacks == nil {
			v.tree, v.lacks = host.TreeCPU(v.pid)
		}
	}
	return nil
}

// Stop cuts the current slice short, or ends its wait for replies if it was cut already. No other slice begins.
func (s *Stand) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped++
	if s.current != nil {
		s.current.Stop()
	}
}

// begin begins a slice of v and returns true, unless the stand was stopped.
func (s *Stand) begin(v *standServer, slice flight.Slice) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped > 0 {
		return false
	}
	v.Slice(slice)
	s.current = v
	return true
}

func (s *Stand) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
}

// Slice loads server k for one slice, and returns what it measured, without Cycle and Order. After Stop the result is zero.
func (s *Stand) Slice(k int, t turns.Turn) (got result.Slice) {
	if s.slices++; s.slices%gcEvery == 0 {
		runtime.GC() // between slices, never in one
	}
	v := s.servers[k]
	s.watch.Begin(v.meter)
	idle := v.idleCPU()
	records := v.records()
	before := record.Count(records...)
	own := host.SelfCPU()
	begin := s.now()
	if !t.Warm && s.opens == record.Never {
		s.opens = begin
	}
	slice := flight.Slice{Begin: begin, Opens: s.opens, Lead: t.Lead, Length: t.Length, Timed: t.Timed, Patience: t.Patience}
	if !s.begin(v, slice) {
		return got
	}
	v.engine.phase((*flight.Shard).Start)
	s.end()
	end := s.now()
	v.Trace.Span(sliceName(t), begin, end)
	own = minus(host.SelfCPU(), own)
	got.OwnCPUNS = own.Total()
	got.BeginNS, got.LengthNS, got.ElapsedNS = begin-s.opens, min(v.Until(), end)-begin, end-begin
	for _, d := range v.shards {
		got.Unanswered += d.EndSlice(record.NoConnection)
	}
	got.TargetCPUNS = v.sliceCPU()
	disturbed := s.watch.End(v.meter)
	got.BesideNS, got.StealNS, got.DelayNS = disturbed.BesideNS, disturbed.StealNS, disturbed.DelayNS
	after := record.Count(records...)
	got.OK, got.WindowOK, got.Errors = after.OK-before.OK, after.InWindow-before.InWindow, after.Errors-before.Errors
	if t.Warm {
		v.ended = end
		return got
	}
	if v.begun == 0 {
		v.begun = begin
	} else {
		v.idle += idle
		v.slept += begin - v.ended
	}
	v.ended = end
	if after.Replies > before.Replies {
		v.replied, v.refused = end, false
	}
	v.refused = v.refused || after.Refused > before.Refused
	v.totals.window += max(0, got.LengthNS-int64(t.Lead))
	v.totals.elapsed += got.ElapsedNS
	v.totals.own.UserNS += own.UserNS
	v.totals.own.SystemNS += own.SystemNS
	v.totals.cpu += got.TargetCPUNS
	if t.Timed {
		v.longest = max(v.longest, int64(t.Length))
	}
	return got
}

// idleCPU returns the processor time that v's process used while others had their slices, in nanoseconds.
func (v *standServer) idleCPU() int64 {
	if v.meter == nil {
		return 0
	}
	ns, err := v.meter.Begin()
	v.lacks = cmp.Or(v.lacks, err)
	return ns
}

// sliceCPU waits until v's process is idle, and returns its processor time in the slice, in nanoseconds; 0 if that is not known.
func (v *standServer) sliceCPU() int64 {
	if v.meter == nil {
		return 0
	}
	ns, err := v.meter.End()
	if v.lacks = cmp.Or(v.lacks, err); err != nil {
		return 0
	}
	return ns
}

func (v *standServer) records() (all []*record.Recorder) {
	for _, d := range v.shards {
		all = append(all, d.Record)
	}
	return all
}

// Rest waits for d without load, or until the stand is stopped.
func (s *Stand) Rest(d time.Duration) {
	const step = 25 * time.Millisecond
	for ; d > 0 && !s.over(); d -= step {
		sock.Sleep(min(d, step))
	}
}

func (s *Stand) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped > 0
}

// Harvest calls take for each bucket of the response times of server k since the last Harvest; after a warm-up, of its service times.
func (s *Stand) Harvest(k int, take func(low, width, n int64)) {
	if v := s.servers[k]; v.why == nil {
		record.Harvest(take, v.records()...)
		v.kept = v.totals
	}
}

// Forget removes the results of server k's slices since the last Harvest or Forget.
func (s *Stand) Forget(k int) {
	v := s.servers[k]
	for _, r := range v.records() {
		r.Forget()
	}
	v.totals = v.kept
}

// Reached reports whether server k can be loaded.
func (s *Stand) Reached(k int) bool { return s.servers[k].why == nil }

// SameProcess reports whether servers i and j are the same process, as far as that is known.
func (s *Stand) SameProcess(i, j int) bool { return s.servers[i].sameProcess(s.servers[j]) }

// sameProcess reports whether v and w are the same process, as far as that is known.
func (v *standServer) sameProcess(w *standServer) bool {
	return v.addr != "" && v.addr == w.addr || v.pid > 0 && v.pid == w.pid
}

func (s *Stand) now() int64 { return int64(time.Since(s.base)) }

// Close closes the connections and ends the threads. It may be called twice.
func (s *Stand) Close() {
	for _, v := range s.servers {
		if v.engine != nil {
			v.engine.close()
		}
	}
	s.threads.stop()
	s.watch.Close()
	for _, restore := range s.restore {
		restore()
	}
	s.restore = nil
}
