package study

import "carousel/report/stats"

// Step is one model of the ladder, with what it costs the server to answer a request.
type Step struct {
	Model      string
	Cell       *Cell         // nil: not measured
	Cost       stats.Summary // server processor time per request
	Before     string        // the measured model below it, empty on the first step
	ToBefore   stats.Comparison
	ToBaseline stats.Comparison
}

// Ladder are the models in their order, at the level of the headline. `blocking` answers one connection there at most, so it
// stands with its baseline: one connection. Nil where no such baseline was measured.
func (s *Study) Ladder() []Step {
	main, base := s.Main(), s.Baseline()
	if main == nil || base == nil {
		return nil
	}
	noise := s.Noise(ServerTime)
	var steps []Step
	before := Step{}
	for _, model := range s.Models() {
		step := Step{Model: model, Cell: main.Cell(model)}
		if model == base.Model {
			step.Cell = base
		}
		if step.Cell == nil || step.Cell.Standing(ServerTime) != Ranked {
			step.Cell = nil
			steps = append(steps, step)
			continue
		}
		cost := step.Cell.Series(ServerTime)
		step.Cost, step.Before = stats.Summarize(cost.Values()), before.Model
		step.ToBefore = stats.Compare(cost, before.Cell.Series(ServerTime), noise)
		step.ToBaseline = stats.Compare(cost, base.Series(ServerTime), noise)
		steps, before = append(steps, step), step
	}
	return steps
}
