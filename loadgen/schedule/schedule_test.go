package schedule

import (
	"math"
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	for _, c := range []struct {
		rate Uniform
		i    int64
		want time.Duration
	}{
		{1, 0, 0},
		{1, 1, time.Second},
		{1000, 1, time.Millisecond},
		{1000, 10_000, 10 * time.Second},
		{0.5, 3, 6 * time.Second},
		{3, 1, 333_333_333},
		{3, 2, 666_666_667},
		{3, 3, time.Second},
		{7, 7 * 86_400, 24 * time.Hour}, // no drift after a day
		{30_000, 30_000 * 3600, time.Hour},
		{1e6, 1, time.Microsecond},
		{1e-12, 1, math.MaxInt64},
		{1e7, math.MaxInt64, math.MaxInt64},
		{1e-300, math.MaxInt64, math.MaxInt64},
	} {
		if got := c.rate.Due(c.i); got != c.want {
			t.Errorf("Uniform(%v).Due(%d) = %v, want %v", float64(c.rate), c.i, got, c.want)
		}
	}
}

func TestBefore(t *testing.T) {
	for _, c := range []struct {
		rate Uniform
		d    time.Duration
		want int64
	}{
		{10, -time.Second, 0},
		{10, 0, 0},
		{10, 1, 1},
		{10, 100 * time.Millisecond, 1},
		{10, 100*time.Millisecond + 1, 2},
		{1000, 10 * time.Second, 10_000},
		{0.1, 5 * time.Second, 1},
		{3, time.Second, 3},
		{1e-12, time.Hour, 1},
		{1e-12, math.MaxInt64, 1},
	} {
		if got := c.rate.Before(c.d); got != c.want {
			t.Errorf("Uniform(%v).Before(%v) = %d, want %d", float64(c.rate), c.d, got, c.want)
		}
	}
}

// Before and Due must agree at every edge, or the books would lose or invent a request.
func TestBeforeIsTheInverseOfDue(t *testing.T) {
	for _, rate := range []Uniform{0.3, 1, 3, 7, 997, 12_345.678, 30_000, 1e6} {
		for i := range int64(3000) {
			n := i * i
			at := rate.Due(n)
			if got := rate.Before(at); got != n {
				t.Fatalf("rate %v: %d requests before request %d is due", float64(rate), got, n)
			}
			if got := rate.Before(at + 1); got != n+1 && rate.Due(n+1) > at {
				t.Fatalf("rate %v: %d requests up to request %d", float64(rate), got, n)
			}
		}
	}
}

func TestGapsAreEven(t *testing.T) {
	rate := Uniform(12_345.678)
	for i := range int64(100_000) {
		gap := float64(rate.Due(i+1) - rate.Due(i))
		if math.Abs(gap-1e9/float64(rate)) > 1 {
			t.Fatalf("gap %d is %v ns", i, gap)
		}
	}
}
