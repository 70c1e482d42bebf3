package stats

import (
	"math"
	"slices"
)

// Effects returns how far each server stands from the mean of all, as a log: the effect of k minus that of l is the log of their ratio.
//
// x[k][c] is the log of the figure of server k in cycle c: NaN where there is none, infinite where the figure was 0 or infinite. Two servers are
// compared by the Middle of their differences over the cycles that have both, so a disturbed slice spoils one cycle, in the pairs of its server.
// The effect is the mean of a server's differences from every server, itself included: so the comparisons of k and of l with the others add to what
// is known of their ratio (paired comparisons, Thurstone 1927).
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

// differences returns m, in which m[k][l] is the Middle of x[k]-x[l] over all cycles and m[l][k] is -m[k][l]. On the diagonal it has 0, or NaN
// for a server without a finite figure.
func differences(x [][]float64) [][]float64 {
	m := make([][]float64, len(x))
	var d []float64
	for k := range x {
		m[k] = make([]float64, len(x))
		for l := range k + 1 {
			d = d[:0]
			for c := range x[k] {
				if v := x[k][c] - x[l][c]; !math.IsNaN(v) { // also of Inf-Inf
					d = append(d, v)
				}
			}
			m[k][l] = Middle(d)
			m[l][k] = -m[k][l]
		}
	}
	return m
}
