package portrait

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// spans returns the spans of a server's lane between two instants, without a gap. What the trace does not show is Unknown.
func (r *reader) spans(tid int, from, to time.Duration) []Span {
	row := []Span{{From: from, To: to, State: Unknown, Lane: -1}}
	for _, e := range r.slices[tid] {
		s := Span{From: max(from, r.at(e.At)), To: min(to, r.at(e.At+e.Length)), Why: e.Text("why"), Lane: -1}
		if s.To <= s.From {
			continue
		}
		i := len(row) - 1
		for row[i].From > s.From { // find the span that s lies in: slices nest and come in order, so it is one of the last
			i--
		}
		if n := e.Number("client"); n > 0 {
			s.Client = r.script(r.f.Lanes[tid].PID, n)
		}
		switch e.Category {
		case "turn":
			s.State = Turn
		case "work":
			s.State, s.Client, s.Why = Works, row[i].Client, cmp.Or(s.Why, e.Name)
		case "wait":
			s.Why = cmp.Or(s.Why, e.Name)
			if s.Client > 0 {
				s.State = Waits
			}
			if kind := e.Text("kind"); kind != "" {
				s.State = waiting[kind]
			}
		default:
			continue
		}
		before, after, rest := row[i], row[i], slices.Clone(row[i+1:])
		s.To = min(s.To, after.To)
		before.To, after.From = s.From, s.To
		row = append(append(row[:i], lasting(before, s, after)...), rest...)
	}
	return row
}

// lasting returns the spans that are not empty.
func lasting(spans ...Span) []Span {
	return slices.DeleteFunc(spans, func(s Span) bool { return s.To <= s.From })
}

// waiting is the state of a client with a pending request, by the kind of wait of its connection.
var waiting = map[string]State{"read": Waits, "write": Waits, "turn": Waits, "work": Waits, "sleep": Asleep}

// request returns the spans of a request, and when the server was done with it.
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

// late is how late a timer may be before its request counts as waiting for a turn.
const late = time.Millisecond

// awake ends a sleep when its time is over: from then on the client waits for its turn, even if the trace shows it sleeping.
func awake(spans []Span, path string) (all []Span) {
	text, is := strings.CutPrefix(path, "/sleep/")
	left, err := time.ParseDuration(text)
	for _, s := range spans {
		if s.State != Asleep || !is || err != nil {
			all = append(all, s)
			continue
		}
		slept := min(s.To-s.From, max(left, 0))
		if s.To-s.From-slept < late {
			slept = s.To - s.From
		}
		left -= slept
		over := s
		s.To = s.From + slept
		over.From, over.State = s.To, Waits
		all = append(all, lasting(s, over)...)
	}
	return all
}

// done returns when a connection first waits for its client again, or is closed, after the client has read its reply or just before that.
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

// served finds which lane works for a client in a span of its row, and why. A thread of an executor works while the client's own row waits.
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
			parts = append(parts, lasting(before, turn)...)
			if s.From = turn.To; s.From >= s.To {
				return parts
			}
		}
	}
	return append(parts, s)
}

// behind divides the spans in which a client waits by the client that has the lane meanwhile, and joins equal ones.
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

// joined adds a span, or extends the last one if that differs only in time.
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

// holder returns which client other than c has a lane at an instant, 0 for none, and until when. If the lane is not known, it is the first lane
// that could serve c and works for another client.
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
