package study

import (
	"slices"

	"carousel/internal/stats"
)

// Noise is what the same model shows against itself in a scenario and a metric: the largest over the cells that were measured
// twice a round. It is 0, and not measured, where there is no such cell: what another scenario shows says nothing here.
func (s *Study) Noise(scenario string, m Metric) (noise float64, measured bool) {
	at := [2]string{scenario, m.Name}
	if known, ok := s.noises[at]; ok {
		return known.noise, known.measured
	}
	defer func() { s.noises[at] = reading{noise, measured} }()
	for _, group := range s.Find(scenario, "") {
		for _, cell := range group.Cells {
			again := series(cell.Again, m)
			if once := cell.Series(m); len(stats.Ratios(once, again)) > 0 {
				noise, measured = max(noise, stats.Noise(once, again)), true
			}
		}
	}
	return noise, measured
}

type reading struct {
	noise    float64
	measured bool
}

// Control is a scenario with its noise.
type Control struct {
	Scenario string
	Noise    float64
}

// Controls are the scenarios in which a model was measured against itself, with its noise in a metric, and those which rank models
// without.
func (s *Study) Controls(m Metric) (with []Control, without []string) {
	seen := map[string]bool{}
	for _, group := range s.Groups {
		if seen[group.Scenario] {
			continue
		}
		seen[group.Scenario] = true
		ranks := func(g *Group) bool { return len(g.Rank(m).Places) > 1 }
		if noise, measured := s.Noise(group.Scenario, m); measured {
			with = append(with, Control{group.Scenario, noise})
		} else if slices.ContainsFunc(s.Find(group.Scenario, ""), ranks) {
			without = append(without, group.Scenario)
		}
	}
	return with, without
}
