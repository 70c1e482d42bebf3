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

// What a run says of its length: a portrait has no rounds, and --rounds does not give it any.
func TestAsked(t *testing.T) {
	for _, test := range []struct {
		flags result.Flags
		want  string
	}{
		{result.Flags{Scenarios: []string{"portrait"}}, "a portrait of each, played once"},
		{result.Flags{Scenarios: []string{"portrait"}, Rounds: 2}, "a portrait of each, played once whatever --rounds 2 says"},
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
		if got := e.asked(3); got != test.want {
			t.Errorf("%+v: %q, want %q", test.flags, got, test.want)
		}
	}
}
