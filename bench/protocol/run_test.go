package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

// fakeRun is a Run whose stand, file and screen are in memory. A job takes its forecast times pace, on a virtual clock.
type fakeRun struct {
	Run
	pace    float64
	change  func(j Job, trials []result.Trial) // changes the measured trials
	before  func(j Job)                        // runs as a job begins
	began   []int                              // the Order of each job that Measure was called with
	saved   [][]result.Trial
	notes   []string
	printed []string
	shown   []string
}

func newFakeRun(jobs []Job, budget time.Duration) *fakeRun {
	b := &fakeRun{pace: 1}
	b.Run = Run{Jobs: slices.Clone(jobs), Budget: budget, Cycles: 8, Stand: b, Watch: b,
		Save: func(trials []result.Trial) error { b.saved = append(b.saved, trials); return nil },
		Note: func(text string) error { b.notes = append(b.notes, text); return nil },
	}
	return b
}

func (b *fakeRun) Measure(_ context.Context, j Job) []result.Trial {
	b.began = append(b.began, j.Order)
	if b.before != nil {
		b.before(j)
	}
	trials := j.Trials(time.Now())
	for i := range trials {
		t := &trials[i]
		t.Load = &result.Load{RateRPS: 80000, Connections: result.Connections{Answered: int64(t.Cell.Connections)}}
		if t.Turns != nil {
			t.Turns.Cycles = j.Cycles
		}
	}
	time.Sleep(time.Duration(b.pace * float64(j.Forecast())))
	if b.change != nil {
		b.change(j, trials)
	}
	return trials
}

func (b *fakeRun) Begin(j Job) { b.shown = append(b.shown, fmt.Sprint("begin ", j.Order)) }
func (b *fakeRun) End(j Job, trials []result.Trial) {
	b.shown = append(b.shown, fmt.Sprint("end ", j.Order))
}
func (b *fakeRun) Print(text string) { b.printed = append(b.printed, text) }

func (b *fakeRun) trials() []result.Trial { return slices.Concat(b.saved...) }

// outline lists what an interruption must not change: what was measured, in which order and at which rate.
func outline(trials []result.Trial) (list []string) {
	for _, t := range trials {
		list = append(list, fmt.Sprintf("%d %d %s %v", t.Order, t.Round, TrialName(t.Cell), t.Cell.RateRPS))
	}
	return list
}

func complete(t *testing.T, b *fakeRun) {
	t.Helper()
	if err := b.Complete(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestCompleteSavesEveryCellInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, jobs := defaultJobs(t, true, 1)
		b := newFakeRun(jobs, 0)
		b.before = func(j Job) {
			if len(b.saved) != j.Order-1 {
				t.Errorf("cell %d begins with %d saved", j.Order, len(b.saved))
			}
		}
		began := time.Now()
		complete(t, b)
		var want []string
		for _, j := range jobs {
			j.Rate = 40000
			want = append(want, outline(j.Trials(began))...)
		}
		if d := cmp.Diff(want, outline(b.trials())); d != "" {
			t.Error(d)
		}
		if took := time.Since(began); took != TotalForecast(b.Jobs) {
			t.Errorf("took %v, the forecast was %v", took, TotalForecast(b.Jobs))
		}
		for _, s := range b.trials() {
			offered := s.Cell.RateRPS
			if want := map[string]float64{"paced": 40000, "download": 1000, "compute": 1000, "cost": offered}[s.Cell.Scenario]; offered != want {
				t.Fatalf("%s in round %d is offered %v, want %v", TrialName(s.Cell), s.Round, offered, want)
			}
			if s.Turns != nil && s.Turns.Cycles != b.Jobs[s.Order-1].Cycles {
				t.Fatalf("%s was given %d cycles, the job says %d", TrialName(s.Cell), s.Turns.Cycles, b.Jobs[s.Order-1].Cycles)
			}
		}
		paced := 0
		for _, note := range b.notes {
			if strings.Contains(note, "paced cells are offered 40,000 requests a second: half the rate of the slowest model that served all 64 connections in round 1") {
				paced++
			}
		}
		if paced != len(b.notes) || paced != int(p.Rounds) { // the receiver of notes drops repeated ones
			t.Errorf("notes: %q", b.notes)
		}
		var shown []string
		for i := range jobs {
			shown = append(shown, fmt.Sprint("begin ", i+1), fmt.Sprint("end ", i+1))
		}
		if !slices.Equal(b.shown, shown) || len(b.printed) > 0 {
			t.Errorf("shown: %q, printed: %q", b.shown, b.printed)
		}
	})
}

// Without a budget a cell of the usual weight has the cycles of the plan, in every round.
func TestCompleteWithoutBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, jobs := defaultJobs(t, true, 1)
		b := newFakeRun(jobs, 0)
		b.pace = 3
		complete(t, b)
		for _, j := range b.Jobs {
			if j.InTurns() && j.Cycles != 4*j.Weight {
				t.Errorf("round %d: %s (weight %d) had %d cycles", j.Round, j.Name(), j.Weight, j.Cycles)
			}
		}
	})
}

// A run keeps its budget on a machine that is slower than the forecast, and uses it up on a faster one.
func TestCompleteKeepsTheBudget(t *testing.T) {
	_, jobs := defaultJobs(t, true, 1)
	short := TotalForecast(least(jobs))
	for _, pace := range []float64{0.6, 1, 2, 3} {
		for _, factor := range []float64{1.5, 4} {
			t.Run(fmt.Sprintf("%v times the time, %v times the least", pace, factor), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					budget, began := time.Duration(factor*float64(short)), time.Now()
					b := newFakeRun(jobs, budget)
					b.pace = pace
					complete(t, b)
					took := time.Since(began)
					// The pace is unknown in the first seconds: their cells get their share of the budget and take pace times that. The
					// rest can shrink to a pair of cycles each, no further.
					blind, n := time.Duration(0), 0
					for blind < 5*time.Second {
						blind += b.Jobs[n].Forecast()
						n++
					}
					allowed := max(budget, time.Duration(pace*float64(blind+TotalForecast(least(jobs[n:])))))
					if took > allowed {
						t.Errorf("took %v of %v, %v can be had", took, budget, allowed)
					}
					if took < budget*3/4 && pace >= 1 || took < budget*2/3 {
						t.Errorf("took %v only of %v", took, budget)
					}
				})
			})
		}
	}
}

// A failed cell is saved like any other, and is not tried again.
func TestCompleteKeepsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, jobs := defaultJobs(t, true, 1)
		b := newFakeRun(jobs, 0)
		b.change = func(_ Job, trials []result.Trial) {
			for i := range trials {
				trials[i].Load, trials[i].Failed = nil, "it broke"
			}
		}
		complete(t, b)
		var hasRule []int
		for _, trials := range b.saved {
			for _, s := range trials {
				want := "it broke"
				if s.Cell.Rule != "" {
					want = "no rate to offer: no model served all 64 connections in round 1"
					hasRule = append(hasRule, s.Order)
				}
				if s.Failed != want {
					t.Fatalf("%s failed by %q, want %q", TrialName(s.Cell), s.Failed, want)
				}
			}
		}
		if got := len(b.saved); got != len(jobs) {
			t.Errorf("%d of %d cells are kept", got, len(jobs))
		}
		for _, order := range b.began {
			if slices.Contains(hasRule, order) {
				t.Errorf("cell %d was measured without a rate", order)
			}
		}
		if n := len(slices.Compact(hasRule)); n != 6 || len(b.began) != len(jobs)-n {
			t.Errorf("%d of %d cells were tried, and %d had no rate", len(b.began), len(jobs), n)
		}
		if len(b.notes) > 0 {
			t.Errorf("notes: %q", b.notes)
		}
	})
}

func TestCompleteEndsWhereNothingCanBeKept(t *testing.T) {
	for _, what := range []string{"save", "note"} {
		synctest.Test(t, func(t *testing.T) {
			_, jobs := defaultJobs(t, true, 1)
			b, full := newFakeRun(jobs, 0), errors.New("disk full")
			if what == "save" {
				b.Save = func([]result.Trial) error { return full }
			} else {
				b.Note = func(string) error { return full }
			}
			if err := b.Complete(t.Context()); err != full {
				t.Errorf("%s: got %v", what, err)
			}
			if what == "save" && len(b.began) != 1 {
				t.Errorf("after that %d cells were measured", len(b.began))
			}
		})
	}
}

func TestCompleteSaysThatProcessorTimeIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, jobs := defaultJobs(t, true, 1)
		b := newFakeRun(jobs[:3], 0)
		b.change = func(_ Job, trials []result.Trial) {
			for i := range trials {
				if m := trials[i].Cell.Model; m == "epoll" || m == "select" {
					trials[i].Load.TargetCPULacks = "the kernel forgot"
				}
				if trials[i].Cell.Model == "select" {
					trials[i].Failed = "and it broke"
				}
			}
		}
		complete(t, b)
		if want := "the processor time of epoll is not known: the kernel forgot"; !slices.Contains(b.notes, want) {
			t.Errorf("the notes do not say %q: %q", want, b.notes)
		}
		if text := fmt.Sprint(b.notes); strings.Contains(text, "select") {
			t.Errorf("what failed is known to: %q", text)
		}
	})
}

// A warning is printed when other programs begin to compute, and one when they stop; not with every cell.
func TestCompleteSaysThatOthersDisturb(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, all := defaultJobs(t, true, 1)
		jobs := slices.DeleteFunc(all, func(j Job) bool { return !j.InTurns() || hasRule(j) == 1 })[:9]
		for i := range jobs {
			jobs[i].Order = i + 1
		}
		jobs[4] = all[slices.IndexFunc(all, func(j Job) bool { return j.InTurns() })]
		jobs[4].Order = 5
		beside := []float64{0, 0.1, 0.534, 0.9, 0.2, 0.05, 0, 0.7, 0.8}
		b := newFakeRun(jobs, 0)
		b.change = func(j Job, trials []result.Trial) {
			trials[1].Turns.BesideShare = beside[j.Order-1] // in the record of any one server
		}
		complete(t, b)
		want := []string{
			fmt.Sprintf("other programs took 53 %% of the processors' time in %s, round %d: results are less certain until they stop", jobs[2].Name(), jobs[2].Round),
			"the machine is quiet again",
			fmt.Sprintf("other programs took 70 %% of the processors' time in %s, round %d: results are less certain until they stop", jobs[7].Name(), jobs[7].Round),
		}
		if d := cmp.Diff(want, b.printed); d != "" {
			t.Error(d)
		}
	})
}

// Cells without turns, and failed ones, do not show what other programs take.
func TestCompleteKnowsOfOthersByTurnsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, jobs := defaultJobs(t, true, 1)
		for i := range jobs {
			jobs[i].Order = i + 1
		}
		disturbed := slices.IndexFunc(jobs, func(j Job) bool { return j.InTurns() })
		b := newFakeRun(jobs, 0)
		b.change = func(j Job, trials []result.Trial) {
			for i := range trials {
				if u := trials[i].Turns; u != nil {
					if u.BesideShare = 0.9; j.Order > disturbed+1 {
						u.BesideShare, u.Cycles = 0, 0
					}
				}
			}
		}
		complete(t, b)
		if len(b.printed) != 1 || !strings.HasPrefix(b.printed[0], "other programs took 90 %") {
			t.Errorf("printed: %q", b.printed)
		}
	})
}

var errSignal = errors.New("a signal")

// Wherever a run is interrupted, the resumed run has the same cells, order and rate.
func TestCompleteGoesOn(t *testing.T) {
	_, jobs := defaultJobs(t, true, 5)
	whole := newFakeRun(jobs, 0)
	synctest.Test(t, func(t *testing.T) { complete(t, whole) })
	want := outline(whole.trials())

	moments := []int{1, 2, len(jobs) - 1, len(jobs)}
	for i, j := range jobs { // about the ends of rounds, and cells with a rule
		if i > 0 && jobs[i-1].Round < j.Round || hasRule(j) == 1 {
			moments = append(moments, i, i+1, i+2)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, at := range moments {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newFakeRun(jobs, 0)
				ctx, cancel := context.WithCancelCause(t.Context())
				b.before = func(j Job) {
					if j.Order == at {
						cancel(errSignal)
					}
				}
				if err := b.Complete(ctx); err != errSignal {
					t.Fatalf("Carry returned %v", err)
				}
				if len(b.saved) != at-1 {
					t.Fatalf("%d cells were saved: the one that was cut short must not be", len(b.saved))
				}
				// A killed writer leaves some of the lines of a cell.
				file := b.trials()
				if torn := jobs[at-1]; torn.InTurns() {
					lines := torn.Trials(time.Now())
					if torn.Common.Rule != "" {
						for i := range lines {
							lines[i].Cell.RateRPS = 40000
						}
					}
					file = append(file, lines[:random.IntN(len(lines))]...)
				}
				done, err := DoneJobs(throughAFile(t, file), jobs)
				if err != nil {
					t.Fatal(err)
				}
				if len(done) != at-1 {
					t.Fatalf("%d cells count as done, want %d", len(done), at-1)
				}
				rest := newFakeRun(jobs, 0)
				rest.Done = done
				complete(t, rest)
				if d := cmp.Diff(want, outline(slices.Concat(b.trials(), rest.trials()))); d != "" {
					t.Error(d)
				}
				again, err := DoneJobs(throughAFile(t, slices.Concat(file, rest.trials())), jobs)
				if err != nil || len(again) != len(jobs) {
					t.Fatalf("after that %d of %d cells are done, %v", len(again), len(jobs), err)
				}
				for order, trials := range again {
					if len(trials) != len(jobs[order-1].Cell.Trials()) {
						t.Errorf("cell %d has %d trials", order, len(trials))
					}
				}
			})
		})
	}
}

// The jobs that a resumed run has left get the whole Budget.
func TestCompleteGoesOnWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, jobs := defaultJobs(t, true, 5)
		b := newFakeRun(jobs, 0)
		complete(t, b)
		done, err := DoneJobs(b.trials(), jobs)
		if err != nil {
			t.Fatal(err)
		}
		for order := range done {
			if order%3 > 0 {
				delete(done, order)
			}
		}
		budget, began := 5*time.Minute, time.Now()
		rest := newFakeRun(jobs, budget)
		rest.Done = done
		complete(t, rest)
		if took := time.Since(began); took > budget || took < budget*3/4 {
			t.Errorf("the rest took %v of %v", took, budget)
		}
		for _, order := range rest.began {
			if done[order] != nil {
				t.Errorf("cell %d was measured again", order)
			}
		}
	})
}

func throughAFile(t *testing.T, trials []result.Trial) (read []result.Trial) {
	t.Helper()
	for _, trial := range trials {
		text, err := json.Marshal(trial)
		if err != nil {
			t.Fatal(err)
		}
		var again result.Trial
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		read = append(read, again)
	}
	return read
}

func TestDone(t *testing.T) {
	_, jobs := defaultJobs(t, true, 5)
	now := time.Now()
	turns := jobs[slices.IndexFunc(jobs, func(j Job) bool { return j.InTurns() })]
	whole := jobs[slices.IndexFunc(jobs, func(j Job) bool { return !j.InTurns() && len(j.Cell.Trials()) > 1 })]
	a, b, again := turns.Trials(now), whole.Trials(now), turns.Trials(now.Add(time.Minute))
	twice := func(of []result.Trial, i int) []result.Trial { return slices.Insert(slices.Clone(of), i, of[i]) }
	with := func(change func(t *result.Trial)) []result.Trial {
		all := slices.Clone(a)
		change(&all[len(all)-1])
		return all
	}
	for _, c := range []struct {
		name    string
		trials  []result.Trial
		done    []int // orders
		message string
	}{
		{"nothing", nil, nil, ""},
		{"two cells", slices.Concat(a, b), []int{turns.Order, whole.Order}, ""},
		{"in another order", slices.Concat(b, a), []int{turns.Order, whole.Order}, ""},
		{"torn before its last line", a[:len(a)-1], nil, ""},
		{"torn after its first", a[:1], nil, ""},
		{"its first line lacks", a[1:], nil, ""},
		{"what is whole may be torn too", b[:len(b)-1], nil, ""},
		{"torn, and measured again", slices.Concat(a[:2], b, again), []int{turns.Order, whole.Order}, ""},
		{"torn twice does not make one", slices.Concat(a[:2], again[2:]), nil, ""},
		{"whole, and torn as it was measured again", slices.Concat(a, again[:2]), nil, ""},
		{"a line twice", twice(a, 2), []int{turns.Order}, ""},
		{"a line twice for one that lacks", twice(a, 0)[:len(a)], nil, ""},
		{"all of it twice", slices.Concat(a, a), []int{turns.Order}, ""},
		{"order 0", with(func(t *result.Trial) { t.Order = 0 }), nil, fmt.Sprintf("a trial has order 0, but the run has %d jobs", len(jobs))},
		{"an order beyond the run", with(func(t *result.Trial) { t.Order = len(jobs) + 1 }), nil, "but the run has"},
		{"the order of another", with(func(t *result.Trial) { t.Order = whole.Order }), nil, "this bench orders the run differently"},
		{"another round", with(func(t *result.Trial) { t.Round++ }), nil, "this bench orders the run differently"},
		{"a model that is not part of it", with(func(t *result.Trial) { t.Cell.Model = "\x1b[2J" }), nil, `is \x1b[2J in `},
		{"another rate", with(func(t *result.Trial) { t.Cell.RateRPS += 7 }), nil, "this bench orders the run differently"},
		{"another rule", with(func(t *result.Trial) { t.Cell.Rule = "as much as it takes" }), nil, "this bench orders the run differently"},
	} {
		t.Run(c.name, func(t *testing.T) {
			done, err := DoneJobs(throughAFile(t, c.trials), jobs)
			if (err == nil) != (c.message == "") || err != nil && !strings.Contains(err.Error(), c.message) {
				t.Fatalf("%v, want %q", err, c.message)
			}
			var orders []int
			for order, trials := range done {
				orders = append(orders, order)
				if len(trials) != len(jobs[order-1].Cell.Trials()) {
					t.Errorf("cell %d is done with %d trials", order, len(trials))
				}
			}
			slices.Sort(orders)
			slices.Sort(c.done)
			if !slices.Equal(orders, c.done) {
				t.Errorf("done are %v, want %v", orders, c.done)
			}
		})
	}
}
