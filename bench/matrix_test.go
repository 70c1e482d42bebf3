package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/trial"
)

var five = []string{"blocking", "select", "epoll", "goroutine", "nethttp"}

func defaultJobs(t *testing.T, apart bool, seed uint64) (*Plan, []job) {
	t.Helper()
	p, err := readPlan("default")
	if err != nil {
		t.Fatal(err)
	}
	return p, p.jobs(five, apart, seed)
}

func TestEveryRoundHoldsEveryCellOnce(t *testing.T) {
	p, jobs := defaultJobs(t, true, 1)
	want := map[trial.Cell]int{}
	for _, j := range p.round(five, true) {
		want[j.cell]++
	}
	orders := map[int]string{}
	for round := 1; round <= p.Rounds; round++ {
		have, order := map[trial.Cell]int{}, ""
		for _, j := range jobs {
			if j.round == round {
				have[j.cell]++
				order += cellName(j.cell) + ";"
			}
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("round %d: %s", round, d)
		}
		orders[round] = order
	}
	if orders[2] == orders[3] {
		t.Error("two rounds have the same order: nothing was shuffled")
	}
	for cell, n := range want {
		if n != 1 {
			t.Errorf("%s is there %d times a round", cellName(cell), n)
		}
	}
	for i, j := range jobs {
		if j.order != i+1 {
			t.Fatalf("job %d has order %d", i+1, j.order)
		}
	}
}

func TestRoundHasItsControls(t *testing.T) {
	p, _ := defaultJobs(t, true, 1)
	have := map[trial.Cell]bool{}
	for _, j := range p.round(five, true) {
		have[j.cell] = true
	}
	cell := func(model, scenario string, n int) trial.Cell {
		return trial.Cell{Model: model, Scenario: scenario, Connections: n, Placement: trial.Split}
	}
	again, hey, shared, sharedNull := cell("epoll", "hello", 64), cell("epoll", "spin", 16), cell("goroutine", "hello", 64), cell(trial.Null, "hello", 64)
	again.Control, hey.Engine, shared.Placement, sharedNull.Placement = true, "hey", trial.Shared, trial.Shared
	must := []trial.Cell{again, hey, shared, sharedNull, cell("epoll", "hello", 64), cell("epoll", "spin", 16)}
	for _, n := range []int{1, 16, 64, 256} {
		must = append(must, cell(trial.Null, "hello", n))
	}
	for _, model := range five {
		must = append(must, cell(model, "paced", 64), cell(model, "thinking", 64), cell(model, "block", 64), cell(model, "sleep", 64))
	}
	for _, c := range must {
		if !have[c] {
			t.Errorf("missing: %s", cellName(c))
		}
	}
	if n := 5*(4+1) + 5 + 1 + 4*5 + 2; len(have) != n {
		t.Errorf("%d cells a round, want %d", len(have), n)
	}
}

func TestSeedDecidesTheOrder(t *testing.T) {
	_, a := defaultJobs(t, true, 7)
	_, b := defaultJobs(t, true, 7)
	_, c := defaultJobs(t, true, 8)
	if !slices.Equal(a, b) {
		t.Error("the same seed gave two orders")
	}
	if slices.Equal(a, c) {
		t.Error("two seeds gave the same order")
	}
}

func TestPacedCellsOfTheFirstRoundComeLast(t *testing.T) {
	_, jobs := defaultJobs(t, true, 3)
	first := jobs[:len(jobs)/6]
	for i, j := range first {
		if want := i >= len(first)-5; (j.cell.Scenario == "paced") != want {
			t.Errorf("place %d of %d in round 1 is %s", i+1, len(first), cellName(j.cell))
		}
	}
	second := jobs[len(first) : 2*len(first)]
	if slices.IndexFunc(second, func(j job) bool { return j.cell.Scenario == "paced" }) == len(first)-5 {
		t.Error("round 2 is not shuffled freely")
	}
}

func TestOneProcessorSharesEverything(t *testing.T) {
	_, jobs := defaultJobs(t, false, 1)
	seen := map[trial.Cell]int{}
	for _, j := range jobs {
		if j.cell.Placement != trial.Shared {
			t.Fatalf("%s is not shared", cellName(j.cell))
		}
		seen[j.cell]++
	}
	for c, n := range seen {
		if n != 6 {
			t.Errorf("%s: %d trials in 6 rounds", cellName(c), n)
		}
	}
}

func TestDefaultFitsItsTime(t *testing.T) {
	p, jobs := defaultJobs(t, true, 1)
	if got := p.length(jobs); got.Minutes() > 4 {
		t.Errorf("the forecast is %v: make bench must end in under five minutes, of which building takes up to one", got)
	}
}

func TestPacedRate(t *testing.T) {
	hello := func(model string, round int, rate float64, answered int64) trial.Trial {
		return trial.Trial{Round: round, Cell: trial.Cell{Model: model, Scenario: "hello", Connections: 64, Placement: trial.Split},
			Load: &trial.Load{RateRPS: rate, Connections: trial.Connections{Answered: answered}}}
	}
	control, shared, failed := hello("epoll", 1, 7000, 64), hello("select", 1, 6000, 64), hello("select", 1, 5000, 64)
	control.Cell.Control, shared.Cell.Placement, failed.Failed = true, trial.Shared, "broken"
	for _, c := range []struct {
		name   string
		trials []trial.Trial
		want   float64
	}{
		{"none", nil, 0},
		{"slowest", []trial.Trial{hello("epoll", 1, 90000, 64), hello("select", 1, 80001, 64)}, 40000},
		{"starved has no rate", []trial.Trial{hello("epoll", 1, 90000, 64), hello("blocking", 1, 20000, 1)}, 45000},
		{"only the first round", []trial.Trial{hello("epoll", 1, 90000, 64), hello("epoll", 2, 10, 64)}, 45000},
		{"neither null, control, shared nor failed", []trial.Trial{hello("epoll", 1, 90000, 64), hello(trial.Null, 1, 100, 64), control, shared, failed}, 45000},
	} {
		if got := pacedRate(c.trials, trial.Split); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestExpectations(t *testing.T) {
	p, err := readPlan("full")
	if err != nil {
		t.Fatal(err)
	}
	got := expectations(p, append(slices.Clone(five), "mine"))
	if got["thinking"]["blocking"] != fails || got["block"]["epoll"] != fails || got["block"]["goroutine"] != fine || got["hello"]["blocking"] != degrades {
		t.Errorf("got %v", got)
	}
	if len(got["spin"]) > 0 || got["hello"]["mine"] != "" || got["hello"]["uring"] != "" {
		t.Errorf("something is expected of who does not take part: %v", got)
	}
}

func TestSeat(t *testing.T) {
	alone := func(int) []int { return nil }
	for _, c := range []struct {
		name     string
		cpus     []int
		siblings func(int) []int
		want     seating
		noted    bool
	}{
		{"two cores", []int{0, 1}, alone, seating{"split": {[]int{0}, []int{1}}, "shared": {[]int{0, 1}, []int{0, 1}}}, false},
		{"threads of a core are passed over", []int{4, 5, 6, 7}, func(cpu int) []int { return []int{cpu &^ 1, cpu | 1} },
			seating{"split": {[]int{4}, []int{6}}, "shared": {[]int{4, 5, 6, 7}, []int{4, 5, 6, 7}}}, false},
		{"one core with two threads", []int{0, 1}, func(int) []int { return []int{0, 1} },
			seating{"split": {[]int{0}, []int{1}}, "shared": {[]int{0, 1}, []int{0, 1}}}, true},
		{"one processor", []int{3}, alone, seating{"shared": {[]int{3}, []int{3}}}, true},
	} {
		got, note := seat(c.cpus, c.siblings)
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(pair{})); d != "" || (note != "") != c.noted {
			t.Errorf("%s: note %q\n%s", c.name, note, d)
		}
	}
}
