package findings

import "math"

// ladder returns the models in their order, with the server's cost of a request in the main cell. Blocking answers only one connection there, so
// its cost is that at 1 connection: no concurrency at all. Nil if that was not measured.
func (w *worksheet) ladder(cells []Cell) (steps []Step) {
	const first = "blocking"
	main, alone := w.main(), at(w.find("hello", w.placement), 1)
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
				step.ToBefore = ratio(m, before, Cost)
			}
		}
		if d := differences(m, base, Cost); len(d) > 0 {
			step.ToBaseline = tidy(finite(math.Exp(median(d))))
		}
		steps, before = append(steps, step), m
	}
	return steps
}
