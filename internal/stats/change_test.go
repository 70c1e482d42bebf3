package stats

import (
	"math/rand/v2"
	"testing"
)

func TestChange(t *testing.T) {
	series := func(n int, of func(i int) float64) (x []float64) {
		for i := range n {
			x = append(x, of(i))
		}
		return x
	}
	for _, c := range []struct {
		name  string
		x     []float64
		at    int
		clear bool // at one in a thousand
	}{
		{"nothing", nil, 0, false},
		{"one level", series(40, func(int) float64 { return 7 }), 0, false},
		{"a step", series(40, func(i int) float64 { return float64(min(i/25, 1)) }), 25, true},
		{"a step down", series(40, func(i int) float64 { return -float64(min(i/10, 1)) }), 10, true},
		{"a drift", series(40, func(i int) float64 { return float64(i) }), 20, true},
		{"an outage", series(40, func(i int) float64 {
			if i >= 20 && i < 24 {
				return 0
			}
			return 10 + float64(i%3)
		}), 18, false},
		{"too few values for anything to be clear", series(12, func(i int) float64 { return float64(i) }), 6, false},
	} {
		if at, p := Change(c.x); at != c.at || (p < 0.001) != c.clear {
			t.Errorf("%s: at %d, p %.2g; want at %d, clear %v", c.name, at, p, c.at, c.clear)
		}
	}
}

// In noise without a change, Change returns a p below 0.01 in at most 1 % of the runs.
func TestChangeIsSeldomFoundInNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	found := 0
	const runs = 2000
	for range runs {
		x := make([]float64, 40)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		if _, p := Change(x); p < 0.01 {
			found++
		}
	}
	if found > runs/100 {
		t.Errorf("%d of %d runs at a level of 1 %%", found, runs)
	}
}
