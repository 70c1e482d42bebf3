package stats

import (
	"math"
	"slices"
)

// Effects returns how far each server stands from the mean of all, as a log: the effect of k minus that of l is the log of their ratio.
//
// x[k][c] is the log of the figure of server k in cycle c: NaN where there is none, infinite where the figure was 0 or infinite. Two
// servers are compared by the Middle of their differences over the cycles that have both, so a disturbed slice spoils one cycle of one
// pair. The effect is the mean of a server's differences from every server, itself included: what is known of k and l against the others
// then serves their ratio too (paired comparisons, Thurstone 1927).
//
// A server whose differences are not finite is left out of the means of the others. Its own effect is infinite, or NaN where nothing is
// known.
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
