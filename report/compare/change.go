// Package compare finds what changed between two runs of one plan.
//
// The runs were made at different times, and what the machine did then is in every plain ratio. Within a run the servers of a cell took turns,
// so ratios between servers hold. The change of a model is therefore taken against the other servers of its cell. The round is the sample.
package compare

import (
	"math"
	"slices"
	"sort"

	"carousel/internal/stats"
)

// logs are the logs of one metric of a cell in one run: by server, then by round. NaN stands for a round without a figure.
type logs [][]float64

// fewestOthers is the fewest other servers that separate a model's change from the machine's: of two, one that changed would be half of the
// middle.
const fewestOthers = 3

// shift is how the mean of a log changed from one run to the other: B less A. What is not known is NaN.
type shift struct {
	mean, err, df float64 // err is the standard error of mean, df its degrees of freedom
	p             float64 // the p-value of the claim that there is a change
	spread, blur  float64 // err² is spread²/n for n rounds of each run, and blur² however many there are
	rounds        int     // of the run that has fewer
}

// interval returns the ratio of B to A, and its interval of this confidence.
func (s shift) interval(confidence float64) stats.Interval {
	half := 0.0
	if s.err != 0 {
		half = s.err * stats.TQuantile((1+confidence)/2, s.df)
	}
	return stats.Interval{Mid: s.mean, Low: s.mean - half, High: s.mean + half, Confidence: confidence}.Exp()
}

// mostRounds is the most rounds that anybody would measure.
const mostRounds = 100

// decides returns how many rounds of each run would uphold the change at level, or put its interval within margin of 1, if later rounds are
// as those so far; 0 where mostRounds would not, or where it is not known.
func (s shift) decides(level, confidence, margin float64) int {
	enough := func(n int) bool {
		err := math.Hypot(s.spread/math.Sqrt(float64(n)), s.blur)
		half := func(level float64) float64 { return err * stats.TQuantile(1-level/2, float64(2*n-2)) }
		return half(level) < math.Abs(s.mean) || half(1-confidence) < math.Log1p(margin)-math.Abs(s.mean)
	}
	if math.IsNaN(s.err) || !enough(mostRounds) {
		return 0
	}
	return 2 + sort.Search(mostRounds-2, func(i int) bool { return enough(i + 2) })
}

// against returns by server and round how far the log is from where the mean of a had it, against the middle of the other servers. It
// supposes that most servers did not change. a and b have the same servers. It returns false with fewer than fewestOthers others.
func against(a, b logs) (offA, offB logs, known bool) {
	n := len(a)
	if n <= fewestOthers {
		return nil, nil, false
	}
	expected := make(logs, n) // by pair of servers, the mean log of their ratio in a
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
	off := func(run logs) (all logs) {
		for k := range n {
			var values []float64
			for r := range run[k] {
				var others []float64
				for l := range n {
					if v := run[k][r] - run[l][r] - expected[k][l]; l != k && finite(v) {
						others = append(others, v)
					}
				}
				values = append(values, stats.Median(others))
			}
			all = append(all, values)
		}
		return all
	}
	return off(a), off(b), true
}

// together returns by round how far the servers of a cell are from where the mean of a had them: their middle. The machine is in it.
func together(a, b logs) (offA, offB []float64) {
	off := func(run logs) (values []float64) {
		if len(run) == 0 {
			return nil
		}
		for r := range run[0] {
			var all []float64
			for k := range run {
				if v := run[k][r] - mean(a[k]); finite(v) {
					all = append(all, v)
				}
			}
			values = append(values, stats.Median(all))
		}
		return values
	}
	return off(a), off(b)
}

// welch returns the difference of two means of independent values whose spreads may differ (Welch 1947). blur is the standard deviation of
// an error that all values of a run have in common. Values that are equal one by one are the same trials, which did not change.
func welch(a, b []float64, blur float64) shift {
	unknown := func(v float64) bool { return !finite(v) }
	a, b = slices.DeleteFunc(slices.Clone(a), unknown), slices.DeleteFunc(slices.Clone(b), unknown)
	nan := math.NaN()
	s := shift{mean: mean(b) - mean(a), err: nan, df: nan, p: nan, spread: nan, blur: math.Sqrt2 * blur, rounds: min(len(a), len(b))}
	if len(a) > 0 && slices.Equal(a, b) {
		return shift{p: 1, rounds: len(a)}
	}
	if len(a) < 2 || len(b) < 2 {
		return s
	}
	va, vb := variance(a)/float64(len(a)), variance(b)/float64(len(b))
	s.err, s.df = math.Hypot(math.Sqrt(va+vb), s.blur), float64(len(a)+len(b)-2)
	s.spread = math.Sqrt(variance(a) + variance(b))
	if va+vb > 0 {
		s.df = (va + vb) * (va + vb) / (va*va/float64(len(a)-1) + vb*vb/float64(len(b)-1))
	}
	switch {
	case s.err > 0:
		s.p = stats.TwoSided(s.mean/s.err, s.df)
	case s.mean == 0:
		s.p = 1
	default:
		s.p = 0
	}
	return s
}

// widen adds to the error of each change what the changes scatter by beyond their own errors: between two runs a machine does not change all
// servers in proportion, as when every reply takes so many microseconds longer. Rounds do not show that. The quarter of the changes that lies
// furthest out may be real ones and does not count. It returns what it added, as a standard deviation.
func widen(changes []shift) (more float64) {
	var means, squares []float64
	for _, s := range changes {
		if finite(s.mean) && finite(s.err) {
			means, squares = append(means, s.mean), append(squares, s.err*s.err)
		}
	}
	if len(means) == 0 {
		return 0
	}
	center := stats.Median(means)
	var off []float64
	for _, m := range means {
		off = append(off, (m-center)*(m-center))
	}
	slices.Sort(off)
	scatter, usual := mean(off[:(3*len(off)+3)/4])/innerVariance, stats.Median(squares)
	if scatter <= clearly*usual {
		return 0
	}
	more = math.Sqrt(scatter - usual)
	for i := range changes {
		if s := &changes[i]; finite(s.err) && s.err > 0 {
			s.err, s.blur = math.Hypot(s.err, more), math.Hypot(s.blur, more)
			s.p = stats.TwoSided(s.mean/s.err, s.df)
		}
	}
	return more
}

const (
	// innerVariance is the variance of the inner three quarters of a normal distribution, over that of all of it.
	innerVariance = 0.3686

	// clearly is how many times the variance that errors explain must be exceeded. By chance that of few servers often is by half, and a change
	// of 5 % would be missed.
	clearly = 4
)

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// mean ignores what is not finite, and is NaN for no values.
func mean(x []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range x {
		if finite(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(n)
}

// variance is that of two finite values or more.
func variance(x []float64) (sum float64) {
	m := mean(x)
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return sum / float64(len(x)-1)
}
