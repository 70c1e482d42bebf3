package trace

import (
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"carousel/internal/traceevent"
)

// Write writes t in the object form of Chrome's trace events, one event a line. other, such as the command, goes into otherData. Call it after the last
// Add. Its error is that of to.
//
// A request is a slice on a lane of its connection, from sent to done. In it are "waiting", until the first byte of the reply came, and "reading", unless
// the reply came all at once. If it was due before it was sent, there is an async event from due to sent. ts and dur are in
// microseconds.
func (t *Trace) Write(to io.Writer, other map[string]any) (Tally, error) {
	all, n := t.keep()
	t.settle(all)
	e := &encoder{Writer: traceevent.NewWriter(to, about(n, t.began, other))}
	for _, p := range t.processes {
		e.process(p)
	}
	for i := range all {
		e.record(&all[i])
	}
	return n, e.Close()
}

// encoder writes records as events.
type encoder struct {
	*traceevent.Writer
	async int64 // number of async events so far
}

// about returns the otherData of a file.
func about(n Tally, began time.Time, other map[string]any) map[string]any {
	about := map[string]any{"began": began, "requests": n.Requests, "connects": n.Connects, "dropped_requests": n.DroppedRequests, "dropped_connects": n.DroppedConnects}
	if n.DroppedRequests+n.DroppedConnects > 0 {
		about["dropped_because"] = fmt.Sprintf("it holds %d requests and connects at most, the first that ended: --trace-limit", n.Limit)
	}
	maps.Copy(about, other)
	return about
}

// process writes the names of a process and its lanes, and its marks.
func (e *encoder) process(p *Process) {
	p.names = p.names[:0]
	for _, kind := range p.kinds {
		p.names = append(p.names, traceevent.Quoted(kind))
	}
	e.Process(p.base, p.base, p.name)
	e.Lane(p.base, p.base, "load")
	for k, first := range p.lanes[:len(p.lanes)-1] {
		called := "connection " + strconv.Itoa(k)
		if k >= p.conns {
			called = "silent connection " + strconv.Itoa(k-p.conns)
		}
		for tid := first; tid < p.lanes[k+1]; tid++ {
			place := ""
			if tid > first {
				place = ", behind " + strconv.Itoa(tid-first)
			}
			e.Lane(p.base, tid, called+place)
			e.Sorted(p.base, tid)
		}
	}
	for _, m := range p.marks {
		if m.length >= 0 {
			e.Slice(traceevent.Quoted(m.name), "load", m.at, m.at+m.length, p.base, p.base)
			e.End()
			continue
		}
		e.Instant(traceevent.Quoted(m.name), "load", m.at, p.base, p.base, true)
		if m.count > 0 {
			e.Number("count", m.count)
		}
		e.End()
	}
}

// record writes what became of a request or a connect.
func (e *encoder) record(r *kept) {
	p, tid := r.process, r.process.lanes[r.process.lane(r.Conn)]+r.place
	switch r.What {
	case Request:
		e.late(r, tid)
		e.Slice(p.names[r.Kind], "request", r.Sent, r.Done, p.base, tid)
		if e.outcome(r); r.Hops > 0 {
			e.Number("redirects", int64(r.Hops))
		}
		e.flag(r, Again, "resent")
		e.flag(r, Warmup, "warmup")
		if e.End(); r.Hops == 0 {
			e.parts(r, tid)
		}
	case Hop:
		e.Slice(`"hop"`, "hop", r.Sent, r.Done, p.base, tid)
		e.outcome(r)
		e.End()
		e.parts(r, tid)
	case Connect:
		e.Slice(`"connecting"`, "connect", r.Sent, r.Done, p.base, tid)
		e.outcome(r)
		e.flag(r, Again, "reconnect")
		if e.End(); r.First > 0 {
			e.Slice(`"tls handshake"`, "part", r.First, r.Done, p.base, tid)
			e.End()
		}
	}
}

// late writes an async event for a request that was sent after it was due.
func (e *encoder) late(r *kept, tid int) {
	if r.Sent <= r.Due {
		return
	}
	called := `"sent late"`
	if r.Flags&Waited != 0 {
		called = `"waiting for a connection"`
	}
	e.async++
	for _, edge := range []struct {
		phase byte
		at    int64
	}{{traceevent.AsyncFrom, r.Due}, {traceevent.AsyncTo, r.Sent}} {
		e.Joined(edge.phase, called, "late", edge.at, e.async, r.process.base, tid)
		e.End()
	}
}

// parts writes the parts of a request or a hop: waiting and reading.
func (e *encoder) parts(r *kept, tid int) {
	first := r.First
	if first == 0 {
		first = r.Done
	}
	e.Slice(`"waiting"`, "part", r.Sent, first, r.process.base, tid)
	if e.End(); first < r.Done {
		e.Slice(`"reading"`, "part", first, r.Done, r.process.base, tid)
		e.End()
	}
}

// outcome adds the outcome of r to its event.
func (e *encoder) outcome(r *kept) {
	what := r.Class.String()
	switch {
	case r.Flags&Beyond != 0:
		what = "not counted: sent after the window"
	case r.Flags&Unanswered != 0 && r.What == Connect:
		what = "unfinished"
	case r.Flags&Unanswered != 0:
		what = "unanswered"
	}
	if e.Word("outcome", what); r.Status > 0 {
		e.Number("status", int64(r.Status))
		e.Number("body_bytes", r.Bytes)
	}
}

// flag adds called to the event of r if r has the flag.
func (e *encoder) flag(r *kept, flag Flags, called string) {
	if r.Flags&flag != 0 {
		e.True(called)
	}
}
