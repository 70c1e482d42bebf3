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
	var answered []string
	stopped := map[end][]string{}
	var ends []end
	limit, always := 0, true
	for _, m := range c.Models {
		switch s := m.Silent; {
		case s == nil:
		case s.All:
			answered = append(answered, m.Name)
			always = always && s.InRounds == 0
			limit = max(limit, s.Limit)
		default:
			e := end{s.Refused, Stop(s)}
			if stopped[e] == nil {
				ends = append(ends, e)
			}
			stopped[e] = append(stopped[e], m.Name)
			limit = max(limit, s.Limit)
		}
	}
	var parts []string
	if len(answered) > 0 {
		rounds := "in all " + units.Plural(c.Rounds, "round")
		switch {
		case !always:
			rounds = "in most of " + units.Plural(c.Rounds, "round")
		case c.Rounds == 1:
			rounds = "in the only round"
		}
		parts = append(parts, fmt.Sprintf("beside %s %s still answered %s", units.Plural(limit, "silent client"), list(answered), rounds))
	}
	slices.SortStableFunc(ends, func(a, b end) int { return b.at - a.at })
	for _, e := range ends {
		what := "stopped answering"
		if e.refused {
			what = "turned clients away"
		}
		parts = append(parts, fmt.Sprintf("%s %s at %s", list(stopped[e]), what, units.Count(e.at)))
	}
	if len(parts) == 0 {
		return "nothing was measured"
	}
	return strings.Join(parts, "; ")
}

// leanest names the model with the least memory, of those that answered beside all silent connections.
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
		return fmt.Sprintf("; of the models that still answered, %s needs the least memory, %s: %s", Model(s.Choose), memory, nextAndLast(s))
	}
	return ""
}

// answered counts the models that answered beside all silent connections, and says by how much less memory the chosen one needs. The forms
// get shorter.
func answered(f *findings.Findings, s *findings.Situation) (forms []string) {
	n := len(s.Tied)
	if r := cell(f, s).Ranking(s.Metric); r != nil {
		n = len(r.Places)
	}
	all := fmt.Sprintf("%d of %d answered", n, n+len(s.Lacking))
	if s.Next != nil {
		forms = append(forms, all+"; "+over(*s.Next), all+"; "+briefly(*s.Next), over(*s.Next), briefly(*s.Next))
	}
	return append(forms, all+" beside all", all)
}
