package turns

import (
	"context"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// Compare carries out a comparison and returns its record, but for the verdicts. The error says
// that the stand could not close its books.
func Compare(ctx context.Context, p Plan, stand Stand, live *Live) (*result.Comparison, error) {
	course := Run(ctx, p, stand, live)
	r, err := stand.Finish()
	if err != nil {
		return nil, err
	}
	r.Complete = ctx.Err() == nil
	r.Cycles, r.Looks = course.Cycles, course.Looks
	r.SliceNS, r.AskedNS, r.LeadNS, r.WantedNS = int64(course.Slice), int64(p.Slice), int64(course.Lead), int64(course.Wanted)
	r.Seed, r.Until, r.Twin = p.Seed, p.Until, p.Twin
	for k := range r.Servers {
		s := &r.Servers[k]
		s.Name, s.Slices = p.Names[k], course.Slices[k]
		s.Load.Complete = r.Complete
		s.Cost = course.cost(k)
	}
	for _, metric := range result.Metrics {
		for _, ratio := range course.ratios(p, metric, course.alpha) {
			if _, is := quantiles[metric]; is && ratio.Lacks == "" {
				ratio.Lacks = unsupported(r, ratio)
			}
			r.Ratios = append(r.Ratios, ratio)
		}
	}
	return r, nil
}

// unsupported says why a percentile is not compared, as one of the two is not shown.
func unsupported(r *result.Comparison, ratio result.Ratio) string {
	for _, name := range []string{ratio.Server, ratio.To} {
		if f := result.Response(r.Find(name).Load).Figure(ratio.Metric); f.Lacks != "" {
			return name + ": " + f.Lacks
		}
	}
	return ""
}

// cost is what requests cost server k; nil where it is not known. Each is the median over blocks of cycles.
func (c *Course) cost(k int) *result.Cost {
	var steady, waking, whole []float64
	for _, block := range stats.Blocks(c.pairs(k), stats.MostBlocks) {
		short, long := c.sum(k, block[0], block[1])
		pairs := float64(block[1] - block[0])
		steady = append(steady, stats.SteadyCost(short.cpu, short.ok, long.cpu, long.ok))
		waking = append(waking, stats.WakingCost(short.cpu, short.ok, long.cpu, long.ok)/pairs)
		whole = append(whole, stats.WholeCost(short.cpu, short.ok, long.cpu, long.ok))
	}
	cost := &result.Cost{Steady: stats.Median(steady), Waking: stats.Median(waking), Whole: stats.Median(whole)}
	if !(cost.Whole > 0) || !(cost.Steady > 0) {
		return nil
	}
	return cost
}
