package stats

import (
	"math"
	"testing"
)

func TestMedianInterval(t *testing.T) {
	x := func(n int) (x []float64) {
		for i := range n {
			x = append(x, float64((i*7)%n+1)) // 1 to n, out of order
		}
		return x
	}
	for _, c := range []struct {
		n              int
		mid, low, high float64
		confidence     float64
	}{
		{1, 1, 1, 1, 0},
		{2, 1.5, 1, 2, 0.5},
		{5, 3, 1, 5, 1 - 2./32},
		{6, 3.5, 1, 6, 1 - 2./64},
		{8, 4.5, 1, 8, 1 - 2./256},
		{9, 5, 2, 8, 1 - 2*10./512}, // as in tables of the sign test
		{12, 6.5, 3, 10, 1 - 2*79./4096},
		{100, 50.5, 40, 61, 0.9648},
	} {
		got := MedianInterval(x(c.n), 0.95)
		if got.Mid != c.mid || got.Low != c.low || got.High != c.high || math.Abs(got.Confidence-c.confidence) > 1e-4 {
			t.Errorf("%d values: %+v, want %+v", c.n, got, c)
		}
	}
	if got := MedianInterval(nil, 0.95); !math.IsNaN(got.Mid) || !math.IsNaN(got.Low) || !math.IsNaN(got.High) {
		t.Errorf("nothing has the median %+v", got)
	}
}

func TestTAbout(t *testing.T) {
	for _, df := range []float64{1, 2, 5, 9, 10, 11, 30, 1000} {
		for _, p := range []float64{0.5, 0.6, 0.975, 0.999, 0.9999} {
			if got, want := TAbout(p, df), TQuantile(p, df); math.Abs(got-want) > 0.01*want+1e-9 {
				t.Errorf("t(%v) of %v is %v, want %v", df, p, got, want)
			}
		}
	}
}

func TestSurprising(t *testing.T) {
	for _, c := range []struct {
		held, n int
		want    bool
	}{
		{0, 10, false}, {1, 1, true}, {1, 2, false}, {2, 3, true}, {2, 10, false}, {3, 12, true}, {2, 12, false}, // binomial tails by hand: 0.05, 0.0975, 0.0073, 0.086, 0.0196, 0.118
	} {
		if got := Surprising(c.held, c.n, 0.05); got != c.want {
			t.Errorf("%d of %d: %v", c.held, c.n, got)
		}
	}
}
