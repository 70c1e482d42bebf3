package story

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"time"

	"carousel/internal/traceevent"
)

// Write ends the story and writes it to w as trace events of a process called name, followed by those of the workers. other has further fields
// of otherData. dropped is how many events all processes had no room for. The error is that of w.
func (s *Story) Write(w io.Writer, name string, other map[string]any, workers []*traceevent.File) (dropped int64, err error) {
	s.End()
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.since()
	s.ended = false // keep the spans that are still open
	for _, c := range s.clients {
		c.reply(to)
		c.become(span{from: to})
	}
	for _, l := range s.lanes {
		l.become(span{from: to})
	}
	s.ended = true
	s.endArrows()
	dropped = s.dropped
	for _, f := range workers {
		n, _ := f.Other["dropped"].(float64)
		dropped += int64(n)
	}

	about := map[string]any{"began": time.Now().Add(-time.Duration(to)), "monotonic_ns": s.clock, "dropped": dropped}
	maps.Copy(about, other)
	e := traceevent.NewWriter(w, about)
	e.Process(1, 1, name)
	last := len(s.lanes)
	for _, l := range s.lanes {
		e.Lane(1, l.number, l.name)
		e.Sorted(1, l.number)
	}
	clients := traceevent.Beyond(len(s.lanes))
	for _, c := range s.clients {
		tid := clients + int(c.number)
		e.LaneWith(1, tid, c.name())
		if c.peer != "" {
			e.Text("peer", c.peer)
		}
		e.End()
		e.Sorted(1, tid)
		last = max(last, tid)
	}
	slices.SortStableFunc(s.events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.rank(), b.rank()))
	})
	for _, v := range s.events {
		v.write(e, clients)
	}
	for i, f := range workers {
		began, _ := f.Other["monotonic_ns"].(float64)
		after := traceevent.Beyond(last)
		e.Copy(f, max(0, int64(began)-s.clock), i+1, after)
		for tid := range f.Lanes {
			last = max(last, after+tid)
		}
	}
	return dropped, e.Close()
}

// endArrows drops the arrows for whose end there was no room.
func (s *Story) endArrows() {
	ends := map[int64]bool{}
	for _, e := range s.events {
		if e.phase == traceevent.FlowTo {
			ends[e.id] = true
		}
	}
	all := len(s.events)
	s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.id != 0 && !ends[e.id] })
	s.dropped += int64(all - len(s.events))
}

// rank orders events of the same instant: a turn contains its work.
func (v event) rank() int {
	return slices.Index([]string{"wait", "turn", "work", "request", "say"}, v.category)
}

// write writes v. The lane of client N is N after clients.
func (v event) write(e *traceevent.Writer, clients int) {
	var tid int
	if v.lane != nil {
		tid = v.lane.number
	} else {
		tid = clients + int(v.client.number)
	}
	name := traceevent.Quoted(v.name)
	switch v.phase {
	case traceevent.Slice:
		e.Slice(name, v.category, v.from, v.to, 1, tid)
	case traceevent.Instant:
		e.Instant(name, v.category, v.from, 1, tid, false)
	default:
		e.Joined(v.phase, name, v.category, v.from, v.id, 1, tid)
	}
	switch {
	case v.phase != traceevent.Slice || v.category == "work":
	case v.lane != nil:
		if v.why != "" {
			e.Text("why", v.why)
		}
		if v.span.client != nil {
			e.Number("client", v.span.client.number)
		}
	case v.category == "wait":
		e.Text("kind", v.why)
	default:
		e.Text("lane", v.span.lane.name)
	}
	e.End()
}
