// Package story takes down what a server does while it does it: whose turn it is and why, and who waits for what.
//
// What gives turns has a Lane: a loop, a thread, a goroutine, a worker. A connection is a Client. A model says at the places where it matters
// what happens there, in its own words; the story prints that as a narration, keeps it for a trace, or both. Where there is no story, NewLane
// and NewClient return nil, and whatever is called on nil costs a comparison: formats take numbers only, so that nothing is allocated.
package story

import (
	"cmp"
	"fmt"
	"io"
	"sync"

	"carousel/internal/traceevent"
)

// Options are what becomes of a story.
type Options struct {
	Narrate   io.Writer           // gets a line for each thing that happens; nil: there is no narration
	Trace     bool                // it is kept, for Write
	MaxEvents int                 // how many events are kept; 0: Most
	Peer      func(fd int) string // the address of who is connected to a descriptor; nil: it is not known
	Process   string              // which process this is of several that tell one story, such as "worker 2"; "": the only one, or the first
	Began     int64               // when the first of them began it, as Clock says; 0: this is the first
}

// DefaultMaxEvents is how many events a story keeps for its trace, unless it is to be fewer. They take some 100 MB.
const DefaultMaxEvents = 500_000

// Story is what one process does. Its methods, and those of its lanes and clients, may be called from any goroutine.
type Story struct {
	options Options
	mu      sync.Mutex
	clock   int64 // when it began
	width   int   // of the column of who does something
	ended   bool
	lanes   []*Lane
	clients []*Client
	events  []event
	dropped int64 // events there was no room for
}

// current is the story of this process; nil: there is none.
var current *Story

// Begin begins the story of this process. It is called before a model starts.
func Begin(o Options) *Story {
	o.MaxEvents = cmp.Or(o.MaxEvents, DefaultMaxEvents)
	current = &Story{options: o, clock: cmp.Or(o.Began, traceevent.Now()), width: len("client 10")}
	if o.Process != "" {
		current.width += len(" of " + o.Process)
	}
	return current
}

// Clock is when the story began, in nanoseconds of traceevent.Now.
func (s *Story) Clock() int64 { return s.clock }

// End ends the story: what happens after it is not part of it.
func (s *Story) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended = true; current == s {
		current = nil
	}
}

// Say says what happens to the server as a whole, and reports whether that is narrated. In a trace it stands on the first lane.
func Say(what string) (narrated bool) {
	s := current
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var first event
	if len(s.lanes) > 0 {
		first.lane = s.lanes[0]
	}
	s.line(first, cmp.Or(s.options.Process, "server"), what, s.since())
	return s.options.Narrate != nil
}

// since is how long ago the story began, in nanoseconds.
func (s *Story) since() int64 { return traceevent.Now() - s.clock }

// span is what a lane or a client does for a while.
type span struct {
	category, name, why string // category "": nothing that is drawn
	from                int64
	client              *Client // of a lane's span: for whom
	lane                *Lane   // of a client's turn: whose
}

// event is what is kept of a span, or of a line. Its lane is that of a thread, or else of a client.
type event struct {
	span
	phase  byte
	to     int64
	id     int64 // of a flow
	lane   *Lane
	client *Client
}

// keep keeps an event, if there is room.
func (s *Story) keep(e event) {
	switch {
	case !s.options.Trace || s.ended:
	case len(s.events) >= s.options.MaxEvents:
		s.dropped++
	default:
		s.events = append(s.events, e)
	}
}

// line prints a line of who does something, and keeps it.
func (s *Story) line(e event, who, what string, at int64) {
	if s.ended {
		return
	}
	if s.options.Narrate != nil {
		if s.options.Process != "" && e.client != nil {
			who += " of " + s.options.Process
		}
		fmt.Fprintf(s.options.Narrate, "%8.3f ms  %-*s %s\n", float64(at)/1e6, s.width, who, what)
	}
	if e.lane == nil && e.client == nil {
		return // there is no lane yet
	}
	e.phase, e.category, e.name, e.from = traceevent.Instant, "say", what, at
	s.keep(e)
}

// text is a format with its numbers.
func text(format string, n []int) string {
	args := make([]any, len(n))
	for i, k := range n {
		args[i] = k
	}
	return fmt.Sprintf(format, args...)
}
