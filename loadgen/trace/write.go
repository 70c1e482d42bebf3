package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"carousel/internal/printable"
)

// Write writes t in the object form of Chrome's trace events, an event a line, with what else there is to be said, such as the command, in
// otherData. It is called when nothing is added any more. Its error is that of to.
//
// A request is a slice on a lane of its connection, from sent to done, with "waiting", until the first byte of its reply came, and "reading"
// in it; a reply that came all at once was not "reading". If it was due before it was sent, an async event says so. ts and dur are in
// microseconds.
func (t *Trace) Write(to io.Writer, other map[string]any) (Tally, error) {
	all, n := t.keep()
	t.settle(all)
	e := &encoder{w: bufio.NewWriterSize(to, 1<<16)}
	e.begin(n, t.began, other)
	for _, p := range t.processes {
		e.process(p)
	}
	for i := range all {
		e.record(&all[i])
	}
	e.text("\n]}\n")
	return n, e.w.Flush()
}

// begin writes what stands before the events.
func (e *encoder) begin(n Tally, began time.Time, other map[string]any) {
	about := map[string]any{"began": began, "requests": n.Requests, "connects": n.Connects, "dropped_requests": n.DroppedRequests, "dropped_connects": n.DroppedConnects}
	if n.DroppedRequests+n.DroppedConnects > 0 {
		about["dropped_because"] = fmt.Sprintf("it holds %d requests and connects at most, the first that ended: --trace-limit", n.Limit)
	}
	for key, value := range other {
		about[key] = value
	}
	e.text(`{"otherData":` + inJSON(about) + `,"traceEvents":[`)
}

// process writes what a process and its lanes are called, and what happened to all of it.
func (e *encoder) process(p *Process) {
	p.names = p.names[:0]
	for _, kind := range p.kinds {
		p.names = append(p.names, quoted(kind))
	}
	e.named("process_name", p.base, p.base, p.name)
	e.named("thread_name", p.base, p.base, "load")
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
			e.named("thread_name", p.base, tid, called+place)
			e.event('M', `"thread_sort_index"`, "", 0, p.base, tid)
			e.line = strconv.AppendInt(append(e.line, `,"args":{"sort_index":`...), int64(tid), 10)
			e.end("}")
		}
	}
	for _, m := range p.marks {
		if m.length >= 0 {
			e.slice(quoted(m.name), "load", m.at, m.at+m.length, p.base, p.base)
			e.end("")
			continue
		}
		e.event('i', quoted(m.name), "load", m.at, p.base, p.base)
		if e.add(`,"s":"p"`); m.count > 0 {
			e.line = strconv.AppendInt(append(e.line, `,"args":{"count":`...), m.count, 10)
			e.add("}")
		}
		e.end("")
	}
}

// record writes what became of a request or a connect.
func (e *encoder) record(r *kept) {
	p, tid := r.process, r.process.lanes[r.process.lane(r.Conn)]+r.place
	switch r.What {
	case Request:
		e.late(r, tid)
		e.slice(p.names[r.Kind], "request", r.Sent, r.Done, p.base, tid)
		if e.outcome(r); r.Hops > 0 {
			e.number("redirects", int64(r.Hops))
		}
		e.flag(r, Again, "resent")
		e.flag(r, Warmup, "warmup")
		if e.end("}"); r.Hops == 0 {
			e.parts(r, tid)
		}
	case Hop:
		e.slice(`"hop"`, "hop", r.Sent, r.Done, p.base, tid)
		e.outcome(r)
		e.end("}")
		e.parts(r, tid)
	case Connect:
		e.slice(`"connecting"`, "connect", r.Sent, r.Done, p.base, tid)
		e.outcome(r)
		e.flag(r, Again, "reconnect")
		if e.end("}"); r.First > 0 {
			e.slice(`"tls handshake"`, "part", r.First, r.Done, p.base, tid)
			e.end("")
		}
	}
}

// late writes that a request was sent after it was due, if it was.
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
	}{{'b', r.Due}, {'e', r.Sent}} {
		e.event(edge.phase, called, "late", edge.at, r.process.base, tid)
		e.line = strconv.AppendInt(append(e.line, `,"id":"0x`...), e.async, 16)
		e.end(`"`)
	}
}

// parts writes what a request, or a hop of it, was made of.
func (e *encoder) parts(r *kept, tid int) {
	heard := r.First
	if heard == 0 {
		heard = r.Done
	}
	e.slice(`"waiting"`, "part", r.Sent, heard, r.process.base, tid)
	if e.end(""); heard < r.Done {
		e.slice(`"reading"`, "part", heard, r.Done, r.process.base, tid)
		e.end("")
	}
}

// outcome opens args with what became of r.
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
	e.add(`,"args":{"outcome":"`)
	e.add(what)
	if e.add(`"`); r.Status > 0 {
		e.number("status", int64(r.Status))
		e.number("body_bytes", r.Bytes)
	}
}

// encoder writes events, each on a line.
type encoder struct {
	w     *bufio.Writer
	line  []byte
	began bool
	async int64 // events of that kind
}

// text writes s. An error is kept by w until it is flushed.
func (e *encoder) text(s string) { e.w.WriteString(s) }

// event begins one. Its name is JSON.
func (e *encoder) event(phase byte, name, category string, at int64, pid, tid int) {
	e.line = append(e.line[:0], ",\n"...)
	if !e.began {
		e.line, e.began = e.line[1:], true
	}
	e.line = append(append(append(e.line, `{"ph":"`...), phase), `","name":`...)
	e.add(name)
	if category != "" {
		e.add(`,"cat":"`)
		e.add(category)
		e.add(`"`)
	}
	e.add(`,"ts":`)
	e.line = appendMicros(e.line, at)
	e.number("pid", int64(pid))
	e.number("tid", int64(tid))
}

// slice begins a complete event.
func (e *encoder) slice(name, category string, from, to int64, pid, tid int) {
	e.event('X', name, category, from, pid, tid)
	e.add(`,"dur":`)
	e.line = appendMicros(e.line, max(0, to-from))
}

// named writes what a process or a thread is called.
func (e *encoder) named(what string, pid, tid int, called string) {
	e.event('M', quoted(what), "", 0, pid, tid)
	e.add(`,"args":{"name":` + quoted(called))
	e.end("}")
}

// flag adds that r has a flag, if it has.
func (e *encoder) flag(r *kept, flag Flags, called string) {
	if r.Flags&flag != 0 {
		e.add(`,"` + called + `":true`)
	}
}

func (e *encoder) number(key string, n int64) {
	e.add(`,"`)
	e.add(key)
	e.add(`":`)
	e.line = strconv.AppendInt(e.line, n, 10)
}

func (e *encoder) add(s string) { e.line = append(e.line, s...) }

// end ends an event with what is still open of it.
func (e *encoder) end(open string) {
	e.add(open)
	e.add("}")
	e.w.Write(e.line)
}

// appendMicros adds ns as microseconds, to the nanosecond.
func appendMicros(b []byte, ns int64) []byte {
	if ns < 0 {
		return appendMicros(append(b, '-'), -ns)
	}
	b = strconv.AppendInt(b, ns/1000, 10)
	part := ns % 1000
	return append(b, '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
}

// quoted is text as a JSON string, without what a terminal does not show.
func quoted(text string) string { return inJSON(printable.Line(text)) }

// inJSON is v without the escapes that encoding/json has for HTML: Perfetto does not read them everywhere.
func inJSON(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // neither a text nor a number
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
