package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

// ladder are the models there are, in its order.
var ladder = []string{"blocking", "select", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "goroutine", "nethttp"}

func defaultJobs(t *testing.T, apart bool, seed uint64) (*Plan, []job) {
	t.Helper()
	p, err := readPlan("default")
	if err != nil {
		t.Fatal(err)
	}
	return p, p.jobs(ladder, apart, seed)
}

func TestEveryRoundHoldsEveryCellOnce(t *testing.T) {
	p, jobs := defaultJobs(t, true, 1)
	want := map[result.Cell]int{}
	for _, j := range p.round(ladder, true) {
		want[j.cell]++
	}
	orders := map[int]string{}
	for round := 1; round <= int(p.Rounds); round++ {
		have, order := map[result.Cell]int{}, ""
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
	have := map[result.Cell]bool{}
	for _, j := range p.round(ladder, true) {
		have[j.cell] = true
	}
	cell := func(model, scenario string, n int) result.Cell {
		return result.Cell{Model: model, Scenario: scenario, Connections: n, Placement: result.Split}
	}
	again, hey, shared, sharedNull := cell("epoll", "hello", 64), cell("epoll", "spin", 16), cell("goroutine", "hello", 64), cell(result.Null, "hello", 64)
	again.Control, hey.Engine, shared.Placement, sharedNull.Placement = true, "hey", result.Shared, result.Shared
	must := []result.Cell{again, hey, shared, sharedNull, cell("epoll", "hello", 64), cell("epoll", "spin", 16)}
	for _, n := range []int{1, 16, 64, 256} {
		must = append(must, cell(result.Null, "hello", n))
	}
	for _, model := range ladder {
		must = append(must, cell(model, "thinking", 64))
	}
	for _, mode := range []string{result.OneByOne, result.AllAtOnce, result.Inline} {
		saved := cell("epoll", "download", 20)
		if saved.RateRPS, saved.Mode = 1000, mode; mode == result.OneByOne {
			saved.Connections = 1
		}
		must = append(must, saved)
	}
	for _, c := range must {
		if !have[c] {
			t.Errorf("missing: %s", cellName(c))
		}
	}
	for _, c := range []result.Cell{cell("asyncio-executor", "hello", 64), cell("asyncio-executor", "paced", 64), cell("generator", "block", 64)} {
		if have[c] {
			t.Errorf("the plan leaves it out, and it is there: %s", cellName(c))
		}
	}
	if n := 9*4 + 1 + 3 + 8 + 9 + 7 + 7 + 2*3 + 2; len(have) != n {
		t.Errorf("%d cells a round, want %d", len(have), n)
	}
}

func TestFullHasEveryModelInEveryScenario(t *testing.T) {
	p, err := readPlan("full")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]map[string]bool{}
	for _, j := range p.round(ladder, true) {
		if have[j.cell.Scenario] == nil {
			have[j.cell.Scenario] = map[string]bool{}
		}
		have[j.cell.Scenario][j.cell.Model] = true
	}
	for _, name := range scenarioNames() {
		for _, model := range ladder {
			if name != "spin" && !have[name][model] {
				t.Errorf("%s in %s is missing", model, name)
			}
		}
	}
}

// A scenario's list narrows the ladder; a server of the user's own is measured everywhere.
func TestScenarioModels(t *testing.T) {
	p, err := parsePlan([]byte("rounds: 1\nwindow: 1s\nscenarios:\n  - {name: hello, connections: [64], shared: [64], shared_models: [select]}\n" +
		"  - {name: block, models: [select]}\n  - {name: sleep, models: [uring]}\nservers: [{name: mine, command: x}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, j := range p.round([]string{"select", "epoll", "mine"}, true) {
		have[j.cell.Scenario+" "+j.cell.Placement] += j.cell.Model + " "
	}
	want := map[string]string{
		"hello split": "select epoll mine null epoll ", "hello shared": "select mine null ", "block split": "select mine ", "sleep split": "mine ",
		"paced split": "select epoll mine ", "spin split": "epoll epoll ",
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	expect := expectations(p, []string{"select", "epoll", "mine"})
	if len(expect["block"]) != 1 || expect["block"]["select"] != fails || len(expect["sleep"]) != 0 {
		t.Errorf("expected of who does not take part: %v", expect)
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
		if want := i >= len(first)-8; (j.cell.Scenario == "paced") != want {
			t.Errorf("place %d of %d in round 1 is %s", i+1, len(first), cellName(j.cell))
		}
	}
	second := jobs[len(first) : 2*len(first)]
	if slices.IndexFunc(second, func(j job) bool { return j.cell.Scenario == "paced" }) == len(first)-8 {
		t.Error("round 2 is not shuffled freely")
	}
}

func TestOneProcessorSharesEverything(t *testing.T) {
	_, jobs := defaultJobs(t, false, 1)
	seen := map[result.Cell]int{}
	for _, j := range jobs {
		if j.cell.Placement != result.Shared {
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
	if got := p.length(jobs); got > 215*time.Second {
		t.Errorf("the forecast is %v, and at most 215s fit: make bench must end in under five minutes, of which building takes up to one", got)
	}
}

func TestPacedRate(t *testing.T) {
	at := func(model string, n, round int, rate float64, answered int) result.Trial {
		return result.Trial{Round: round, Cell: result.Cell{Model: model, Scenario: "hello", Connections: n, Placement: result.Split},
			Load: &result.Load{RateRPS: rate, Connections: result.Connections{Answered: int64(answered)}}}
	}
	hello := func(model string, rate float64) result.Trial { return at(model, 64, 1, rate, 64) }
	levels := func(model string, rates ...float64) (list []result.Trial) {
		for i, n := range []int{1, 16, 64, 256} {
			list = append(list, at(model, n, 1, rates[i], n))
		}
		return list
	}
	control, shared, failed := hello("epoll", 7000), hello("select", 6000), hello("select", 5000)
	control.Cell.Control, shared.Cell.Placement, failed.Failed = true, result.Shared, "broken"
	for _, c := range []struct {
		name   string
		trials []result.Trial
		want   float64
	}{
		{"none", nil, 0},
		{"slowest", []result.Trial{hello("epoll", 90000), hello("select", 80001)}, 40000},
		{"one disturbed trial decides nothing", slices.Concat(levels("epoll", 20000, 90000, 300, 88000), levels("select", 19000, 80000, 79000, 100)), 39500},
		{"one connection measures the round trip", slices.Concat(levels("epoll", 10, 90000, 90000, 90000)), 45000},
		{"starved has no rate", []result.Trial{hello("epoll", 90000), at("blocking", 16, 1, 20000, 1), at("blocking", 64, 1, 20000, 1)}, 45000},
		{"all few served is not enough", []result.Trial{hello("epoll", 90000), at("pool", 16, 1, 20000, 16), at("pool", 64, 1, 20000, 16)}, 45000},
		{"only the first round", []result.Trial{hello("epoll", 90000), at("epoll", 64, 2, 10, 64)}, 45000},
		{"neither null, control, shared nor failed", []result.Trial{hello("epoll", 90000), hello(result.Null, 100), control, shared, failed}, 45000},
	} {
		for range 3 { // whatever order a map has
			if got := pacedRate(c.trials, result.Split); got != c.want {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	}
}

func TestExpectations(t *testing.T) {
	p, err := readPlan("full")
	if err != nil {
		t.Fatal(err)
	}
	got := expectations(p, append(slices.Clone(ladder), "mine"))
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
