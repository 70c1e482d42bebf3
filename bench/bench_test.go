package main

import (
	"testing"
	"time"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/internal/result"
)

// A run that goes on has what is left of its budget, in proportion to what is left of its cells.
func TestLeft(t *testing.T) {
	p, err := plan.Parse([]byte(short))
	if err != nil {
		t.Fatal(err)
	}
	p.Budget = plan.Span(100 * time.Second)
	e := &experiment{plan: p, began: time.Now(), jobs: protocol.Jobs(p.Cells([]string{"blocking", "epoll"}, true), 2, 1), done: map[int][]result.Trial{}}
	all := protocol.Length(e.jobs)
	done := time.Duration(0)
	for i, j := range e.jobs {
		got, want := e.left(), time.Duration(float64(e.budget())*float64(all-done)/float64(all))
		if off := got - want; off < -time.Second || off > time.Second {
			t.Errorf("after %d of %d cells %v are left, want %v", i, len(e.jobs), got, want)
		}
		e.done[j.Order] = []result.Trial{}
		done += j.Forecast()
	}
}
