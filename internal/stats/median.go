package stats

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// MedianInterval returns the median of x, which may be in any order, and as its ends two of the values: the innermost pair, equally many places
// from the lowest and the highest, that holds the true median with a probability of at least confidence, whatever the distribution. That
// probability is the interval's Confidence. If x is too small (fewer than six for 95 %), the ends are the lowest and the highest value, with the
// confidence they have. Without values the interval is unknown.
func MedianInterval(x []float64, confidence float64) Interval {
	n := len(x)
	if n == 0 {
		return unknown(0)
	}
	sorted := slices.Sorted(slices.Values(x))
	beyond := distuv.Binomial{N: float64(n), P: 0.5}
	outside := func(k int) float64 { return 2 * beyond.CDF(float64(k)) } // the probability that the true median is beyond the values k from either end
	k := max(0, sort.Search((n-1)/2+1, func(k int) bool { return !(outside(k) <= 1-confidence) })-1)
	return Interval{Median(x), sorted[k], sorted[n-1-k], math.Max(0, 1-outside(k))}
}

// Surprising reports whether so many of n claims hold that chance does not explain it, where each holds by chance with probability level: the
// probability that held of them or more hold is then at most level.
func Surprising(held, n int, level float64) bool {
	return held > 0 && 1-distuv.Binomial{N: float64(n), P: level}.CDF(float64(held-1)) <= level*(1+1e-9)
}
