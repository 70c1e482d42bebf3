package traceevent

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/printable"
)

// Writer writes a file of trace events. Slice, Instant or Joined begins an event, Text, Word, Number and True add args, and End ends it.
// Errors are kept until Close.
type Writer struct {
	w     *bufio.Writer
	line  []byte
	began bool // it has an event
	args  bool // of the present event are open
}

// NewWriter begins a file on w. other becomes its otherData.
func NewWriter(w io.Writer, other map[string]any) *Writer {
	e := &Writer{w: bufio.NewWriterSize(w, 1<<16)}
	e.w.WriteString(`{"otherData":` + inJSON(other) + `,"traceEvents":[`)
	return e
}

// Close ends the file. It returns the first error of w.
func (e *Writer) Close() error {
	e.w.WriteString("\n]}\n")
	return e.w.Flush()
}

// Process names a process. tid is one of its lanes.
func (e *Writer) Process(pid, tid int, name string) {
	e.event(metadata, `"process_name"`, "", 0, pid, tid)
	e.Text("name", name)
	e.End()
}

// Lane names a lane.
func (e *Writer) Lane(pid, tid int, name string) {
	e.LaneWith(pid, tid, name)
	e.End()
}

// LaneWith begins the event that names a lane, for further args.
func (e *Writer) LaneWith(pid, tid int, name string) {
	e.event(metadata, `"thread_name"`, "", 0, pid, tid)
	e.Text("name", name)
}

// Sorted places a lane by its number among those of its process.
func (e *Writer) Sorted(pid, tid int) {
	e.event(metadata, `"thread_sort_index"`, "", 0, pid, tid)
	e.Number("sort_index", int64(tid))
	e.End()
}

// Slice begins a slice. name is JSON: see Quoted.
func (e *Writer) Slice(name, category string, from, to int64, pid, tid int) {
	e.event(Slice, name, category, from, pid, tid)
	e.add(`,"dur":`)
	e.line = appendMicros(e.line, max(0, to-from))
}

// Instant begins an instant of a lane, or of a whole process.
func (e *Writer) Instant(name, category string, at int64, pid, tid int, whole bool) {
	e.event(Instant, name, category, at, pid, tid)
	if whole {
		e.add(`,"s":"p"`)
	} else {
		e.add(`,"s":"t"`)
	}
}

// Joined begins one end of an async event (AsyncFrom, AsyncTo), or one point of a flow (FlowFrom, FlowStep, FlowTo). Events with the same id
// belong together.
func (e *Writer) Joined(phase byte, name, category string, at, id int64, pid, tid int) {
	e.event(phase, name, category, at, pid, tid)
	e.add(`,"id":"0x`)
	e.line = strconv.AppendInt(e.line, id, 16)
	e.add(`"`)
	if phase == FlowTo {
		e.add(`,"bp":"e"`) // it ends at the slice around it, not at the next one
	}
}

func (e *Writer) event(phase byte, name, category string, at int64, pid, tid int) {
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
	e.add(`,"pid":`)
	e.line = strconv.AppendInt(e.line, int64(pid), 10)
	e.add(`,"tid":`)
	e.line = strconv.AppendInt(e.line, int64(tid), 10)
}

// arg begins an arg of the present event.
func (e *Writer) arg(key string) {
	if e.args {
		e.add(`,"`)
	} else {
		e.add(`,"args":{"`)
	}
	e.args = true
	e.add(key)
	e.add(`":`)
}

// Text adds an arg.
func (e *Writer) Text(key, value string) {
	e.arg(key)
	e.add(Quoted(value))
}

// Word is Text for a value that JSON does not escape.
func (e *Writer) Word(key, value string) {
	e.arg(key)
	e.add(`"`)
	e.add(value)
	e.add(`"`)
}

// Number adds an arg.
func (e *Writer) Number(key string, n int64) {
	e.arg(key)
	e.line = strconv.AppendInt(e.line, n, 10)
}

// True adds an arg that is true.
func (e *Writer) True(key string) {
	e.arg(key)
	e.add("true")
}

// End ends the present event.
func (e *Writer) End() {
	if e.args {
		e.add("}")
		e.args = false
	}
	e.add("}")
	e.w.Write(e.line)
}

func (e *Writer) add(s string) { e.line = append(e.line, s...) }

// appendMicros adds ns as microseconds, to the nanosecond.
func appendMicros(b []byte, ns int64) []byte {
	if ns < 0 {
		return appendMicros(append(b, '-'), -ns)
	}
	b = strconv.AppendInt(b, ns/1000, 10)
	part := ns % 1000
	return append(b, '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
}

// Quoted returns text as a JSON string, without characters that a terminal does not show.
func Quoted(text string) string { return inJSON(printable.Line(text)) }

// inJSON returns v in JSON without the HTML escapes of encoding/json: Perfetto does not read them everywhere.
func inJSON(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // neither a text nor a number
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

// Copy adds the events of f. It adds later, in nanoseconds, to their instants, and pids and tids to the numbers of their processes and lanes.
func (e *Writer) Copy(f *File, later int64, pids, tids int) {
	for _, pid := range slices.Sorted(maps.Keys(f.Processes)) {
		e.Process(pid+pids, tids+1, f.Processes[pid])
	}
	for _, tid := range slices.Sorted(maps.Keys(f.Lanes)) {
		lane := f.Lanes[tid]
		e.LaneWith(lane.PID+pids, tid+tids, lane.Name)
		rest := maps.Clone(lane.Args)
		delete(rest, "name")
		e.rest(rest)
		e.Sorted(lane.PID+pids, tid+tids)
	}
	for _, v := range f.Events {
		name, at, pid, tid := inJSON(v.Name), v.At+later, v.PID+pids, v.TID+tids
		switch v.Phase {
		case Slice:
			e.Slice(name, v.Category, at, at+v.Length, pid, tid)
		case Instant:
			e.Instant(name, v.Category, at, pid, tid, v.Whole)
		default:
			id, _ := strconv.ParseInt(strings.TrimPrefix(v.ID, "0x"), 16, 64)
			e.Joined(v.Phase, name, v.Category, at, id+int64(tids)<<32, pid, tid)
		}
		e.rest(v.Args)
	}
}

// rest adds args, and ends the event.
func (e *Writer) rest(args map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(args)) {
		e.arg(key)
		e.add(inJSON(args[key]))
	}
	e.End()
}
