// Package compare tells what changed between two runs of one plan.
//
// The runs were made in different minutes, and what the machine did meanwhile is in every plain ratio. Within a run the models of a cell took
// turns, so ratios between models hold. A model's change is therefore taken against the other models of its cell.
package compare

import (
	"math"
	"slices"

	"carousel/internal/stats"
)

// Sample holds the logs of one metric in one cell of one run: by model, then by round. NaN stands for a round without a figure.
type Sample [][]float64

// references is the fewest other models that tell a model's change from the machine's: with two, one that changed would be half of the middle.
const references = 3

// Change is how a log changed from one run to the other: B less A.
type Change struct {
	Mean, Error, DF float64 // Error is the standard error of the mean, DF its degrees of freedom; NaN where they are not known
	P               float64 // of the claim that there is a change; NaN where it is not known
}

// Interval returns the ratio of B to A and its interval of this confidence.
func (c Change) Interval(confidence float64) stats.Interval {
	half := stats.TQuantile(1-(1-confidence)/2, c.DF) * c.Error
	if c.Error == 0 {
		half = 0
	}
	return stats.Interval{Mid: c.Mean, Low: c.Mean - half, High: c.Mean + half, Confidence: confidence}.Exp()
}

// Changes returns the change of each model against the others of the cell, and the change that they have in common, which may be the
// machine's. It supposes that most models did not change: the middle of a model's changes against the others is then its own. a and b have the
// same models in the same order. With fewer than three other models it returns the plain changes, and relative is false.
func Changes(a, b Sample) (each []Change, common Change, relative bool) {
	n := len(a)
	relative = n > references
	expected := make([][]float64, n) // by pair of models, the mean log of their ratio in a
	for k := range n {
		expected[k] = make([]float64, n)
		for l := range n {
			var ratios []float64
			for r := range a[k] {
				ratios = append(ratios, a[k][r]-a[l][r])
			}
			expected[k][l] = mean(ratios)
		}
	}
	against := func(run Sample, k, r int) float64 { // how far model k is from where a had it, by the middle over the others
		if !relative {
			return run[k][r]
		}
		var off []float64
		for l := range n {
			if v := run[k][r] - run[l][r] - expected[k][l]; l != k && !math.IsNaN(v) {
				off = append(off, v)
			}
		}
		return stats.Median(off)
	}
	rounds := func(run Sample, k int) (values []float64) {
		for r := range run[k] {
			values = append(values, against(run, k, r))
		}
		return values
	}
	for k := range n {
		each = append(each, welch(rounds(a, k), rounds(b, k)))
	}
	middle := func(run Sample) (values []float64) {
		for r := range run[0] {
			var off []float64
			for k := range n {
				if v := run[k][r] - mean(a[k]); !math.IsNaN(v) {
					off = append(off, v)
				}
			}
			values = append(values, stats.Median(off))
		}
		return values
	}
	if n > 0 {
		common = welch(middle(a), middle(b))
	}
	return each, common, relative
}

// welch returns the difference of two means of independent values whose spreads may differ (Welch 1947).
func welch(a, b []float64) Change {
	unknown := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
	a, b = slices.DeleteFunc(slices.Clone(a), unknown), slices.DeleteFunc(slices.Clone(b), unknown)
	c := Change{Mean: mean(b) - mean(a), Error: math.NaN(), DF: math.NaN(), P: math.NaN()}
	if len(a) < 2 || len(b) < 2 {
		return c
	}
	va, vb := variance(a)/float64(len(a)), variance(b)/float64(len(b))
	c.Error = math.Sqrt(va + vb)
	c.DF = (va + vb) * (va + vb) / (va*va/float64(len(a)-1) + vb*vb/float64(len(b)-1))
	c.P = stats.TwoSided(c.Mean/c.Error, c.DF)
	return c
}

// mean ignores NaN, and is NaN for no values.
func mean(x []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(n)
}

func variance(x []float64) (sum float64) {
	m := mean(x)
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return sum / float64(len(x)-1)
}
