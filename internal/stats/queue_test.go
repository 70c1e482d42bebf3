package stats

import (
	"math"
	"slices"
	"testing"
)

// loadgen/truth tests the formulas against known answers and simulated queues. Here are their edge cases.

func TestQueuesAtTheirEdges(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"M/D/1, nobody waits at a share of 1-rho", MD1Quantile(0.3, 0.7), 0},
		{"M/D/1, before all time", MD1CDF(0.5, -0.1), 0},
		{"M/D/1, who waits for nothing", MD1CDF(0.8, 0), 0.2},
		{"M/D/1, during the first service", MD1CDF(0.5, 0.5), 0.5 * math.Exp(0.25)},
		{"M/M/1, nobody waits at a share of 1-rho", MM1Quantile(0.3, 0.5), 0},
		{"M/M/1, before all time", MM1CDF(0.5, -0.1), 0},
		{"M/M/1, there and back", MM1CDF(0.8, MM1Quantile(0.8, 0.99)), 0.99},
		{"M/G/1 with fixed services is M/D/1", MG1Mean(0.8, []float64{2, 2}), 2 * MD1Mean(0.8)},
		{"a stop of which a quantile knows nothing", StallQuantile(0.5, 1, 10, 0), 0},
		{"the longest wait is the stop", StallQuantile(1, 1, 10, 0.5), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	if low, high := MG1Quantile(0.3, []float64{1}, 0.5, 0.1); low != 0 || high != 0 {
		t.Errorf("half of all wait for nothing at utilisation 0.3, not for %v to %v", low, high)
	}
}

func TestMD1Tail(t *testing.T) {
	for _, rho := range []float64{0.01, 0.5, 0.9, 0.95} {
		before := 0.0
		for at := range 400 {
			share := MD1CDF(rho, float64(at)/4)
			if !(share >= before-1e-15 && share <= 1) {
				t.Fatalf("utilisation %v: %v wait for %v services at most, and %v for less", rho, share, float64(at)/4, before)
			}
			before = share
		}
		if before < 0.99 {
			t.Errorf("utilisation %v: only %v wait for 100 services at most", rho, before)
		}
	}
}

func TestLindley(t *testing.T) {
	got := Lindley([]int64{0, 1, 2, 10, 11}, []int64{3, 1, 1, 2, 1})
	if want := []int64{0, 2, 2, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("waits %v, want %v", got, want)
	}
	if got := Lindley[float64](nil, nil); len(got) != 0 {
		t.Errorf("nobody waits %v", got)
	}
}
