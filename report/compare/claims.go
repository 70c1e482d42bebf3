package compare

import (
	"maps"
	"math"
	"slices"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/report/study"
)

// overall gathers what is found of each model in single cells.
type overall struct {
	parts map[subject][]part
}

type subject struct{ model, metric string }

// part is what one cell shows of a model: by round, how far it is from where A had it.
type part struct {
	a, b   map[int]float64
	blur   float64
	weight float64 // among the cells of a model
}

func (o *overall) add(model, metric string, a, b map[int]float64, blur float64) {
	if o.parts == nil {
		o.parts = map[subject][]part{}
	}
	if len(a) > 0 && len(b) > 0 {
		of := subject{model, metric}
		o.parts[of] = append(o.parts[of], part{a: a, b: b, blur: blur})
	}
}

// changes returns the change of each model by each metric: the weighted mean over its cells in each round, compared over rounds.
func (o *overall) changes(models []string) (all []Change) {
	for _, metric := range study.Metrics() {
		var of []Change
		var shifts []shift
		for _, model := range models {
			parts := enough(o.parts[subject{model, metric}])
			if len(parts) == 0 {
				continue
			}
			weigh(parts)
			blur := 0.0
			for _, p := range parts {
				blur = math.Hypot(blur, p.weight*p.blur)
			}
			of = append(of, Change{Model: model, Metric: metric, Over: len(parts)})
			shifts = append(shifts, welch(means(parts, func(p part) map[int]float64 { return p.a }), means(parts, func(p part) map[int]float64 { return p.b }), blur))
		}
		if len(shifts) > fewestOthers {
			widen(shifts)
		}
		for i, s := range shifts {
			c := changeOf(s)
			c.Model, c.Metric, c.Over = of[i].Model, metric, of[i].Over
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(x, y Change) int { return slices.Index(models, x.Model) - slices.Index(models, y.Model) })
	return all
}

// enough leaves out the cells with at most half as many rounds as others, since the mean would change with the cells that it is of.
func enough(parts []part) []part {
	rounds := 0
	for _, p := range parts {
		rounds = max(rounds, min(len(p.a), len(p.b)))
	}
	return slices.DeleteFunc(parts, func(p part) bool { return 2*min(len(p.a), len(p.b)) <= rounds })
}

// byRound has what is known of each round.
func byRound(rounds []int, values []float64) map[int]float64 {
	known := map[int]float64{}
	for i, v := range values {
		if finite(v) {
			known[rounds[i]] = v
		}
	}
	return known
}

// weigh gives each cell a weight by how exactly it shows a change: one over the square of its standard error. All weights add up to 1.
func weigh(parts []part) {
	var all []float64 // squares of standard errors
	for _, p := range parts {
		s := welch(inOrder(p.a), inOrder(p.b), p.blur)
		all = append(all, s.err*s.err)
	}
	usual := middle(all)
	sum := 0.0
	for i := range parts {
		parts[i].weight = 1
		if usual > 0 && finite(all[i]) {
			parts[i].weight = usual / max(all[i], usual/10) // a few rounds may look more exact than they are
		}
		sum += parts[i].weight
	}
	for i := range parts {
		parts[i].weight /= sum
	}
}

// means returns the weighted mean over cells of each round, in the order of rounds.
func means(parts []part, of func(part) map[int]float64) (all []float64) {
	sums, weights := map[int]float64{}, map[int]float64{}
	for _, p := range parts {
		for round, v := range of(p) {
			sums[round] += p.weight * v
			weights[round] += p.weight
		}
	}
	for round := range sums {
		sums[round] /= weights[round]
	}
	return inOrder(sums)
}

// inOrder returns values in the order of rounds.
func inOrder(byRound map[int]float64) (all []float64) {
	for _, round := range slices.Sorted(maps.Keys(byRound)) {
		all = append(all, byRound[round])
	}
	return all
}

// changeOf is a shift as a ratio, about which nothing is claimed yet.
func changeOf(s shift) Change {
	i := s.interval(confidence)
	c := Change{Ratio: number(i.Mid), Low: number(i.Low), High: number(i.High), Confidence: confidence, shift: s}
	if c.Ratio == nil || c.Low == nil || c.High == nil || *c.Low <= 0 {
		return Change{Confidence: confidence, shift: s}
	}
	c.Within = *number(max(*c.High-1, 1 / *c.Low - 1))
	return c
}

// judge gives each change its outcome. All that are different are surely so together (Holm 1979). A change of the same figure is within
// result.SameWithin, whatever the others are. rounds are those of the run that has fewer: what is measured in every third takes three for one.
func judge(claims []Change, rounds int) {
	p := make([]float64, len(claims))
	for i, c := range claims {
		p[i] = math.NaN()
		if c.Ratio != nil {
			p[i] = c.shift.p
		}
	}
	for i, level := range stats.Holm(p, alpha) {
		c := &claims[i]
		switch {
		case c.Ratio == nil:
			c.Outcome = result.Undecided
		case p[i] <= level && *c.Ratio > 1:
			c.Outcome = result.Higher
		case p[i] <= level && *c.Ratio < 1:
			c.Outcome = result.Lower
		case c.Within <= result.SameWithin:
			c.Outcome = result.Same
		default:
			c.Outcome = result.Undecided
			if n := c.shift.decides(level, confidence, result.SameWithin); n > 0 {
				c.Decides = n * max(1, rounds/c.shift.rounds)
			}
		}
	}
}
