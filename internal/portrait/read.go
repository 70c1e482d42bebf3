package portrait

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"carousel/internal/traceevent"
)

// The limits of a portrait. A play lasts no longer than Limit and has some thousand events.
const (
	longest    = time.Minute
	mostEvents = 20_000
)

// FromTrace makes a portrait of a trace to which Join has added the clients. The error says why it cannot.
func FromTrace(f *traceevent.File) (Portrait, error) {
	if n := len(f.Events); n > mostEvents {
		return Portrait{}, fmt.Errorf("it has %d events: a portrait has %d at most", n, mostEvents)
	}
	r := &reader{f: f, slices: map[int][]traceevent.Event{}, connections: byPort(f), scripts: map[connection]int{}}
	for _, e := range f.Events {
		if e.Phase == traceevent.Slice {
			r.slices[e.TID] = append(r.slices[e.TID], e)
		}
	}
	for _, lane := range r.slices {
		slices.SortStableFunc(lane, func(a, b traceevent.Event) int { return cmp.Compare(a.At, b.At) })
	}
	r.p.Model, _ = f.Other["model"].(string)
	r.p.Command, _ = f.Other["command"].(string)
	processors, _ := f.Other["processors"].(float64)
	r.p.Processors = int(processors)
	if err := r.begin(); err != nil {
		return Portrait{}, err
	}
	r.lanes()
	for i := range r.p.Clients {
		r.client(&r.p.Clients[i])
	}
	r.lines()
	return r.p, nil
}

// reader makes a portrait of a trace.
type reader struct {
	f           *traceevent.File
	p           Portrait
	slices      map[int][]traceevent.Event // by lane, in order; of those that begin at the same instant the outer one first
	connections map[int]connection         // by port
	scripts     map[connection]int         // the script's number of a connection
	began       time.Duration              // of the play, on the trace's clock
	tids        []int                      // by lane, as in Lanes
	asks        [][]traceevent.Event       // by client, as in Clients: what it did
}

// at returns an instant of the trace as time since the play began.
func (r *reader) at(ns int64) time.Duration { return time.Duration(ns) - r.began }

// begin finds the clients, and when they began.
func (r *reader) begin() error {
	for _, tid := range slices.Sorted(maps.Keys(r.f.Lanes)) {
		lane := r.f.Lanes[tid]
		events := r.slices[tid]
		if lane.PID != clients || len(events) == 0 {
			continue
		}
		c := Client{Number: len(r.p.Clients) + 1}
		if n, is := numbered(lane.Name); !is || n != c.Number {
			return fmt.Errorf("%q stands where client %d should", lane.Name, c.Number)
		}
		if made, is := r.connections[lane.Number("port")]; is {
			c.Accepted, c.Process = made.number, made.pid
			r.scripts[made] = c.Number
		}
		if first := time.Duration(events[0].At); c.Number == 1 || first < r.began {
			r.began = first
		}
		r.p.Clients = append(r.p.Clients, c)
		r.asks = append(r.asks, events)
	}
	if len(r.p.Clients) == 0 {
		return errors.New("no client is in the trace: it is the server's alone")
	}
	for i, events := range r.asks {
		c := &r.p.Clients[i]
		c.Connects = r.at(events[0].At)
		for _, e := range events {
			c.Closed = max(c.Closed, r.at(e.At+e.Length))
		}
		r.p.Length = max(r.p.Length, c.Closed)
	}
	if r.p.Length > longest {
		return fmt.Errorf("its clients play for %v: a portrait is of %v at most", r.p.Length, longest)
	}
	return nil
}

// lanes reads the lanes of loops and threads: all of the server but its connections.
func (r *reader) lanes() {
	var tids []int
	for tid, lane := range r.f.Lanes {
		if _, connection := numbered(lane.Name); lane.PID != clients && !connection {
			tids = append(tids, tid)
		}
	}
	slices.SortFunc(tids, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.f.Lanes[a].PID, r.f.Lanes[b].PID), cmp.Compare(a, b))
	})
	for _, tid := range tids {
		lane := Lane{Name: r.f.Lanes[tid].Name, Process: r.f.Lanes[tid].PID}
		for _, s := range r.spans(tid, 0, r.p.Length) {
			if s.State == Unknown {
				continue
			}
			lane.Spans = append(lane.Spans, s)
		}
		if len(lane.Spans) > 0 { // else it did nothing during the play
			r.p.Lanes, r.tids = append(r.p.Lanes, lane), append(r.tids, tid)
		}
	}
}

// script returns the script's number of a process's client n; 0 if that is not a client of the script.
func (r *reader) script(pid, n int) int {
	for made, number := range r.scripts {
		if made.pid == pid && made.number == n {
			return number
		}
	}
	return 0
}

// client makes the row of a client.
func (r *reader) client(c *Client) {
	at := c.Connects
	fill := func(to time.Duration, state State) {
		if to > at {
			c.Spans = append(c.Spans, Span{From: at, To: to, State: state, Lane: -1})
			at = to
		}
	}
	for _, e := range r.asks[c.Number-1] {
		from, to := r.at(e.At), r.at(e.At+e.Length)
		fill(from, Idle)
		switch e.Category {
		case silence:
			fill(to, Silent)
		case requesting:
			q := Request{From: from, To: to, Path: e.Name, Status: e.Number("status"), Error: e.Text("error")}
			q.Spans, q.Done = r.request(c, q)
			c.Requests = append(c.Requests, q)
			c.Spans = append(c.Spans, q.Spans...)
			at = to
		}
	}
	fill(c.Closed, Idle)
}

var someone = regexp.MustCompile(`\bclient \d+`)

// ours returns a line of a process with the script's numbers of clients: each process has numbers of its own.
func (r *reader) ours(pid int, text string) string {
	return someone.ReplaceAllStringFunc(text, func(name string) string {
		if n, _ := numbered(name); r.script(pid, n) > 0 {
			return fmt.Sprintf("client %d", r.script(pid, n))
		}
		return name
	})
}

// lines reads the narration.
func (r *reader) lines() {
	for _, e := range r.f.Pick(traceevent.Instant, "say") {
		lane := r.f.Lanes[e.TID]
		line := Line{At: r.at(e.At), Who: lane.Name, Text: r.ours(lane.PID, e.Name), Lane: slices.Index(r.tids, e.TID)}
		if line.At < 0 || line.At > r.p.Length || lane.PID == clients {
			continue
		}
		if n, is := numbered(lane.Name); is {
			line.Client = r.script(lane.PID, n)
			if line.Client > 0 {
				line.Who = fmt.Sprintf("client %d", line.Client)
			}
		} else if line.Lane >= 0 {
			for _, s := range r.p.Lanes[line.Lane].Spans {
				if s.From <= line.At && line.At < s.To {
					line.Client = s.Client
				}
			}
		}
		r.p.Lines = append(r.p.Lines, line)
	}
	slices.SortStableFunc(r.p.Lines, func(a, b Line) int { return cmp.Compare(a.At, b.At) })
}
