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

// wakeEvery is how long an engine waits at most between two turns of a deck, so that the end of the run is noticed and what was
// counted is handed in.
const wakeEvery = 50 * time.Millisecond

// firstLook is how long after the begin of a slice what may have been answered meanwhile is not given up.
const firstLook = time.Millisecond

// Do is what an engine is to do with a connection.
type Do uint8

// What Next hands out.
const (
	Nothing Do = iota
	Connect    // close what there still is of it, and begin to connect; then Connected or Refused
	Send       // send Out, which may take several writes, each followed by Sent
	Close      // close it
	Read       // it may be read from again
)

// Deck is one worker's connections, its share of the schedule and its record.
type Deck struct {
	*Run
	Record *record.Recorder

	id, of  int
	conns   []Conn
	first   int // number of the first connection in the load, silent ones apart
	silent  int // the first so many are never given a request
	told    int // of these, turned away with a 503
	asks    *client.Asks
	order   *mix.Order // of their turns; nil: one after another
	depth   int        // requests that may be under way at once on a connection
	most    int        // bytes that may be read from one at once
	todo    todo
	free    queue // connections without a request, the longest free first
	resting queue // those that rest, the first to send first
	down    queue // connections to be opened again
	sips    []sip // connections that are not read from, the first to be read again first
	begun   int   // so many of them are over
	pacer   pacer
	phase   phase
	end     int64 // of the window, as last looked up
	over    int64 // when replies are no longer taken in
	turned  int64 // when the latest turn began
	spins   bool  // nothing has happened since then

	untried     []Conn        // opening: connections that were not tried yet
	spare       []Conn        // that are opened once a request is due and none is free
	wanting     schedule.Walk // stands at the first request of the pacer's for which none was opened
	nextRamp    int64         // opening: when more of them may be tried
	alive       int           // connections that are open, silent ones apart
	outstanding int           // requests sent since Begin and not settled
	opening     int           // connects under way
	nextSweep   int64         // when something may next have taken too long
	retry       int64         // when a connection may be opened again
	failed      bool          // a connect of the latest round did
	backoff     time.Duration // between connects, after failures; 0: none lately
	trouble     int64         // when the latest began of the connects that failed, or whose connection was closed before it was of use
	gone        int64         // when a connect first failed since alive is 0; Never: none has
	deserted    bool          // and none was successful for too long since
	refusal     Refusal
	refusals    []Refusal // the latest by server

	trace *trace.Writer // nil: nothing is traced
	heard []heard       // by the connection's index, where it is
	shook int64         // how long the TLS handshake took of the connection that is connected next; 0: it has none

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

// Deck returns the deck of worker id, from 0, of a run with this number of workers. live may be nil.
func (r *Run) Deck(id, of int, live *record.Live) *Deck {
	d := &Deck{Run: r, id: id, of: of, asks: client.NewAsks(r.requests), depth: max(1, r.Pipeline), most: client.MaxRead, gone: record.Never, refusals: make([]Refusal, len(r.on))}
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
		if c.host = (d.first + c.number) % len(r.on); c.Silent() {
			c.host = (r.Idle*id/of + k) % len(r.on)
		}
		c.ask(d.asks.Turn(r.on[c.host][0]))
		if c.burst = burst; d.depth > 1 && c.number >= 0 {
			c.behind = make([]times, d.depth-1)
		}
	}
	return d
}

// Size returns the number of connections of the deck, with silent ones. Conn.Index is below it.
func (d *Deck) Size() int { return len(d.conns) }

// Conn returns connection k, from 0.
func (d *Deck) Conn(k int) *Conn { return &d.conns[k] }

// Alive returns how many connections are open, without silent ones.
func (d *Deck) Alive() int { return d.alive }

// Silent returns how many silent connections are open, and how many were refused with a 503.
func (d *Deck) Silent() (open, refused int64) {
	for k := range d.conns[:d.silent] {
		if d.conns[k].state == idle {
			open++
		}
	}
	return open, int64(d.told)
}

// Meets reports whether a connection to server host is open, without silent ones.
func (d *Deck) Meets(host int) bool {
	for k := range d.conns[d.silent:] {
		if c := &d.conns[d.silent+k]; c.host == host && c.state != closed && c.state != opening {
			return true
		}
	}
	return false
}

// Refusal returns why the latest connect to server host failed.
func (d *Deck) Refusal(host int) Refusal { return d.refusals[host] }

// Gone reports whether the servers are gone: no connection of decks is open, and the latest connect was refused.
func Gone(decks []*Deck) bool {
	gone := false
	for _, d := range decks {
		if d.alive > 0 {
			return false
		}
		gone = gone || d.gone != record.Never && d.refusal.Class == record.ConnectRefused
	}
	return gone
}

// Try connects every connection once: the silent ones, or the others. Turn returns false when each is open or has failed.
func (d *Deck) Try(silent bool) {
	d.phase = trying
	if d.untried = d.conns[d.silent : len(d.conns)-len(d.spare)]; silent {
		d.untried = d.conns[:d.silent]
	}
	d.nextRamp = d.now()
	d.ramping.Lock()
	d.accepted = d.nextRamp
	d.ramping.Unlock()
}

// Start begins to send requests, from the run's Begin on, which Flow or Slice has set. Turn returns false when the run or the slice is
// over. Requests that an earlier slice left unanswered are not waited for.
func (d *Deck) Start() {
	d.phase = flowing
	now := d.now()
	d.pacer.start(d.Run)
	d.outstanding = 0
	if d.sliced {
		d.Record.Part(d.Begin, d.Opens, d.from, d.timed)
	} else {
		d.Record.Open(d.Opens)
	}
	d.nextSweep = max(d.nextSweep, later(d.Begin, int64(firstLook)))
	for d.resting.first != nil {
		d.resting.pop() // a slice begins with all
	}
	d.wanting = d.pacer.walk
	for k := range d.conns[:len(d.conns)-len(d.spare)] {
		switch c := &d.conns[k]; {
		case c.number < 0 || c.queue != nil:
		case c.state == idle:
			c.freed = d.Begin
			d.free.push(c)
		case c.state == closed: // after the end of the last slice
			c.freed = d.Begin
			d.reconnect(c, now)
		}
	}
}

// Turn does what is due, and reports whether the phase goes on.
func (d *Deck) Turn() bool {
	now := d.now()
	if d.spins {
		d.Record.Spun(now - d.turned)
	}
	d.turned, d.spins = now, false
	if d.phase == trying {
		return d.try(d.turned)
	}
	d.Record.Awake(d.turned)
	if d.turned >= d.end {
		d.closeWindow()
	}
	if d.finished() {
		return false
	}
	if d.turned >= d.nextSweep {
		d.sweep(d.turned)
	}
	for c := d.resting.first; c != nil && c.freed <= d.turned; c = d.resting.first {
		d.resting.pop()
		d.next(c, c.freed, d.turned)
	}
	if d.down.first != nil && d.turned >= d.retry {
		d.reopen(d.turned)
	}
	if len(d.spare) > 0 && d.turned < d.end {
		d.open(d.turned)
	}
	if d.files != nil {
		d.collect()
	}
	d.Record.Publish(d.turned)
	return true
}

// now is the instant, and looks whether the end of the window has come nearer, and in the grace whether that has.
func (d *Deck) now() int64 {
	now := d.clock()
	if end := d.until.Load(); end != d.end || now >= d.end {
		d.end, d.over = end, d.graceEnds(end)
		if d.sliced {
			d.Record.Close(d.end, record.Never)
		} else {
			d.Record.Close(d.end, d.over)
		}
	}
	return now
}

// Wake returns the instant at which Turn must be called again at the latest.
func (d *Deck) Wake() int64 {
	wake := min(d.turned+int64(wakeEvery), d.nextSweep)
	if d.begun < len(d.sips) {
		wake = min(wake, d.sips[d.begun].at)
	}
	switch {
	case d.phase == trying && len(d.untried) > 0:
		return min(wake, d.nextRamp)
	case d.phase == trying && d.opening > 0:
		return wake
	case d.phase == trying, d.finished():
		return d.turned
	}
	if d.turned >= d.end {
		wake = min(wake, d.over)
	} else {
		wake = min(wake, d.end)
	}
	if d.down.first != nil {
		wake = min(wake, d.retry)
	}
	if d.turned < d.end && d.resting.first != nil {
		wake = min(wake, d.resting.first.freed)
	}
	if d.turned < d.end && (d.free.first != nil || d.pacer.due > d.turned) {
		wake = min(wake, d.sendAt())
	}
	if d.turned < d.end && d.wants() {
		wake = min(wake, d.pacer.instant(d.wanting.Due()))
	}
	return wake
}

// sendAt is when to wake for the next request. A kernel wakes late, so where a connection is free for it the last bit of the wait is spent
// looking instead of sleeping.
func (d *Deck) sendAt() int64 {
	if d.Spin == 0 || d.free.first == nil {
		return d.pacer.due
	}
	at := max(d.turned, d.pacer.due-int64(d.Spin))
	d.spins = at == d.turned
	return at
}

// Next returns the next connection that needs something, and what. It returns Nothing when none does.
func (d *Deck) Next() (*Conn, Do) {
	if d.todo.first == nil && d.free.first != nil {
		d.sendDue()
	}
	c := d.todo.pop()
	if c == nil {
		return d.sipped()
	}
	do := c.do
	c.do = Nothing
	return c, do
}

// want has an engine do something with c. What was wanted before and is not done yet is no longer wanted.
func (d *Deck) want(c *Conn, do Do) {
	if c.do == Nothing {
		d.todo.push(c)
	}
	c.do = do
}

// sendDue gives the connection that is free for the longest what is due, one at a time: sent is then when it is sent.
func (d *Deck) sendDue() {
	if d.phase != flowing {
		return
	}
	now := d.now()
	switch {
	case now >= d.end:
	case d.Rate == 0:
		c := d.free.pop()
		d.next(c, c.freed, now)
	case d.pacer.due <= now:
		c := d.free.pop()
		d.send(c, d.pacer.take(), now)
	case d.used():
		d.drop(d.free.first) // so that a server that serves one client at a time accepts the next
	}
}

// finished reports whether nothing is left to do, or, in a run by number, nobody to do it with.
func (d *Deck) finished() bool {
	return d.done(d.turned) || d.outstanding == 0 && d.used() && d.free.first == nil || d.Counted() && d.alive == 0 && d.deserted
}

// done reports whether the run, or the slice, is over at this instant.
func (d *Deck) done(now int64) bool { return now >= d.over || now >= d.end && d.outstanding == 0 }

// tooLate reports whether what happens at this instant does not count, whenever an engine notices that the run is over.
func (d *Deck) tooLate(now int64) bool { return !d.sliced && d.done(now) }

// used reports whether the deck will send no request any more that was not yet.
func (d *Deck) used() bool {
	return d.spent() || d.Counted() && d.Rate > 0 && d.pacer.due == record.Never
}
