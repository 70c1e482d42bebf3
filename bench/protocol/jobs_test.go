package protocol

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"carousel/bench/plan"
	"carousel/internal/result"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ladder lists all models, in order.
var ladder = []string{"blocking", "select", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "goroutine", "nethttp"}

func mustRead(t testing.TB, name string) *plan.Plan {
	t.Helper()
	p, err := plan.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// defaultJobs returns the jobs of the plan of make bench, with cycles for its budget.
func defaultJobs(t testing.TB, apart bool, seed uint64) (*plan.Plan, []Job) {
	t.Helper()
	p := mustRead(t, "default")
	jobs := Jobs(p.Cells(ladder, apart), int(p.Rounds), seed)
	AllotCycles(jobs, time.Duration(p.Budget), 0)
	return p, jobs
}

func names(jobs []Job) (list []string) {
	for _, j := range jobs {
		list = append(list, fmt.Sprintf("%d %s", j.Round, j.Name()))
	}
	return list
}

func TestEveryRoundHoldsEveryCellThatIsDueOnce(t *testing.T) {
	p, jobs := defaultJobs(t, true, 1)
	orders := map[int][]string{}
	for round := 1; round <= int(p.Rounds); round++ {
		want, have := map[result.Cell]int{}, map[result.Cell]int{}
		for _, c := range p.Cells(ladder, true) {
			if round%c.Every == 1%c.Every {
				want[c.Common] = 1
			}
		}
		for _, j := range jobs {
			if j.Round == round {
				have[j.Common]++
				orders[round] = append(orders[round], j.Name())
			}
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("round %d: %s", round, d)
		}
	}
	if slices.Equal(orders[3], orders[5]) || slices.Equal(orders[2], orders[4]) {
		t.Error("two rounds have the same order: nothing was shuffled")
	}
	seeds := map[uint64]bool{}
	for i, j := range jobs {
		if j.Order != i+1 {
			t.Fatalf("job %d has order %d", i+1, j.Order)
		}
		seeds[j.Seed] = true
	}
	if len(seeds) != len(jobs) {
		t.Errorf("%d jobs have %d seeds", len(jobs), len(seeds))
	}
}

// The forecast includes the time for silent connections, for exhaust and for a second client.
func TestForecastOfCrowds(t *testing.T) {
	p := mustRead(t, "full")
	forecast := map[string]time.Duration{}
	for _, j := range Jobs(p.Cells(ladder, true), 1, 1) {
		forecast[j.Name()] = j.Forecast()
	}
	n := time.Duration(len(ladder))
	if few, many := forecast["idle 50 beside 1000"], forecast["idle 50 beside 15000"]; many-few < n*500*time.Millisecond || few-forecast["idle 50 beside 0"] < n*100*time.Millisecond {
		t.Errorf("beside 0, 1,000 and 15,000 silent connections it is %v, %v and %v", forecast["idle 50 beside 0"], few, many)
	}
	if got := forecast["portrait 8, shared"]; got < n*300*time.Millisecond {
		t.Errorf("%d servers on which a script is played take %v", n, got)
	}
	if got := forecast["exhaust 200"]; got < n*time.Second {
		t.Errorf("%d servers that are full for 1s each take %v", n, got)
	}
	if with, without := forecast["flood 16"], forecast["compute 64 at 1000/s"]; with-without < n*200*time.Millisecond { // both have the same window and warm-up
		t.Errorf("%d trials take %v, and %v with a second client", n, without, with)
	}
}

func TestEvery(t *testing.T) {
	p := mustRead(t, "default")
	cells := p.Cells([]string{"epoll"}, true)[:2]
	cells[0].Every, cells[1].Every = 3, 1
	due := map[string][]int{}
	for _, j := range Jobs(cells, 8, 1) {
		due[j.Name()] = append(due[j.Name()], j.Round)
	}
	want := map[string][]int{CellName(cells[0].Common): {1, 4, 7}, CellName(cells[1].Common): {1, 2, 3, 4, 5, 6, 7, 8}}
	if d := cmp.Diff(want, due); d != "" {
		t.Error(d)
	}
}

func TestSeedDecidesTheOrder(t *testing.T) {
	_, a := defaultJobs(t, true, 7)
	_, b := defaultJobs(t, true, 7)
	_, c := defaultJobs(t, true, 8)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave two orders")
	}
	if slices.Equal(names(a), names(c)) {
		t.Error("two seeds gave the same order")
	}
	if a[0].Seed == c[0].Seed {
		t.Error("two seeds gave their first cells the same one")
	}
}

// Over many seeds each cell has every place equally often, so it is not always near the same cells.
func TestShuffleIsFair(t *testing.T) {
	cells := mustRead(t, "default").Cells([]string{"epoll"}, true)[:4]
	first := map[string]int{}
	for seed := range uint64(400) {
		first[Jobs(cells, 1, seed+1)[0].Name()]++
	}
	for _, c := range cells {
		if n := first[CellName(c.Common)]; n < 60 || n > 140 {
			t.Errorf("%s comes first in %d of 400 runs, want about 100", CellName(c.Common), n)
		}
	}
}

func TestRuledCellsOfTheFirstRoundComeLast(t *testing.T) {
	later := map[int]bool{}
	for seed := range uint64(20) {
		_, jobs := defaultJobs(t, true, seed+1)
		for i, j := range jobs {
			switch last := i+1 == len(jobs) || jobs[i+1].Round > j.Round; {
			case j.Round == 1 && hasRule(j) == 1 != last:
				t.Errorf("seed %d: place %d in round 1 is %s", seed+1, i+1, j.Name())
			case j.Round == 2 && hasRule(j) == 1:
				later[j.Order] = true
			}
		}
	}
	if len(later) < 5 {
		t.Errorf("in round 2 the cell with a rule has only the places %v in 20 runs", later)
	}
}

func TestOneProcessorSharesEverything(t *testing.T) {
	_, jobs := defaultJobs(t, false, 1)
	seen := map[result.Cell]int{}
	for _, j := range jobs {
		if j.Common.Placement != result.Shared {
			t.Fatalf("%s is not shared", j.Name())
		}
		seen[j.Common] += j.Every
	}
	for c, n := range seen {
		if n != 6 {
			t.Errorf("%s: measured as if there were %d rounds", CellName(c), n)
		}
	}
}

// The empty records have a trial each, with the number of servers in the cell.
func TestTrialsOfAJob(t *testing.T) {
	_, jobs := defaultJobs(t, true, 1)
	started := time.Now()
	for _, j := range jobs {
		j.Rate = 123
		trials := j.Trials(started)
		if len(trials) != len(j.Cell.Trials()) {
			t.Fatalf("%s: %d trials", j.Name(), len(trials))
		}
		for i, trial := range trials {
			want := j.Cell.Trials()[i]
			if want.Rule != "" {
				want.RateRPS = 123
			}
			if trial.Cell != want || trial.Schema != result.Schema || trial.Round != j.Round || trial.Order != j.Order || !trial.Started.Equal(started) {
				t.Errorf("%+v", trial)
			}
			if (trial.Turns != nil) != j.InTurns() {
				t.Fatalf("%s: turns %+v", TrialName(trial.Cell), trial.Turns)
			}
			if u := trial.Turns; u != nil && (u.Servers != len(trials) || u.Place != i+1 || u.Seed != j.Seed || u.Slices == nil || u.Verdict.Reasons == nil) {
				t.Errorf("%s: turns %+v", TrialName(trial.Cell), u)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for want, c := range map[string]result.Cell{
		"epoll in hello 64":                                 {Model: "epoll", Scenario: "hello", Connections: 64},
		"epoll again in hello 64, shared":                   {Model: "epoll", Scenario: "hello", Connections: 64, Placement: result.Shared, Control: true},
		"epoll by hey in spin 16":                           {Model: "epoll", Scenario: "spin", Connections: 16, Engine: "hey"},
		"null in cost 64 at 10000/s":                        {Model: "null", Scenario: "cost", Connections: 64, RateRPS: 10000, Placement: result.Split},
		"epoll in download 20 at 1000/s, inline":            {Model: "epoll", Scenario: "download", Connections: 20, RateRPS: 1000, Mode: result.Inline},
		"epoll in download 1 at 1000/s, one-by-one, shared": {Model: "epoll", Scenario: "download", Connections: 1, RateRPS: 1000, Mode: result.OneByOne, Placement: result.Shared},
	} {
		if got := TrialName(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
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
	control, shared, failed, other := hello("epoll", 7000), hello("select", 6000), hello("select", 5000), hello("select", 4000)
	control.Cell.Control, shared.Cell.Placement, failed.Failed, other.Cell.Scenario = true, result.Shared, "broken", "cost"
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
		{"neither null, control, shared, failed nor another scenario", []result.Trial{hello("epoll", 90000), hello(result.Null, 100), control, shared, failed, other}, 45000},
		{"without a load", []result.Trial{hello("epoll", 90000), {Round: 1, Cell: hello("select", 1).Cell, NA: "no /"}}, 45000},
	} {
		for range 3 { // the order of a map varies
			if got := pacedRate(c.trials, result.Split); got != c.want {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	}
}
