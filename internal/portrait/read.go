package portrait

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"carousel/internal/traceevent"
)

// How much a trace may hold of a play, which lasts no longer than Limit and has some thousand events.
const (
	longest    = time.Minute
	mostEvents = 20_000
)

// Read makes a portrait of a trace that Join has added the clients to. The error says why it is none.
func Read(f *traceevent.File) (Portrait, error) {
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

// reader is a portrait in the making.
type reader struct {
	f           *traceevent.File
	p           Portrait
	slices      map[int][]traceevent.Event // by lane, in order; of those that begin at once the outer one first
	connections map[int]connection         // by port
	scripts     map[connection]int         // the script's number of a connection
	began       time.Duration              // of the play, on the trace's clock
	tids        []int                      // of Lanes
	asks        [][]traceevent.Event       // of Clients: what each did
}

// at is an instant of the trace on the play's clock.
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

// lanes reads those of loops and threads: all of the server but its connections.
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
		if len(lane.Spans) > 0 { // or it did nothing while the clients were there
			r.p.Lanes, r.tids = append(r.p.Lanes, lane), append(r.tids, tid)
		}
	}
}

// spans are those of a server's lane between two instants. What the trace leaves open is Unknown.
func (r *reader) spans(tid int, from, to time.Duration) (row []Span) {
	add := func(s Span) {
		s.From, s.To = max(s.From, from), min(s.To, to)
		if s.To <= s.From {
			return
		}
		for len(row) > 0 && s.From < row[len(row)-1].To { // it is within that one
			outer := row[len(row)-1]
			row = row[:len(row)-1]
			before, after := outer, outer
			before.To, after.From = s.From, s.To
			if before.To > before.From {
				row = append(row, before)
			}
			row = append(row, s)
			if after.To > after.From {
				row = append(row, after)
			}
			return
		}
		end := from
		if len(row) > 0 {
			end = row[len(row)-1].To
		}
		if s.From > end {
			row = append(row, Span{From: end, To: s.From, State: Unknown, Lane: -1})
		}
		row = append(row, s)
	}
	pid := r.f.Lanes[tid].PID
	for _, e := range r.slices[tid] {
		s := Span{From: r.at(e.At), To: r.at(e.At + e.Length), Lane: -1, Why: e.Text("why")}
		if n := e.Number("client"); n > 0 {
			s.Client = r.script(pid, n)
		}
		switch e.Category {
		case "turn":
			s.State = Turn
		case "work":
			s.State = Works
		case "wait":
			s.Why = cmp.Or(s.Why, e.Name)
			if s.Client > 0 {
				s.State = Waits
			}
			if e.Text("kind") != "" {
				s.State = waiting[e.Text("kind")]
			}
		default:
			continue
		}
		if e.Category == "work" {
			s.Why = cmp.Or(s.Why, e.Name)
			if len(row) > 0 {
				s.Client = row[len(row)-1].Client
			}
		}
		add(s)
	}
	if n := len(row); n == 0 || row[n-1].To < to {
		end := from
		if n > 0 {
			end = row[n-1].To
		}
		row = append(row, Span{From: end, To: to, State: Unknown, Lane: -1})
	}
	return row
}

// waiting is what the kinds of waits of a connection come to for a client who has asked.
var waiting = map[string]State{"read": Waits, "write": Waits, "turn": Waits, "work": Waits, "sleep": Asleep}

// script is the script's number of a process's client N; 0 for one that is not of the script.
func (r *reader) script(pid, n int) int {
	for made, number := range r.scripts {
		if made.pid == pid && made.number == n {
			return number
		}
	}
	return 0
}

// client fills in the row of a client.
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
		case asking:
			q := Request{From: from, To: to, Path: e.Name, Status: e.Number("status"), Error: e.Text("error")}
			q.Spans, q.Done = r.request(c, q)
			c.Requests = append(c.Requests, q)
			c.Spans = append(c.Spans, q.Spans...)
			at = to
		}
	}
	fill(c.Closed, Idle)
}

// request says what happened to one, and when the server was done with it.
func (r *reader) request(c *Client, q Request) (spans []Span, done time.Duration) {
	if len(r.p.Lanes) == 0 || c.Accepted == 0 && q.Status > 0 {
		return []Span{{From: q.From, To: q.To, State: Unknown, Lane: -1}}, q.To
	}
	if c.Accepted == 0 {
		return r.behind([]Span{{From: q.From, To: q.To, State: Unaccepted, Lane: -1}}, c), q.To
	}
	var tid int
	for _, made := range r.connections {
		if r.scripts[made] == c.Number {
			tid = made.tid
		}
	}
	accepted := r.p.Length
	if events := r.slices[tid]; len(events) > 0 {
		accepted = r.at(events[0].At)
	}
	for _, s := range r.spans(tid, q.From, q.To) {
		s.Client = 0
		switch {
		case s.State == Unknown && s.From < accepted:
			s.State = Unaccepted
		case s.State == Unknown:
			s.State = Waits
		}
		spans = append(spans, r.served(s, c)...)
	}
	spans = awake(spans, q.Path)
	served := -1 // the last span in which it has its turn
	for i, s := range spans {
		if s.State == Turn || s.State == Works {
			served = i
		}
	}
	lane := -1
	for i := len(spans) - 1; i >= 0; i-- {
		s := &spans[i]
		switch {
		case s.State == Turn, s.State == Works:
			lane = s.Lane
		case q.Status > 0 && i > served && served >= 0 && s.State == Waits:
			s.State, s.Why, s.Lane = Replied, "", -1
		default:
			s.Lane = lane
		}
	}
	return r.behind(spans, c), r.done(tid, q)
}

// late is how late a timer may be before whoever sleeps waits for something else.
const late = time.Millisecond

// awake ends a sleep when its time is over: from then on its client waits for its turn, whatever the server was told of its timer.
func awake(spans []Span, path string) (all []Span) {
	text, is := strings.CutPrefix(path, "/sleep/")
	left, err := time.ParseDuration(text)
	for _, s := range spans {
		if s.State != Asleep || !is || err != nil {
			all = append(all, s)
			continue
		}
		over := s
		s.To = min(s.To, s.From+left)
		if over.To-s.To < late {
			s.To = over.To
		}
		left -= s.To - s.From
		over.From, over.State = s.To, Waits
		for _, part := range []Span{s, over} {
			if part.To > part.From {
				all = append(all, part)
			}
		}
	}
	return all
}

// done is when a connection waits for its client again, or is closed, for the first time after the client took in its reply, or just before that.
func (r *reader) done(tid int, q Request) (at time.Duration) {
	at = q.To
	for _, e := range r.slices[tid] {
		from, to := r.at(e.At), r.at(e.At+e.Length)
		if e.Category == "wait" && e.Text("kind") == "read" && to > q.To {
			return max(from, q.From)
		}
		at = max(at, to)
	}
	return at
}

// served says which lane works for a client in a span of its row, and why. An executor's thread works while the client's own lane waits for it.
func (r *reader) served(s Span, c *Client) (parts []Span) {
	for i, l := range r.p.Lanes {
		if l.Process != c.Process {
			continue
		}
		for _, t := range l.Spans {
			if t.Client != c.Number || t.To <= s.From || t.From >= s.To || t.State != Turn && t.State != Works {
				continue
			}
			if s.State == Turn || s.State == Works {
				s.Lane, s.Why = i, cmp.Or(s.Why, t.Why)
				return []Span{s}
			}
			before, turn := s, t
			before.To, turn.From, turn.To = t.From, max(t.From, s.From), min(t.To, s.To)
			turn.Client, turn.Lane = 0, i
			if before.To > before.From {
				parts = append(parts, before)
			}
			parts = append(parts, turn)
			if s.From = turn.To; s.From >= s.To {
				return parts
			}
		}
	}
	return append(parts, s)
}

// behind divides the spans in which a client waits by who has the lane meanwhile, and joins what is alike.
func (r *reader) behind(spans []Span, c *Client) (parts []Span) {
	for _, s := range spans {
		if s.State != Waits && s.State != Unaccepted {
			parts = joined(parts, s)
			continue
		}
		for at := s.From; at < s.To; {
			part := s
			part.From = at
			part.Behind, part.To = r.holder(s.Lane, c, at, s.To)
			parts = joined(parts, part)
			at = part.To
		}
	}
	return parts
}

// joined adds a span, or makes the last one longer where it is alike.
func joined(spans []Span, s Span) []Span {
	if n := len(spans); n > 0 {
		alike := spans[n-1]
		if alike.From, alike.To = s.From, s.To; alike == s {
			spans[n-1].To = s.To
			return spans
		}
	}
	return append(spans, s)
}

// holder is who has a lane at an instant, other than a client itself, and until when that is so. Where the lane is not known it is the first
// of those that could serve the client and that anybody has.
func (r *reader) holder(lane int, c *Client, at, limit time.Duration) (client int, until time.Duration) {
	until = limit
	for i, l := range r.p.Lanes {
		if lane >= 0 && i != lane || lane < 0 && c.Process > 0 && l.Process != c.Process {
			continue
		}
		for _, s := range l.Spans {
			has := s.Client > 0 && s.Client != c.Number
			switch {
			case has && s.From <= at && at < s.To:
				return s.Client, min(limit, s.To)
			case has && s.From > at:
				until = min(until, s.From)
			}
		}
	}
	return 0, until
}

var someone = regexp.MustCompile(`\bclient \d+`)

// ours is a line of a process with the script's numbers of clients: each process counts its own.
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
