package study

import "carousel/internal/stats"

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
	noise, _ := s.Noise(main.Scenario, ServerTime)
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
		step.Cost, step.Before = step.Cell.Summary(ServerTime), before.Model
		if before.Cell != nil {
			step.ToBefore = compare(step.Cell, before.Cell, ServerTime, noise)
		}
		step.ToBaseline = compare(step.Cell, base, ServerTime, noise)
		steps, before = append(steps, step), step
	}
	return steps
}
