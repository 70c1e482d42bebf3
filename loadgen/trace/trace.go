// Package trace keeps what became of each request of a load, and writes it as Chrome trace events: the JSON that ui.perfetto.dev and
// chrome://tracing open.
//
// A Trace has a Process for each server that is loaded, which has a Writer for each worker. Add copies a Record to room that was made before
// the load: it takes no lock, makes no garbage and never waits. What there is no room for is counted. JSON is made when all is over.
package trace

import (
	"sync/atomic"
	"time"

	"carousel/loadgen/record"
)

// Usual is the limit of a trace where none is given: 1,000,000 records take 56 MB.
const Usual = 1_000_000

// Most is the highest limit.
const Most = 10_000_000

// What a record is of.
type What uint8

// The kinds of records, in the order in which those that begin at the same instant enclose each other.
const (
	Request What = iota // from the first byte sent to the last that came, redirects included
	Hop                 // one of the requests that a chain of redirects consists of
	Connect             // from its begin until the connection was open or given up
	whats
)

// Flags are what else is to be said of a record.
type Flags uint8

// The flags.
const (
	Warmup     Flags = 1 << iota // of a request: it was due in the warm-up, and counts nowhere
	Waited                       // of a request: no connection was free when it was due
	Again                        // of a request: sent a second time; of a connect: not the first one
	Unanswered                   // of a request: it had no reply when replies were no longer taken in; of a connect: it had not ended then
	Beyond                       // of a request: it was sent after the window, and counts as never sent
)

// Record is what became of a request or a connect. Instants are nanoseconds on the run's clock.
type Record struct {
	Due   int64 // when a request was due
	Sent  int64 // when it was sent, or the connect began
	First int64 // when the first byte of its reply came, or its TLS handshake began; 0: never
	Done  int64 // when it ended
	Bytes int64 // of the body of its reply

	Conn   int32        // the connection, from 0; below 0: of the silent ones, -1 the first
	Kind   uint16       // of a request: its name among those of the process
	Class  record.Class // what became of it
	Status uint16       // of its reply; 0: it had none
	Hops   uint8        // redirects that were followed
	What   What
	Flags  Flags
}

// block is how many records a writer takes room for at once.
const block = 64

// Trace is what became of the requests of a load. A nil *Trace keeps nothing.
type Trace struct {
	limit     int
	began     time.Time // when its clock was 0
	slots     []Record
	taken     atomic.Int64 // blocks of them
	owner     []*Writer    // of each block
	processes []*Process
}

// New is a trace of at most limit records, the first that end.
func New(limit int) *Trace { return &Trace{limit: limit} }

// Room makes room for what so many writers add. It is called before the first of them does.
func (t *Trace) Room(writers int) {
	if t == nil {
		return
	}
	blocks := (t.limit+block-1)/block + writers // each may leave its last block all but empty
	t.slots, t.owner = make([]Record, blocks*block), make([]*Writer, blocks)
	clear(t.slots) // the kernel gives memory when it is first written to, which takes time
}

// Begin says when the clock of all instants was 0.
func (t *Trace) Begin(at time.Time) {
	if t != nil {
		t.began = at
	}
}

// Process is a server of a trace.
type Process struct {
	trace   *Trace
	name    string
	kinds   []string
	conns   int // connections that are given requests
	silent  int
	depth   int // requests that may be under way at once on a connection
	writers []*Writer
	marks   []mark

	base  int      // pid, and tid of what happens to all of it
	lanes []int    // tid of the first lane of each connection, the silent ones behind the others; where the next process begins
	names []string // of kinds, in JSON
}

// mark is something that happened to a whole process.
type mark struct {
	name   string
	at     int64
	length int64 // negative: it is an instant
	count  int64 // how often it happened; 0: it is nothing that is counted
}

// Process adds a server with so many connections, and silent ones, whose requests have names by kind. depth is how many requests may be
// under way at once on a connection.
func (t *Trace) Process(name string, connections, silent, depth int, kinds []string) *Process {
	if t == nil {
		return nil
	}
	p := &Process{trace: t, name: name, kinds: kinds, conns: connections, silent: silent, depth: max(1, depth)}
	t.processes = append(t.processes, p)
	return p
}

// Mark notes that something happened at an instant.
func (p *Process) Mark(name string, at int64) { p.Counted(name, at, 0) }

// Counted notes that something happened so often, as is known at an instant.
func (p *Process) Counted(name string, at, count int64) {
	if p != nil {
		p.marks = append(p.marks, mark{name, at, -1, count})
	}
}

// Span notes that something went on from one instant to another. The spans of a process must not overlap.
func (p *Process) Span(name string, from, to int64) {
	if p != nil {
		p.marks = append(p.marks, mark{name, from, max(0, to-from), 0})
	}
}

// Writer is one worker's way into a trace. It is for one goroutine at a time.
type Writer struct {
	process *Process
	block   []Record // what is left of the one it fills
	dropped [whats]int64
	full    bool // nobody gets another block
}

// Writer adds a worker. It is nil where there is no trace.
func (p *Process) Writer() *Writer {
	if p == nil {
		return nil
	}
	w := &Writer{process: p}
	p.writers = append(p.writers, w)
	return w
}

// Add keeps r, if there is room.
func (w *Writer) Add(r Record) {
	if len(w.block) == 0 && !w.more() {
		w.dropped[r.What]++
		return
	}
	w.block[0] = r
	w.block = w.block[1:]
}

// more takes room for further records.
func (w *Writer) more() bool {
	if w.full {
		return false
	}
	t := w.process.trace
	k := t.taken.Add(1) - 1
	if w.full = k >= int64(len(t.owner)); w.full {
		return false
	}
	t.owner[k] = w
	w.block = t.slots[k*block:][:block]
	return true
}
