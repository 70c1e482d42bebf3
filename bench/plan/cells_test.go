package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// ladder lists all models, in order.
var ladder = []string{"blocking", "select", "poll", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "goroutine", "thread", "pool", "prefork",
	"reactors", "uring", "nethttp", "fasthttp", "gnet"}

// trialsOf counts the trials of a round in which every cell is due.
func trialsOf(cells []Cell) map[result.Cell]int {
	have := map[result.Cell]int{}
	for _, c := range cells {
		for _, trial := range c.Trials() {
			have[trial]++
		}
	}
	return have
}

func TestDefaultHasItsCells(t *testing.T) {
	p := mustRead(t, "default")
	cells := p.Cells(ladder, true)
	have := trialsOf(cells)
	for cell, n := range have {
		if n != 1 {
			t.Errorf("%+v is there %d times a round", cell, n)
		}
	}
	cell := func(model, scenario string, n int) result.Cell {
		return result.Cell{Model: model, Scenario: scenario, Connections: n, Placement: result.Split}
	}
	again := func(c result.Cell) result.Cell { c.Control = true; return c }
	hey, shared := cell("epoll", "spin", 16), cell("goroutine", "hello", 64)
	hey.Engine, shared.Placement = "hey", result.Shared
	sharedNull, sharedAgain := shared, shared
	sharedNull.Model, sharedAgain.Model, sharedAgain.Control = result.Null, "epoll", true
	must := []result.Cell{hey, shared, sharedNull, sharedAgain, cell("epoll", "spin", 16)}
	for _, n := range []int{1, 16, 64, 256} {
		must = append(must, cell(result.Null, "hello", n), again(cell("epoll", "hello", n)), cell("blocking", "hello", n))
	}
	for _, rate := range []float64{1000, 10000, 30000} {
		for _, model := range []string{"select", "epoll", "generator", "coroutine", "asyncio", "goroutine", "uring", "nethttp", result.Null} {
			c := cell(model, "cost", 64)
			c.RateRPS = rate
			if must = append(must, c); model == "epoll" {
				must = append(must, again(c))
			}
		}
	}
	for _, model := range []string{"blocking", "prefork", "uring"} {
		must = append(must, cell(model, "thinking", 5000))
	}
	for _, model := range []string{"select", "goroutine", result.Null} { // the rule, not the rate, is its name
		c := cell(model, "paced", 64)
		c.Rule = scenario.Find("paced").RateRule
		must = append(must, c)
	}
	for _, model := range []string{"blocking", "reactors", "uring"} {
		must = append(must, cell(model, "calls", 1), cell(model, "calls", 64))
	}
	for _, mode := range []string{result.OneByOne, result.AllAtOnce, result.Inline} {
		saved := cell("epoll", "download", 20)
		if saved.RateRPS, saved.Mode = 1000, mode; mode == result.OneByOne {
			saved.Connections = 1
		}
		must = append(must, saved)
	}
	for _, silent := range []int{0, 1000, 5000} {
		c := cell("poll", "idle", 50)
		c.Idle = silent
		must = append(must, c)
	}
	must = append(must, cell("pool", "ceiling", 4000), cell("gnet", "exhaust", 200))
	spun := cell("thread", "compute", 64)
	spun.RateRPS = 1000
	drawn := cell("nethttp", "portrait", 8)
	drawn.Placement = result.Shared
	must = append(must, drawn, spun, cell("epoll", "slowreader", 16), cell("goroutine", "flood", 16), cell("thread", "churn", 64), again(cell("epoll", "churn", 64)))
	for _, c := range must {
		if have[c] == 0 {
			t.Errorf("missing: %+v", c)
		}
	}
	for _, c := range []result.Cell{cell("asyncio-executor", "hello", 64), cell("generator", "block", 64), cell("generator", "sleep", 64), cell("epoll", "paced", 64)} {
		if have[c] > 0 {
			t.Errorf("the plan leaves it out, and it is there: %+v", c)
		}
	}
	// In turns, with a twin and, but for churn, null: four levels of nine models, a shared one of three, three rates of eight, a rule of seven, and churn of five. Whole: the rest.
	if n := 4*(9+2) + (3 + 2) + 3*(8+2) + (7 + 2) + (5 + 1) + 10 + 3 + 3*4 + 3 + 3 + 10 + 8 + 3 + 2*3 + 3 + 2*10 + 2 + 17; len(have) != n {
		t.Errorf("%d trials a round, want %d", len(have), n)
	}
	if n := 4 + 1 + 3 + 1 + 1 + 1 + 3 + 1 + 1 + 1 + 1 + 1 + 1 + 3 + 1 + 2 + 1 + 1; len(cells) != n {
		t.Errorf("%d cells, want %d", len(cells), n)
	}
	for _, c := range cells {
		every, is := map[string]int{"hello": 1, "cost": 1, "paced": 1, "portrait": 6}[c.Common.Scenario]
		if !is {
			every = 3
		}
		if c.Every != every {
			t.Errorf("%+v is due in every round of %d, want %d", c.Common, c.Every, every)
		}
	}
}

// A cell in turns has a twin and the null responder; the others have neither.
func TestTurnsHaveTwinAndNull(t *testing.T) {
	for _, name := range Builtins {
		for _, models := range [][]string{ladder, {"select", "goroutine"}, {"blocking"}, {"select", "mine"}} {
			p := mustRead(t, name)
			p.Servers = []Guest{{Name: "mine", Command: "x"}}
			for _, c := range p.Cells(models, true) {
				want := []result.Cell{}
				for _, m := range c.Models {
					for _, engine := range append(c.Engines, "")[:max(1, len(c.Engines))] {
						cell := c.Common
						cell.Model, cell.Engine = m, engine
						want = append(want, cell)
					}
				}
				if c.Scenario.NotSliced == "" {
					twin, null := c.Common, c.Common
					twin.Model, twin.Control, null.Model = ReferenceModel(c.Models), true, result.Null
					if want = append(want, twin); c.Scenario.Path == "/" && c.Scenario.Name != "churn" {
						want = append(want, null)
					}
				}
				if d := cmp.Diff(want, c.Trials()); d != "" {
					t.Errorf("%s, models %v, %+v: %s", name, models, c.Common, d)
				}
				if whole := map[string]bool{"calls": true, "thinking": true, "ceiling": true, "idle": true, "exhaust": true, "slowreader": true, "flood": true, "compute": true, "block": true, "sleep": true, "download": true, "spin": true, "portrait": true}[c.Common.Scenario]; c.InTurns() == whole {
					t.Errorf("%+v is in turns: %v", c.Common, c.InTurns())
				}
			}
		}
	}
}

func TestReference(t *testing.T) {
	for names, want := range map[string]string{
		"blocking epoll goroutine": "epoll", "blocking goroutine nethttp": "goroutine", "blocking select": "select", "blocking mine": "mine", "select": "select",
	} {
		if got := ReferenceModel(strings.Fields(names)); got != want {
			t.Errorf("of %s it is %s, want %s", names, got, want)
		}
	}
}

func TestFullHasEveryModelInEveryScenario(t *testing.T) {
	have := map[string]map[string]bool{}
	for cell := range trialsOf(mustRead(t, "full").Cells(ladder, true)) {
		if have[cell.Scenario] == nil {
			have[cell.Scenario] = map[string]bool{}
		}
		have[cell.Scenario][cell.Model] = true
	}
	for _, name := range scenario.Names() {
		for _, model := range ladder {
			if name != "spin" && !have[name][model] {
				t.Errorf("%s in %s is missing", model, name)
			}
		}
	}
}

// A scenario's list of models does not exclude guests.
func TestScenarioModels(t *testing.T) {
	p := mustParse(t, "rounds: 1\ncycles: 2\nwindow: 1s\nscenarios:\n  - {name: hello, connections: [64], shared: [64], shared_models: [select]}\n"+
		"  - {name: block, models: [select]}\n  - {name: sleep, models: [uring]}\n  - {name: paced}\n  - {name: spin}\n  - {name: cost, rates: [5], models: [nobody]}\n"+
		"servers: [{name: mine, command: x}, {name: yours, url: \"http://h\"}]\n")
	names := []string{"select", "epoll", "mine", "yours"}
	have, guests := map[string]string{}, map[string]int{}
	for _, c := range p.Cells(names, true) {
		for _, trial := range c.Trials() {
			have[trial.Scenario+" "+trial.Placement] += trial.Model + " "
		}
		guests[c.Common.Scenario+" "+c.Common.Placement] = c.Guests
	}
	want := map[string]string{
		"hello split": "select epoll mine yours epoll null ", "hello shared": "select mine yours yours null ", "block split": "select mine yours ",
		"sleep split": "mine yours ", "paced split": "select epoll mine yours epoll null ", "spin split": "epoll epoll ", "cost split": "mine yours yours null ",
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
	for where, n := range guests {
		if n != 2 && where != "spin split" {
			t.Errorf("%s has %d guests", where, n)
		}
	}
	expect := p.Expectations(names)
	if len(expect["block"]) != 1 || expect["block"]["select"] != scenario.Fails || len(expect["sleep"]) != 0 {
		t.Errorf("expected of who does not take part: %v", expect)
	}
	if got := p.Cells([]string{"generator"}, true); slices.ContainsFunc(got, func(c Cell) bool { return c.Common.Scenario == "block" }) {
		t.Errorf("a cell without models: %+v", got)
	}
}

func TestCellsTakeWhatThePlanSays(t *testing.T) {
	p := mustParse(t, "rounds: 3\ncycles: 2\nwarmup: 10ms\nwindow: 1s\nscenarios:\n  - {name: thinking, wait: 2s, every: 3, connections: [7]}\n"+
		"  - {name: cost, rates: [5, 10000], connections: [8], warmup: 0s}\n  - {name: block, window: 3s}\n  - {name: download, connections: [4]}\n")
	type brief struct {
		Name   string
		N      int
		Rate   float64
		Mode   string
		Every  int
		Warmup time.Duration
		Window time.Duration
		Wait   time.Duration
		Weight int
	}
	var got []brief
	for _, c := range p.Cells([]string{"epoll"}, true) {
		got = append(got, brief{c.Common.Scenario, c.Common.Connections, c.Common.RateRPS, c.Common.Mode, c.Every, c.Warmup, c.Window, c.Wait, c.Weight})
	}
	ms := time.Millisecond
	want := []brief{
		{"thinking", 7, 0, "", 3, 10 * ms, 1000 * ms, 2000 * ms, 2},
		{"cost", 8, 5, "", 1, 0, 1000 * ms, 0, 2}, {"cost", 8, 10000, "", 1, 0, 1000 * ms, 0, 6},
		{"block", 64, 0, "", 1, 10 * ms, 3000 * ms, 0, 2},
		{"download", 1, 1000, result.OneByOne, 1, 10 * ms, 1000 * ms, 0, 1}, {"download", 4, 1000, result.AllAtOnce, 1, 10 * ms, 1000 * ms, 0, 1},
		{"download", 4, 1000, result.Inline, 1, 10 * ms, 1000 * ms, 0, 1},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// On one processor no level is measured twice, and the weights are those of the split placement.
func TestOneProcessorSharesEverything(t *testing.T) {
	for _, name := range Builtins {
		p := mustRead(t, name)
		split := slices.DeleteFunc(p.Cells(ladder, true), func(c Cell) bool { return c.Common.Placement == result.Shared && !c.Scenario.Shared })
		shared := p.Cells(ladder, false)
		if len(shared) != len(split) {
			t.Fatalf("%s: %d cells where everything is shared, %d where nothing is", name, len(shared), len(split))
		}
		for i, c := range shared {
			if c.Common.Placement != result.Shared {
				t.Errorf("%s: %+v is not shared", name, c.Common)
			}
			if c.Weight != split[i].Weight {
				t.Errorf("%s: %+v weighs %d, and %d where it is not shared", name, c.Common, c.Weight, split[i].Weight)
			}
		}
		for cell, n := range trialsOf(shared) {
			if n != 1 {
				t.Errorf("%s: %+v is there %d times a round", name, cell, n)
			}
		}
	}
}

func TestExpectations(t *testing.T) {
	got := mustRead(t, "full").Expectations(append(slices.Clone(ladder), "mine"))
	if got["thinking"]["blocking"] != scenario.Fails || got["block"]["epoll"] != scenario.Fails || got["block"]["goroutine"] != scenario.Fine ||
		got["hello"]["blocking"] != scenario.Degrades || got["thinking"]["select"] != scenario.Refuses || got["cost"]["epoll"] != scenario.Fine {
		t.Errorf("got %v", got)
	}
	if len(got["spin"]) > 0 || got["hello"]["mine"] != "" || got["hello"]["null"] != "" {
		t.Errorf("something is expected of who does not take part: %v", got)
	}
}
