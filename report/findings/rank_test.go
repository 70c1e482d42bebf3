package findings

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/report/study"
)

// inTurns returns trials of a cell whose models took turns, with each model's effects by round in a metric. Their own figures are all the same.
func inTurns(c result.Cell, metric string, effects map[string][]float64) (list []result.Trial) {
	var models []string
	for model := range effects {
		models = append(models, model)
	}
	slices.Sort(models)
	for i, model := range models {
		for round, e := range effects[model] {
			c := c
			c.Model = model
			t := measured(round+1, c, 1000)
			t.Load.Latency = spread(1000).Latency()
			t.Turns = &result.Turns{Servers: len(models), Place: i + 1, Cycles: 20, SliceNS: 25e6, Cost: &result.Cost{Steady: 9000, Waking: 1e6, Whole: 11000},
				Effects: map[string]float64{metric: e}}
			list = append(list, t)
		}
	}
	return list
}

var cell64 = result.Cell{Scenario: "hello", Connections: 64}

func TestRatios(t *testing.T) {
	cost := map[string][]float64{"epoll": {0.11, 0.09, 0.1, 0.1, 0.1, 0.1}, "select": {0, 0, 0, 0, 0, 0}}
	steady := inTurns(cell64, result.MetricSteady, cost)
	without := func(drop func(result.Trial) bool) []result.Trial {
		return slices.DeleteFunc(slices.Clone(steady), drop)
	}
	some := inTurns(cell64, result.MetricSteady, cost)
	for i := range some {
		if some[i].Round == 1 {
			some[i].Turns.Effects = nil // the figures, which are alike, count instead
		}
	}
	one := inTurns(cell64, result.MetricSteady, cost)
	one[0].Turns.Effects = nil
	for _, c := range []struct {
		name    string
		trials  []result.Trial
		metric  string
		ratio   float64 // epoll over select; 0: not known
		rounds  int
		outcome string
	}{
		{"by effects", steady, Cost, math.Exp(0.1), 6, result.Higher},
		{"capacity is the other way round", steady, Capacity, math.Exp(-0.1), 6, result.Lower},
		{"a metric without effects, of the same figures", steady, Rate, 1, 6, result.Same},
		{"a round without effects", some, Cost, math.Exp(0.49 / 6), 6, result.Higher},
		{"a round without effects of one", one, Cost, math.Exp(0.49 / 6), 6, result.Higher},
		{"by rate", inTurns(cell64, result.MetricRate, cost), Rate, math.Exp(0.1), 6, result.Higher},
		{"by the median", inTurns(cell64, result.MetricP50, cost), P50, math.Exp(0.1), 6, result.Higher},
		{"by the tail", inTurns(cell64, result.MetricP99, cost), P99, math.Exp(0.1), 6, result.Higher},
		{"little, and all of it known", inTurns(cell64, result.MetricRate, map[string][]float64{"epoll": {0.001, -0.001, 0.001, -0.001}, "select": {0, 0, 0, 0}}), Rate, 1, 4, result.Same},
		{"much, and little known", inTurns(cell64, result.MetricRate, map[string][]float64{"epoll": {0.1, -0.1, 0.2}, "select": {0, 0, 0}}), Rate, math.Exp(0.2 / 3), 3, result.Undecided},
		{"one round in common", inTurns(cell64, result.MetricRate, map[string][]float64{"epoll": {0.1}, "select": {0}}), Rate, 0, 0, ""},
		{"two rounds in common", inTurns(cell64, result.MetricRate, map[string][]float64{"epoll": {0.1, 0.2}, "select": {0, 0}}), Rate, math.Exp(0.15), 2, result.Undecided},
		{"two rounds that tell much", inTurns(cell64, result.MetricRate, map[string][]float64{"epoll": {4.1, 4.2}, "select": {0, 0}}), Rate, math.Exp(4.15), 2, result.Higher},
		{"half of the rounds in common", slices.DeleteFunc(append(
			flat(hello("epoll", 64), 20), flat(hello("select", 64), 10)...), func(t result.Trial) bool { return t.Cell.Model == "select" && t.Round > 3 }), Rate, 0, 0, ""},
		{"more than half", slices.DeleteFunc(append(
			flat(hello("epoll", 64), 20), flat(hello("select", 64), 10)...), func(t result.Trial) bool { return t.Cell.Model == "select" && t.Round > 4 }), Rate, 2, 4, result.Higher},
		{"one alone", without(func(t result.Trial) bool { return t.Cell.Model == "select" }), Cost, 0, 0, ""},
	} {
		if c.name == "one alone" {
			for i := range c.trials {
				c.trials[i].Turns.Servers, c.trials[i].Turns.Place = 1, 1
			}
		}
		w := run(c.trials)
		r := ratio(w.cells[0].find("epoll"), w.cells[0].find("select"), c.metric)
		if c.ratio == 0 {
			if r != nil {
				t.Errorf("%s: %+v, want nothing", c.name, r)
			}
			continue
		}
		if r == nil || math.Abs(r.Ratio-c.ratio) > 1e-5 || r.Rounds != c.rounds || r.Outcome != c.outcome {
			t.Errorf("%s: %+v, want %.4f of %d rounds, %s", c.name, r, c.ratio, c.rounds, c.outcome)
			continue
		}
		if back := r.inverse(); math.Abs(back.Ratio*r.Ratio-1) > 1e-5 || math.Abs(back.Low*r.High-1) > 1e-5 || back.Of != "select" || back.inverse().Outcome != r.Outcome || back.Within != r.Within {
			t.Errorf("%s: the other way round it is %+v", c.name, back)
		}
		if (r.Outcome == result.Undecided) != (r.Decides > 0) {
			t.Errorf("%s: %s, and %d rounds would decide", c.name, r.Outcome, r.Decides)
		}
	}
}

// TestDecides repeats rounds until there are a quarter more than decides predicts, and checks that they decide.
func TestDecides(t *testing.T) {
	repeat := func(d []float64, n int) (more []float64) {
		for i := range n {
			more = append(more, d[i%len(d)])
		}
		return more
	}
	for _, d := range [][]float64{{0.1, -0.05, 0.07, -0.02}, {0.001, -0.03, 0.03}, {0.01, 0.02, -0.01, 0.03, -0.01, 0.02}} {
		n := decides(d, 0.05, 0.02)
		if n <= len(d) {
			t.Errorf("%v: %d rounds would decide", d, n)
		}
		if early := ratioOf(d, 0, "a", "b", Rate, 0.05); early.Outcome != result.Undecided {
			t.Errorf("%v is decided: %+v", d, early)
		}
		if late := ratioOf(repeat(d, n*5/4+1), 0, "a", "b", Rate, 0.05); late.Outcome == result.Undecided {
			t.Errorf("%v: after %d rounds and a quarter more it is undecided: %+v", d, n, late)
		}
	}
	if n := decides([]float64{5, -5, 4, -4, 0.01}, 0.001, 0.02); n != 0 {
		t.Errorf("%d rounds would decide what nobody can", n)
	}
}

// invented returns a cell whose models have the same noise around their own effect, in turns or in whole trials.
func invented(rng *rand.Rand, models, rounds int, effect func(model int) float64) *worksheet {
	c := &study.Cell{Key: study.Key{Scenario: "hello", Connections: 64, Placement: result.Split}}
	for k := range models {
		m := &study.Model{Name: fmt.Sprint(k)}
		for round := range rounds {
			m.Trials = append(m.Trials, study.Unpack(result.Trial{Schema: 2, Round: round + 1, Cell: result.Cell{Model: m.Name, Scenario: "hello", Connections: 1},
				Load: &result.Load{RateRPS: math.Exp(effect(k) + 0.03*rng.NormFloat64()), Connections: result.Connections{Answered: 1, Used: 1}}}))
		}
		c.Models = append(c.Models, m)
	}
	return newWorksheet(&study.Study{Cells: []*study.Cell{c}, Rounds: rounds})
}

// TestFalseAlarms has models that are all alike: at most 5 of 100 cells may call two of them different, for any number of rounds and models.
// By chance 0.05 becomes 0.065 at most in 99 of 100 tries of so many cells.
func TestFalseAlarms(t *testing.T) {
	const cells = 1200
	for _, rounds := range []int{3, 6} {
		for _, models := range []int{2, 9} {
			rng := rand.New(rand.NewPCG(uint64(rounds), uint64(models)))
			alarms := 0
			for range cells {
				w := invented(rng, models, rounds, func(int) float64 { return 0 })
				r := w.rank(w.cells[0], Rate)
				if len(r.Pairs) != models*(models-1)/2 || !r.Known {
					t.Fatalf("%d pairs of %d models", len(r.Pairs), models)
				}
				if slices.ContainsFunc(r.Pairs, func(p Ratio) bool { return differ(&p) }) {
					alarms++
				}
			}
			share := float64(alarms) / cells
			t.Logf("%d models, %d rounds: %.3f of the cells have a false difference", models, rounds, share)
			if share > 0.065 {
				t.Errorf("%d models, %d rounds: %.3f of the cells have a false difference, want 0.05 at most", models, rounds, share)
			}
			if models == 2 && share < 0.035 {
				t.Errorf("%d rounds: two are called different in %.3f of the cells: intervals are wider than they need be", rounds, share)
			}
		}
	}
}

// TestTrueDifferencesAreFound plants 10 % between neighbours, of three times their noise.
func TestTrueDifferencesAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	found, all := 0, 0
	for range 200 {
		w := invented(rng, 4, 6, func(model int) float64 { return -0.1 * float64(model) })
		for _, p := range w.rank(w.cells[0], Rate).Pairs {
			all++
			if ahead(&p) && p.Of < p.To {
				found++
			}
			if ahead(p.inverse()) {
				t.Errorf("%+v is the wrong way round", p)
			}
		}
	}
	if share := float64(found) / float64(all); share < 0.85 {
		t.Errorf("%.2f of what differs by three times the noise is found, want 0.85", share)
	}
}

// TestIntervalsAreAsSureAsTheySay checks that 95 % of single intervals include the truth, with three rounds and with six.
func TestIntervalsAreAsSureAsTheySay(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, rounds := range []int{3, 6} {
		held := 0
		const n = 2000
		for range n {
			w := invented(rng, 2, rounds, func(model int) float64 { return 0.5 * float64(model) })
			if r := ratio(w.cells[0].find("1"), w.cells[0].find("0"), Rate); r.Low <= math.Exp(0.5) && math.Exp(0.5) <= r.High {
				held++
			}
		}
		if share := float64(held) / n; math.Abs(share-0.95) > 0.015 {
			t.Errorf("%d rounds: %.3f of the intervals hold the truth, want 0.95", rounds, share)
		}
	}
}

// TestTheFirstIsNeverSurelyBehind has a model with the best median that loses to another in every round that both have.
func TestTheFirstIsNeverSurelyBehind(t *testing.T) {
	e := map[string][]float64{"epoll": {0.02, 0.02, 0.02, 0.02, 0.02, 0.021}, "select": {0, 0, 0, 0, 0, 0}}
	trials := inTurns(cell64, result.MetricRate, e)
	for i := range trials {
		if trials[i].Cell.Model == "select" {
			trials[i].Load.RateRPS = 1001
		}
	}
	r := find(trials).Cells[0].Ranking(Rate)
	if r.Places[0].Model != "epoll" || r.Places[0].Rank != 1 || r.Places[1].Rank != 2 {
		t.Errorf("places are %+v, want epoll first", r.Places)
	}
}

func TestManyModelsAreNotCompared(t *testing.T) {
	w := invented(rand.New(rand.NewPCG(1, 1)), mostCompared+1, 3, func(int) float64 { return 0 })
	if r := w.rank(w.cells[0], Rate); r.Known || r.Pairs != nil || len(r.Places) != mostCompared+1 {
		t.Errorf("%d places, %d pairs", len(r.Places), len(r.Pairs))
	}
}

// TestBlur: replies come in waves, so a window is precise to one wave only.
func TestBlur(t *testing.T) {
	cell := func(model, scenario string) result.Cell {
		return result.Cell{Model: model, Scenario: scenario, Connections: 64, Placement: result.Split}
	}
	trials := func(scenario string, window time.Duration) []result.Trial {
		list := append(flat(cell("epoll", scenario), 6000), flat(cell("select", scenario), 6000)...)
		for i := range list {
			list[i].Load.Window.ElapsedNS = int64(window)
			list[i].Load.Spec.Target = "http://127.0.0.1:1/sleep/10ms"
		}
		return list
	}
	within := func(trials []result.Trial) float64 {
		w := run(trials)
		return ratio(w.cells[0].find("epoll"), w.cells[0].find("select"), Rate).Within
	}
	short, long := within(trials("sleep", 150*time.Millisecond)), within(trials("sleep", 1500*time.Millisecond))
	if want := 1.96 * math.Sqrt(2./12) / 15; math.Abs(math.Log1p(short)-want) > 1e-4 || math.Abs(10*math.Log1p(long)-want) > 1e-3 {
		t.Errorf("15 waves are known within %v, 150 within %v, want %v and a tenth of it", short, long, want)
	}
	if got := within(trials("hello", 150*time.Millisecond)); got != 0 {
		t.Errorf("without waves: within %v", got)
	}
}

// A figure that is a lower bound in most rounds has no rank and no ratio. If it is one in few rounds, those do not count.
func TestALowerBoundHasNoRank(t *testing.T) {
	cost := map[string][]float64{"epoll": {0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, "select": {0, 0, 0, 0, 0, 0}}
	for bounds, want := range map[int]bool{0: true, 2: true, 4: false, 6: false} {
		list := inTurns(cell64, result.MetricP99, cost)
		for i := range list {
			if list[i].Cell.Model == "select" && list[i].Round <= bounds {
				list[i].Load.Requests.OK, list[i].Load.Requests.Unanswered = 970, 30
			}
		}
		f := find(list)
		r := f.Cells[0].Ranking(P99)
		if figure := f.Cells[0].Model("select").Figures[P99]; figure.AtLeast == want {
			t.Errorf("of %d rounds a lower bound: %+v", bounds, figure)
		}
		if ranked := len(r.Places) == 2; ranked != want || ranked != (len(r.Pairs) == 1) || slices.Contains(r.Others, "select") == want {
			t.Errorf("of %d rounds a lower bound: %+v", bounds, r)
		}
		if want && r.Pairs[0].Rounds != 6-bounds {
			t.Errorf("of %d rounds a lower bound: compared over %d", bounds, r.Pairs[0].Rounds)
		}
	}
}
