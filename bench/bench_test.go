package main

import (
	"testing"
	"time"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/internal/result"
)

// A resumed run gets the fraction of its budget that the remaining cells are of all.
func TestRemainingBudget(t *testing.T) {
	p, err := plan.Parse([]byte(short))
	if err != nil {
		t.Fatal(err)
	}
	p.Budget = plan.Span(100 * time.Second)
	e := &experiment{plan: p, began: time.Now(), jobs: protocol.Jobs(p.Cells([]string{"blocking", "epoll"}, true), 2, 1), done: map[int][]result.Trial{}}
	all := protocol.TotalForecast(e.jobs)
	done := time.Duration(0)
	for i, j := range e.jobs {
		got, want := e.remainingBudget(), time.Duration(float64(e.budget())*float64(all-done)/float64(all))
		if off := got - want; off < -time.Second || off > time.Second {
			t.Errorf("after %d of %d cells %v are left, want %v", i, len(e.jobs), got, want)
		}
		e.done[j.Order] = []result.Trial{}
		done += j.Forecast()
	}
}

// A portrait is played once, whatever --rounds is.
func TestSize(t *testing.T) {
	for _, test := range []struct {
		flags result.Flags
		want  string
	}{
		{result.Flags{Scenarios: []string{"portrait"}}, "one portrait of each model"},
		{result.Flags{Scenarios: []string{"portrait"}, Rounds: 2}, "one portrait of each model (--rounds 2 changes nothing)"},
		{result.Flags{Scenarios: []string{"portrait", "hello"}, Rounds: 2}, "3 cells in 2 rounds"},
	} {
		p, err := plan.Read("default")
		if err == nil {
			err = p.Apply(test.flags)
		}
		if err != nil {
			t.Fatal(err)
		}
		e := &experiment{plan: p, record: result.Run{Flags: test.flags}}
		if got := e.size(3); got != test.want {
			t.Errorf("%+v: %q, want %q", test.flags, got, test.want)
		}
	}
}
