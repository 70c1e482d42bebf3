// Package stats is the arithmetic of comparisons: what a handful of rounds say and when two models differ, and, where
// servers take turns, how large their ratio is, how sure that is, and when it may be looked at. It has queueing theory as well, which says what
// a client must see of a server that is known.
//
// It is of pure functions on numbers: it knows no records, does no I/O and reads no clock. The sample of a comparison is one trial, or a
// block of slices, never one request: requests of one trial share a process, a heap and a minute of the machine's life,
// so a thousand of them are one observation of the model.
package stats

import (
	"math"
	"slices"
)

// Median returns the middle value, or the mean of the two middle ones; NaN for no values.
func Median(x []float64) float64 {
	n := len(x)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Middle returns the mean without the lowest and the highest fifth (the trimmed mean, Tukey 1960), of three values or more at least one
// each. It is nearly as exact as the mean, which the median is not, and a few disturbed values hardly move it. It ignores NaN, and returns
// NaN for no values.
func Middle(x []float64) float64 {
	sorted := slices.DeleteFunc(slices.Sorted(slices.Values(x)), math.IsNaN)
	n := len(sorted)
	cut := n / 5
	if n > 2 {
		cut = max(1, cut)
	}
	sum := 0.0
	for _, v := range sorted[cut : n-cut] {
		sum += v
	}
	return sum / float64(n-2*cut)
}

// Order is what the interval of a ratio shows.
type Order int

const (
	Unknown Order = iota // too few rounds have both
	Tied                 // the data cannot tell them apart
	Higher
	Lower
	Same // known to differ by next to nothing, which takes an Interval
)
