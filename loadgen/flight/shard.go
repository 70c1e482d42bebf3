package flight

import (
	"bytes"
	"sync"
	"time"

	"carousel/loadgen/client"
	"carousel/loadgen/mix"
	"carousel/loadgen/record"
	"carousel/loadgen/schedule"
	"carousel/loadgen/trace"
)

// wakeEvery is how long an engine waits at most between two turns of a shard, so that the end of the run is noticed and what was
// counted is handed in.
const wakeEvery = 50 * time.Millisecond

// firstLook is how long after the begin of a slice what may have been answered meanwhile is not given up.
const firstLook = time.Millisecond

// Action is what an engine is to do with a connection.
type Action uint8

// What Next hands out.
const (
	Nothing Action = iota
	Connect        // close what there still is of it, and begin to connect; then Connected or Refused
	Send           // send Out, which may take several writes, each followed by Sent
	Close          // close it
	Read           // it may be read from again
)

// Shard is one worker's connections, its share of the schedule and its record.
type Shard struct {
	*Run
	Record *record.Recorder

	id, of   int
	conns    []Conn
	first    int // number of the first connection in the load, silent ones apart
	silent   int // the first so many are never given a request
	rejected int // of these, turned away with a 503
	cache    *client.RequestCache
	order    *mix.Order // of their turns; nil: one after another
	depth    int        // requests that may be under way at once on a connection
	most     int        // bytes that may be read from one at once
	todo     todo
	free     queue        // connections without a request, the longest free first
	resting  queue        // those that rest, the first to send first
	down     queue        // connections to be opened again
	paused   []pausedRead // connections that are not read from, the first to be read again first
	resumed  int          // so many of them are over
	pacer    pacer
	phase    phase
	end      int64 // of the window, as last looked up
	over     int64 // when replies are no longer taken in
	turned   int64 // when the latest turn began
	spins    bool  // nothing has happened since then

	untried      []Conn        // opening: connections that were not tried yet
	spare        []Conn        // that are opened once a request is due and none is free
	uncovered    schedule.Walk // stands at the first request of the pacer's for which none was opened
	nextRamp     int64         // opening: when more of them may be tried
	alive        int           // connections that are open, silent ones apart
	outstanding  int           // requests sent since Begin and not settled
	opening      int           // connects under way
	nextSweep    int64         // when something may next have taken too long
	retry        int64         // when a connection may be opened again
	roundFailed  bool          // a connect of the latest round did
	backoff      time.Duration // between connects, after failures; 0: none lately
	lastFailure  int64         // when the latest began of the connects that failed, or whose connection was closed before it was of use
	failingSince int64         // when a connect first failed since alive is 0; Never: none has
	unreachable  bool          // and none was successful for too long since
	refusal      Refusal
	refusals     []Refusal // the latest by server

	trace       *trace.Writer // nil: nothing is traced
	heard       []heard       // by the connection's index, where it is
	handshakeNS int64         // how long the TLS handshake took of the connection that is connected next; 0: it has none

	mu       sync.Mutex // guards outcomes
	outcomes []outcome
}

// Refusal is why a connection could not be opened.
type Refusal struct {
	Class record.Class
	Err   error
}

type phase uint8

const (
	resting phase = iota
	trying
	flowing
)

// Shard returns the shard of worker id, from 0, of a run with this number of workers. live may be nil.
func (r *Run) Shard(id, of int, live *record.Live) *Shard {
	d := &Shard{Run: r, id: id, of: of, cache: client.NewRequestCache(r.requests), depth: max(1, r.Pipeline), most: client.MaxRead, failingSince: record.Never, refusals: make([]Refusal, len(r.byHost))}
	if r.ReadRate > 0 {
		d.most = int(max(1, min(r.ReadRate/sipsPerSecond, client.MaxRead)))
	}
	var burst []byte
	if d.depth > 1 {
		burst = bytes.Repeat(r.requests[0].Bytes, d.depth)
	}
	d.pacer = r.newPacer(id, of)
	d.first = r.Connections * id / of
	d.silent = share(r.Idle, id, of)
	d.conns = make([]Conn, d.silent+share(r.Connections, id, of))
	if r.First > 0 {
		d.spare = d.conns[d.silent+share(r.First, id, of):]
	}
	d.Record = record.NewRecorder(len(d.conns)-d.silent, r.Rate > 0, live)
	d.Record.Split(r.kinds)
	if d.trace = r.Trace.Writer(); d.trace != nil {
		d.heard = make([]heard, len(d.conns))
	}
	if len(r.Mix) > 0 {
		d.order = mix.NewOrder(r.Mix, r.Order, r.Seed)
	}
	for k := range d.conns {
		c := &d.conns[k]
		c.Index, c.number = k, k-d.silent
		if c.host = (d.first + c.number) % len(r.byHost); c.Silent() {
			c.host = (r.Idle*id/of + k) % len(r.byHost)
		}
		c.ask(d.cache.Request(r.byHost[c.host][0]))
		if c.burst = burst; d.depth > 1 && c.number >= 0 {
			c.behind = make([]times, d.depth-1)
		}
	}
	return d
}

// Size returns the number of connections of the shard, with silent ones. Conn.Index is below it.
func (s *Shard) Size() int { return len(s.conns) }

// Conn returns connection k, from 0.
func (s *Shard) Conn(k int) *Conn { return &s.conns[k] }

// Alive returns how many connections are open, without silent ones.
func (s *Shard) Alive() int { return s.alive }

// Silent returns how many silent connections are open, and how many were refused with a 503.
func (s *Shard) Silent() (open, refused int64) {
	for k := range s.conns[:s.silent] {
		if s.conns[k].state == idle {
			open++
		}
	}
	return open, int64(s.rejected)
}

// HasOpen reports whether a connection to server host is open, without silent ones.
func (s *Shard) HasOpen(host int) bool {
	for k := range s.conns[s.silent:] {
		if c := &s.conns[s.silent+k]; c.host == host && c.state != closed && c.state != opening {
			return true
		}
	}
	return false
}

// Refusal returns why the latest connect to server host failed.
func (s *Shard) Refusal(host int) Refusal { return s.refusals[host] }

// Gone reports whether the servers are gone: no connection of shards is open, and the latest connect was refused.
func Gone(shards []*Shard) bool {
	gone := false
	for _, d := range shards {
		if d.alive > 0 {
			return false
		}
		gone = gone || d.failingSince != record.Never && d.refusal.Class == record.ConnectRefused
	}
	return gone
}

// Try connects every connection once: the silent ones, or the others. Turn returns false when each is open or has failed.
func (s *Shard) Try(silent bool) {
	s.phase = trying
	if s.untried = s.conns[s.silent : len(s.conns)-len(s.spare)]; silent {
		s.untried = s.conns[:s.silent]
	}
	s.nextRamp = s.now()
	s.rampLock.Lock()
	s.lastRoom = s.nextRamp
	s.rampLock.Unlock()
}

// Start begins to send requests, from the run's Begin on, which Flow or Slice has set. Turn returns false when the run or the slice is
// over. Requests that an earlier slice left unanswered are not waited for.
func (s *Shard) Start() {
	s.phase = flowing
	now := s.now()
	s.pacer.start(s.Run)
	s.outstanding = 0
	if s.sliced {
		s.Record.Part(s.Begin, s.Opens, s.from, s.timed)
	} else {
		s.Record.Open(s.Opens)
	}
	s.nextSweep = max(s.nextSweep, later(s.Begin, int64(firstLook)))
	for s.resting.first != nil {
		s.resting.pop() // a slice begins with all
	}
	s.uncovered = s.pacer.walk
	for k := range s.conns[:len(s.conns)-len(s.spare)] {
		switch c := &s.conns[k]; {
		case c.number < 0 || c.queue != nil:
		case c.state == idle:
			c.freed = s.Begin
			s.free.push(c)
		case c.state == closed: // after the end of the last slice
			c.freed = s.Begin
			s.reconnect(c, now)
		}
	}
}

// Turn does what is due, and reports whether the phase goes on.
func (s *Shard) Turn() bool {
	now := s.now()
	if s.spins {
		s.Record.Spun(now - s.turned)
	}
	s.turned, s.spins = now, false
	if s.phase == trying {
		return s.try(s.turned)
	}
	s.Record.Awake(s.turned)
	if s.turned >= s.end {
		s.closeWindow()
	}
	if s.finished() {
		return false
	}
	if s.turned >= s.nextSweep {
		s.sweep(s.turned)
	}
	for c := s.resting.first; c != nil && c.freed <= s.turned; c = s.resting.first {
		s.resting.pop()
		s.next(c, c.freed, s.turned)
	}
	if s.down.first != nil && s.turned >= s.retry {
		s.reopen(s.turned)
	}
	if len(s.spare) > 0 && s.turned < s.end {
		s.open(s.turned)
	}
	if s.files != nil {
		s.collect()
	}
	s.Record.Publish(s.turned)
	return true
}

// now is the instant, and looks whether the end of the window has come nearer, and in the grace whether that has.
func (s *Shard) now() int64 {
	now := s.clock()
	if end := s.until.Load(); end != s.end || now >= s.end {
		s.end, s.over = end, s.graceEnds(end)
		if s.sliced {
			s.Record.Close(s.end, record.Never)
		} else {
			s.Record.Close(s.end, s.over)
		}
	}
	return now
}

// Wake returns the instant at which Turn must be called again at the latest.
func (s *Shard) Wake() int64 {
	wake := min(s.turned+int64(wakeEvery), s.nextSweep)
	if s.resumed < len(s.paused) {
		wake = min(wake, s.paused[s.resumed].at)
	}
	switch {
	case s.phase == trying && len(s.untried) > 0:
		return min(wake, s.nextRamp)
	case s.phase == trying && s.opening > 0:
		return wake
	case s.phase == trying, s.finished():
		return s.turned
	}
	if s.turned >= s.end {
		wake = min(wake, s.over)
	} else {
		wake = min(wake, s.end)
	}
	if s.down.first != nil {
		wake = min(wake, s.retry)
	}
	if s.turned < s.end && s.resting.first != nil {
		wake = min(wake, s.resting.first.freed)
	}
	if s.turned < s.end && (s.free.first != nil || s.pacer.due > s.turned) {
		wake = min(wake, s.sendAt())
	}
	if s.turned < s.end && s.needsConn() {
		wake = min(wake, s.pacer.instant(s.uncovered.Due()))
	}
	return wake
}

// sendAt is when to wake for the next request. A kernel wakes late, so where a connection is free for it the last bit of the wait is spent
// looking instead of sleeping.
func (s *Shard) sendAt() int64 {
	if s.Spin == 0 || s.free.first == nil {
		return s.pacer.due
	}
	at := max(s.turned, s.pacer.due-int64(s.Spin))
	s.spins = at == s.turned
	return at
}

// Next returns the next connection that needs something, and what. It returns Nothing when none does.
func (s *Shard) Next() (*Conn, Action) {
	if s.todo.first == nil && s.free.first != nil {
		s.sendDue()
	}
	c := s.todo.pop()
	if c == nil {
		return s.nextPaused()
	}
	do := c.do
	c.do = Nothing
	return c, do
}

// enqueue has an engine do something with c. What was wanted before and is not done yet is no longer wanted.
func (s *Shard) enqueue(c *Conn, do Action) {
	if c.do == Nothing {
		s.todo.push(c)
	}
	c.do = do
}

// sendDue gives the connection that is free for the longest what is due, one at a time: sent is then when it is sent.
func (s *Shard) sendDue() {
	if s.phase != flowing {
		return
	}
	now := s.now()
	switch {
	case now >= s.end:
	case s.Rate == 0:
		c := s.free.pop()
		s.next(c, c.freed, now)
	case s.pacer.due <= now:
		c := s.free.pop()
		s.send(c, s.pacer.take(), now)
	case s.exhausted():
		s.drop(s.free.first) // so that a server that serves one client at a time accepts the next
	}
}

// finished reports whether nothing is left to do, or, in a run by number, nobody to do it with.
func (s *Shard) finished() bool {
	return s.done(s.turned) || s.outstanding == 0 && s.exhausted() && s.free.first == nil || s.Counted() && s.alive == 0 && s.unreachable
}

// done reports whether the run, or the slice, is over at this instant.
func (s *Shard) done(now int64) bool { return now >= s.over || now >= s.end && s.outstanding == 0 }

// tooLate reports whether what happens at this instant does not count, whenever an engine notices that the run is over.
func (s *Shard) tooLate(now int64) bool { return !s.sliced && s.done(now) }

// exhausted reports whether the shard will send no request any more that was not yet.
func (s *Shard) exhausted() bool {
	return s.spent() || s.Counted() && s.Rate > 0 && s.pacer.due == record.Never
}
