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
		{9, 5, 2, 8, 1 - 2*10./512}, // as tables of the sign test have it
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
