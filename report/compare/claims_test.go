package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"carousel/internal/result"
	"carousel/report/findings"
)

// around are values of rounds 1 to n with this mean and spread.
func around(random *rand.Rand, n int, mean, spread float64) map[int]float64 {
	byRound := map[int]float64{}
	for round := 1; round <= n; round++ {
		byRound[round] = mean + spread*random.NormFloat64()
	}
	return byRound
}

// TestOverall weighs cells by how exactly they show a change: a cell with twenty times the noise of others hardly moves the mean. A cell with
// few rounds is left out where others have many.
func TestOverall(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var o overall
	add := func(metric string, rounds int, by, spread float64) {
		o.add("epoll", metric, around(random, rounds, 0, spread), around(random, rounds, by, spread), 0)
	}
	for range 3 {
		add(findings.Cost, 10, 0.05, 0.01)
		add(findings.Rate, 10, 0, 0.01)
	}
	add(findings.Cost, 10, 0.05, 0.2)
	add(findings.Rate, 4, 1, 0.01)
	changes := o.changes([]string{"blocking", "epoll"})
	if len(changes) != 2 || changes[0].Metric != findings.Rate || changes[1].Metric != findings.Cost {
		t.Fatalf("%+v", changes)
	}
	if c := changes[1]; c.Over != 4 || *c.Low < 1.04 || *c.High > 1.06 || !(*c.Low < *c.Ratio && *c.Ratio < *c.High) {
		t.Errorf("cost %v (%v–%v) over %d cells, want 1.05 over 4", *c.Ratio, *c.Low, *c.High, c.Over)
	}
	if c := changes[0]; c.Over != 3 || math.Abs(*c.Ratio-1) > 0.02 {
		t.Errorf("rate %v over %d cells, want 1 over 3", *c.Ratio, c.Over)
	}
}

// TestMissingRound takes the mean of a round over the cells that know it.
func TestMissingRound(t *testing.T) {
	parts := []part{{a: map[int]float64{1: 1, 2: 2, 3: 3}, weight: 0.75}, {a: map[int]float64{1: 5, 3: 7}, weight: 0.25}}
	got := means(parts, func(p part) map[int]float64 { return p.a })
	for i, want := range []float64{2, 2, 4} {
		if got[i] != want {
			t.Errorf("round %d: %v, want %v", i+1, got[i], want)
		}
	}
}

// TestJudge makes all claims together: one that would be sure alone is not sure among a hundred.
func TestJudge(t *testing.T) {
	claim := func(s shift) Change { c := changeOf(s); c.Metric = findings.Cost; return c }
	doubtful := shift{mean: 0.05, err: 0.015, df: 10, p: 0.0078, spread: 0.047, rounds: 4} // beyond 2 %, and excludes 1
	claims := []Change{
		claim(doubtful),
		claim(shift{mean: 0.3, err: 0.01, df: 10, p: 1e-9, rounds: 6}),
		claim(shift{mean: -0.3, err: 0.01, df: 10, p: 1e-9, rounds: 6}),
		claim(shift{mean: 0.006, err: 0.002, df: 10, p: 0.013, rounds: 6}), // excludes 1, but all of it is within 2 %
		claim(shift{mean: math.NaN(), err: math.NaN(), df: math.NaN(), p: math.NaN()}),
	}
	judge(claims[:1], 12)
	if claims[0].Outcome != result.Higher {
		t.Errorf("alone: %s", claims[0].Outcome)
	}
	for range 100 {
		claims = append(claims, claim(shift{mean: 0.001, err: 0.1, df: 10, p: 0.99, spread: 1, rounds: 12}))
	}
	claims[0] = claim(doubtful)
	judge(claims, 12)
	for i, want := range []string{result.Undecided, result.Higher, result.Lower, result.Same, result.Undecided, result.Undecided} {
		if claims[i].Outcome != want {
			t.Errorf("claim %d: %s, want %s", i, claims[i].Outcome, want)
		}
	}
	if c := claims[0]; c.Decides != 3*doubtful.decides(alpha/103, confidence, result.SameWithin) {
		t.Errorf("decided in %d rounds of the run, where the cell has a third of them", c.Decides)
	}
}
