package flight

import (
	"math"

	"carousel/loadgen/record"
)

// EndSlice ends a slice: it books the requests of the schedule that were due and not sent, and returns how many requests are still under way. With
// -n, requests not yet due are booked too, for the reason why.
func (s *Shard) EndSlice(why record.Reason) (unanswered int64) {
	if s.Opens != record.Never {
		s.bookUnsent(s.until.Load(), why)
	}
	var due []int64
	for k := range s.conns {
		for c, i := &s.conns[k], 0; i < c.inFlight; i++ {
			due = append(due, c.at(i).due)
		}
	}
	s.Record.Pause(due)
	return int64(len(due))
}

// Finish ends a run in slices. Requests without a reply count with their age at the instant now.
func (r *Run) Finish(now int64) { r.last.Store(now); r.sliceGrace = math.MaxInt64 }

// bookUnsent books the requests of the schedule that were due by end and not sent.
func (s *Shard) bookUnsent(end int64, why record.Reason) {
	late := record.NoConnection
	if s.free.first != nil {
		late = record.WindowClosed
	}
	s.pacer.bookUnsent(end, s.Record, late, why)
}

// settle closes the books of a shard; see Settle.
func (s *Shard) settle(end int64, why record.Reason) {
	over := end
	if s.until.Load() != record.Never {
		over = s.graceEnds(end)
	}
	s.Record.Close(end, over)
	s.collect()
	for k := range s.conns {
		for c, i := &s.conns[k], 0; i < c.inFlight; i++ {
			t := c.at(i)
			s.Record.For(c.kind).Unanswered(c.number, t.due, t.sent)
		}
		s.unanswered(&s.conns[k], over)
	}
	s.bookUnsent(end, why)
}

// Settle completes the record of all shards of a run, whose window ended at end. Requests under way are booked as unanswered, and those of the schedule
// that were due by end as unsent. With -n, requests that were not yet due are booked as unsent for the reason why.
func Settle(shards []*Shard, end int64, why record.Reason) {
	for _, d := range shards {
		d.settle(end, why)
	}
	if r := shards[0].Run; r.Rate == 0 && r.budget.Load() > 0 {
		shards[0].Record.NeverDue(r.budget.Load(), why)
	}
}
