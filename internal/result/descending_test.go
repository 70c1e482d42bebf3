package result

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// RecordDescending gives the same histogram as recording the values one by one.
func TestRecordFalling(t *testing.T) {
	for _, oldest := range []time.Duration{0, 1, 2047, 2048, 5 * time.Microsecond, time.Second, 70 * time.Second} {
		for _, n := range []int64{0, 1, 2, 3, 1000, 123_457} {
			for _, step := range []float64{0, 0.3, 1, 1000.7, float64(oldest) / float64(max(n, 1))} {
				t.Run(fmt.Sprint(oldest, n, step), func(t *testing.T) {
					value := func(i int64) int64 { return max(0, int64(math.Round(float64(oldest)-step*float64(i)))) }
					want, got := NewHistogram(), NewHistogram()
					for i := range n {
						want.Record(value(i))
					}
					got.RecordDescending(n, value)
					a, errA := want.Encode()
					b, errB := got.Encode()
					if errA != nil || errB != nil || a != b {
						t.Errorf("buckets differ (%v, %v)", errA, errB)
					}
					if got.Count() != n || got.Min() != want.Min() || got.Max() != want.Max() {
						t.Errorf("%d values, %d to %d; want %d, %d to %d", got.Count(), got.Min(), got.Max(), n, want.Min(), want.Max())
					}
					if off := math.Abs(got.Mean() - want.Mean()); off > 1 {
						t.Errorf("the mean is %v, want %v", got.Mean(), want.Mean())
					}
				})
			}
		}
	}
}
