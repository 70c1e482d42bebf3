package findings

import (
	"maps"
	"math"
	"slices"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/report/study"
)

// Sample is one metric of a cell by server and round, from which two runs are compared.
type Sample struct {
	Cell    study.Key
	Metric  string
	Rounds  []int            // in which anything of the cell was measured
	Servers []Server         // models that can be ranked in the order of the ladder, then the null responder and the twin
	Lacks   map[string]*Lack // of models that cannot be ranked, why; nil where the figure is a bound, or the client's own limit
	Blur    float64          // what moves the ratio of two servers in every round alike: the standard deviation of its log
}

// Server is one server of a Sample.
type Server struct {
	Name    string
	Control bool      // the null responder or the twin, which only show what the machine did
	Figures []float64 // by round; NaN where it is not known
	Logs    []float64 // by round: logs whose differences between servers are the ratios; where servers took turns these are the effects, taken within cycles
}

// Samples returns all metrics that two runs are compared by, in the order of the report.
func Samples(s *study.Study) (all []Sample) {
	w := newWorksheet(s)
	for _, c := range w.cells {
		for _, metric := range c.compared() {
			all = append(all, w.sample(c, metric))
		}
	}
	return all
}

// compared are the metrics by which the cells of two runs are compared. Capacity is one over the cost, and would make each claim twice. Cost
// is a difference of two lengths of slices, with twice the noise of Whole; what a program changed shows in Whole too.
func (c *cell) compared() []string {
	s := scenario.Find(c.Scenario)
	switch {
	case s != nil && s.CountCalls:
		return []string{Calls}
	case s != nil && len(s.Idle) > 0:
		return []string{Whole}
	}
	var metrics []string
	for _, metric := range c.ranked() {
		switch metric {
		case Capacity:
		case Cost:
			metrics = append(metrics, Whole)
		default:
			metrics = append(metrics, metric)
		}
	}
	return metrics
}

func (w *worksheet) sample(c *cell, metric string) Sample {
	out := Sample{Cell: c.Key, Metric: metric, Lacks: map[string]*Lack{}, Blur: c.blur(metric)}
	at := map[int]int{} // by round, its place in Rounds
	for _, m := range append(slices.Clone(c.models), c.null, c.twin) {
		if m == nil {
			continue
		}
		for _, t := range m.trials {
			at[t.Round] = 0
		}
	}
	out.Rounds = slices.Sorted(maps.Keys(at))
	for i, round := range out.Rounds {
		at[round] = i
	}
	add := func(name string, m *model, control bool) {
		if m == nil {
			return
		}
		if !m.ranks(metric, w.comparable()) {
			if !control {
				out.Lacks[name] = m.lack
			}
			return
		}
		s := Server{Name: name, Control: control, Figures: unknown(len(at)), Logs: unknown(len(at))}
		known := m.byRound(metric)
		for _, t := range m.trials {
			v, is := known[t.Round]
			if !is || t.AtLeast(metric) {
				continue
			}
			i := at[t.Round]
			s.Figures[i], s.Logs[i] = v, math.Log(v)
			if e, ok := effects[metric]; ok && t.Turns != nil {
				s.Logs[i] = math.NaN()
				if effect, is := t.Turns.Effects[e.name]; is {
					s.Logs[i] = e.sign * effect
				}
			}
		}
		out.Servers = append(out.Servers, s)
	}
	for _, m := range c.models {
		add(m.Name, m, false)
	}
	add(result.Null, c.null, true)
	add(result.Twin, c.twin, true)
	return out
}

func unknown(n int) []float64 { return slices.Repeat([]float64{math.NaN()}, n) }
