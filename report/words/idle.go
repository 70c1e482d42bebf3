package words

import (
	"fmt"
	"slices"
	"strings"

	"carousel/internal/units"
	"carousel/report/findings"
)

// Silence says which models answered beside silent connections, which turned clients away, and which stopped.
func Silence(c *findings.Cell) string {
	type end struct {
		refused bool
		at      int
	}
	var bear []string
	ends := map[end][]string{}
	var order []end
	limit, sure := 0, true
	for _, m := range c.Models {
		switch s := m.Silent; {
		case s == nil:
		case s.All:
			bear = append(bear, m.Name)
			sure = sure && s.InRounds == 0
			limit = max(limit, s.Limit)
		default:
			e := end{s.Refused, Stop(s)}
			if ends[e] == nil {
				order = append(order, e)
			}
			ends[e] = append(ends[e], m.Name)
			limit = max(limit, s.Limit)
		}
	}
	var parts []string
	if len(bear) > 0 {
		rounds := "in " + units.Plural(c.Rounds, "round")
		if !sure {
			rounds = "in most of " + units.Plural(c.Rounds, "round")
		}
		parts = append(parts, fmt.Sprintf("%s silent clients stop none of %s %s", units.Count(limit), list(bear), rounds))
	}
	slices.SortStableFunc(order, func(a, b end) int { return b.at - a.at })
	for _, e := range order {
		if e.refused {
			parts = append(parts, fmt.Sprintf("at %s %s turned clients away", units.Count(e.at), list(ends[e])))
		} else {
			parts = append(parts, fmt.Sprintf("at %s %s stopped", units.Count(e.at), list(ends[e])))
		}
	}
	if len(parts) == 0 {
		return "nothing was measured"
	}
	return strings.Join(parts, "; ")
}

// leanest says which of the models that answer beside all silent connections needs the least memory.
func leanest(f *findings.Findings, s *findings.Situation) string {
	c := cell(f, s)
	if s.Metric == "" || c.Model(s.Choose) == nil {
		return ""
	}
	memory := Value(s.Metric, c.Model(s.Choose).Figures[s.Metric].Value)
	switch {
	case s.Outcome == findings.Tie:
		return fmt.Sprintf("; by %s (%s) %s", Measure(s.Metric), memory, verdict(f, s))
	case s.Outcome == findings.Winner && s.Next != nil:
		return fmt.Sprintf("; of those that answered %s needs the least memory, %s: %s", Model(s.Choose), memory, ahead(s))
	}
	return ""
}

// answered says how many models answered beside all silent connections, and how far the choice is ahead of those in memory.
func answered(f *findings.Findings, s *findings.Situation) (said []string) {
	bear := len(s.Tied)
	if r := cell(f, s).Ranking(s.Metric); r != nil {
		bear = len(r.Places)
	}
	all := fmt.Sprintf("%d of %d answered", bear, bear+len(s.Lacking))
	if s.Next != nil {
		said = append(said, all+"; "+over(*s.Next), all+"; "+briefly(*s.Next), over(*s.Next), briefly(*s.Next))
	}
	return append(said, all+" beside all", all)
}
