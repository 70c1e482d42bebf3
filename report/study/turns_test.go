package study

import (
	"math"
	"testing"
	"time"

	"carousel/internal/result"
)

// inTurns returns the trials of a cell in a round, as bench writes them.
func inTurns(round int, at time.Time, c result.Cell, models ...string) []result.Trial {
	var list []result.Trial
	for i, model := range models {
		c.Model, c.Control = model, i > 0 && model == models[i-1]
		t := measured(round, c, 1000)
		t.Started = at
		t.Turns = &result.Turns{Servers: len(models), Place: i + 1, Cycles: 20, SliceNS: 25e6, Cost: &result.Cost{Steady: 9000, Waking: 1e6, Whole: 11000},
			Slices: []result.Slice{{Disturbed: true}, {}}}
		list = append(list, t)
	}
	return list
}

func TestTrialsInTurnsCountTogether(t *testing.T) {
	at := time.Unix(100, 0)
	cell := result.Cell{Scenario: "hello", Connections: 64}
	whole := func() []result.Trial { return inTurns(1, at, cell, "select", "epoll", "epoll", result.Null) }
	later := inTurns(1, at.Add(time.Minute), cell, "select", "epoll", "epoll", result.Null)
	with := func(change func(*result.Trial)) []result.Trial {
		list := whole()
		change(&list[1])
		return list
	}
	alone := measured(1, hello("epoll", 64), 500)
	for _, c := range []struct {
		name                      string
		trials                    []result.Trial
		counted, repeated, cutOff int
	}{
		{"all of them", whole(), 4, 0, 0},
		{"the last was not written", whole()[:3], 0, 0, 3},
		{"cut off, and done again", append(whole()[:3], later...), 4, 0, 3},
		{"done twice", append(whole(), later...), 4, 4, 0},
		{"done again with others", append(whole(), inTurns(1, at.Add(time.Minute), cell, "select", "poll")...), 4, 2, 0},
		{"mixed up with another try", append(later[:2:2], append(whole(), later[2:]...)...), 4, 4, 0},
		{"beside one of a trial alone", append([]result.Trial{alone}, whole()...), 4, 1, 0},
		{"no place", with(func(t *result.Trial) { t.Turns.Place = 0 }), 0, 0, 4},
		{"the same place", with(func(t *result.Trial) { t.Turns.Place = 1 }), 0, 0, 4},
		{"a place beyond all", with(func(t *result.Trial) { t.Turns.Place = 5 }), 0, 0, 4},
		{"more than there are", with(func(t *result.Trial) { t.Turns.Servers = 1e9 }), 0, 0, 4},
		{"no servers", with(func(t *result.Trial) { t.Turns.Servers = 0 }), 0, 0, 4},
		{"one model twice", with(func(t *result.Trial) { t.Cell.Model = "select" }), 3, 1, 0},
	} {
		s := New(result.Run{}, c.trials, nil)
		if got := [3]int{len(s.Trials), len(s.Repeated), len(s.CutOff)}; got != [3]int{c.counted, c.repeated, c.cutOff} {
			t.Errorf("%s: %v trials count, are repeated and cut off, want %d, %d, %d", c.name, got, c.counted, c.repeated, c.cutOff)
		}
	}
	c := New(result.Run{}, whole(), nil).Cells[0]
	if len(c.Models) != 2 || c.Null == nil || c.Twin == nil || c.Twin.Name != "epoll" {
		t.Errorf("the cell is %+v, want two models, a null responder and epoll's twin", c)
	}
	first := c.Model("select").Trials[0]
	for metric, want := range map[string]float64{Cost: 9000, Whole: 11000, Waking: 1e6, Client: 5000, Both: 16000, Capacity: 1e9 / 9000.} {
		if got := first.Figure(metric); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
	if first.Turns.Disturbed != 1 {
		t.Errorf("%d slices were disturbed, want 1", first.Turns.Disturbed)
	}
}

func TestARuleStandsForItsRates(t *testing.T) {
	paced := func(round int, rate float64, rule string) result.Trial {
		return measured(round, result.Cell{Model: "epoll", Scenario: "paced", Connections: 64, RateRPS: rate, Rule: rule}, rate)
	}
	const rule = "half of the slowest model's rate"
	costs := measured(1, result.Cell{Model: "epoll", Scenario: "cost", Connections: 64, RateRPS: 1000}, 1000)
	more := costs
	more.Cell.RateRPS = 10000
	s := New(result.Run{}, []result.Trial{paced(1, 14000, rule), paced(2, 15000, rule), paced(3, 15000, ""), costs, more}, nil)
	if len(s.Cells) != 3 || s.Cells[2].Rule != rule || s.Cells[2].RateRPS != 0 || len(s.Cells[2].Model("epoll").Trials) != 3 {
		t.Errorf("cells are %+v, want two of cost and one of paced with three rounds", s.Cells)
	}
}

func TestFiguresThatNothingMeasures(t *testing.T) {
	trial := inTurns(1, time.Unix(1, 0), result.Cell{Scenario: "hello", Connections: 64}, "epoll")[0]
	trial.Load.RateRPS, trial.Load.CPU.UserNS = -5, -5
	trial.Turns.Cost = &result.Cost{Steady: -1, Waking: -7, Whole: 1e305}
	u := Unpack(trial)
	for _, metric := range []string{Rate, Client, Cost, Capacity, Whole, Both} {
		if v := u.Figure(metric); !math.IsNaN(v) {
			t.Errorf("%s is %v", metric, v)
		}
	}
	if got := u.Figure(Waking); got != -7 {
		t.Errorf("waking is %v, want -7, which noise can make of little", got)
	}
}
