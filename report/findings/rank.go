package findings

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/report/study"
)

// mostCompared is the most models that are compared with each other. A record with more is not ours.
const mostCompared = 32

// effects names the effect, a figure from within cycles, that a load in turns has for a metric, and the sign of its log.
var effects = map[string]struct {
	name string
	sign float64
}{
	Rate:     {result.MetricRate, 1},
	Capacity: {result.MetricSteady, -1},
	Cost:     {result.MetricSteady, 1},
	Whole:    {result.MetricWhole, 1},
	P50:      {result.MetricP50, 1},
	P99:      {result.MetricP99, 1},
}

// differences returns the logs of the ratio of a to b in a metric, one for each round that has both. Within a cell, whose trials took turns with
// each other, they come from effects.
func differences(a, b *model, metric string) (d []float64) {
	x, y := a.byRound(metric), b.byRound(metric)
	other := map[int]*study.Trial{}
	for _, t := range b.trials {
		other[t.Round] = t
	}
	for _, t := range a.trials {
		u, known := other[t.Round]
		v, is := x[t.Round]
		w, has := y[t.Round]
		if !known || !is || !has || t.AtLeast(metric) || u.AtLeast(metric) { // the true value may be far above a lower bound
			continue
		}
		log := math.Log(v / w)
		if e, ok := effects[metric]; ok && a.cell == b.cell && t.Turns != nil && u.Turns != nil {
			of, is := t.Turns.Effects[e.name]
			to, has := u.Turns.Effects[e.name]
			if is && has {
				log = e.sign * (of - to)
			}
		}
		if sound(log) {
			d = append(d, log)
		}
	}
	return d
}

// shared returns the differences of a and b if there are enough to compare them: two rounds, and more than half of either's; else nil.
func shared(a, b *model, metric string) []float64 {
	d := differences(a, b, metric)
	if len(d) < fewestShared || 2*len(d) <= a.rounds() || 2*len(d) <= b.rounds() {
		return nil
	}
	return d
}

// outcomes names the orders of an interval and 1.
var outcomes = map[stats.Order]string{
	stats.Higher: result.Higher, stats.Lower: result.Lower, stats.Same: result.Same, stats.Tied: result.Undecided,
}

// ratio is the ratio of a to b in a metric, tested as a single claim; nil if it is not known.
func ratio(a, b *model, metric string) *Ratio {
	if a == nil || b == nil {
		return nil
	}
	return ratioOf(shared(a, b, metric), a.cell.blur(metric), a.Name, b.Name, metric, 1-confidence)
}

// ratioOf makes a ratio and its own interval from the differences d and the blur that all rounds share. It differs from 1 if a t-test at that
// level says so; nil if it is not finite.
func ratioOf(d []float64, blur float64, of, to, metric string, level float64) *Ratio {
	i := stats.TInterval(d, blur, confidence).Exp()
	r := &Ratio{Of: of, To: to, Metric: metric, Ratio: tidy(i.Mid), Low: tidy(i.Low), High: tidy(i.High), Confidence: confidence, Rounds: len(d)}
	r.Within = reach(r.Low, r.High)
	if !sound(r.Ratio) || !sound(r.Within) {
		return nil
	}
	r.Outcome = outcomes[stats.Interval{Mid: r.Ratio, Low: r.Low, High: r.High}.Order(result.SameWithin)]
	if differ(r) && !(stats.TTest(d, blur) <= level) {
		r.Outcome = result.Undecided
	}
	if r.Outcome == result.Undecided {
		r.Decides = decides(d, level, result.SameWithin)
	}
	return r
}

// reach is how far an interval reaches from 1, as a share.
func reach(low, high float64) float64 { return tidy(max(high-1, 1/low-1)) }

// inverse is the ratio of To to Of.
func (r Ratio) inverse() *Ratio {
	turned := map[string]string{result.Higher: result.Lower, result.Lower: result.Higher}
	if to := turned[r.Outcome]; to != "" {
		r.Outcome = to
	}
	r.Of, r.To = r.To, r.Of
	r.Ratio, r.Low, r.High = tidy(1/r.Ratio), tidy(1/r.High), tidy(1/r.Low)
	return &r
}

// mostRounds is the most rounds that a user would measure.
const mostRounds = 100

// decides is how many rounds in all would show at level that the mean of d is not 0, or put its interval within margin (a share) of 0, if later
// rounds are like those so far; 0 if mostRounds would not suffice.
func decides(d []float64, level, margin float64) int {
	mean, s := meanOf(d), 0.0
	for _, v := range d {
		s += (v - mean) * (v - mean) / float64(len(d)-1)
	}
	s = math.Sqrt(s)
	enough := func(n int) bool {
		half := func(level float64) float64 { return s * stats.TAbout(1-level/2, float64(n-1)) / math.Sqrt(float64(n)) }
		return half(level) < math.Abs(mean) || half(1-confidence) < math.Log1p(margin)-math.Abs(mean)
	}
	if !enough(mostRounds) {
		return 0
	}
	low, step := len(d), 1 // low is not enough
	for low+step < mostRounds && !enough(low+step) {
		low, step = low+step, 2*step
	}
	return low + 1 + sort.Search(min(step, mostRounds-low)-1, func(more int) bool { return enough(low + 1 + more) })
}

func meanOf(d []float64) (mean float64) {
	for _, v := range d {
		mean += v / float64(len(d))
	}
	return mean
}

// rank orders the models of a cell by a metric: by the mean of their ratios to each other, which agrees with the pairs, or by their medians if
// not all could be compared.
func (w *worksheet) rank(c *cell, metric string) Ranking {
	r := Ranking{Metric: metric, Places: []Place{}}
	var models []*model
	for _, m := range c.models {
		if m.ranks(metric, w.comparable()) {
			models = append(models, m)
		} else {
			r.Others = append(r.Others, m.Name)
		}
	}
	less := 1.0
	if !Less(metric) {
		less = -1
	}
	by := func(value map[*model]float64) {
		slices.SortStableFunc(models, func(a, b *model) int { return cmp.Compare(less*value[a], less*value[b]) })
	}
	value := map[*model]float64{}
	for _, m := range models {
		value[m] = m.value(metric)
	}
	by(value)
	compared := w.comparable() && len(models) <= mostCompared
	if compared {
		if stands, ok := standing(models, metric); ok {
			by(stands)
		}
	}
	for _, m := range models {
		r.Places = append(r.Places, Place{Model: m.Name})
	}
	if !compared {
		return r
	}
	pairs := compare(models, metric)
	r.settle(pairs)
	if i := slices.IndexFunc(models, func(m *model) bool { return m.Name == w.reference }); i >= 0 {
		for k := range r.Places {
			if k != i {
				r.Places[k].ToReference = pairs[k][i]
			}
		}
	}
	return r
}

// standing is the sum of the logs of each model's ratios to the others; false if one is not known.
func standing(models []*model, metric string) (stands map[*model]float64, known bool) {
	stands = map[*model]float64{}
	for i, a := range models {
		for _, b := range models[:i] {
			d := shared(a, b, metric)
			if d == nil {
				return nil, false
			}
			mean := meanOf(d)
			stands[a] += mean
			stands[b] -= mean
		}
	}
	for m, v := range stands {
		if !sound(v) {
			return nil, false
		}
		stands[m] = math.Round(v*1e9) / 1e9 // equal apart from rounding errors is equal
	}
	return stands, true
}

// compare returns the ratio of each model to each other, nil if the two cannot be compared. All outcomes hold together (Holm).
func compare(models []*model, metric string) [][]*Ratio {
	type claim struct {
		i, j int
		d    []float64
	}
	var claims []claim
	var p []float64
	blur := 0.0
	if len(models) > 0 {
		blur = models[0].cell.blur(metric)
	}
	pairs := make([][]*Ratio, len(models))
	for i, a := range models {
		pairs[i] = make([]*Ratio, len(models))
		for j := i + 1; j < len(models); j++ {
			d := shared(a, models[j], metric)
			claims, p = append(claims, claim{i, j, d}), append(p, stats.TTest(d, blur))
		}
	}
	for k, level := range stats.Holm(p, 1-confidence) {
		c := claims[k]
		if r := ratioOf(c.d, blur, models[c.i].Name, models[c.j].Name, metric, level); r != nil {
			pairs[c.i][c.j], pairs[c.j][c.i] = r, r.inverse()
		}
	}
	return pairs
}

// settle fills in ranks, letters and pairs. The pairs are in the order of the places.
func (r *Ranking) settle(pairs [][]*Ratio) {
	all := true
	r.Known = true
	for i := range r.Places {
		for j := i + 1; j < len(pairs); j++ {
			if pairs[i][j] == nil {
				all = false
				r.Known = r.Known && i > 0
				continue
			}
			r.Pairs = append(r.Pairs, *pairs[i][j])
		}
	}
	for i := range r.Places {
		p := &r.Places[i]
		p.Rank = 1
		for j := range r.Places {
			if pairs[j][i] != nil && ahead(pairs[j][i]) {
				p.Rank++
			}
		}
		if i > 0 {
			p.ToBest = pairs[i][0]
		}
	}
	if all {
		letters := stats.Letters(len(pairs), func(i, j int) bool { return i != j && !differ(pairs[i][j]) })
		for i := range r.Places {
			r.Places[i].Letters = letters[i]
		}
	}
}

// differ reports whether two models are surely different.
func differ(r *Ratio) bool { return r.Outcome == result.Higher || r.Outcome == result.Lower }

// ahead reports whether r.Of is surely better than r.To.
func ahead(r *Ratio) bool {
	if Less(r.Metric) {
		return r.Outcome == result.Lower
	}
	return r.Outcome == result.Higher
}

// pair is the ratio of two models in a ranking; nil if it is not known.
func (r *Ranking) pair(of, to string) *Ratio {
	for i := range r.Pairs {
		switch p := &r.Pairs[i]; {
		case p.Of == of && p.To == to:
			return p
		case p.Of == to && p.To == of:
			return p.inverse()
		}
	}
	return nil
}
