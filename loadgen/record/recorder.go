// Package record records the requests of a load: response and service times, the counts of each outcome, and which connections were served.
//
// Each worker has a Recorder of its own, which is not safe for use by several goroutines; Merge adds them up when all have
// ended. Instants are nanoseconds since the run began, on one monotonic clock.
//
// A request belongs to the measured window if it was due in it. One that was due during the warm-up is not counted, even if its reply comes
// later. A request without a reply is recorded with its age when it was given up, so that a stall shows in the percentiles. One that failed
// earlier counts as an error and is in no histogram. A good reply that could not be saved is an error too, but its times are recorded.
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
	WindowClosed               // the sender was late, and the run ended before it sent the request
	Interrupted                // the run was ended before the request was due
	reasons
)

var reasonNames = [reasons]string{"no-connection", "window-closed", "interrupted"}

// Connection is one of a load's connections. It remains the same Connection when it connects again.
type Connection struct {
	Replies   int64       // whole replies since the window opened
	Asked     bool        // a request was sent on it
	timed     int64       // of its requests under way, those due at this instant or later are timed
	since     int64       // when its wait for a reply began: when its first request was due, or when the last reply came
	unreplied []unreplied // times of requests without a reply, kept until its first reply
}

// Recorder is one worker's record.
type Recorder struct {
	start, end int64 // the measured window; end is Never until it is known
	from       int64 // replies that come in [from, end) count for the rate
	timed      int64 // requests due at this instant or later are timed
	over       int64 // when replies are no longer taken in: at the end of the window or after a grace

	latency, service *result.Histogram
	lateness, pacer  *result.Histogram // nil in a closed loop
	gaps             *gaps             // nil in a closed loop
	kinds            []kind            // of requests, where there are several
	kind             int               // of the request that is recorded next; set by For
	sums

	opened int64
	tls    *tlsHandshakes // nil: no TLS handshake was made
	failed [named]int64
	conns  []Connection
	awake  int64 // the latest call of Awake

	pulse  *pulse  // nil: the run is not displayed
	parts  *parts  // nil: the window is in one piece
	apart  *apart  // nil: no connection without a reply had an unanswered request, or the window is in parts
	series *series // of a window in one piece

	intervals *intervals // of a window in one piece
}

// sums are the counts of the window.
type sums struct {
	sent, ok, unanswered int64
	timedOK              int64 // requests in latency and service that had a good reply
	lost, lostService    int64 // the longest that a request without an answer waited
	errors               [statuses]int64
	unsent               [reasons]int64
	replied              int64 // good replies that came in the window, whenever they were due
	busy                 int64 // sum of the times that requests were under way in the window, from due to answered
	bytes                int64
	redirects            int64 // redirects followed
	resent               int64 // requests sent a second time
	stall                int64 // longest time between two calls of Awake
	spun                 int64 // time in the window that the worker busy-waited
}

// underWay is how many requests were sent and have not ended.
func (c *sums) underWay() int64 {
	n := c.sent - c.ok - c.unanswered
	for _, failed := range c.errors {
		n -= failed
	}
	return n
}

// NewRecorder returns the recorder of a worker with so many connections. paced: requests are due by a schedule. live may be nil.
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

// kind is the record of the requests for one path, or of one kind of a mix.
type kind struct {
	result.PathLatency                   // their path and kind; no figures
	latency            *result.Histogram // response times; nil: none yet
	unanswered         int64             // requests in latency without a reply
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

// took records the times of a request that was sent.
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

// fate is an entry for a kind: the response time of a request if timed, else its class.
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

// became records the class of a request of the kind that For set.
func (r *Recorder) became(class Class) { r.noteKind(fate{kind: r.kind, class: class}) }

// noteKind records f by kind, if there are several kinds. In a window in parts, f is held back until Keep or Forget.
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

// Close sets the end of the window, from which no request is due, and the end of the grace that follows: a request whose reply comes at
// over or later is unanswered.
func (r *Recorder) Close(end, over int64) { r.end, r.over = end, over }

// counts reports whether a request that is due at this instant belongs to the window.
func (r *Recorder) counts(due int64) bool { return due >= r.start }

// Fate is how Ended and Unanswered count a request.
type Fate struct {
	Warmup     bool // it is not counted: it was due in the warm-up
	Unanswered bool // it counts as unanswered: its reply came after the grace
	Beyond     bool // it counts as unsent: it was sent after the window
}

// Fate returns how a request counts that ended at the instant at; Never: it did not end.
func (r *Recorder) Fate(due, sent, at int64) Fate {
	return Fate{Warmup: !r.counts(due), Unanswered: at >= r.over, Beyond: sent >= r.end}
}

// Sent records that connection c was given a request that was due at the instant due.
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

// Late records when a request of a schedule was due and when it was sent. waited: no connection was free when it was due.
func (r *Recorder) Late(due, sent int64, waited bool) {
	if due < r.from {
		return
	}
	r.note(ofLateness, sent-due)
	if !waited {
		r.note(ofPacer, sent-due)
	}
	if r.parts == nil { // between slices other servers have their turns, so a gap says nothing
		r.gaps.took(due, sent, waited)
	}
}

// Spun records that the worker busy-waited for ns nanoseconds in order to send the next request on time.
func (r *Recorder) Spun(ns int64) {
	if r.start != Never && r.awake >= r.start && r.awake < r.end {
		r.spun += ns
	}
}

// Awake records that the worker runs at the instant now. The longest time between two calls, in the window and the grace, is a stall of the
// worker itself, not of the server.
func (r *Recorder) Awake(now int64) {
	r.stall = max(r.stall, min(now, r.over)-max(r.awake, r.start))
	r.awake = now
}

// Redirected records that a redirect of the request due at this instant was followed.
func (r *Recorder) Redirected(due int64) {
	if r.counts(due) {
		r.redirects++
	}
}

// Resent records that the request due at this instant was sent a second time.
func (r *Recorder) Resent(due int64) {
	if r.counts(due) {
		r.resent++
	}
}

// Read records that n bytes came at this instant, whether their request succeeds or not.
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

// Ended records that a request on connection c was answered, failed or was given up at the instant at.
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
		if conn.unreplied != nil {
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
			r.noReply(conn, due, at-due, at-sent)
		}
		if !class.Unsaved() {
			return
		}
	}
	if due >= conn.timed {
		r.took(at-due, at-sent, true)
	}
}

// Unanswered records a request that was sent and had no reply by the end of the grace. A worker may notice the end of the window late: a
// request that it sent after that end counts as unsent. So a connection has at most as many unanswered requests as may be under way on it.
func (r *Recorder) Unanswered(c int, due, sent int64) {
	if sent < r.end {
		r.busyFrom(due, r.end)
	}
	switch {
	case !r.counts(due):
	case sent < r.end:
		r.unanswered++
		r.noReply(&r.conns[c], due, r.over-due, r.over-sent)
	case due < r.end:
		r.sent--
		r.Unsent(due, WindowClosed)
	default:
		r.sent--
		r.NeverDue(1, Interrupted)
	}
}

// busyFrom records that a request was under way from the instant due until the instant at.
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

// gaveUp records how long a request without a reply waited.
func (r *Recorder) gaveUp(response, service int64) {
	r.lost, r.lostService = max(r.lost, response), max(r.lostService, service)
}

// Unsent records a request that was due but not sent when the window closed.
func (r *Recorder) Unsent(due int64, why Reason) {
	if r.counts(due) {
		r.unsent[why]++
		r.gaveUp(r.end-due, 0)
		if due >= r.timed {
			r.note(ofResponse, r.end-due)
		}
	}
}

// UnsentSeries records n such requests, all due in the window, at the instants due(0) to due(n-1) in ascending order.
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

// NeverDue records n requests that were planned but not yet due when the run ended.
func (r *Recorder) NeverDue(n int64, why Reason) { r.unsent[why] += n }

// Opened records a connect that succeeded.
func (r *Recorder) Opened() {
	r.opened++
	if r.pulse != nil {
		r.pulse.opened++
	}
}

// tlsHandshakes is the record of TLS handshakes.
type tlsHandshakes struct {
	took            *result.Histogram
	version, cipher string // of the first
}

// Shook records a TLS handshake: how many nanoseconds it took, its version and its cipher.
func (r *Recorder) Shook(ns int64, version, cipher string) {
	if r.tls == nil {
		r.tls = &tlsHandshakes{result.NewHistogram(), version, cipher}
	}
	r.tls.took.Record(ns)
}

// Failed records a connect that failed.
func (r *Recorder) Failed(class Class) {
	r.failed[class]++
	if r.pulse != nil {
		r.pulse.failed++
		r.pulse.failedBy[class]++
	}
}
