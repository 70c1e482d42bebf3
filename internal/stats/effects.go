package stats

import (
	"math"
	"slices"
)

// Effects is how far each server stands from the mean of all, as a log: the effect of k less that of l is the log of their
// ratio.
//
// x[k][c] is the log of the figure of server k in cycle c: not-a-number where it lacks, infinite where the figure was zero or without
// end. Two servers are compared by the Middle of their differences over the cycles that have both, so that one disturbed
// slice spoils one cycle of one pair; the effect is the mean of a server's differences from each server, itself
// included, so that what is known of k and of l against the others serves their ratio as well (as paired comparisons are
// scaled since Thurstone 1927).
//
// A server that cannot be told from another in finite terms has no part in the means of the rest. Its own effect is then
// infinite, or not-a-number where nothing is known.
func Effects(x [][]float64) []float64 {
	m := differences(x)
	kept := make([]int, len(x))
	for k := range kept {
		kept[k] = k
	}
	for {
		worst, most := 0, 0
		for i, k := range kept {
			n := 0
			for _, l := range kept {
				if v := m[k][l]; math.IsNaN(v) || math.IsInf(v, 0) {
					n++
				}
			}
			if n > most {
				worst, most = i, n
			}
		}
		if most == 0 {
			break
		}
		kept = slices.Delete(kept, worst, worst+1)
	}
	effects := make([]float64, len(x))
	for k := range effects {
		sum := 0.0
		for _, l := range kept {
			sum += m[k][l]
		}
		effects[k] = sum / float64(len(kept))
	}
	return effects
}

// differences are those of any two servers, over all cycles, of which m[l][k] is -m[k][l]; on the diagonal 0 for a server
// of which anything is known.
func differences(x [][]float64) [][]float64 {
	m := make([][]float64, len(x))
	var d []float64
	for k := range x {
		m[k] = make([]float64, len(x))
		for l := range k + 1 {
			d = d[:0]
			for c := range x[k] {
				if v := x[k][c] - x[l][c]; !math.IsNaN(v) { // Inf-Inf tells as little as what lacks
					d = append(d, v)
				}
			}
			m[k][l] = Middle(d)
			m[l][k] = -m[k][l]
		}
	}
	return m
}
