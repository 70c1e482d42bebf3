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

// kinship is by how much two processes of one program differ, each over its own connections, for nothing but where their memory lies: the
// standard deviation of the log of a ratio. Two processes are what is compared, so no number of cycles shows it. It was measured in 80
// comparisons of `servers --model epoll` with itself, over 64 connections. In a closed loop, in which both sides compute without a pause, it
// is plain to see; at 10,000 requests a second waking hides it.
func (c *Results) kinship(metric string) float64 {
	if c.paced {
		return 0.002
	}
	return map[string]float64{
		result.MetricRate: 0.006, result.MetricP50: 0.010, result.MetricP99: 0.010, result.MetricSteady: 0.0115, result.MetricWhole: 0.007,
	}[metric]
}

// sums are what slices came to.
type sums struct{ ok, inWindow, window, elapsed, cpu float64 }

// sum adds up every second slice of server k in pairs of cycles from to end: the short ones, or the long ones.
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

const short, long = 0, 1

// and is s and t together.
func (s sums) and(t sums) sums {
	return sums{s.ok + t.ok, s.inWindow + t.inWindow, s.window + t.window, s.elapsed + t.elapsed, s.cpu + t.cpu}
}

// rate is good replies per second. Where requests take longer than the lead replies come in bursts, which no window cuts evenly: there it is of
// all the time until the last reply, unless a schedule has it end before.
func (c *Results) rate(s sums) float64 {
	if c.fitted && !c.paced {
		return s.ok / s.elapsed * 1e9
	}
	return (s.inWindow + 0.5) / s.window * 1e9 // of a slice without replies the log is a number too (Haldane 1956)
}

// pairs is how many pairs of cycles server k can be compared in: all, but for those after its last good reply.
func (c *Results) pairs(k int) int {
	n := min(c.Cycles, len(c.Slices[k])) / 2
	for n > 0 && c.Slices[k][2*n-1].OK+c.Slices[k][2*n-2].OK == 0 {
		n--
	}
	return n
}

// each is the logs of what figure says of each server in the pairs of a block: not-a-number where there is no such.
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

// logs are those of x.
func logs(x [][]float64) [][]float64 {
	for _, values := range x {
		for i, v := range values {
			values[i] = math.Log(v) // not-a-number below 0
		}
	}
	return x
}

// effects are how each server stands in a block of cycles, by metric, in logs. Short slices are compared with short ones and long ones with
// long ones; the long are three parts of four of what was seen.
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
	// The difference of two slices is rough, and can be below 0: so it is the middle of a server's in the block that is compared.
	result.MetricSteady: func(c *Results, block [2]int) []float64 {
		x := c.each(block, c.steady)
		for k, values := range x {
			x[k] = []float64{stats.Middle(values)}
		}
		return stats.Effects(logs(x))
	},
}

// standing is how each server stands in a metric over all cycles, as a log. Those of which told is false have no part in it.
func (c *Results) standing(metric string, told func(k int) bool) []float64 {
	if q, is := quantiles[metric]; is {
		return c.quantileEffects(q, told)
	}
	some := *c
	some.Slices = slices.Clone(c.Slices)
	for k := range some.Slices {
		if !told(k) {
			some.Slices[k] = nil
		}
	}
	return effects[metric](&some, [2]int{0, c.Cycles / 2})
}

// quantileEffects are by how much the logs of a percentile differ from their mean. It is of all the long slices together: a percentile of a
// pair of cycles is too rough for a difference.
func (c *Results) quantileEffects(q float64, told func(k int) bool) []float64 {
	x := make([]float64, len(c.Slices))
	sum, n := 0.0, 0.0
	for k := range x {
		x[k] = math.NaN()
		if pairs := c.pairs(k); pairs > 0 && told(k) {
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

// perRequest is processor time per good reply; not-a-number without any.
func perRequest(s sums) float64 {
	if s.ok == 0 {
		return math.NaN()
	}
	return s.cpu / s.ok
}

// byLength is the mean of the effects in short and in long slices, by their length.
func byLength(effects func(long int) []float64) []float64 {
	mean := effects(short)
	for k, e := range effects(long) {
		mean[k] = (mean[k] + LongFactor*e) / (1 + LongFactor)
	}
	return mean
}

// steady is the steady cost of server k in a pair of cycles, waking its waking cost, whole its whole cost.
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

// differences are those of server k from the target in consecutive blocks of cycles, as logs.
func (c *Results) differences(metric string, k int) (d []float64) {
	for _, block := range stats.Blocks(min(c.pairs(0), c.pairs(k)), stats.MostBlocks) {
		e := effects[metric](c, block)
		d = append(d, e[k]-e[0])
	}
	return d
}

// ratios are those of every further server to the target in a metric, each with its interval. The one called twin has no part in how sure
// the others are together.
func (c *Results) ratios(p Settings, metric string, alpha float64) []result.Ratio {
	return c.within(p, metric, c.kinship(metric), alpha)
}

// within is ratios where two processes of one program differ by so much.
func (c *Results) within(p Settings, metric string, kin, alpha float64) []result.Ratio {
	intervals := make([]func(confidence float64) stats.Interval, len(p.Names))
	tests := make([]func() float64, len(p.Names)) // the p-values of "this ratio is not 1"
	var claims []int                              // servers
	for k := 1; k < len(p.Names); k++ {
		if q, is := quantiles[metric]; is {
			intervals[k] = c.quantileRatio(k, q, kin, p.Seed)
			tests[k] = func() float64 { return evidence(intervals[k](1-alpha), stats.MostBlocks-1) }
		} else {
			d := c.differences(metric, k)
			intervals[k] = func(confidence float64) stats.Interval { return stats.TInterval(d, kin, confidence).Exp() }
			tests[k] = func() float64 { return stats.TTest(d, kin) }
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

// quantileRatio is the interval of a percentile of server k over that of the target.
func (c *Results) quantileRatio(k int, q, kin float64, seed uint64) func(confidence float64) stats.Interval {
	n := min(c.pairs(0), c.pairs(k))
	return func(confidence float64) stats.Interval {
		return stats.QuantileRatio(c.times.upTo(k, n), c.times.upTo(0, n), q, confidence, seed).Widen(kin)
	}
}

// evidence is the p-value of the claim that a ratio with this interval is not 1, as if its log had a t distribution.
func evidence(i stats.Interval, df float64) float64 {
	half := math.Log(i.High/i.Low) / 2 / stats.TQuantile((1+i.Confidence)/2, df)
	return stats.TwoSided(math.Log(i.Mid)/half, df)
}

// lacks says why server k is not compared with the target in a metric.
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

// knownWithin reports whether all that the comparison can tell exactly is known within a share, as far as more cycles could tell it better. What
// cannot be known is not waited for.
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

// exact are the metrics that are known soonest: the rate, unless requests are due at a given one, and the steady cost, where processes are
// known; the median response time where neither is.
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

// known reports whether the processor time of server k is known, of some slices at least.
func (c *Results) known(k int) bool {
	return slices.ContainsFunc(c.Slices[k], func(s result.Slice) bool { return s.TargetCPUNS > 0 })
}

// progress is how far the comparison has come.
func (c *Results) progress(p Settings) Progress {
	at := Progress{Loaded: time.Duration(c.Cycles/2) * Pair(c.Slice)}
	for k := range c.Slices {
		rate := 0.0
		if n := c.pairs(k); n > 0 {
			rate = c.rate(c.sum(k, 0, n, short).and(c.sum(k, 0, n, long)))
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

// planLooks are those at a comparison of so many pairs of cycles: none unless it may end early.
func planLooks(p Settings, pairs int) (looks []look) {
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
