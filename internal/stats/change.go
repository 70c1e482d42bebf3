package stats

import (
	"cmp"
	"math"
)

// Change is where a series most likely changes its level: the first value of the new one is x[at]. p is the chance of one as clear in a series
// whose values are independent and alike (Pettitt 1979), at most 1; a drift shows as a change too. A few values that stand out are none.
func Change(x []float64) (at int, p float64) {
	n := float64(len(x))
	u, most := 0, 0 // u: of all pairs of a value before x[t] and one from there on, in how many more the later is the larger
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
