package protocol

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carousel/bench/plan"
	"carousel/internal/result"
	"carousel/internal/stats"
)

// syntheticStand invents records: models have planted costs, with noise from round to round, as between fresh processes, and from cycle to
// cycle, as of a machine. All of it depends on the seed of the job.
type syntheticStand struct {
	planted map[string]float64 // the logs of the costs of models; 0 for others
	between float64            // standard deviation of a pair's difference from round to round
	within  float64            // standard deviation of the estimate of that difference in a round
}

// pairs of cycles in a round.
const pairs = 14

func (s syntheticStand) Measure(_ context.Context, j Job) []result.Trial {
	random := rand.New(rand.NewPCG(j.Seed, uint64(j.Order)))
	trials := j.Trials(time.Time{})
	x := make([][]float64, len(trials))
	// A pair's difference has the noise of both; the median of normal values has 1.25 times the error of their mean.
	one, cycle := s.between/math.Sqrt2, s.within/math.Sqrt2/1.25*math.Sqrt(pairs)
	for k, t := range trials {
		round := s.planted[t.Cell.Model] + one*random.NormFloat64()
		for range pairs {
			x[k] = append(x[k], round+cycle*random.NormFloat64())
		}
	}
	for c := range pairs { // drift of the machine, equal for all
		drift := 0.2 * random.NormFloat64()
		for k := range x {
			x[k][c] += drift
		}
	}
	for k, effect := range stats.Effects(x) {
		trials[k].Turns.Cycles = 2 * pairs
		trials[k].Turns.Effects = map[string]float64{result.MetricSteady: effect}
	}
	return trials
}

// silentWatcher shows nothing.
type silentWatcher struct{}

func (silentWatcher) Begin(Job)               {}
func (silentWatcher) End(Job, []result.Trial) {}
func (silentWatcher) Print(string)            {}

// syntheticRun runs so many rounds of a cell at a fixed rate and returns the effects of each of its trials, one a round. The twin has the
// name that comparisons use.
func syntheticRun(t *testing.T, s Stand, rounds int, seed uint64) map[string][]float64 {
	t.Helper()
	p := mustRead(t, "default")
	cells := p.Cells([]string{"select", "epoll", "coroutine", "goroutine", "nethttp"}, true)
	cells = slices.DeleteFunc(cells, func(c plan.Cell) bool { return c.Common.RateRPS != 10000 })
	effects := map[string][]float64{}
	r := &Run{Jobs: Jobs(cells, rounds, seed), Cycles: 8, Stand: s, Watch: silentWatcher{}, Note: func(string) error { return nil },
		Save: func(trials []result.Trial) error {
			for _, trial := range trials {
				name := trial.Cell.Model
				if trial.Cell.Control {
					name = result.Twin
				}
				effects[name] = append(effects[name], trial.Turns.Effects[result.MetricSteady])
			}
			return nil
		}}
	if err := r.Complete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(effects) != 7 || len(effects["epoll"]) != rounds {
		t.Fatalf("the cell has the trials %v", effects)
	}
	return effects
}

// differ reports for every pair in a cell whether it is called different. Rounds are the samples, and Holm's method corrects for several pairs.
func differ(effects map[string][]float64) map[[2]string]bool {
	names := make([]string, 0, len(effects))
	for name := range effects {
		names = append(names, name)
	}
	slices.Sort(names)
	var all [][2]string
	var d [][]float64
	var p []float64
	for i, a := range names {
		for _, b := range names[:i] {
			var diff []float64
			for round, effect := range effects[a] {
				diff = append(diff, effect-effects[b][round])
			}
			all, d, p = append(all, [2]string{b, a}), append(d, diff), append(p, stats.TTest(diff, 0))
		}
	}
	found := map[[2]string]bool{}
	for i, level := range stats.Holm(p, 0.05) {
		found[all[i]] = !stats.TInterval(d[i], 0, 1-level).Contains(0)
	}
	return found
}

var (
	twins   = [2]string{"epoll", result.Twin}
	planted = [2]string{"coroutine", "epoll"}
)

// With rounds as samples, a twin is called different in few of 100 runs of six rounds.
func TestTwinIsNotCalledDifferent(t *testing.T) {
	called, alone, any := 0, 0, 0
	for seed := range uint64(100) {
		effects := syntheticRun(t, syntheticStand{between: 0.01, within: 0.005}, 6, seed+1)
		found := differ(effects)
		if found[twins] {
			called++
		}
		if !stats.TInterval(sub(effects[result.Twin], effects["epoll"]), 0, 0.95).Contains(0) {
			alone++
		}
		for _, is := range found {
			if is {
				any++
				break
			}
		}
	}
	t.Logf("of 100 runs: %d call the twin different, %d by an interval of its own, %d any two", called, alone, any)
	if called > 5 {
		t.Errorf("in %d of 100 runs the twin is called different", called)
	}
	if any > 10 { // 5 are expected
		t.Errorf("in %d of 100 runs a pair is called different, though all are alike", any)
	}
	if alone > 12 {
		t.Errorf("the twin's own interval of 95 %% excludes it in %d of 100 runs", alone)
	}
}

// The control: were cycles the sample and not rounds, twins would be called different in most runs.
func TestCyclesAreNotTheSample(t *testing.T) {
	alarms := 0
	for seed := range uint64(100) {
		effects := syntheticRun(t, syntheticStand{between: 0.01, within: 0.005}, 1, seed+1)
		d := sub(effects[result.Twin], effects["epoll"])[0]
		if math.Abs(d) > stats.TQuantile(0.975, pairs-1)*0.005 {
			alarms++
		}
	}
	if alarms < 20 {
		t.Errorf("within a round the twin is called different %d times of 100: these rounds are too much alike to test anything", alarms)
	}
}

func TestPlantedDifferenceIsFound(t *testing.T) {
	for _, c := range []struct {
		difference float64
		rounds     int
		found      int // in as many of 100 runs
	}{{0.03, 8, 90}, {0.05, 8, 100}, {-0.05, 8, 100}} {
		found, twin := 0, 0
		for seed := range uint64(100) {
			got := differ(syntheticRun(t, syntheticStand{map[string]float64{"coroutine": math.Log1p(c.difference)}, 0.01, 0.005}, c.rounds, seed+1))
			if got[planted] {
				found++
			}
			if got[twins] {
				twin++
			}
		}
		t.Logf("%v %% in %d rounds: found in %d runs", 100*c.difference, c.rounds, found)
		if found < c.found {
			t.Errorf("a difference of %v %% is found in %d of 100 runs of %d rounds, want %d", 100*c.difference, found, c.rounds, c.found)
		}
		if twin > 5 {
			t.Errorf("beside a difference of %v %% the twin is called different in %d of 100 runs", 100*c.difference, twin)
		}
	}
}

func sub(a, b []float64) (d []float64) {
	for i := range a {
		d = append(d, a[i]-b[i])
	}
	return d
}
