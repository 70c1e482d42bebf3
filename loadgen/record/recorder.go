// Package record keeps what happened to the requests of a load: response and service times, the books, who was served.
//
// Each worker has a Recorder of its own, which is not safe for use by several goroutines; Merge adds them up when all have
// ended. Instants are nanoseconds since the run began, on one monotonic clock.
//
// A request belongs to the measured window if it was due in it; one that was due during the warm-up counts nowhere, even if
// its answer came later. A request that is never answered counts at the age it had reached when it was given up, so that a
// stall cannot hide by swallowing requests; one that failed early counts in the errors and in no histogram. A good reply
// that could not be saved is an error, and was measured all the same.
package record

import (
	"math"
	"sort"

	"carousel/internal/result"
)

// Never is later than every instant.
const Never = math.MaxInt64

// Reason is why a request that was due was not sent.
type Reason uint8

// The reasons.
const (
	NoConnection Reason = iota // every connection was busy or gone
	WindowClosed               // the run ended before the sender, which was late itself, came to it
	Interrupted                // the run was ended before the request was due
	reasons
)

var reasonNames = [reasons]string{"no-connection", "window-closed", "interrupted"}

// Connection is one of a load's connections, through however many reconnects.
type Connection struct {
	Replies int64  // whole replies since the window opened
	Asked   bool   // a request was sent on it
	timed   int64  // of its requests that are under way, those due from here on are timed
	since   int64  // when it began to wait for a reply that never came; the last reply starts the wait anew
	vain    []vain // before its first reply
}

// Recorder is one worker's record.
type Recorder struct {
	start, end int64 // the measured window; end is Never until it is known
	from       int64 // replies that come from here on, until end, count for the rate
	timed      int64 // requests due from here on are timed
	over       int64 // when replies are no longer taken in: at the end of the window or after a grace

	latency, service *result.Histogram
	lateness, pacer  *result.Histogram // nil in a closed loop
	gaps             *gaps             // nil in a closed loop
	kinds            []kind            // of requests, where there are several
	kind             int               // that of the request which is noted next
	sums

	opened int64
	shaken *shaken // nil: no TLS handshake was made
	failed [named]int64
	conns  []Connection
	awake  int64 // when the worker last was

	pulse  *pulse  // nil when nobody watches
	parts  *parts  // nil when the window is all of a piece
	apart  *apart  // nil: nothing was in vain on a connection without a reply, or the window is in parts
	series *series // of a window all of a piece

	intervals *intervals // likewise
}

// sums are the counts of the window.
type sums struct {
	sent, ok, expired int64
	timedOK           int64 // of ok, those that are in latency and service
	lost, lostService int64 // the longest that a request without an answer waited
	errors            [statuses]int64
	unsent            [reasons]int64
	replied           int64 // good replies that came in the window, whenever they were due
	busy              int64 // time in the window that requests were under way, due to answered, added up
	bytes             int64
	hops              int64 // redirects followed
	again             int64 // requests sent a second time
	stall             int64 // longest time in which the worker was not awake
	spun              int64 // time in which it was, in the window, with nothing to do
}

// underWay is how many requests were sent and have not ended.
func (c *sums) underWay() int64 {
	n := c.sent - c.ok - c.expired
	for _, failed := range c.errors {
		n -= failed
	}
	return n
}

// NewRecorder returns the recorder of a worker with so many connections. paced: requests are due by a schedule.
// live may be nil.
func NewRecorder(connections int, paced bool, live *Live) *Recorder {
	r := &Recorder{start: Never, from: Never, timed: Never, end: Never, over: Never, latency: result.NewHistogram(), service: result.NewHistogram(), conns: make([]Connection, connections), series: &series{width: shortestBin}, intervals: newIntervals()}
	if paced {
		r.lateness, r.pacer, r.gaps = result.NewHistogram(), result.NewHistogram(), newGaps()
	}
	if live != nil {
		r.pulse = &pulse{live: live}
	}
	return r
}

// kind is what became of the requests for one path, or of one kind of a mix.
type kind struct {
	result.PathLatency                   // what they are called
	latency            *result.Histogram // response times; nil: none yet
	unanswered         int64             // how many in it have no answer
	ok                 int64
	errors             map[Class]int64 // nil: none yet
}

// Split also records response times, good replies and errors by kind. For then selects the kind, as an index into kinds.
func (r *Recorder) Split(kinds []result.PathLatency) {
	for _, k := range kinds {
		r.kinds = append(r.kinds, kind{PathLatency: k})
	}
}

// For sets the kind of the request that the next Ended or Unanswered records.
func (r *Recorder) For(kind int) *Recorder {
	r.kind = kind
	return r
}

// took notes the times of a request that was sent.
func (r *Recorder) took(response, service int64, answered bool) {
	if answered {
		r.timedOK++
	}
	r.note(ofResponse, response)
	r.note(ofService, service)
	if r.parts != nil {
		r.parts.took(response)
	}
	r.byKind(response, answered)
}

// fate is what became of a request of a kind, or, of one that is timed, how long it took.
type fate struct {
	kind     int
	class    Class
	timed    bool
	answered bool
	response int64
}

// byKind records the response time of a request of the kind that For set.
func (r *Recorder) byKind(response int64, answered bool) {
	r.noteKind(fate{kind: r.kind, timed: true, answered: answered, response: response})
}

// became notes what became of a request of that kind.
func (r *Recorder) became(class Class) { r.noteKind(fate{kind: r.kind, class: class}) }

// noteKind notes something by kind, where there are several. In parts it waits for what becomes of them.
func (r *Recorder) noteKind(f fate) {
	switch {
	case r.kinds == nil:
	case r.parts == nil:
		r.kinds[f.kind].note(f)
	default:
		r.parts.fates = append(r.parts.fates, f)
	}
}

func (k *kind) note(f fate) {
	switch {
	case f.timed:
		if k.latency == nil {
			k.latency = result.NewHistogram()
		}
		k.latency.Record(f.response)
		if !f.answered {
			k.unanswered++
		}
	case f.class == OK:
		k.ok++
	default:
		if k.errors == nil {
			k.errors = map[Class]int64{}
		}
		k.errors[f.class]++
	}
}

// Open sets the start of the window.
func (r *Recorder) Open(start int64) { r.start, r.from, r.timed = start, start, start }

// Close sets the end of the window, from which on no request may be due, and when the grace that follows is over: a request
// answered then or later is unanswered.
func (r *Recorder) Close(end, over int64) { r.end, r.over = end, over }

// counts reports whether a request that is due at this instant belongs to the window.
func (r *Recorder) counts(due int64) bool { return due >= r.start }

// Fate is how Ended and Unanswered count a request.
type Fate struct {
	Warmup     bool // not at all: it was due in the warm-up
	Unanswered bool // as without a reply: that came when replies were no longer taken in
	Beyond     bool // as one that was never sent: it was sent after the window
}

// Fate is that of a request that ended at the instant at, or never, which is then Never.
func (r *Recorder) Fate(due, sent, at int64) Fate {
	return Fate{Warmup: !r.counts(due), Unanswered: at >= r.over, Beyond: sent >= r.end}
}

// Sent notes that connection c was given a request that is due at this instant.
func (r *Recorder) Sent(c int, due int64) {
	conn := &r.conns[c]
	if !conn.Asked {
		conn.Asked, conn.since = true, due
	}
	conn.timed = r.timed
	if r.counts(due) {
		r.sent++
	}
	if r.pulse != nil {
		r.pulse.planned++
	}
}

// Late records how many nanoseconds after it was due a paced request was sent. waited: no connection was free when it was due.
func (r *Recorder) Late(due, sent int64, waited bool) {
	if due < r.from {
		return
	}
	r.note(ofLateness, sent-due)
	if !waited {
		r.note(ofPacer, sent-due)
	}
	if r.parts == nil { // in slices gaps are also the others' turns
		r.gaps.took(due, sent, waited)
	}
}

// Spun notes that the worker looked for so long at nothing, instead of sleeping, to send the next request in time.
func (r *Recorder) Spun(ns int64) {
	if r.start != Never && r.awake >= r.start && r.awake < r.end {
		r.spun += ns
	}
}

// Awake notes that the worker looks at what there is to do. The longest time between two looks, in the window and the grace, is a stall
// of its own, with which the server has nothing to do.
func (r *Recorder) Awake(now int64) {
	r.stall = max(r.stall, min(now, r.over)-max(r.awake, r.start))
	r.awake = now
}

// Redirected notes that the request due at this instant was sent on to where a reply pointed.
func (r *Recorder) Redirected(due int64) {
	if r.counts(due) {
		r.hops++
	}
}

// Resent notes that the request due at this instant was sent a second time.
func (r *Recorder) Resent(due int64) {
	if r.counts(due) {
		r.again++
	}
}

// Read notes n bytes that came at this instant, whatever becomes of the request whose reply they are of.
func (r *Recorder) Read(at int64, n int) {
	if r.pulse != nil {
		r.pulse.bytes += int64(n)
	}
	if at >= r.from && at < r.end {
		r.bytes += int64(n)
		if r.parts == nil {
			r.intervals.at(at - r.start).bytes += int64(n)
		}
	}
}

// Ended notes what became of a request on connection c: answered, failed or given up at the instant at.
func (r *Recorder) Ended(c int, due, sent, at int64, class Class) {
	if fate := r.Fate(due, sent, at); fate.Unanswered || fate.Beyond {
		r.Unanswered(c, due, sent)
		return
	}
	if r.pulse != nil {
		r.pulse.ended(at-due, class)
	}
	conn := &r.conns[c]
	if class.Answered() {
		conn.since = at
	}
	if at >= r.start && class.Answered() {
		conn.Replies++
		if conn.vain != nil {
			r.heard(conn)
		}
	}
	r.busyFrom(due, at)
	if class == OK && at >= r.from && at < r.end {
		r.replied++
		if r.parts == nil {
			r.series.reply(at - r.start)
		}
	}
	if due < r.start {
		if r.parts != nil {
			r.parts.warm(r.start, at-sent)
		}
		return
	}
	r.became(class)
	if r.parts == nil {
		if i := r.intervals.at(at - r.start); class == OK {
			i.took(at - due)
		} else {
			i.errors++
		}
	}
	switch class {
	case OK:
		r.ok++
	default:
		r.errors[class]++
		if class == Timeout {
			r.inVain(conn, due, at-due, at-sent)
		}
		if !class.Unsaved() {
			return
		}
	}
	if due >= conn.timed {
		r.took(at-due, at-sent, true)
	}
}

// Unanswered notes a request that was sent and still had no reply when the grace was over. One that was sent after the window, by a worker
// that did not know yet of its end, is none of the window's: so a connection has no more unanswered requests than may be under way on it.
func (r *Recorder) Unanswered(c int, due, sent int64) {
	if sent < r.end {
		r.busyFrom(due, r.end)
	}
	switch {
	case !r.counts(due):
	case sent < r.end:
		r.expired++
		r.inVain(&r.conns[c], due, r.over-due, r.over-sent)
	case due < r.end:
		r.sent--
		r.Unsent(due, WindowClosed)
	default:
		r.sent--
		r.NeverDue(1, Interrupted)
	}
}

// busyFrom notes that a request was under way from when it was due until the instant at.
func (r *Recorder) busyFrom(due, at int64) {
	from, to := max(due, r.from), min(at, r.end)
	if from >= to {
		return
	}
	r.busy += to - from
	if r.parts == nil {
		r.series.underWay(from-r.start, to-r.start)
	}
}

// gaveUp notes how long a request waited that had no answer.
func (r *Recorder) gaveUp(response, service int64) {
	r.lost, r.lostService = max(r.lost, response), max(r.lostService, service)
}

// Unsent notes a request that was due but not sent when the window closed.
func (r *Recorder) Unsent(due int64, why Reason) {
	if r.counts(due) {
		r.unsent[why]++
		r.gaveUp(r.end-due, 0)
		if due >= r.timed {
			r.note(ofResponse, r.end-due)
		}
	}
}

// UnsentSeries notes n such requests, all due in the window, at the instants due(0) to due(n-1) in their order.
func (r *Recorder) UnsentSeries(n int64, due func(i int64) int64, why Reason) {
	if n < 1 {
		return
	}
	r.unsent[why] += n
	r.gaveUp(r.end-due(0), 0)
	if due(n-1) < r.timed {
		return
	}
	first := int64(sort.Search(int(n), func(i int) bool { return due(int64(i)) >= r.timed }))
	r.overdue().RecordDescending(n-first, func(i int64) int64 { return r.end - due(first+i) })
}

// NeverDue notes n requests that were planned but not due yet when the run ended.
func (r *Recorder) NeverDue(n int64, why Reason) { r.unsent[why] += n }

// Opened notes a connect that succeeded.
func (r *Recorder) Opened() {
	r.opened++
	if r.pulse != nil {
		r.pulse.opened++
	}
}

// shaken are TLS handshakes.
type shaken struct {
	took            *result.Histogram
	version, cipher string // of the first
}

// Shook notes a TLS handshake that took so many nanoseconds, and what came of it.
func (r *Recorder) Shook(ns int64, version, cipher string) {
	if r.shaken == nil {
		r.shaken = &shaken{result.NewHistogram(), version, cipher}
	}
	r.shaken.took.Record(ns)
}

// Failed notes an attempt to connect that failed.
func (r *Recorder) Failed(class Class) {
	r.failed[class]++
	if r.pulse != nil {
		r.pulse.failed++
		r.pulse.failedBy[class]++
	}
}
