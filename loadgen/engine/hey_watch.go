package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// heyWatch creates hey's requests and observes which are under way, and how many replies each connection has. Instants are nanoseconds since the first
// request was made. Its own cost counts as hey's.
type heyWatch struct {
	base     *http.Request
	body     []byte
	workers  int
	expected int64         // number of replies
	finished chan struct{} // closed when the last expected reply has begun to come
	live     *record.Live

	once    sync.Once     // the first request: the run begins
	began   time.Time     // when that was
	running chan struct{} // closed then

	mu         sync.Mutex
	connecting map[*heyCall]struct{} // requests that wait for a connection
	underWay   map[*heyCall]struct{}
	conns      map[net.Conn]int64    // replies on each
	gone       []int64               // replies on each connection that is closed
	others     map[net.Conn]struct{} // connections whose replies do not count: opened after the window, or to follow a redirect
	opened     int64
	refused    bool // the latest connect in the window was refused
	resent     int64
	replies    int64
	first      int64 // when the earliest of the answered requests was made
	frozen     bool  // the window has closed
	over       bool  // the grace is over: requests under way must end
	progress   *record.Recorder
}

// heyCall is one request.
type heyCall struct {
	at       int64
	conn     net.Conn // nil: none yet
	answered bool     // by a reply or a redirect
	cancel   context.CancelFunc
}

func newHeyWatch(base *http.Request, body []byte, workers int, expected int64, live *record.Live) *heyWatch {
	return &heyWatch{
		base: base, body: body, workers: workers, expected: expected, live: live,
		finished:   make(chan struct{}),
		running:    make(chan struct{}),
		connecting: map[*heyCall]struct{}{},
		underWay:   map[*heyCall]struct{}{},
		conns:      map[net.Conn]int64{},
		others:     map[net.Conn]struct{}{},
		first:      math.MaxInt64,
		progress:   record.NewRecorder(1, false, live),
	}
}

func (w *heyWatch) now() int64 { return time.Since(w.began).Nanoseconds() }

// request is hey's RequestFunc. hey adds a trace of its own, which does not replace this one.
func (w *heyWatch) request() *http.Request {
	at := time.Now() // first of all: hey's clock is matched to it
	w.once.Do(func() {
		w.began = at
		w.progress.Open(0)
		w.live.Begin(0)
		close(w.running)
	})
	ctx, cancel := context.WithCancel(context.Background())
	ask := &heyCall{at: max(0, at.Sub(w.began).Nanoseconds()), cancel: cancel}
	w.mu.Lock()
	if !w.frozen {
		w.underWay[ask] = struct{}{}
		w.progress.Sent(0, ask.at)
	}
	w.mu.Unlock()
	r := w.base.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:              func(string) { w.connects(ask) },
		ConnectDone:          func(_, _ string, err error) { w.connected(ask, err) },
		GotConn:              func(c httptrace.GotConnInfo) { w.sent(ask, c.Conn) },
		GotFirstResponseByte: func() { w.answered(ask) },
	}))
	if len(w.body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(w.body))
	}
	return r
}

// connects notes that call needs a connection: for the first time, or to be sent again.
func (w *heyWatch) connects(ask *heyCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.connecting[ask] = struct{}{}; w.over {
		ask.cancel()
	}
}

func (w *heyWatch) connected(ask *heyCall, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		delete(w.connecting, ask)
	}
	if !w.frozen {
		w.refused = connectClass(err) == record.ConnectRefused
	}
	switch {
	case w.frozen:
	case err == nil:
		w.opened++
	default: // the request fails with it, unless another address answers
		delete(w.underWay, ask)
	}
}

func (w *heyWatch) sent(ask *heyCall, conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.connecting, ask)
	if w.over {
		conn.SetReadDeadline(past)
	}
	_, known := w.conns[conn]
	if !known && len(w.conns)+len(w.others) > 2*w.workers && !w.frozen {
		w.sweep()
	}
	if _, counts := w.underWay[ask]; w.frozen && !counts || ask.answered {
		if !known {
			w.others[conn] = struct{}{}
		}
		return
	}
	if ask.conn != nil {
		w.resent++
	}
	ask.conn = conn
	w.underWay[ask] = struct{}{}
	if !known {
		w.conns[conn] = 0
	}
}

func (w *heyWatch) answered(ask *heyCall) {
	at := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	_, counts := w.underWay[ask] // a request of the window also counts when answered in the grace
	delete(w.underWay, ask)
	if !counts || ask.answered || w.over {
		return
	}
	ask.answered = true
	w.conns[ask.conn]++
	w.first = min(w.first, ask.at)
	w.progress.Ended(0, ask.at, ask.at, at, record.OK)
	w.progress.Publish(at)
	if w.replies++; w.replies == w.expected {
		close(w.finished)
	}
}

// sweep drops requests that failed without an event: those whose connection net/http has closed.
func (w *heyWatch) sweep() {
	closed := map[net.Conn]bool{}
	ended := func(conn net.Conn) bool { return errors.Is(conn.SetReadDeadline(time.Time{}), net.ErrClosed) }
	for conn := range w.others {
		if ended(conn) {
			delete(w.others, conn)
		}
	}
	for conn, replies := range w.conns {
		if ended(conn) {
			closed[conn] = true
			w.gone = append(w.gone, replies)
			delete(w.conns, conn)
		}
	}
	for ask := range w.underWay {
		if closed[ask.conn] {
			delete(w.underWay, ask)
		}
	}
}

// freeze ends the window: later events only decide which requests stay unanswered.
func (w *heyWatch) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweep()
	w.frozen = true
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// hangUp ends the requests under way by making reads on their connections fail. Cancelling their contexts would be a data race in hey: a request would
// return while the goroutine that reads its reply still writes hey's times.
func (w *heyWatch) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	for ask := range w.connecting {
		ask.cancel()
	}
	for conn := range w.conns {
		conn.SetReadDeadline(past)
	}
	for conn := range w.others {
		conn.SetReadDeadline(past)
	}
}

// hungUp reports whether hangUp caused an error of hey's.
func hungUp(text string) bool {
	return strings.Contains(text, "context canceled") || strings.Contains(text, ": read tcp ") && strings.Contains(text, "i/o timeout")
}

// close closes the connections that hey leaves open.
func (w *heyWatch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.conns {
		conn.Close()
	}
	for conn := range w.others {
		conn.Close()
	}
}

// books converts hey's report into a record. The window ended at end (0: with the last reply), the grace at over.
func (w *heyWatch) books(report *heyReport, s result.Spec, end, over int64) (*result.Load, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ns := func(seconds float64) int64 { return int64(math.Round(seconds * 1e9)) }
	var zero int64 // when the run began on hey's clock
	if len(report.Offsets) > 0 {
		zero = ns(slices.Min(report.Offsets)) - w.first
	}
	if end == 0 {
		for i, latency := range report.Lats {
			end = max(end, ns(report.Offsets[i])-zero+ns(latency)+1)
		}
		end = max(end, 1)
	}
	r := record.NewRecorder(1, false, nil)
	r.Open(0)
	over = max(over, end)
	r.Close(end, over)
	for i, latency := range report.Lats {
		due := ns(report.Offsets[i]) - zero
		if due >= end {
			continue
		}
		r.Sent(0, due)
		r.Ended(0, due, due, due+ns(latency), record.Status(report.Codes[i]))
	}
	if w.frozen {
		for ask := range w.underWay {
			if ask.at < end {
				r.Sent(0, ask.at)
				r.Unanswered(0, ask.at, ask.at)
			}
		}
	}
	for text, n := range report.Errors {
		if hungUp(text) {
			continue
		}
		class := heyClass(text)
		took := int64(0)
		if class == record.Timeout {
			took = min(s.Timeout.Nanoseconds(), end-1)
		}
		for range n {
			if isConnect(class) {
				r.Failed(class)
				continue
			}
			r.Sent(0, 0)
			r.Ended(0, 0, 0, took, class)
		}
	}
	l, err := record.Merge([]*record.Recorder{r}, time.Duration(end))
	if err != nil {
		return nil, err
	}
	if unsent := s.Requests - l.Requests.Sent; unsent > 0 {
		why := "interrupted"
		if !w.frozen {
			why = "no-connection"
		}
		l.Requests.Planned, l.Requests.Unsent, l.UnsentBy[why] = s.Requests, unsent, unsent
	}
	l.Resent = w.resent
	if s.Method != http.MethodHead { // hey adds up Content-Lengths, and a reply to HEAD has no body
		l.BytesRead = report.Bytes
	}
	if !w.frozen {
		w.sweep()
	}
	l.Gone = w.refused && len(w.conns) == 0
	l.Connections = w.served(end, over, l.Connections.Failed)
	return l, nil
}

// served returns how many were served. hey's workers share the connections, so it counts workers: one was never answered if it waited for most of the
// run, for a connection or on one that never answered.
func (w *heyWatch) served(end, over, failed int64) result.Connections {
	c := result.Connections{Opened: w.opened, Failed: failed, Used: int64(w.workers), Answered: int64(w.workers)}
	if !w.frozen {
		clear(w.underWay) // requests left there have failed
	}
	for ask := range w.underWay {
		if w.conns[ask.conn] == 0 && (end-ask.at > end/2 || w.replies == 0) {
			c.Answered--
			c.LongestWaitNS = max(c.LongestWaitNS, over-ask.at)
		}
	}
	if w.replies > 0 {
		c.Answered = max(c.Answered, 1) // one was answered before it waited like the others
	} else {
		c.Answered = 0 // failed workers too
	}
	c.Fewest = math.MaxInt64
	for _, replies := range slices.AppendSeq(w.gone, maps.Values(w.conns)) {
		c.Fewest, c.Most = min(c.Fewest, replies), max(c.Most, replies)
	}
	if c.Answered < c.Used || len(w.conns) == 0 {
		c.Fewest = 0
	}
	return c
}
