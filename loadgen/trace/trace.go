// Package trace records what became of each request of a load, and writes it as Chrome trace events: the JSON that ui.perfetto.dev and
// chrome://tracing open.
//
// A Trace has a Process for each server that is loaded, and a Process has a Writer for each worker. Add copies a Record into memory that was allocated
// before the load: it takes no lock, makes no garbage and never waits. Records for which there is no room are counted. The JSON is written after the
// load.
package trace

import (
	"sync/atomic"
	"time"

	"carousel/loadgen/record"
)

// Usual is the default limit of a trace, in records: they take 56 MB.
const Usual = 1_000_000

// Most is the highest limit of a trace, in records.
const Most = 10_000_000

// What is the kind of a Record.
type What uint8

// The kinds of records. Of those that begin at the same instant, an earlier kind encloses a later one.
const (
	Request What = iota // from the first byte sent to the last byte of the reply, redirects included
	Hop                 // one request of a chain of redirects
	Connect             // from its begin until the connection was open or given up
	whats
)

// Flags are further facts about a record.
type Flags uint8

// The flags.
const (
	Warmup     Flags = 1 << iota // of a request: it was due in the warm-up, and is not counted
	Waited                       // of a request: no connection was free when it was due
	Again                        // of a request: sent a second time; of a connect: not the first one
	Unanswered                   // of a request: no reply came until the end of the grace; of a connect: it had not ended then
	Beyond                       // of a request: it was sent after the window, and counts as unsent
)

// Record is what became of a request or a connect. Instants are nanoseconds on the run's clock.
type Record struct {
	Due   int64 // when a request was due
	Sent  int64 // when it was sent, or the connect began
	First int64 // when the first byte of its reply came, or its TLS handshake began; 0: never
	Done  int64 // when it ended
	Bytes int64 // length of the body of its reply

	Conn   int32        // number of the connection, from 0; below 0: of a silent one, -1 the first
	Kind   uint16       // of a request: index in the names of the process
	Class  record.Class // what became of it
	Status uint16       // of its reply; 0: it had none
	Hops   uint8        // redirects that were followed
	What   What
	Flags  Flags
}

// block is how many slots a writer takes at once.
const block = 64

// Trace has the records of a load. A nil *Trace keeps nothing.
type Trace struct {
	limit     int
	began     time.Time // when the clock of its instants was 0
	slots     []Record
	taken     atomic.Int64 // blocks of slots that writers took
	owner     []*Writer    // by block
	processes []*Process
}

// New returns a trace of at most limit records: those that end first.
func New(limit int) *Trace { return &Trace{limit: limit} }

// Room allocates memory for so many writers. Call it before the first Add.
func (t *Trace) Room(writers int) {
	if t == nil {
		return
	}
	blocks := (t.limit+block-1)/block + writers // each writer may leave its last block nearly empty
	t.slots, t.owner = make([]Record, blocks*block), make([]*Writer, blocks)
	clear(t.slots) // page faults now, not during the load
}

// Begin sets when the clock of all instants was 0.
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
	conns   int // connections that send requests
	silent  int
	depth   int // requests that may be under way at once on a connection
	writers []*Writer
	marks   []mark

	base  int      // its pid, and the tid of its own lane
	lanes []int    // tid of the first lane of each connection, silent ones after the others; the last is where the next process begins
	names []string // of kinds, in JSON
}

// mark is an event of a whole process.
type mark struct {
	name   string
	at     int64
	length int64 // in nanoseconds; negative: an instant
	count  int64 // how often it happened; 0: not counted
}

// Process adds a server, with its number of connections and of silent ones. kinds are the names of its requests; depth is how many requests may be under
// way at once on a connection. It returns nil if t is nil.
func (t *Trace) Process(name string, connections, silent, depth int, kinds []string) *Process {
	if t == nil {
		return nil
	}
	p := &Process{trace: t, name: name, kinds: kinds, conns: connections, silent: silent, depth: max(1, depth)}
	t.processes = append(t.processes, p)
	return p
}

// Mark adds an event at an instant. Like Counted and Span, it does nothing if p is nil.
func (p *Process) Mark(name string, at int64) { p.Counted(name, at, 0) }

// Counted adds an event that happened count times until the instant at.
func (p *Process) Counted(name string, at, count int64) {
	if p != nil {
		p.marks = append(p.marks, mark{name, at, -1, count})
	}
}

// Span adds an event with a length. The spans of a process must not overlap.
func (p *Process) Span(name string, from, to int64) {
	if p != nil {
		p.marks = append(p.marks, mark{name, from, max(0, to-from), 0})
	}
}

// Writer adds records of one worker to a trace. It is for one goroutine at a time.
type Writer struct {
	process *Process
	block   []Record     // free slots of its current block
	dropped [whats]int64 // records without room, by kind
	full    bool         // the trace has no further block
}

// Writer returns the writer of a further worker; nil if p is nil.
func (p *Process) Writer() *Writer {
	if p == nil {
		return nil
	}
	w := &Writer{process: p}
	p.writers = append(p.writers, w)
	return w
}

// Add adds r, or counts it as dropped if there is no room.
func (w *Writer) Add(r Record) {
	if len(w.block) == 0 && !w.more() {
		w.dropped[r.What]++
		return
	}
	w.block[0] = r
	w.block = w.block[1:]
}

// more takes a further block, and reports whether there was one.
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
