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

// wakeEvery is the longest wait between two turns of a shard. A turn notices the end of the run and publishes the counts.
const wakeEvery = 50 * time.Millisecond

// firstLook is how long after the begin of a slice no request times out: its reply may have come between the slices.
const firstLook = time.Millisecond

// Action is what an engine must do with a connection.
type Action uint8

// The actions that Next returns.
const (
	Nothing Action = iota
	Connect        // close the old descriptor, if any, and begin to connect; report Connected or Refused
	Send           // send Out, in one write or more; report each by Conn.Sent
	Close          // close the descriptor, if any; report nothing
	Read           // read from it again: its Room was 0
)

// Shard is one worker's share of a load: its connections, its part of the schedule and its record.
type Shard struct {
	*Run
	Record *record.Recorder // of what became of this shard's requests and connections

	id, of   int
	conns    []Conn
	first    int // number in the load of the first connection, silent ones not counted
	silent   int // so many of conns, the first, never send a request (--idle)
	rejected int // silent connections that the server closed with a 503
	cache    *client.RequestCache
	order    *mix.Order   // in which the requests of a mix take turns; nil: one after another
	depth    int          // requests that may be under way at once on a connection
	most     int          // bytes that may be read from a connection at once
	todo     todo         // connections for which there is an action
	free     queue        // connections without a request, the longest free first
	resting  queue        // connections that rest (--think), the first to send again first
	down     queue        // connections to open again
	paused   []pausedRead // connections that must not be read from (--read-rate), the first to be read again first
	resumed  int          // so many of paused, the first, are over
	pacer    pacer
	phase    phase
	end      int64 // the end of the window, as last read from the Run
	over     int64 // when replies are no longer taken in
	turned   int64 // when the latest turn began
	spins    bool  // busy-waits for the next request (--spin), and nothing has happened since the turn began

	untried      []Conn        // in Try: connections that have not begun to connect
	spare        []Conn        // connections that are opened only if a request is due and none is free (--first)
	uncovered    schedule.Walk // stands at the first request for which no spare connection was opened
	nextRamp     int64         // in Try: when more of untried may connect
	alive        int           // open connections, silent ones not counted
	outstanding  int           // requests sent since Begin that have not ended
	opening      int           // connects under way
	nextSweep    int64         // when a request or a connect may next have timed out
	retry        int64         // when a connection of down may connect
	roundFailed  bool          // a connect of the latest round of attempts failed
	backoff      time.Duration // the pause between rounds of attempts after failures; 0: no failure since the last good reply
	lastFailure  int64         // the latest begin of a connect that failed, or whose connection was closed before its first reply
	failingSince int64         // when a connect first failed while alive is 0; Never: none has
	unreachable  bool          // connects have failed for too long since then
	refusal      Refusal       // the latest
	refusals     []Refusal     // the latest, by server

	trace       *trace.Writer // nil: nothing is traced
	traceTimes  []traceTimes  // by the connection's index, if traced
	handshakeNS int64         // how long the handshake took of the connection that is Connected next; 0: no TLS

	mu       sync.Mutex // guards outcomes
	outcomes []outcome
}

// Refusal is why a connect failed; the zero value if none has.
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

// Shard returns the shard of worker id, from 0, in a run with so many workers. If live is not nil, it is kept up to date for display.
func (r *Run) Shard(id, workers int, live *record.Live) *Shard {
	d := &Shard{Run: r, id: id, of: workers, cache: client.NewRequestCache(r.requests), depth: max(1, r.Pipeline), most: client.MaxRead, failingSince: record.Never, refusals: make([]Refusal, len(r.byHost))}
	if r.ReadRate > 0 {
		d.most = int(max(1, min(r.ReadRate/readsPerSecond, client.MaxRead)))
	}
	var burst []byte
	if d.depth > 1 {
		burst = bytes.Repeat(r.requests[0].Bytes, d.depth)
	}
	d.pacer = r.newPacer(id, workers)
	d.first = r.Connections * id / workers
	d.silent = share(r.Idle, id, workers)
	d.conns = make([]Conn, d.silent+share(r.Connections, id, workers))
	if r.First > 0 {
		d.spare = d.conns[d.silent+share(r.First, id, workers):]
	}
	d.Record = record.NewRecorder(len(d.conns)-d.silent, r.Rate > 0, live)
	d.Record.Split(r.kinds)
	if d.trace = r.Trace.Writer(); d.trace != nil {
		d.traceTimes = make([]traceTimes, len(d.conns))
	}
	if len(r.Mix) > 0 {
		d.order = mix.NewOrder(r.Mix, r.Order, r.Seed)
	}
	for k := range d.conns {
		c := &d.conns[k]
		c.Index, c.number = k, k-d.silent
		if c.host = (d.first + c.number) % len(r.byHost); c.Silent() {
			c.host = (r.Idle*id/workers + k) % len(r.byHost)
		}
		c.setRequest(d.cache.Request(r.byHost[c.host][0]))
		if c.burst = burst; d.depth > 1 && c.number >= 0 {
			c.behind = make([]times, d.depth-1)
		}
	}
	return d
}

// Size returns the number of connections of the shard, silent ones included. Conn.Index is below it.
func (s *Shard) Size() int { return len(s.conns) }

// Conn returns connection k, from 0.
func (s *Shard) Conn(k int) *Conn { return &s.conns[k] }

// Alive returns how many connections are open, silent ones not counted.
func (s *Shard) Alive() int { return s.alive }

// Silent returns how many silent connections are open, and how many the server closed with a 503.
func (s *Shard) Silent() (open, refused int64) {
	for k := range s.conns[:s.silent] {
		if s.conns[k].state == idle {
			open++
		}
	}
	return open, int64(s.rejected)
}

// HasOpen reports whether a connection to server host, an index as in Conn.Host, is open. Silent ones do not count.
func (s *Shard) HasOpen(host int) bool {
	for k := range s.conns[s.silent:] {
		if c := &s.conns[s.silent+k]; c.host == host && c.state != closed && c.state != opening {
			return true
		}
	}
	return false
}

// Refusal returns the error of the latest connect to server host that failed; the zero Refusal if none has.
func (s *Shard) Refusal(host int) Refusal { return s.refusals[host] }

// Gone reports whether the servers of a run are gone: no connection of its shards is open, and the latest connect that failed was refused.
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

// Try begins the phase that connects every connection once: the silent ones, or the others. It ends, and Turn returns false, when each is open or
// has failed.
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

// Start begins the phase that sends requests, from the run's Begin on, which Flow or Slice has set. It ends, and Turn returns false, when the run
// or the slice is over. A slice does not wait for replies to requests of an earlier one.
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

// Turn does what is due at this instant, and reports whether the phase goes on. Call it by Wake at the latest.
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

// now returns the current instant. It also reads the end of the window again, and in the grace the end of that: both may have become earlier.
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

// Wake returns the instant by which Turn must be called again. It changes with every event that is reported.
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

// sendAt returns when to wake for the next request. The kernel wakes a thread late, so with --spin, and a connection free, the shard busy-waits for
// the last part.
func (s *Shard) sendAt() int64 {
	if s.Spin == 0 || s.free.first == nil {
		return s.pacer.due
	}
	at := max(s.turned, s.pacer.due-int64(s.Spin))
	s.spins = at == s.turned
	return at
}

// Next returns a connection and what to do with it. It returns nil and Nothing when there is no more to do for now.
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

// enqueue makes Next return c with an action. It replaces an action on c that Next has not returned yet.
func (s *Shard) enqueue(c *Conn, do Action) {
	if c.do == Nothing {
		s.todo.push(c)
	}
	c.do = do
}

// sendDue sends one request that is due, on the connection that has been free for the longest. Next calls it for one request at a time, so that
// the time of sending is that of the write.
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
		s.drop(s.free.first) // a server that serves one client at a time can then accept the next
	}
}

// finished reports whether the phase is over: at the end of the run; when the budget of -n is used up and all requests have ended; or, with -n,
// when no server can be reached.
func (s *Shard) finished() bool {
	return s.done(s.turned) || s.outstanding == 0 && s.exhausted() && s.free.first == nil || s.Counted() && s.alive == 0 && s.unreachable
}

// done reports whether the run, or the slice, is over at this instant.
func (s *Shard) done(now int64) bool { return now >= s.over || now >= s.end && s.outstanding == 0 }

// tooLate reports whether an event at this instant no longer counts because the run is over, however late the engine notices that.
func (s *Shard) tooLate(now int64) bool { return !s.sliced && s.done(now) }

// exhausted reports whether the budget of -n is used up: the shard will send no further request.
func (s *Shard) exhausted() bool {
	return s.spent() || s.Counted() && s.Rate > 0 && s.pacer.due == record.Never
}
