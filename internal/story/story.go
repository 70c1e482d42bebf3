// Package story records what a server does while it does it: whose turn it is and why, and who waits for what.
//
// A Lane is what gives turns: a loop, a thread, a goroutine, a worker. A Client is a connection. A model calls their methods where something
// happens, with words of its own; the story prints these as a narration, keeps them for a trace, or both. Without a story NewLane and
// NewClient return nil, and a method of nil costs one comparison: formats take only numbers, so that nothing is allocated.
package story

import (
	"cmp"
	"fmt"
	"io"
	"sync"

	"carousel/internal/traceevent"
)

// Options say what to do with a story.
type Options struct {
	Narrate   io.Writer           // gets a line for each event; nil: no narration
	Trace     bool                // keep the events for Write
	MaxEvents int                 // how many events to keep; 0: DefaultMaxEvents
	Peer      func(fd int) string // returns the address of the peer of a descriptor; nil: not known
	Process   string              // the name of this process among several of one story, such as "worker 2"; "": the only one, or the first
	Began     int64               // the Clock of the first of them; 0: this is the first
}

// DefaultMaxEvents is how many events a story keeps for its trace. They take some 100 MB.
const DefaultMaxEvents = 500_000

// Story is the record of what one process does. Its methods, and those of its lanes and clients, may be called from any goroutine.
type Story struct {
	options Options
	mu      sync.Mutex
	clock   int64 // when it began
	width   int   // of the column with the lane or client
	ended   bool
	lanes   []*Lane
	clients []*Client
	events  []event
	dropped int64 // events beyond MaxEvents
}

// current is the story of this process; nil: none.
var current *Story

// Begin begins the story of this process. Call it before the model starts.
func Begin(o Options) *Story {
	o.MaxEvents = cmp.Or(o.MaxEvents, DefaultMaxEvents)
	current = &Story{options: o, clock: cmp.Or(o.Began, traceevent.Now()), width: len("client 10")}
	if o.Process != "" {
		current.width += len(" of " + o.Process)
	}
	return current
}

// Clock returns when the story began, in nanoseconds of traceevent.Now.
func (s *Story) Clock() int64 { return s.clock }

// End ends the story: what happens later is not recorded.
func (s *Story) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended = true; current == s {
		current = nil
	}
}

// Say records what happens to the server as a whole, and reports whether that was narrated. In a trace it is on the first lane.
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

// since returns how long ago the story began, in nanoseconds.
func (s *Story) since() int64 { return traceevent.Now() - s.clock }

// span is what a lane or a client does for a while.
type span struct {
	category, name, why string // category "": nothing that is drawn
	from                int64
	client              *Client // of a lane's span: the client that it works for
	lane                *Lane   // of a client's turn: the lane that gave it
}

// event is a span or a line that is kept. It is on the lane of lane, or else of client.
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

// line prints a line about who, and keeps it.
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
		return // no lane exists yet
	}
	e.phase, e.category, e.name, e.from = traceevent.Instant, "say", what, at
	s.keep(e)
}

// text formats numbers.
func text(format string, n []int) string {
	args := make([]any, len(n))
	for i, k := range n {
		args[i] = k
	}
	return fmt.Sprintf(format, args...)
}
