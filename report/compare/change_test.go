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
func invent(random *rand.Rand, models, rounds int, shift []float64, machine float64) logs {
	s := make(logs, models)
	for range rounds {
		all := machine + 0.2*random.NormFloat64()
		for k := range s {
			s[k] = append(s[k], float64(k)/3+shift[k]+all+0.015*random.NormFloat64())
		}
	}
	return s
}

// shifts are those of all servers against the others.
func shifts(t *testing.T, a, b logs) (each []shift) {
	t.Helper()
	offA, offB, known := against(a, b)
	if !known {
		t.Fatalf("%d servers are too few", len(a))
	}
	for k := range offA {
		each = append(each, welch(offA[k], offB[k], 0))
	}
	widen(each)
	return each
}

// changed returns the models whose change Holm's procedure upholds.
func changed(each []shift) (models []int) {
	var p []float64
	for _, s := range each {
		p = append(p, s.p)
	}
	for k, level := range stats.Holm(p, 0.05) {
		if !each[k].interval(1 - level).Contains(1) {
			models = append(models, k)
		}
	}
	return models
}

// TestAgainst plants changes in invented runs on a machine that wanders by a fifth from round to round.
func TestAgainst(t *testing.T) {
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
			each := shifts(t, a, invent(random, models, 10, shift, c.machine))
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

// TestDrift has a machine that adds the same time to every reply in the second run, as no proportion would: it is no model's change. The
// fastest model takes 1 when it is quiet, the slowest 14.
func TestDrift(t *testing.T) {
	const models, runs = 9, 200
	for _, c := range []struct {
		added         float64
		wrong, narrow int // runs in which a model is named, at most, and at least if rounds alone made the intervals
	}{{0, 10, 0}, {0.05, 35, 150}, {0.1, 10, 190}, {0.4, 4, 190}} {
		wrong, narrow := 0, 0
		for seed := range uint64(runs) {
			random := rand.New(rand.NewPCG(seed, 9))
			a := invent(random, models, 10, make([]float64, models), 0)
			b := invent(random, models, 10, make([]float64, models), 0)
			for k := range b {
				for r := range b[k] {
					b[k][r] = math.Log(math.Exp(b[k][r]) + c.added)
				}
			}
			if len(changed(shifts(t, a, b))) > 0 {
				wrong++
			}
			offA, offB, _ := against(a, b)
			var plain []shift
			for k := range offA {
				plain = append(plain, welch(offA[k], offB[k], 0))
			}
			if len(changed(plain)) > 0 {
				narrow++
			}
		}
		if wrong > c.wrong || narrow < c.narrow {
			t.Errorf("%v added: models are named in %d of %d runs, and in %d if rounds alone make the intervals", c.added, wrong, runs, narrow)
		}
	}
}

// TestWiden adds nothing where the changes scatter as their errors say, whatever one of them is.
func TestWiden(t *testing.T) {
	quiet := []shift{{mean: 0.01, err: 0.02, df: 10}, {mean: -0.01, err: 0.02, df: 10}, {mean: 0, err: 0.02, df: 10}, {mean: 0.005, err: 0.02, df: 10}, {mean: 0.5, err: 0.02, df: 10}}
	before := slices.Clone(quiet)
	if more := widen(quiet); more != 0 || !slices.Equal(quiet, before) {
		t.Errorf("added %v: %+v", more, quiet)
	}
	loud := []shift{{mean: 0.1, err: 0.02, df: 10}, {mean: -0.1, err: 0.02, df: 10}, {mean: 0, err: 0.02, df: 10}, {mean: 0.05, err: 0.02, df: 10}, {mean: -0.06, err: 0.02, df: 10}, {mean: math.NaN(), err: math.NaN()}}
	more := widen(loud)
	inner := (0 + 0.05*0.05 + 0.06*0.06 + 0.1*0.1) / 4 // of five, the four nearest to the middle
	if want := math.Sqrt(inner/0.3686 - 0.02*0.02); math.Abs(more-want) > 1e-9 {
		t.Errorf("added %v, want %v", more, want)
	}
	if s := loud[0]; math.Abs(s.err-math.Hypot(0.02, more)) > 1e-9 || s.blur != more || !(s.p > 0.05) {
		t.Errorf("%+v", s)
	}
}

// TestTooFew knows nothing of a model's change beside two others, and what changed for all of them.
func TestTooFew(t *testing.T) {
	a := logs{{1, 1.01, 0.99}, {2, 2.01, 1.99}, {3, 3.01, 2.99}}
	b := logs{{1.5, 1.51, 1.49}, {2.5, 2.51, 2.49}, {3.5, 3.51, 3.49}}
	if _, _, known := against(a, b); known {
		t.Error("two others are enough to separate a change of one from the machine's")
	}
	offA, offB := together(a, b)
	if s := welch(offA, offB, 0); math.Abs(s.mean-0.5) > 1e-9 || !(s.p < 0.001) {
		t.Errorf("together %+v, want 0.5", s)
	}
}

// TestUnknownRounds leaves out rounds without a figure, and knows nothing of a model with one round.
func TestUnknownRounds(t *testing.T) {
	nan := math.NaN()
	a := logs{{1, 1.1, 0.9}, {1, 1.1, 0.9}, {1, 1.1, 0.9}, {1, nan, nan}, {1, 1.1, nan}}
	b := logs{{1, 1.1, 0.91}, {1.1, 1, 0.9}, {1, 1.12, 0.9}, {2, nan, nan}, {1, 1.1, nan}}
	for k, s := range shifts(t, a, b) {
		if known := k != 3; known == math.IsNaN(s.err) || math.IsNaN(s.mean) {
			t.Errorf("server %d: %+v", k, s)
		}
	}
}

// TestSameTrials has the trials of one run compared with themselves: nothing changed, and nothing is uncertain about that.
func TestSameTrials(t *testing.T) {
	nan := math.NaN()
	a := logs{{1, 1.3, 0.9}, {1, 1.1, 0.9}, {1, 1.1, 0.9}, {1, nan, nan}}
	for k, s := range shifts(t, a, a) {
		if i := s.interval(0.95); i.Low != 1 || i.High != 1 || s.p != 1 {
			t.Errorf("server %d: %+v, %+v", k, s, i)
		}
	}
}

// TestNoSpread has figures that are the same in every round, as counted system calls may be.
func TestNoSpread(t *testing.T) {
	for _, c := range []struct{ by, p float64 }{{0, 1}, {0.5, 0}} {
		s := welch([]float64{1, 1, 1}, []float64{1 + c.by, 1 + c.by}, 0)
		if i := s.interval(0.95); s.p != c.p || i.Low != math.Exp(c.by) || i.High != i.Low {
			t.Errorf("by %v: %+v, %+v", c.by, s, i)
		}
	}
}

// TestBlur widens an interval by what all rounds of each run have in common.
func TestBlur(t *testing.T) {
	a, b := []float64{1, 1.02, 0.98}, []float64{1.1, 1.12, 1.08}
	sharp, dull := welch(a, b, 0), welch(a, b, 0.03)
	if want := math.Sqrt(sharp.err*sharp.err + 2*0.03*0.03); math.Abs(dull.err-want) > 1e-12 || !(dull.p > sharp.p) {
		t.Errorf("%+v, want err %v", dull, want)
	}
}

// TestDecides is held to the interval: with as many rounds the claim is upheld, with one fewer it is not.
func TestDecides(t *testing.T) {
	const level, confidence = 0.01, 0.95
	at := func(s shift, n int) shift {
		s.err, s.df = math.Hypot(s.spread/math.Sqrt(float64(n)), s.blur), float64(2*n-2)
		return s
	}
	for _, c := range []struct {
		s    shift
		want bool
	}{
		{shift{mean: 0.05, spread: 0.1}, true},
		{shift{mean: 0.002, spread: 0.05}, true}, // the same within 2 %
		{shift{mean: 0.02, spread: 0.5}, false},
		{shift{mean: 0.02, spread: 0.01, blur: 0.05}, false},
		{shift{mean: math.NaN(), err: math.NaN(), spread: math.NaN()}, false},
	} {
		n := c.s.decides(level, confidence, 0.02)
		if (n > 0) != c.want {
			t.Errorf("%+v: decided in %d rounds", c.s, n)
			continue
		}
		decided := func(n int) bool {
			i := at(c.s, n).interval(confidence)
			return !at(c.s, n).interval(1-level).Contains(1) || i.Low > 1/1.02 && i.High < 1.02
		}
		if n > 0 && (!decided(n) || n > 2 && decided(n-1)) {
			t.Errorf("%+v: %d rounds do not decide, or fewer do", c.s, n)
		}
	}
}

// TestWelch holds the test to the classic example of unequal variances in R's documentation of t.test: the sleep data of Student (1908).
func TestWelch(t *testing.T) {
	first := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}
	second := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	s := welch(first, second, 0)
	if math.Abs(s.mean-1.58) > 1e-9 || math.Abs(s.df-17.776) > 0.001 || math.Abs(s.p-0.07939) > 1e-5 {
		t.Errorf("%+v, want mean 1.58, df 17.776, p 0.07939", s)
	}
}
