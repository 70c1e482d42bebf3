package turns

import (
	"fmt"
	"math"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// alpha is the probability that a comparison makes a false claim.
const alpha = 0.05

// processSpread returns by how much two processes of one program differ, each over its own connections, only because their memory lies elsewhere:
// the standard deviation of the log of a ratio. More cycles of the same two processes do not show it. It was measured in 80 comparisons of
// `servers --model epoll` with itself, over 64 connections. In a closed loop, in which both sides compute without a pause, it is clear; at 10,000
// requests per second the cost of waking hides it.
func (c *Results) processSpread(metric string) float64 {
	if c.paced {
		return 0.002
	}
	return map[string]float64{
		result.MetricRate: 0.006, result.MetricP50: 0.010, result.MetricP99: 0.010, result.MetricSteady: 0.0115, result.MetricWhole: 0.007,
	}[metric]
}

// sums are the totals of slices.
type sums struct{ ok, inWindow, window, elapsed, cpu float64 }

// sum adds up the slices of server k in the pairs of cycles [from, end): the short ones, or the long ones.
func (c *Results) sum(k, from, end, long int) (to sums) {
	for i := 2*from + long; i < 2*end; i += 2 {
		s := c.Slices[k][i]
		to.ok += float64(s.OK)
		to.inWindow += float64(s.WindowOK)
		to.window += float64(s.LengthNS - int64(c.Lead))
		to.elapsed += float64(s.ElapsedNS)
		if s.TargetCPUNS == 0 {
			to.cpu = math.NaN()
		}
		to.cpu += float64(s.TargetCPUNS)
	}
	return to
}

// The place in a pair of the cycle of short slices, and of that of long ones.
const short, long = 0, 1

// plus returns s + t.
func (s sums) plus(t sums) sums {
	return sums{s.ok + t.ok, s.inWindow + t.inWindow, s.window + t.window, s.elapsed + t.elapsed, s.cpu + t.cpu}
}

// rate returns good replies per second. If requests take longer than the lead, replies come in bursts, and any window would cut one: in a closed
// loop the rate is then over all the time until the last reply.
func (c *Results) rate(s sums) float64 {
	if c.fitted && !c.paced {
		return s.ok / s.elapsed * 1e9
	}
	return (s.inWindow + 0.5) / s.window * 1e9 // + 0.5: the log of 0 replies is finite (Haldane 1956)
}

// pairs returns in how many pairs of cycles server k can be compared: all up to its last good reply.
func (c *Results) pairs(k int) int {
	n := min(c.Cycles, len(c.Slices[k])) / 2
	for n > 0 && c.Slices[k][2*n-1].OK+c.Slices[k][2*n-2].OK == 0 {
		n--
	}
	return n
}

// each returns figure of each server in each pair of a block, NaN where the server cannot be compared.
func (c *Results) each(block [2]int, figure func(k, pair int) float64) [][]float64 {
	x := make([][]float64, len(c.Slices))
	for k := range x {
		for pair := block[0]; pair < block[1]; pair++ {
			v := math.NaN()
			if pair < c.pairs(k) {
				v = figure(k, pair)
			}
			x[k] = append(x[k], v)
		}
	}
	return x
}

// logs replaces the values of x by their logs.
func logs(x [][]float64) [][]float64 {
	for _, values := range x {
		for i, v := range values {
			values[i] = math.Log(v) // NaN below 0
		}
	}
	return x
}

// effects has, by metric, a function that returns how far each server is from the mean in a block of cycles, as a log (stats.Effects). Short slices
// are compared with short ones and long ones with long ones; byLength weighs the two.
var effects = map[string]func(c *Results, block [2]int) []float64{
	result.MetricRate: func(c *Results, block [2]int) []float64 {
		return byLength(func(long int) []float64 {
			return stats.Effects(logs(c.each(block, func(k, pair int) float64 { return c.rate(c.sum(k, pair, pair+1, long)) })))
		})
	},
	result.MetricWhole: func(c *Results, block [2]int) []float64 {
		return byLength(func(long int) []float64 {
			return stats.Effects(logs(c.each(block, func(k, pair int) float64 {
				return perRequest(c.sum(k, pair, pair+1, long))
			})))
		})
	},
	// The steady cost of one pair is noisy, and can be below 0, so the trimmed means of the block are compared.
	result.MetricSteady: func(c *Results, block [2]int) []float64 {
		x := c.each(block, c.steady)
		for k, values := range x {
			x[k] = []float64{stats.Middle(values)}
		}
		return stats.Effects(logs(x))
	},
}

// standing returns how far each server is from the mean in a metric, over all cycles, as a log. Servers for which shown is false are left out.
func (c *Results) standing(metric string, shown func(k int) bool) []float64 {
	if q, is := quantiles[metric]; is {
		return c.quantileEffects(q, shown)
	}
	some := *c
	some.Slices = slices.Clone(c.Slices)
	for k := range some.Slices {
		if !shown(k) {
			some.Slices[k] = nil
		}
	}
	return effects[metric](&some, [2]int{0, c.Cycles / 2})
}

// quantileEffects returns by how much the logs of a percentile differ from their mean. The percentile is of all long slices together: that of one
// pair of cycles is too noisy.
func (c *Results) quantileEffects(q float64, shown func(k int) bool) []float64 {
	x := make([]float64, len(c.Slices))
	sum, n := 0.0, 0.0
	for k := range x {
		x[k] = math.NaN()
		if pairs := c.pairs(k); pairs > 0 && shown(k) {
			x[k] = math.Log(stats.Quantile(merge(slices.Concat(c.times.upTo(k, pairs)...), nil), q))
		}
		if !math.IsNaN(x[k]) && !math.IsInf(x[k], 0) {
			sum += x[k]
			n++
		}
	}
	for k := range x {
		x[k] -= sum / n
	}
	return x
}

// perRequest returns processor time per good reply; NaN without any.
func perRequest(s sums) float64 {
	if s.ok == 0 {
		return math.NaN()
	}
	return s.cpu / s.ok
}

// byLength returns the mean of the effects in short and in long slices, weighted by their length.
func byLength(effects func(long int) []float64) []float64 {
	mean := effects(short)
	for k, e := range effects(long) {
		mean[k] = (mean[k] + LongFactor*e) / (1 + LongFactor)
	}
	return mean
}

// steady, waking and whole return the stats.SteadyCost, WakingCost and WholeCost of server k in a pair of cycles.
func (c *Results) steady(k, pair int) float64 {
	s, l := c.sum(k, pair, pair+1, short), c.sum(k, pair, pair+1, long)
	return stats.SteadyCost(s.cpu, s.ok, l.cpu, l.ok)
}

func (c *Results) waking(k, pair int) float64 {
	s, l := c.sum(k, pair, pair+1, short), c.sum(k, pair, pair+1, long)
	return stats.WakingCost(s.cpu, s.ok, l.cpu, l.ok)
}

func (c *Results) whole(k, pair int) float64 {
	s, l := c.sum(k, pair, pair+1, short), c.sum(k, pair, pair+1, long)
	return stats.WholeCost(s.cpu, s.ok, l.cpu, l.ok)
}

// differences returns those of server k from the target in consecutive blocks of cycles, as logs.
func (c *Results) differences(metric string, k int) (d []float64) {
	for _, block := range stats.Blocks(min(c.pairs(0), c.pairs(k)), stats.MostBlocks) {
		e := effects[metric](c, block)
		d = append(d, e[k]-e[0])
	}
	return d
}

// ratios returns the ratio of each further server to the target in a metric, with its interval. The twin does not count in Holm's correction for
// several claims.
func (c *Results) ratios(p Settings, metric string, alpha float64) []result.Ratio {
	return c.within(p, metric, c.processSpread(metric), alpha)
}

// within is ratios with a given spread of two processes of one program (see processSpread).
func (c *Results) within(p Settings, metric string, spread, alpha float64) []result.Ratio {
	intervals := make([]func(confidence float64) stats.Interval, len(p.Names))
	tests := make([]func() float64, len(p.Names)) // the p-values of "this ratio is not 1"
	var claims []int                              // servers
	for k := 1; k < len(p.Names); k++ {
		if q, is := quantiles[metric]; is {
			intervals[k] = c.quantileRatio(k, q, spread, p.Seed)
			tests[k] = func() float64 { return evidence(intervals[k](1-alpha), stats.MostBlocks-1) }
		} else {
			d := c.differences(metric, k)
			intervals[k] = func(confidence float64) stats.Interval { return stats.TInterval(d, spread, confidence).Exp() }
			tests[k] = func() float64 { return stats.TTest(d, spread) }
		}
		if p.Names[k] != p.Twin {
			claims = append(claims, k)
		}
	}
	levels := slices.Repeat([]float64{alpha}, len(p.Names))
	if len(claims) > 1 {
		var values []float64
		for _, k := range claims {
			values = append(values, tests[k]())
		}
		for i, level := range stats.Holm(values, alpha) {
			levels[claims[i]] = level
		}
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

// quantileRatio returns the interval of a percentile of server k over that of the target.
func (c *Results) quantileRatio(k int, q, spread float64, seed uint64) func(confidence float64) stats.Interval {
	n := min(c.pairs(0), c.pairs(k))
	return func(confidence float64) stats.Interval {
		return stats.QuantileRatio(c.times.upTo(k, n), c.times.upTo(0, n), q, confidence, seed).Widen(spread)
	}
}

// evidence returns the p-value of the claim that a ratio with this interval is not 1, as if its log had a t distribution.
func evidence(i stats.Interval, df float64) float64 {
	half := math.Log(i.High/i.Low) / 2 / stats.TQuantile((1+i.Confidence)/2, df)
	return stats.TwoSided(math.Log(i.Mid)/half, df)
}

// lacks returns why server k is not compared with the target in a metric.
func (c *Results) lacks(p Settings, k int, metric string) string {
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

// knownWithin reports whether the ratios of the exact metrics are known within a share. It leaves out the error that more cycles cannot reduce (see
// processSpread), and ratios that cannot be known.
func (c *Results) knownWithin(p Settings, share, alpha float64) bool {
	known := 0
	for _, metric := range c.exact() {
		for i, r := range c.within(p, metric, 0, alpha) {
			k := i + 1
			switch {
			case r.Server == p.Twin, c.pairs(k) < c.Cycles/2, metric == result.MetricSteady && !c.known(k):
			case r.Lacks != "" || math.Log(r.High/r.Low)/2 > share:
				return false
			default:
				known++
			}
		}
	}
	return known > 0
}

// exact returns the metrics whose ratios are known soonest: the rate, in a closed loop, and the steady cost, if processes are known; else the median
// response time.
func (c *Results) exact() (metrics []string) {
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
func (c *Results) priced() bool {
	for k := 1; k < len(c.Slices); k++ {
		if c.known(0) && c.known(k) {
			return true
		}
	}
	return false
}

// known reports whether the processor time of server k is known, at least of some slices.
func (c *Results) known(k int) bool {
	return slices.ContainsFunc(c.Slices[k], func(s result.Slice) bool { return s.TargetCPUNS > 0 })
}

// progress returns how far the comparison has come.
func (c *Results) progress(p Settings) Progress {
	at := Progress{Loaded: time.Duration(c.Cycles/2) * Pair(c.Slice)}
	for k := range c.Slices {
		rate := 0.0
		if n := c.pairs(k); n > 0 {
			rate = c.rate(c.sum(k, 0, n, short).plus(c.sum(k, 0, n, long)))
		}
		at.Rates = append(at.Rates, rate)
	}
	if c.priced() {
		at.Ratios = c.ratios(p, result.MetricSteady, alpha)
	} else if !c.paced {
		at.Ratios = c.ratios(p, result.MetricRate, alpha)
	}
	return at
}

// look is a planned look.
type look struct {
	pairs int
	alpha float64
}

// planLooks returns the planned looks at a comparison of so many pairs of cycles: none unless it may end early.
func planLooks(p Settings, pairs int) (looks []look) {
	if p.Until == 0 {
		return nil
	}
	for _, l := range stats.Looks {
		looks = append(looks, look{max(MinPairs, int(math.Ceil(l.At*float64(pairs)))), l.Alpha})
	}
	for i := len(looks) - 2; i >= 0; i-- {
		if looks[i].pairs == looks[i+1].pairs { // in a short comparison two looks may coincide: merge them
			looks[i+1].alpha += looks[i].alpha
			looks = slices.Delete(looks, i, i+1)
		}
	}
	return looks
}
