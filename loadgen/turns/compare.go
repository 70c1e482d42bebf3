package turns

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// Compare runs a comparison and returns its record, without the verdicts. The error is that of the stand's Finish. If live is not nil, it is kept up
// to date for display.
func Compare(ctx context.Context, p Settings, stand Stand, live *Live) (*result.Comparison, error) {
	course := Run(ctx, p, stand, live)
	r, err := stand.Finish()
	if err != nil {
		return nil, err
	}
	r.Complete = ctx.Err() == nil
	r.Cycles, r.Looks = course.Cycles, course.Looks
	r.SliceNS, r.GivenNS, r.LeadNS, r.NeededNS = int64(course.Slice), int64(p.Slice), int64(course.Lead), int64(course.Wanted)
	r.Seed, r.Until, r.Twin = p.Seed, p.Until, p.Twin
	for k := range r.Servers {
		s := &r.Servers[k]
		s.Name, s.Target, s.Slices = p.Names[k], s.Load.Spec.Target, course.all(k)
		s.Load.Complete = r.Complete
		s.Cost = course.cost(k)
		if s.Trouble == "" && result.Starved(s.Load) == "" && time.Duration(s.Load.OwnStallNS) < longStall {
			s.Trouble = stalled(course.Slices[k])
		}
		if short, long := course.sum(k, 0, course.pairs(k), short), course.sum(k, 0, course.pairs(k), long); course.fitted {
			s.Load.RateRPS = course.rate(short.plus(long))
		}
	}
	course.noteEffects(r)
	for _, metric := range result.Metrics {
		for _, ratio := range course.ratios(p, metric, course.alpha) {
			if why := unsupported(r, ratio); ratio.Lacks == "" && why != "" {
				ratio.Ratio, ratio.Low, ratio.High, ratio.Outcome, ratio.Lacks = 0, 0, 0, result.Undecided, why
			}
			r.Ratios = append(r.Ratios, ratio)
		}
	}
	return r, nil
}

// all returns the slices of server k in order, including the disturbed ones.
func (c *Results) all(k int) []result.Slice {
	if len(c.Repeated[k]) == 0 {
		return c.Slices[k]
	}
	all := slices.Concat(c.Slices[k], c.Repeated[k])
	slices.SortFunc(all, func(a, b result.Slice) int { return cmp.Compare(a.Cycle, b.Cycle) })
	return all
}

// unsupported returns why a ratio is not shown: the figure of one of the two servers is not known well enough. Where a connection was never
// answered, the rate and the percentiles are only of those that were.
func unsupported(r *result.Comparison, ratio result.Ratio) string {
	for _, name := range []string{ratio.Server, ratio.To} {
		if lacks := withheld(r.Find(name).Load, ratio.Metric); lacks != "" {
			return name + ": " + lacks
		}
	}
	return ""
}

// withheld returns why a server's figure is not compared: it is not shown, or only a lower bound is known. "" if it is compared.
func withheld(l *result.Load, metric string) string {
	switch metric {
	case result.MetricRate:
		return result.Starved(l)
	case result.MetricP50, result.MetricP99:
		f := result.Response(l).Figure(metric)
		if f.Withheld == "" && f.AtLeast() {
			return "requests without an answer could put its " + metric + " higher"
		}
		return f.Withheld
	}
	return ""
}

// noteEffects writes into r how far each server is from the mean of all, over the whole comparison. A server without a figure, or with one that is
// not shown, is left out of the mean.
func (c *Results) noteEffects(r *result.Comparison) {
	for _, metric := range result.Metrics {
		shown := func(k int) bool { return withheld(r.Servers[k].Load, metric) == "" }
		for k, effect := range c.standing(metric, shown) {
			if math.IsNaN(effect) || math.IsInf(effect, 0) {
				continue
			}
			s := &r.Servers[k]
			if s.Effects == nil {
				s.Effects = map[string]float64{}
			}
			s.Effects[metric] = effect
		}
	}
}

// longStall is how much longer than usual a slice must wait for its last replies for the server to have stood still.
const longStall = 200 * time.Millisecond

// stalled returns how long a server stood still, in words; "" if it did not.
func stalled(list []result.Slice) string {
	var late []float64
	for _, s := range list {
		late = append(late, float64(s.ElapsedNS-s.LengthNS))
	}
	usual, times, longest := stats.Median(late), 0, 0.0
	for _, ns := range late {
		if ns > usual+float64(longStall) {
			times++
			longest = max(longest, ns)
		}
	}
	switch times {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("stood still for %.2f s", longest/1e9)
	}
	return fmt.Sprintf("stood still %d times, for up to %.2f s", times, longest/1e9)
}

// cost returns what requests cost server k: the trimmed mean over its pairs of cycles, however few; nil if it is not known.
func (c *Results) cost(k int) *result.Cost {
	n := c.pairs(k)
	if n == 0 || !c.known(k) {
		return nil
	}
	middle := func(of func(k, pair int) float64) float64 { return stats.Middle(c.each([2]int{0, n}, of)[k]) }
	cost := &result.Cost{Steady: middle(c.steady), Waking: middle(c.waking), Whole: middle(c.whole)}
	if !(cost.Whole > 0) || !(cost.Steady > 0) {
		return nil
	}
	return cost
}
