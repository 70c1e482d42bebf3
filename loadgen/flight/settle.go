package flight

import (
	"math"

	"carousel/loadgen/record"
)

// EndSlice books requests of the schedule that the slice did not send, and returns how many requests are still under way.
func (d *Deck) EndSlice(why record.Reason) (unanswered int64) {
	if d.Opens != record.Never {
		d.rest(d.until.Load(), why)
	}
	var due []int64
	for k := range d.conns {
		for c, i := &d.conns[k], 0; i < c.under; i++ {
			due = append(due, c.at(i).due)
		}
	}
	d.Record.Pause(due)
	return int64(len(due))
}

// Finish ends a run in slices: requests without a reply have waited until now.
func (r *Run) Finish(now int64) { r.last.Store(now); r.patience = math.MaxInt64 }

// rest notes what of the schedule up to an instant was not sent.
func (d *Deck) rest(end int64, why record.Reason) {
	late := record.NoConnection
	if d.free.first != nil {
		late = record.WindowClosed
	}
	d.pacer.rest(end, d.Record, late, why)
}

// settle closes the books of a window that ended at this instant. What the schedule still holds was not sent for the reason given.
func (d *Deck) settle(end int64, why record.Reason) {
	over := end
	if d.until.Load() != record.Never {
		over = d.graceEnds(end)
	}
	d.Record.Close(end, over)
	d.collect()
	for k := range d.conns {
		for c, i := &d.conns[k], 0; i < c.under; i++ {
			t := c.at(i)
			d.Record.For(c.kind).Unanswered(c.number, t.due, t.sent)
		}
		d.unanswered(&d.conns[k], over)
	}
	d.rest(end, why)
}

// Settle closes the books of all decks of a run. With -n it also books the requests that no deck has sent.
func Settle(decks []*Deck, end int64, why record.Reason) {
	for _, d := range decks {
		d.settle(end, why)
	}
	if r := decks[0].Run; r.Rate == 0 && r.tickets.Load() > 0 {
		decks[0].Record.NeverDue(r.tickets.Load(), why)
	}
}
