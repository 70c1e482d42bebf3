package findings

import (
	"cmp"
	"math"
	"slices"

	"carousel/internal/scenario"
)

// Find are the cells of a scenario; with a placement, those of that placement.
func (f *Findings) Find(scenario, placement string) (cells []*Cell) {
	for i := range f.Cells {
		if c := &f.Cells[i]; c.Scenario == scenario && (placement == "" || c.Placement == placement) {
			cells = append(cells, c)
		}
	}
	return cells
}

// Situation is the one with that key; nil where the run has none.
func (f *Findings) Situation(key string) *Situation {
	if i := slices.IndexFunc(f.Situations, func(s Situation) bool { return s.Key == key }); i >= 0 {
		return &f.Situations[i]
	}
	return nil
}

// Model is a model of the cell; nil where it has none of that name.
func (c *Cell) Model(name string) *Model {
	if i := slices.IndexFunc(c.Models, func(m Model) bool { return m.Name == name }); i >= 0 {
		return &c.Models[i]
	}
	return nil
}

// Ranking is the cell's by a metric; nil where there is none.
func (c *Cell) Ranking(metric string) *Ranking {
	if i := slices.IndexFunc(c.Rankings, func(r Ranking) bool { return r.Metric == metric }); i >= 0 {
		return &c.Rankings[i]
	}
	return nil
}

// Ratio is one model of a ranking over another, whichever of them stands first in Pairs; false where they could not be compared.
func (r *Ranking) Ratio(of, to string) (Ratio, bool) {
	if r == nil {
		return Ratio{}, false
	}
	if p := r.pair(of, to); p != nil {
		return *p, true
	}
	return Ratio{}, false
}

// Over is the same ratio with that model on top.
func (r Ratio) Over(model string) Ratio {
	if r.To == model && r.Of != model {
		return *r.inverse()
	}
	return r
}

// Main is the cell of the closed loop that a report shows first: at 64 connections in the placement that the answers are about, else at the
// most that there are; nil where there is none.
func (f *Findings) Main() *Cell {
	closed := slices.DeleteFunc(f.Find("hello", f.Run.Placement), func(c *Cell) bool { return c.RateRPS > 0 })
	return usual(closed, func(c *Cell) int { return c.Connections })
}

// usual is the cell at the level at which models are compared, or at the highest there is; nil where there is none.
func usual[C any](cells []*C, connections func(*C) int) (best *C) {
	for _, c := range cells {
		if best == nil || connections(best) != scenario.ReferenceLevel && (connections(c) > connections(best) || connections(c) == scenario.ReferenceLevel) {
			best = c
		}
	}
	return best
}

// Leaders are the models of a ranking that none is surely better than, the best first; none where not all could be compared with the best.
// Of no two of them it is sure that they differ.
func (r *Ranking) Leaders() (models []string) {
	if r == nil || !r.Known {
		return nil
	}
	for _, p := range r.Places {
		if p.Rank == 1 {
			models = append(models, p.Model)
		}
	}
	if len(models) == 0 && len(r.Places) > 0 {
		return []string{r.Places[0].Model} // each is surely behind another, as no figures can be but those of different rounds
	}
	return models
}

// BlockSleep are the two cells that are shown beside each other; nil where one was not measured.
func (f *Findings) BlockSleep() (block, sleep *Cell) {
	blocks, sleeps := f.Find("block", ""), f.Find("sleep", "")
	if len(blocks) == 0 || len(sleeps) == 0 {
		return nil, nil
	}
	return blocks[0], sleeps[0]
}

// CostCell is the cell that shows best what a request costs: at the fixed rate at which models are told apart best, else the main one.
func (f *Findings) CostCell() *Cell {
	return cmp.Or(priced(f.Find("cost", f.Run.Placement), func(c *Cell) float64 { return c.RateRPS }), f.Main())
}

// costRate is the offered rate, per second, at which what a request costs is told apart best.
const costRate = 10000

// priced is the cell at the rate nearest to that; nil where there is none.
func priced[C any](cells []*C, rate func(*C) float64) (best *C) {
	off := func(c *C) float64 { return math.Abs(math.Log(rate(c) / costRate)) }
	for _, c := range cells {
		if rate(c) > 0 && (best == nil || off(c) < off(best)) {
			best = c
		}
	}
	return best
}

// ClosedLoop returns the cells of the closed loop in the placement that the answers are about, the fewest connections first.
func (f *Findings) ClosedLoop() []*Cell {
	cells := slices.DeleteFunc(f.Find("hello", f.Run.Placement), func(c *Cell) bool { return c.Connections <= 0 || c.RateRPS > 0 })
	slices.SortStableFunc(cells, func(a, b *Cell) int { return cmp.Compare(a.Connections, b.Connections) })
	return cells
}

// ToReference returns what every model of the cell is over the reference by a metric, the best first, and among them the reference's second
// measurement, whose Of and To are the same. A ratio that has no finite interval is left out.
func (c *Cell) ToReference(reference, metric string) (all []Ratio) {
	r := c.Ranking(metric)
	if r == nil {
		return nil
	}
	for _, p := range r.Places {
		if p.ToReference != nil && p.Model != reference {
			if over := p.ToReference.Over(p.Model); over.Low > 0 && !math.IsInf(over.High, 0) {
				all = append(all, over)
			}
		}
	}
	for _, t := range c.Twin {
		if t.Metric == metric && t.Low > 0 {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b Ratio) int {
		if Less(metric) {
			return cmp.Compare(a.Ratio, b.Ratio)
		}
		return cmp.Compare(b.Ratio, a.Ratio)
	})
	return all
}
