// Package stats is the arithmetic of comparisons: what a handful of rounds say and when two models differ, and, where
// servers take turns, how large their ratio is, how sure that is, and when it may be looked at.
//
// It is of pure functions on numbers: it knows no records, does no I/O and reads no clock. The sample is one trial, or a
// block of slices, never one request: requests of one trial share a process, a heap and a minute of the machine's life,
// so a thousand of them are one observation of the model.
package stats

import (
	"math"
	"slices"
)

// MinRounds is the fewest rounds that compare anything. All of six agreeing by chance has probability 2/64.
const MinRounds = 6

// MinApart is the fewest values on each side that tell two series apart which have fewer than MinRounds rounds in common, by not
// overlapping at all. Four and four do so by chance with probability 2/70.
const MinApart = 4

// Floor is the smallest difference of a median ratio from 1 that is called a difference.
const Floor = 0.02

// Series is one value per round, by the round's number.
type Series map[int]float64

// Values returns the values in the order of their rounds.
func (s Series) Values() []float64 {
	values := make([]float64, 0, len(s))
	for _, round := range s.rounds() {
		values = append(values, s[round])
	}
	return values
}

func (s Series) rounds() []int {
	rounds := make([]int, 0, len(s))
	for round := range s {
		rounds = append(rounds, round)
	}
	slices.Sort(rounds)
	return rounds
}

// Summary is what a handful of trials say: the middle one and the two furthest out.
type Summary struct {
	N                 int
	Median, Low, High float64
}

// Summarize describes x; nothing gives N 0 and the rest not-a-number.
func Summarize(x []float64) Summary {
	if len(x) == 0 {
		return Summary{Median: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	return Summary{N: len(x), Median: Median(x), Low: slices.Min(x), High: slices.Max(x)}
}

// Median returns the middle value, or the mean of the two middle ones; not-a-number for nothing.
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

// Middle is the mean without the lowest and the highest fifth, one value each at least where there are three or more: nearly as exact as the mean
// where all is well, which the median is not, and hardly moved by the odd disturbance (the trimmed mean, Tukey 1960). It
// is not-a-number for nothing. Values that are not-a-number are left out.
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

// RangeCoverage is the probability that the range of n independent trials holds the true median: 1 - 2^(1-n),
// whatever the distribution.
func RangeCoverage(n int) float64 {
	if n < 2 {
		return 0
	}
	return 1 - math.Ldexp(1, 1-n)
}

// Ratios returns a/b for every round that has both, so that what hits a whole round cancels.
func Ratios(a, b Series) Series {
	ratios := Series{}
	for round, x := range a {
		if y, ok := b[round]; ok && x > 0 && y > 0 {
			ratios[round] = x / y
		}
	}
	return ratios
}

// Noise is how far the same cell measured twice in a round typically stands from itself, as a share:
// the median over the rounds of max(r, 1/r) - 1. Nothing to compare gives 0.
//
// With it as the bar, two equal models of normal noise are called different in under 2 % of comparisons of six
// rounds; the largest instead of the median would let one disturbed round hide every difference.
func Noise(once, again Series) float64 {
	ratios := Ratios(once, again).Values()
	if len(ratios) == 0 {
		return 0
	}
	for i, r := range ratios {
		ratios[i] = math.Max(r, 1/r) - 1
	}
	return Median(ratios)
}

// Order is the outcome of a comparison.
type Order int

const (
	Unknown Order = iota // too few rounds have both
	Tied                 // the data cannot tell them apart
	Higher
	Lower
	Same // known to differ by next to nothing, which takes an Interval
)

// Comparison is a over b, taken within rounds.
type Comparison struct {
	Summary
	Order Order
}

// Compare says whether a differs from b: every round agrees in direction, and the median ratio is further from 1
// than Floor and than noise. Where a few rounds were lost, so that fewer than MinRounds are common, all of a must lie beyond all
// of b instead; fewer than MinApart values compare nothing.
func Compare(a, b Series, noise float64) Comparison {
	c := Comparison{Summary: Summarize(Ratios(a, b).Values())}
	above, below := c.Low > 1, c.High < 1
	if c.N < MinRounds {
		x, y := Summarize(a.Values()), Summarize(b.Values())
		if c.N == 0 || min(x.N, y.N) < MinApart {
			return c
		}
		above, below = x.Low > y.High, x.High < y.Low
	}
	bar := 1 + max(Floor, noise)
	switch {
	case above && c.Median > bar:
		c.Order = Higher
	case below && c.Median < 1/bar:
		c.Order = Lower
	default:
		c.Order = Tied
	}
	return c
}
