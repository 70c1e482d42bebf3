package turns

import (
	"fmt"
	"math"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// alpha is the share of comparisons in which a claim may be wrong.
const alpha = 0.05

// sums are what slices came to: the shorter of a few pairs of cycles, or the longer.
type sums struct{ ok, inWindow, window, elapsed, cpu float64 }

// figures are what is compared, by metric; not-a-number where it is not known.
var figures = map[string]func(c *Course, short, long sums) float64{
	result.MetricRate: func(c *Course, short, long sums) float64 {
		if c.Lead > lead && !c.paced { // replies come in bursts: no window cuts them evenly
			return (short.ok + long.ok) / (short.elapsed + long.elapsed) * 1e9
		}
		return (short.inWindow + long.inWindow) / (short.window + long.window) * 1e9
	},
	result.MetricSteady: func(_ *Course, short, long sums) float64 {
		return stats.SteadyCost(short.cpu, short.ok, long.cpu, long.ok)
	},
	result.MetricWhole: func(_ *Course, short, long sums) float64 {
		return stats.WholeCost(short.cpu, short.ok, long.cpu, long.ok)
	},
}

// pooled are the metrics whose figure is taken of a whole block of cycles: the difference of two slices is too rough by itself.
var pooled = map[string]bool{result.MetricSteady: true}

// sum adds up the slices of server k in pairs of cycles from to end, by length.
func (c *Course) sum(k, from, end int) (short, long sums) {
	for _, s := range c.Slices[k][2*from : 2*end] {
		to := &short
		if s.Cycle%2 == 1 {
			to = &long
		}
		to.ok += float64(s.OK)
		to.inWindow += float64(s.WindowOK)
		to.window += float64(s.LengthNS - int64(c.Lead))
		to.elapsed += float64(s.ElapsedNS)
		if s.TargetCPUNS == 0 {
			to.cpu = math.NaN()
		}
		to.cpu += float64(s.TargetCPUNS)
	}
	return short, long
}

// pairs is how many pairs of cycles server k can be compared in: all, but for those after its last good reply.
func (c *Course) pairs(k int) int {
	n := c.Cycles / 2
	for n > 0 && c.Slices[k][2*n-1].OK+c.Slices[k][2*n-2].OK == 0 {
		n--
	}
	return n
}

// logs are those of each server's figure in a block of pairs.
func (c *Course) logs(metric string, block [2]int) [][]float64 {
	step := 1
	if pooled[metric] {
		step = block[1] - block[0]
	}
	x := make([][]float64, len(c.Slices))
	for k := range x {
		for from := block[0]; from < block[1]; from += step {
			v := math.NaN()
			if from+step <= c.pairs(k) {
				short, long := c.sum(k, from, from+step)
				v = math.Log(figures[metric](c, short, long)) // not-a-number if it is negative, which noise can make of a steady cost
			}
			x[k] = append(x[k], v)
		}
	}
	return x
}

// differences are those of server k from the target in consecutive blocks of cycles, as logs.
func (c *Course) differences(metric string, k int) (d []float64) {
	for _, block := range stats.Blocks(min(c.pairs(0), c.pairs(k)), stats.MostBlocks) {
		effects := stats.Effects(c.logs(metric, block))
		d = append(d, effects[k]-effects[0])
	}
	return d
}

// ratios are those of every further server to the target in a metric, each with its interval. The one called twin has no part in how sure
// the others are together.
func (c *Course) ratios(p Plan, metric string, alpha float64) []result.Ratio {
	intervals := make([]func(confidence float64) stats.Interval, len(p.Names))
	var claims []float64
	var whose []int
	for k := 1; k < len(p.Names); k++ {
		var test float64
		if q, is := quantiles[metric]; is {
			intervals[k] = c.quantileRatio(k, q, p.Seed)
			test = evidence(intervals[k](1-alpha), stats.MostBlocks-1)
		} else {
			d := c.differences(metric, k)
			intervals[k] = func(confidence float64) stats.Interval { return stats.TInterval(d, confidence).Exp() }
			test = stats.TTest(d)
		}
		if p.Names[k] != p.Twin {
			claims, whose = append(claims, test), append(whose, k)
		}
	}
	levels := slices.Repeat([]float64{alpha}, len(p.Names))
	for i, level := range stats.Holm(claims, alpha) {
		levels[whose[i]] = level
	}
	var all []result.Ratio
	for k := 1; k < len(p.Names); k++ {
		i := intervals[k](1 - levels[k])
		r := result.Ratio{Server: p.Names[k], To: p.Names[0], Metric: metric, Ratio: i.Mid, Low: i.Low, High: i.High, Confidence: i.Confidence}
		r.Outcome = outcomes[i.Order(result.SameWithin)]
		if r.Outcome == "" {
			r.Outcome = result.Undecided
			r.Ratio, r.Low, r.High, r.Lacks = 0, 0, 0, c.lacks(p, k, metric)
		}
		all = append(all, r)
	}
	return all
}

var outcomes = map[stats.Order]string{
	stats.Higher: result.Higher, stats.Lower: result.Lower, stats.Same: result.Same, stats.Tied: result.Undecided,
}

// quantiles are the metrics that are percentiles of the response time.
var quantiles = map[string]float64{result.MetricP50: 0.50, result.MetricP99: 0.99}

// quantileRatio is the interval of a percentile of server k over that of the target.
func (c *Course) quantileRatio(k int, q float64, seed uint64) func(confidence float64) stats.Interval {
	n := min(c.pairs(0), c.pairs(k))
	parts := min((n+c.times.each-1)/c.times.each, len(c.times.parts[0]))
	return func(confidence float64) stats.Interval {
		return stats.QuantileRatio(c.times.parts[k][:parts], c.times.parts[0][:parts], q, confidence, seed)
	}
}

// evidence is the p-value of the claim that a ratio with this interval is not 1, as if its log had a t distribution.
func evidence(i stats.Interval, df float64) float64 {
	half := math.Log(i.High/i.Low) / 2 / stats.TQuantile((1+i.Confidence)/2, df)
	return stats.TwoSided(math.Log(i.Mid)/half, df)
}

// lacks says why server k is not compared with the target in a metric.
func (c *Course) lacks(p Plan, k int, metric string) string {
	for _, i := range []int{k, 0} {
		switch pairs := c.pairs(i); {
		case len(c.Slices[i]) == 0:
			return p.Names[i] + " was never loaded"
		case pairs == 0 && c.Cycles > 1:
			return p.Names[i] + " gave no good reply"
		case (metric == result.MetricSteady || metric == result.MetricWhole) && !c.known(i):
			return "the process of " + p.Names[i] + " is not known (--pid)"
		case pairs < MinPairs:
			return fmt.Sprintf("%s was compared for %d cycles, which takes %d", p.Names[i], 2*pairs, 2*MinPairs)
		}
	}
	if metric == result.MetricSteady {
		return "noise hides what a request costs beside waking"
	}
	return p.Names[k] + " or " + p.Names[0] + " did not answer in part of the cycles"
}

// knownWithin reports whether all that the comparison can tell exactly is known within a share.
func (c *Course) knownWithin(p Plan, share, alpha float64) bool {
	for _, metric := range c.exact() {
		for _, r := range c.ratios(p, metric, alpha) {
			if r.Server != p.Twin && c.pairs(slices.Index(p.Names, r.Server)) == c.Cycles/2 && !(math.Log(r.High/r.Low)/2 <= share) {
				return false
			}
		}
	}
	return true
}

// exact are the metrics that are known soonest: the rate, unless requests are due at a given one, and the steady cost, where processes are
// known; the median response time where neither is.
func (c *Course) exact() (metrics []string) {
	if !c.paced {
		metrics = append(metrics, result.MetricRate)
	}
	if c.priced() {
		metrics = append(metrics, result.MetricSteady)
	}
	if len(metrics) == 0 {
		metrics = []string{result.MetricP50}
	}
	return metrics
}

// priced reports whether the processor time of the target and another server is known.
func (c *Course) priced() bool {
	for k := 1; k < len(c.Slices); k++ {
		if c.known(0) && c.known(k) {
			return true
		}
	}
	return false
}

// known reports whether the processor time of server k is known, at the begin at least.
func (c *Course) known(k int) bool { return len(c.Slices[k]) > 0 && c.Slices[k][0].TargetCPUNS > 0 }

// progress is how far the comparison has come.
func (c *Course) progress(p Plan) Progress {
	at := Progress{Loaded: time.Duration(c.Cycles/2) * Pair(c.Slice)}
	for k := range c.Slices {
		short, long := c.sum(k, 0, c.Cycles/2)
		at.Rates = append(at.Rates, figures[result.MetricRate](c, short, long))
	}
	metrics := c.exact()
	at.Ratios = c.ratios(p, metrics[len(metrics)-1], alpha)
	return at
}

// look is a planned look.
type look struct {
	pairs int
	alpha float64
}

// planLooks are those at a comparison of so many pairs of cycles: none unless it may end early.
func planLooks(p Plan, pairs int) (looks []look) {
	if p.Until == 0 {
		return nil
	}
	for _, l := range stats.Looks {
		looks = append(looks, look{max(MinPairs, int(math.Ceil(l.At*float64(pairs)))), l.Alpha})
	}
	for i := len(looks) - 2; i >= 0; i-- {
		if looks[i].pairs == looks[i+1].pairs { // a short comparison: looks that fall together are one
			looks[i+1].alpha += looks[i].alpha
			looks = slices.Delete(looks, i, i+1)
		}
	}
	return looks
}
