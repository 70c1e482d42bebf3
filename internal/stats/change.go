package stats

import (
	"cmp"
	"math"
)

// Change returns where a series most likely changes its level: x[at] is the first value of the new level. p is the probability of a change
// as clear in a series of independent values with one distribution (Pettitt 1979), at most 1. A drift counts as a change; a few outliers do
// not.
func Change(x []float64) (at int, p float64) {
	n := float64(len(x))
	// u compares each value before x[t] with each one from x[t] on: the pairs in which the later value is larger, minus those in which it is smaller.
	u, most := 0, 0
	for t := 1; t < len(x); t++ {
		for _, other := range x {
			u += cmp.Compare(other, x[t-1])
		}
		if abs := max(u, -u); abs > most {
			most, at = abs, t
		}
	}
	return at, min(1, 2*math.Exp(-6*float64(most*most)/(n*n*n+n*n)))
}
