package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"carousel/internal/stats"
)

// invent makes the logs of one metric in a cell of models over rounds: what a model costs, what it wanders by from round to round, and what
// the machine does to all of a round.
func invent(random *rand.Rand, models, rounds int, shift []float64, machine float64) Sample {
	s := make(Sample, models)
	for range rounds {
		all := machine + 0.2*random.NormFloat64()
		for k := range s {
			s[k] = append(s[k], float64(k)/3+shift[k]+all+0.015*random.NormFloat64())
		}
	}
	return s
}

// changed returns the models whose change Holm's procedure upholds.
func changed(each []Change) (models []int) {
	var p []float64
	for _, c := range each {
		p = append(p, c.P)
	}
	for k, level := range stats.Holm(p, 0.05) {
		if !each[k].Interval(1 - level).Contains(1) {
			models = append(models, k)
		}
	}
	return models
}

// TestChanges plants changes in invented runs on a machine that wanders by a fifth from round to round.
func TestChanges(t *testing.T) {
	const models, runs = 8, 200
	for _, c := range []struct {
		name    string
		shift   map[int]float64
		machine float64 // what all of the second run share
		want    []int
		wrong   int // of 200, at most
	}{
		{"nothing", nil, 0, nil, 14},
		{"the machine", nil, 0.5, nil, 14},
		{"one model, 5 %", map[int]float64{3: math.Log(1.05)}, 0, []int{3}, 14},
		{"the middle model, 5 %, and the machine", map[int]float64{4: math.Log(1.05)}, -0.4, []int{4}, 14},
		{"two models, in opposite directions", map[int]float64{0: math.Log(1.08), 7: math.Log(0.92)}, 0.1, []int{0, 7}, 14},
	} {
		wrong := 0
		for seed := range uint64(runs) {
			random := rand.New(rand.NewPCG(seed, 7))
			shift := make([]float64, models)
			a := invent(random, models, 10, shift, 0)
			for k, by := range c.shift {
				shift[k] = by
			}
			each, _, relative := Changes(a, invent(random, models, 10, shift, c.machine))
			if !relative {
				t.Fatalf("%s: %d models are too few", c.name, models)
			}
			if !slices.Equal(changed(each), c.want) {
				wrong++
			}
		}
		if wrong > c.wrong {
			t.Errorf("%s: in %d of %d runs other models are named than %v", c.name, wrong, runs, c.want)
		}
		t.Logf("%s: wrong in %d of %d", c.name, wrong, runs)
	}
}

// TestFewModels gives the plain change where the others cannot tell it from the machine's.
func TestFewModels(t *testing.T) {
	a := Sample{{1, 1.01, 0.99}, {2, 2.01, 1.99}}
	b := Sample{{1.5, 1.51, 1.49}, {2.5, 2.51, 2.49}}
	each, common, relative := Changes(a, b)
	if relative {
		t.Error("two models are enough to tell a change of one from the machine's")
	}
	for _, c := range append(each, common) {
		if math.Abs(c.Mean-0.5) > 1e-9 || !(c.P < 0.001) {
			t.Errorf("change %+v, want 0.5", c)
		}
	}
}

// TestUnknownRounds leaves out rounds without a figure, and knows nothing of a model with one round.
func TestUnknownRounds(t *testing.T) {
	nan := math.NaN()
	a := Sample{{1, 1.1, 0.9}, {1, 1.1, 0.9}, {1, 1.1, 0.9}, {1, nan, nan}, {1, 1.1, nan}}
	each, _, relative := Changes(a, a)
	if !relative {
		t.Fatal("five models are too few")
	}
	for k, c := range each {
		if known := k != 3; known && c.Mean != 0 || known == math.IsNaN(c.Error) {
			t.Errorf("model %d: %+v", k, c)
		}
	}
}

// TestWelch holds the test to the classic example of unequal variances in R's documentation of t.test: the sleep data of Student (1908).
func TestWelch(t *testing.T) {
	first := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}
	second := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	c := welch(first, second)
	if math.Abs(c.Mean-1.58) > 1e-9 || math.Abs(c.DF-17.776) > 0.001 || math.Abs(c.P-0.07939) > 1e-5 {
		t.Errorf("%+v, want mean 1.58, df 17.776, p 0.07939", c)
	}
}
