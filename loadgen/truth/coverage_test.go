//go:build !race

package truth

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/loadgen/turns"
)

// These are the intervals that are printed, and where it is shown how often they hold the truth:
//   - by loadgen --vs and --until, ratios of rate, cost and percentiles: from end to end here, each alone over heavier noise in internal/stats, on
//     recorded slices in loadgen/turns;
//   - by report, medians over rounds, and slopes over silent connections, which are such medians: here;
//   - by report, ratios over rounds: here, and from trials on in report/findings.
//
// bench prints none of its own.

// stand is servers that take turns and are not there. What the machine does to all of them wanders and jumps from cycle to cycle;
// each slice has noise of its own, with heavy tails, and one in twenty is disturbed.
type stand struct {
	*rand.Rand
	servers []*imagined
	machine float64 // how slow it is now, as a log
	own     float64 // how far each server wanders by itself; 0: not at all
	turns   int
}

// imagined is a server whose figures are ratio times those of the first, but for what sets two processes of one program apart.
type imagined struct {
	ratio    float64            // as a log
	apart    map[string]float64 // logs, by metric
	wandered float64
	fresh    map[int64]int64 // response times by bucket, since the last harvest
}

// apart is by how much two processes of one program differ for nothing but where their memory lies, as the standard deviation of a log,
// which turns has from 80 comparisons of a server with itself in a closed loop. Where requests are due by a schedule it is 0.002.
var apart = map[string]float64{result.MetricRate: 0.006, result.MetricP50: 0.010, result.MetricP99: 0.010, result.MetricSteady: 0.0115}

// newStand has servers whose figures are so many times those of the first.
func newStand(seed uint64, paced bool, own float64, ratios []float64) *stand {
	s := &stand{Rand: rand.New(rand.NewPCG(seed, 5)), own: own}
	for k, ratio := range ratios {
		server := &imagined{ratio: math.Log(ratio), apart: map[string]float64{}, fresh: map[int64]int64{}}
		for _, metric := range slices.Sorted(maps.Keys(apart)) {
			if by := s.NormFloat64(); k > 0 && paced {
				server.apart[metric] = 0.002 * by
			} else if k > 0 {
				server.apart[metric] = apart[metric] * by
			}
		}
		s.servers = append(s.servers, server)
	}
	return s
}

// heavy is a value of Student's t distribution with three degrees of freedom: its fourth moment is infinite.
func (s *stand) heavy() float64 {
	sum := 0.0
	for range 3 {
		z := s.NormFloat64()
		sum += z * z
	}
	return s.NormFloat64() / math.Sqrt(sum/3)
}

func (s *stand) Slice(k int, t turns.Turn) result.Slice {
	if s.turns++; s.turns%len(s.servers) == 0 {
		s.machine = 0.9*s.machine + 0.03*s.NormFloat64()
	}
	of := s.servers[k]
	of.wandered = 0.7*of.wandered + s.own*s.NormFloat64()
	noise := s.machine + of.wandered + 0.02*s.heavy()
	if s.Float64() < 0.05 {
		noise += 0.3 * math.Exp(s.NormFloat64())
	}
	const perSecond, request, waking = 20_000, 12e3, 9e6 // nanoseconds of processor time
	times := math.Exp(of.ratio)
	rate := perSecond * times * math.Exp(of.apart[result.MetricRate]-noise)
	cpu := (request*times*math.Exp(of.apart[result.MetricSteady])*rate*t.Length.Seconds() + waking*times*times) * math.Exp(noise)
	if t.Timed {
		for range 40 {
			z := s.NormFloat64()
			log := math.Log(2e5) + 0.5*z + noise + of.ratio + of.apart[result.MetricP50]
			if z > 2 { // the tail goes by itself
				log += of.apart[result.MetricP99] - of.apart[result.MetricP50]
			}
			of.fresh[int64(math.Floor(50*log))]++
		}
	}
	return result.Slice{
		LengthNS: int64(t.Length), ElapsedNS: int64(t.Length),
		OK: int64(rate * t.Length.Seconds()), WindowOK: int64(rate * (t.Length - t.Lead).Seconds()), TargetCPUNS: int64(cpu),
	}
}

func (s *stand) Harvest(k int, take func(low, width, n int64)) {
	edge := func(i int64) int64 { return int64(math.Exp(float64(i) / 50)) }
	fresh := s.servers[k].fresh
	for _, i := range slices.Sorted(maps.Keys(fresh)) {
		take(edge(i), edge(i+1)-edge(i), fresh[i])
	}
	clear(fresh)
}

func (s *stand) Rest(time.Duration)        {}
func (s *stand) Forget(k int)              { clear(s.servers[k].fresh) }
func (s *stand) Reached(int) bool          { return true }
func (s *stand) SameProcess(i, j int) bool { return false }
func (s *stand) Finish() (*result.Comparison, error) {
	const n = 1000
	h := result.NewHistogram()
	for range n {
		h.Record(1)
	}
	encoded, err := h.Encode()
	r := &result.Comparison{}
	for range s.servers {
		r.Servers = append(r.Servers, result.Compared{Load: &result.Load{Requests: result.Requests{OK: n}, Latency: h.Latency(), Histogram: encoded}})
	}
	return r, err
}

// comparison is how often the intervals of servers compared in turns hold the truth.
type comparison struct {
	name   string
	ratios []float64 // of their figures to those of the first
	paced  bool
	own    float64 // how far each wanders by itself
	until  float64 // the comparison may end early
	cycles int
	tries  int
	lacks  float64 // how much of the confidence that is printed lacks; as a rule 0.02, which is chance

	held, told map[string]int // intervals, by metric
	sure       float64        // the confidence that is printed, on average
	early      int            // comparisons that ended early
}

func (c *comparison) run(t *testing.T) {
	c.held, c.told = map[string]int{}, map[string]int{}
	for seed := range uint64(c.tries) {
		p := turns.Settings{Slice: 25 * time.Millisecond, Cycles: c.cycles, Seed: seed, Until: c.until}
		for k := range c.ratios {
			p.Names = append(p.Names, string(rune('a'+k)))
		}
		if c.paced {
			p.Rate = 20_000
		}
		r, err := turns.Compare(context.Background(), p, newStand(seed, c.paced, c.own, c.ratios), nil)
		if err != nil {
			t.Error(err)
			return
		}
		if r.Cycles < c.cycles {
			c.early++
		}
		for _, ratio := range r.Ratios {
			if ratio.Lacks != "" {
				continue // nothing is printed
			}
			c.told[ratio.Metric]++
			c.sure += ratio.Confidence
			if truth := c.ratios[slices.Index(p.Names, ratio.Server)]; ratio.Low <= truth && truth <= ratio.High {
				c.held[ratio.Metric]++
			}
		}
	}
}

func TestRatiosOfServersInTurnsHoldTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: two thousand comparisons take ten seconds")
	}
	words := map[string]string{
		result.MetricRate: "rate", result.MetricP50: "p50", result.MetricP99: "p99", result.MetricSteady: "steady cost", result.MetricWhole: "whole cost",
	}
	const chance = 0.02
	comparisons := []*comparison{
		{name: "--vs, closed loop, two servers", ratios: []float64{1, 1.05}, cycles: 64, tries: 400, lacks: chance},
		{name: "--vs, open loop, two servers", ratios: []float64{1, 1.05}, paced: true, cycles: 64, tries: 400, lacks: chance},
		{name: "--vs, closed loop, four servers", ratios: []float64{1, 1, 1.02, 1.2}, cycles: 64, tries: 140, lacks: chance},
		{name: "--vs --until, open loop, two servers", ratios: []float64{1, 1.05}, paced: true, until: 0.2, cycles: 64, tries: 400, lacks: chance},

		// Twins that were recorded do not wander by themselves. Where servers do, cycles that are next to each other say the same twice: the default
		// length has blocks that are long enough for it, a short comparison has not, and its intervals are too narrow.
		{name: "--vs, open loop, two servers that wander by themselves, correlation 0.7 from cycle to cycle, default length", ratios: []float64{1, 1.05}, paced: true, own: 0.02, cycles: 200, tries: 400, lacks: chance},
		{name: "--vs, the same, correlation 0.7, a third of the length", ratios: []float64{1, 1.05}, paced: true, own: 0.02, cycles: 64, tries: 400, lacks: 0.05},
	}
	var all sync.WaitGroup
	for _, c := range comparisons {
		all.Go(func() { c.run(t) })
	}
	all.Wait()
	for _, c := range comparisons {
		told := 0
		for _, n := range c.told {
			told += n
		}
		sure := c.sure / float64(told)
		ok := told > 4*c.tries*(len(c.ratios)-1)
		var got []string
		for _, metric := range result.Metrics {
			share := float64(c.held[metric]) / float64(c.told[metric])
			got = append(got, fmt.Sprintf("%s %.3f", words[metric], share))
			ok = ok && share >= sure-c.lacks && share <= sure+0.025
		}
		name := c.name
		if c.early > 0 {
			name += fmt.Sprintf(", %d of %d end early", c.early, c.tries)
		}
		row(t, fmt.Sprintf("Intervals that hold the truth, %s: %d invented comparisons", name, c.tries), fmt.Sprintf("%.3f, as is printed", sure),
			strings.Join(got, ", "), fmt.Sprintf("-%.2f to +0.025", c.lacks), ok)
	}
}

// The report has one figure a round, of a fresh process each: medians over rounds with two of the values, whatever their law, and means of
// log ratios.
func TestIntervalsOverRoundsHoldTheTruth(t *testing.T) {
	const tries = 4000
	for _, c := range []struct {
		what        string
		rounds      int
		correlation float64 // from round to round
		interval    func(rounds []float64) stats.Interval
		least, most float64
	}{
		// Between two of six values lie 0.969 of all medians, of twelve 0.961: no two lie closer to 0.95 from above.
		{"median over 6 rounds, skewed", 6, 0, median, 0.95, 0.98},
		{"median over 12 rounds, skewed", 12, 0, median, 0.95, 0.975},
		{"median over 20 rounds, skewed", 20, 0, median, 0.95, 0.975},
		{"ratio over 6 rounds", 6, 0, ratio(0), 0.93, 0.975},
		{"ratio over 12 rounds", 12, 0, ratio(0), 0.93, 0.975},
		{"ratio over 6 rounds, as blurred as they spread", 6, 0, ratio(0.2), 0.93, 0.98},
		// A machine that wanders from round to round moves both sides of a ratio. A median has nothing to tell that by, and is too narrow.
		{"median over 12 rounds that hang together, correlation 0.3", 12, 0.3, median, 0.85, 0.95},
	} {
		random := rand.New(rand.NewPCG(uint64(c.rounds), 6))
		held := 0
		for range tries {
			values, before := make([]float64, c.rounds), random.NormFloat64()
			blur := 0.0
			if c.what == "ratio over 6 rounds, as blurred as they spread" {
				blur = 0.2 * random.NormFloat64()
			}
			for i := range values {
				before = c.correlation*before + math.Sqrt(1-c.correlation*c.correlation)*random.NormFloat64()
				values[i] = 0.2*before + blur
			}
			if c.interval(values).Contains(1) {
				held++
			}
		}
		share := float64(held) / tries
		row(t, fmt.Sprintf("Intervals that hold the truth, report, %s: %d invented runs", c.what, tries), "0.95", fmt.Sprintf("%.3f", share),
			fmt.Sprintf("%v to %v", c.least, c.most), share >= c.least && share <= c.most)
	}
}

// median is the interval of values whose logs are given, the true median of which is 1.
func median(logs []float64) stats.Interval {
	var values []float64
	for _, log := range logs {
		values = append(values, math.Exp(log))
	}
	return stats.MedianInterval(values, 0.95)
}

// ratio is the interval of a ratio that is 1 in truth.
func ratio(blur float64) func(logs []float64) stats.Interval {
	return func(logs []float64) stats.Interval { return stats.TInterval(logs, blur, 0.95).Exp() }
}
