package findings

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/stats"
	"carousel/report/study"
)

// grown is the cost of a request in a cell over its cost beside the fewest silent connections; NaN if one of them is not known.
func (w *worksheet) grown(c *cell, m *model) float64 {
	cells := w.find("idle", c.Placement)
	if c.Scenario != "idle" || m.lack != nil || cells[0] == c {
		return math.NaN()
	}
	base := cells[0].find(m.Name)
	if base == nil || base.lack != nil {
		return math.NaN()
	}
	d := differences(m, base, Cost)
	if len(d) == 0 {
		return math.NaN()
	}
	return math.Exp(median(d))
}

// growth is what silent connections cost each model that was measured beside them and has a rank there.
func (w *worksheet) growth() (list []Growth) {
	for _, name := range w.models {
		var at []*model
		for _, c := range w.find("idle", w.placement) {
			if m := c.find(name); m != nil && m.lack == nil {
				at = append(at, m)
			}
		}
		if len(at) < 2 {
			continue
		}
		last := at[len(at)-1]
		list = append(list, Growth{Model: name, From: at[0].cell.Idle, To: last.cell.Idle, Cost: slope(at, Cost, false), Shape: shape(at, w.grown(last.cell, last)),
			User: slope(at, User, true), Kernel: slope(at, Kernel, true)})
	}
	return list
}

// slope is by how much a metric grows for each 1,000 silent connections: a least-squares line through each round. With fromNone the line has a
// point more: without silent connections the metric is 0.
func slope(at []*model, metric string, fromNone bool) *Figure {
	points := map[int][][2]float64{} // by round
	for _, m := range at {
		for round, v := range m.byRound(metric) {
			points[round] = append(points[round], [2]float64{float64(m.cell.Idle) / 1000, v})
		}
	}
	var slopes []float64
	for _, round := range slices.Sorted(maps.Keys(points)) {
		p := points[round]
		if fromNone {
			p = append(p, [2]float64{})
		}
		if v := leastSquares(p); sound(v) {
			slopes = append(slopes, tidy(v))
		}
	}
	if len(slopes) == 0 {
		return nil
	}
	i := stats.MedianInterval(slopes, confidence)
	return &Figure{Value: tidy(i.Mid), Low: i.Low, High: i.High, Rounds: slopes}
}

// leastSquares is the slope of the least-squares line through points; NaN if all have the same x.
func leastSquares(points [][2]float64) float64 {
	var x, y, xx, xy float64
	for _, p := range points {
		x, y, xx, xy = x+p[0], y+p[1], xx+p[0]*p[0], xy+p[0]*p[1]
	}
	n := float64(len(points))
	return (n*xy - x*y) / (n*xx - x*x)
}

// shape says how cost grows from the fewest silent connections to the most. Times is the cost beside the most over that beside the fewest.
func shape(at []*model, times float64) string {
	first, last := at[0], at[len(at)-1]
	switch {
	case math.IsNaN(times):
		return ""
	case times <= scenario.DegradedGrowth:
		return Flat
	case len(at) == 2:
		return Grows
	}
	middle := at[len(at)-2]
	for _, m := range at[1 : len(at)-1] { // the one nearest to half of the most
		if off(m, last) < off(middle, last) {
			middle = m
		}
	}
	steep := func(a, b *model) float64 { return (b.value(Cost) - a.value(Cost)) / float64(b.cell.Idle-a.cell.Idle) }
	switch bend := steep(middle, last) / steep(first, middle); {
	case bend > 2:
		return Faster
	case bend < 0.5:
		return Slower
	}
	return Linear
}

// off is how far a model's number of silent connections is from half of the most.
func off(m, last *model) float64 { return math.Abs(float64(m.cell.Idle) - float64(last.cell.Idle)/2) }

// crowd returns how many clients that stay were served, refused and broken, in the median round by clients served (the lower of two), and how
// the server ended, if it did in most rounds.
func (m *model) crowd() (steps []result.Crowd, ended string) {
	known := slices.DeleteFunc(slices.Clone(m.trials), func(t *study.Trial) bool { return len(t.Crowds) == 0 })
	if len(known) == 0 {
		return nil, ""
	}
	served := func(t *study.Trial) int { return t.Crowds[len(t.Crowds)-1].Served }
	slices.SortStableFunc(known, func(a, b *study.Trial) int { return cmp.Compare(served(a), served(b)) })
	n := 0
	for _, t := range known {
		if t.Exhaust != nil && t.Exhaust.Ended != "" {
			n, ended = n+1, t.Exhaust.Ended
		}
	}
	if !m.most(n) {
		ended = ""
	}
	return known[(len(known)-1)/2].Crowds, ended
}
