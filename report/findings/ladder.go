package findings

import "math"

// ladder are the models in their order, with what a request costs the server in the cell that models are compared in. `blocking` answers one connection
// there at most, so it stands with its cost at one connection: no concurrency at all. Nil where that was not measured.
func (w *weighed) ladder(cells []Cell) (steps []Step) {
	const first = "blocking"
	main, alone := w.main(), at(w.find("hello", w.home), 1)
	if main == nil || alone == nil || alone.find(first) == nil {
		return nil
	}
	base := alone.find(first)
	var before *model
	for _, name := range w.Models() {
		m := main.find(name)
		if name == first {
			m = base
		}
		step := Step{Model: name, At: main.Connections}
		if m == nil || !m.ranks(Cost, w.comparable()) {
			steps = append(steps, step)
			continue
		}
		step.Cost, step.At = m.figure(Cost), m.cell.Connections
		if before != nil {
			step.Before = before.Name
			if m.cell == before.cell {
				step.ToBefore = cells[main.at].Ranking(Cost).pair(m.Name, before.Name)
			} else {
				step.ToBefore = ratio(m, before, Cost, 1-confidence)
			}
		}
		if d := differences(m, base, Cost); len(d) > 0 {
			step.ToBaseline = tidy(finite(math.Exp(median(d))))
		}
		steps, before = append(steps, step), m
	}
	return steps
}
