package stats

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns a level for each of several claims, from their p-values. An interval of confidence 1 minus that level excludes "no
// difference" exactly where Holm's step-down procedure (1979) upholds the claim. The probability of one false claim or more is then at most
// alpha.
//
// Alpha is for the claims together, not for the intervals: each interval holds the truth with its own confidence, and for all of them to hold
// at once each would need the level alpha over the number of claims. A p-value that is NaN counts as a claim that is not upheld.
func Holm(p []float64, alpha float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(failing(p[a]), failing(p[b])) })

	levels := make([]float64, len(p))
	level, failed := 0.0, false
	for j, i := range order {
		if !failed {
			level = alpha / float64(len(p)-j)
		}
		levels[i] = level
		failed = failed || !(p[i] <= level)
	}
	return levels
}

// failing returns p, or 1 if p is NaN.
func failing(p float64) float64 {
	if math.IsNaN(p) {
		return 1
	}
	return p
}

// Look is a planned look at a comparison that is still running, after which it may end.
type Look struct {
	At    float64 // when: the share of the whole comparison that is over, above 0 and up to 1
	Alpha float64 // the alpha of the intervals at this look, as in Holm
}

// Looks are the planned looks of a comparison. Their alphas add up to 0.05, so the intervals of all three hold together in 95 of 100
// comparisons (the union bound), whatever rule ends one early. With a look after every cycle instead, and intervals of 95 %, a server was called
// different from its twin in 42 of 100.
var Looks = []Look{{1. / 8, 0.010}, {1. / 3, 0.015}, {1, 0.025}}
