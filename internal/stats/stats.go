// Package stats is the arithmetic of comparisons: medians, intervals and tests for the ratio of two servers, and corrections for several
// claims and for looks at a comparison that still runs. All are pure functions on numbers, without I/O or a clock.
//
// The sample of a comparison is one trial, or a block of slices, never one request: requests of one trial share a process, a heap and the
// same minute on the machine, so a thousand of them are one observation of the model.
//
// # Queueing theory
//
// The functions MM1, MD1 and MG1 return how long requests wait at a server that serves one at a time, in the order of arrival, where arrivals
// are a Poisson process. A wait ends when the service begins: the response time is the wait plus the service time. rho is the utilisation,
// arrivals per second times the mean service time, above 0 and below 1. A quantile q is from 0 up to, not including, 1.
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

// Middle returns the trimmed mean of x (Tukey 1960): the mean without the lowest and the highest fifth, and without at least one value at
// each end if there are three or more. It is nearly as exact as the mean, which the median is not, and a few disturbed values hardly move it.
// It ignores NaN, and returns NaN for no values.
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

// Order is what the interval of a ratio shows; see Interval.Order.
type Order int

const (
	Unknown Order = iota // the interval is not known
	Tied                 // the interval contains 1 and is too wide for Same
	Higher               // the ratio is above 1
	Lower                // the ratio is below 1
	Same                 // the ratio is within a margin of 1
)
