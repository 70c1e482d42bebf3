package findings

import (
	"cmp"
	"math"
	"slices"

	"carousel/internal/scenario"
)

// Find returns the cells of a scenario in a placement; "" stands for any placement.
func (f *Findings) Find(scenario, placement string) (cells []*Cell) {
	for i := range f.Cells {
		if c := &f.Cells[i]; c.Scenario == scenario && (placement == "" || c.Placement == placement) {
			cells = append(cells, c)
		}
	}
	return cells
}

// Situation returns the situation with that key; nil if there is none.
func (f *Findings) Situation(key string) *Situation {
	if i := slices.IndexFunc(f.Situations, func(s Situation) bool { return s.Key == key }); i >= 0 {
		return &f.Situations[i]
	}
	return nil
}

// Model returns the model of that name; nil if the cell has none.
func (c *Cell) Model(name string) *Model {
	if i := slices.IndexFunc(c.Models, func(m Model) bool { return m.Name == name }); i >= 0 {
		return &c.Models[i]
	}
	return nil
}

// Ranking returns the cell's ranking by a metric; nil if there is none.
func (c *Cell) Ranking(metric string) *Ranking {
	if i := slices.IndexFunc(c.Rankings, func(r Ranking) bool { return r.Metric == metric }); i >= 0 {
		return &c.Rankings[i]
	}
	return nil
}

// Ratio returns the ratio of one model to another; false if they could not be compared.
func (r *Ranking) Ratio(of, to string) (Ratio, bool) {
	if r == nil {
		return Ratio{}, false
	}
	if p := r.pair(of, to); p != nil {
		return *p, true
	}
	return Ratio{}, false
}

// Over returns the same ratio, turned round if need be so that model is its Of.
func (r Ratio) Over(model string) Ratio {
	if r.To == model && r.Of != model {
		return *r.inverse()
	}
	return r
}

// Main returns the cell of the closed loop that a report shows first, in the placement that the answers are about: with 64 connections, else with
// the most; nil if there is none.
func (f *Findings) Main() *Cell {
	closed := slices.DeleteFunc(f.Find("hello", f.Run.Placement), func(c *Cell) bool { return c.RateRPS > 0 })
	return usual(closed, func(c *Cell) int { return c.Connections })
}

// usual returns the cell with scenario.Reference connections, else the one with the most; nil if there is none.
func usual[C any](cells []*C, connections func(*C) int) (best *C) {
	for _, c := range cells {
		if best == nil || connections(best) != scenario.ReferenceLevel && (connections(c) > connections(best) || connections(c) == scenario.ReferenceLevel) {
			best = c
		}
	}
	return best
}

// Leaders returns the models of a ranking to which no model is surely better, the best first; none if not all models could be compared with the
// best. No two of them surely differ.
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
		return []string{r.Places[0].Model} // each is surely behind another, which only happens when pairs share different rounds
	}
	return models
}

// BlockSleep returns the two cells that are shown beside each other; nil if one was not measured.
func (f *Findings) BlockSleep() (block, sleep *Cell) {
	blocks, sleeps := f.Find("block", ""), f.Find("sleep", "")
	if len(blocks) == 0 || len(sleeps) == 0 {
		return nil, nil
	}
	return blocks[0], sleeps[0]
}

// CostCell returns the cell that shows the cost of a request best: at a fixed rate near 10,000/s, else the main cell.
func (f *Findings) CostCell() *Cell {
	return cmp.Or(priced(f.Find("cost", f.Run.Placement), func(c *Cell) float64 { return c.RateRPS }), f.Main())
}

// costRate is the offered rate, in requests per second, at which costs are measured most precisely.
const costRate = 10000

// priced returns the cell with the rate nearest to costRate; nil if there is none.
func priced[C any](cells []*C, rate func(*C) float64) (best *C) {
	off := func(c *C) float64 { return math.Abs(math.Log(rate(c) / costRate)) }
	for _, c := range cells {
		if rate(c) > 0 && (best == nil || off(c) < off(best)) {
			best = c
		}
	}
	return best
}

// ClosedLoop returns the cells of the closed loop in the placement that the answers are about, those with the fewest connections first.
func (f *Findings) ClosedLoop() []*Cell {
	cells := slices.DeleteFunc(f.Find("hello", f.Run.Placement), func(c *Cell) bool { return c.Connections <= 0 || c.RateRPS > 0 })
	slices.SortStableFunc(cells, func(a, b *Cell) int { return cmp.Compare(a.Connections, b.Connections) })
	return cells
}

// ToReference returns the ratio of every model to the reference by a metric, the best first. Among them is the reference's second measurement,
// whose Of and To are the same. Ratios without a finite interval are left out.
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
