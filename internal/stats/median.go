package stats

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// MedianInterval is the median of x, in whose order nothing lies, with two of the values: the closest to the middle, equally many from either end,
// between which the true median lies with a probability of at least confidence, whatever the distribution. That probability is the
// interval's confidence. Too few values for it, fewer than six for 95 %, leave the lowest and the highest, with what confidence they
// have. Nothing leaves it unknown.
func MedianInterval(x []float64, confidence float64) Interval {
	n := len(x)
	if n == 0 {
		return unknown(0)
	}
	sorted := slices.Sorted(slices.Values(x))
	beyond := distuv.Binomial{N: float64(n), P: 0.5}
	outside := func(k int) float64 { return 2 * beyond.CDF(float64(k)) } // of the values k from either end
	k := max(0, sort.Search((n-1)/2+1, func(k int) bool { return !(outside(k) <= 1-confidence) })-1)
	return Interval{Median(x), sorted[k], sorted[n-1-k], math.Max(0, 1-outside(k))}
}

// Surprising reports whether so many of n claims hold, each by chance with a probability of level, that all by chance has no higher
// probability.
func Surprising(held, n int, level float64) bool {
	return held > 0 && 1-distuv.Binomial{N: float64(n), P: level}.CDF(float64(held-1)) <= level*(1+1e-9)
}
