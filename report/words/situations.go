package words

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
)

// loads name the situations in a few words.
var loads = map[string]string{
	findings.OneBusy: "one busy client", findings.FewBusy: "few busy clients", findings.ManyBusy: "many busy clients", findings.Steady: "steady stream",
	findings.CostCounts: "cost", findings.Blocking: "handlers that block", findings.Awaiting: "handlers that wait", findings.Idle: "idle clients", findings.SharedAll: "all shared",
}

// Situation names a kind of load with how much of it there was: "many busy clients (256)".
func Situation(f *findings.Findings, s *findings.Situation) string {
	name, ok := loads[s.Key]
	if !ok {
		name = Words(s.Key)
	}
	c := cell(f, s)
	switch {
	case c == nil || s.Key == findings.OneBusy && c.Connections == 1:
		return name
	case s.Key == findings.Steady && c.RateRPS > 0:
		return name + " " + units.Rate(c.RateRPS) + "/s"
	case c.RateRPS > 0:
		return name + " (" + units.Rate(c.RateRPS) + "/s)"
	}
	return name + " (" + units.Count(c.Connections) + ")"
}

func cell(f *findings.Findings, s *findings.Situation) *findings.Cell {
	if s.Cell < 0 || s.Cell >= len(f.Cells) {
		return nil
	}
	return &f.Cells[s.Cell]
}

// Choose is the model to take, if there is one.
func Choose(s *findings.Situation) string {
	switch s.Outcome {
	case findings.Winner, findings.Tie:
		return Code(Name(s.Choose))
	case findings.Undecided:
		return "undecided"
	}
	return "not compared"
}

// Criterion is what the models were compared by, in a word; empty: they were not.
func Criterion(s *findings.Situation) string {
	switch m := measures[s.Metric]; {
	case s.Outcome == findings.None:
		return ""
	case s.Key == findings.Idle && s.Metric == "":
		return "answers"
	case m.short != "":
		return m.short
	}
	return Words(s.Metric)
}

// HowSure says in no more characters than most by how much a choice is ahead and how sure that is, or why there is none.
func HowSure(f *findings.Findings, s *findings.Situation, most int) string {
	var said []string
	switch {
	case s.Outcome == findings.None && !f.Run.Comparable:
		said = []string{tooFew(f)}
	case s.Outcome == findings.None && s.Key == findings.Idle:
		said = []string{"none answered beside all of them"}
	case s.Outcome == findings.None:
		said = []string{"nothing that can be compared"}
	case s.Key == findings.Idle:
		said = answered(f, s)
	case s.Outcome == findings.Alone:
		said = []string{"only " + Words(Name(s.Choose)) + " has a rank, which wins nothing", "only one has a rank, which wins nothing"}
	case s.Outcome == findings.Undecided:
		said = undecided(s)
	case s.Outcome == findings.Tie:
		tie := fmt.Sprintf("%d tie %s", len(s.Tied), within(s.Within))
		if s.Next != nil {
			said = append(said, tie+"; "+over(*s.Next), tie+"; "+briefly(*s.Next))
		} else {
			said = append(said, tie)
		}
		said = append(said, tie)
	case s.Next != nil:
		said = slices.Insert(fit(*s.Next), 1, over(*s.Next), briefly(*s.Next))
	default:
		said = []string{"ahead of all"}
	}
	if n := len(f.Run.Models) - len(s.Missing); s.Choose != "" && 2*n < len(f.Run.Models) { // few were compared, which few would guess
		var with []string
		for _, one := range said {
			with = append(with, fmt.Sprintf("%s; of %d measured", one, n))
		}
		said = append(with, said...)
	}
	for _, one := range said {
		if utf8.RuneCountInString(one) <= most {
			return one
		}
	}
	return said[len(said)-1]
}

func undecided(s *findings.Situation) []string {
	would := ""
	switch {
	case s.Decides == 0 && s.Next != nil:
		would = "; " + over(*s.Next)
	case s.Decides > 0:
		would = fmt.Sprintf("; about %s rounds decide", units.Count(s.Decides))
	}
	names := make([]string, len(s.Tied))
	for i, m := range s.Tied {
		names[i] = Words(Name(m))
	}
	return []string{strings.Join(names, ", ") + would, fmt.Sprintf("%d may lead", len(s.Tied)) + would}
}

// fit are ways to put a ratio, the fullest first.
func fit(r findings.Ratio) []string {
	a, to := gapOf(r), Words(Name(r.To))
	switch a.form {
	case "times":
		return []string{a.much + " times " + to + " (" + a.sure + ")"}
	case "":
		return []string{"not told from " + to + " (" + a.sure + ")", "not told from " + to}
	}
	word := measures[r.Metric].more
	if a.form == "less" {
		word = measures[r.Metric].less
	}
	word, _, _ = strings.Cut(word, " ")
	return []string{a.much + " " + word + " than " + to + " (" + a.sure + ")", a.much + " " + word + " than " + to}
}

// tooFew says that a run's rounds compare nothing.
func tooFew(f *findings.Findings) string {
	if f.Run.Rounds == 1 {
		return "1 round compares nothing"
	}
	return units.Plural(f.Run.Rounds, "round") + " compare nothing"
}

// over says where a ratio lies, without its middle: "15 to 19 % over goroutine".
func over(r findings.Ratio) string {
	a := gapOf(r)
	word := map[string]string{"times": " times ", "more": " over ", "less": " under "}[a.form]
	if word == "" {
		word = " beside "
	}
	return a.sure + word + Words(Name(r.To))
}

func briefly(r findings.Ratio) string { return strings.Replace(over(r), " to ", "–", 1) }

// InWords says all of a situation: by what models were compared, who leads or ties, how far the next and the last are, who has no rank.
func InWords(f *findings.Findings, s *findings.Situation) string {
	c := cell(f, s)
	head := "**" + Situation(f, s) + "**"
	if c == nil {
		return head + ": nothing was measured."
	}
	if s.Key == findings.Idle {
		unasked := *s
		unasked.Lacking = slices.DeleteFunc(slices.Clone(s.Lacking), func(name string) bool { m := c.Model(name); return m != nil && m.Silent != nil })
		return head + ": " + Silence(c) + leanest(f, s) + "." + lacking(c, &unasked) + missing(s)
	}
	return head + ", " + Measure(s.Metric) + ": " + verdict(f, s) + "." + tail(c, s) + lacking(c, s) + missing(s)
}

// tail says what is sure of the slowest requests where models are compared by their median, since those decide nothing.
func tail(c *findings.Cell, s *findings.Situation) string {
	r := c.Ranking(findings.P99)
	if s.Metric != findings.P50 || r == nil {
		return ""
	}
	var sure []string
	for _, p := range r.Places {
		if to, ok := r.Ratio(s.Choose, p.Model); ok && p.Model != s.Choose && (to.Outcome == result.Higher || to.Outcome == result.Lower) {
			sure = append(sure, By(to))
		}
	}
	if len(sure) == 0 {
		return " At the 99th percentile " + Model(s.Choose) + " is not told from the others."
	}
	return " At the 99th percentile " + Model(s.Choose) + " is " + and(sure) + "; it is not told from the others there."
}

// missing names the models of the run that a cell does not have.
func missing(s *findings.Situation) string {
	if len(s.Missing) == 0 {
		return ""
	}
	return " Not measured here: " + list(s.Missing) + "."
}

// verdict says who leads, by how much, and why one is taken of those that tie.
func verdict(f *findings.Findings, s *findings.Situation) string {
	said := ""
	switch s.Outcome {
	case findings.Winner:
		said = Model(s.Choose)
		if s.Next == nil {
			return said + " is ahead of all others"
		}
	case findings.Tie:
		said = list(s.Tied) + " tie " + within(s.Within) + "; take " + Model(s.Choose) + simplest(f, s)
		if s.Next == nil {
			return said
		}
	case findings.Undecided:
		said = "undecided between " + list(s.Tied)
		switch {
		case s.Within > 1:
			said += ", which may differ by a factor of " + units.Ratio(1+s.Within)
		case s.Within > 0:
			said += ", which may differ by " + percent(s.Within, up) + "\u00a0%"
		}
		if s.Decides > 0 {
			said += fmt.Sprintf(" (about %s rounds in all would decide)", units.Count(s.Decides))
		}
		if s.Next != nil {
			said += "; " + Model(s.Choose) + " against the rest: " + ahead(s)
		}
		return said
	case findings.Alone:
		return "only " + Model(s.Choose) + " has a rank, which wins nothing"
	default:
		if !f.Run.Comparable {
			return tooFew(f)
		}
		return "nothing can be compared"
	}
	if s.Outcome == findings.Tie {
		return said + "; " + Model(s.Choose) + " against the rest: " + ahead(s)
	}
	return said + ", " + ahead(s)
}

// ahead says how far the choice is from the next and from the last.
func ahead(s *findings.Situation) string {
	said := By(*s.Next)
	if s.Last != nil && s.Last.To != s.Next.To && s.Last.Outcome != result.Undecided {
		said += " and " + By(*s.Last)
	}
	return said
}

// simplest says why one of those that tie is taken: known models stand in the order in which each needs more than the one before.
func simplest(f *findings.Findings, s *findings.Situation) string {
	if len(s.Passed) == 0 {
		return map[bool]string{true: ", named first", false: ", the simplest of them"}[slices.Contains(f.Run.Guests, s.Choose)]
	}
	var why []string
	for _, p := range s.Passed {
		if p.Cell < 0 || p.Cell >= len(f.Cells) {
			continue
		}
		c := &f.Cells[p.Cell]
		m := c.Model(p.Model)
		switch {
		case p.Over != nil && c.RateRPS > 0:
			why = append(why, dearer(s, p)+" at "+units.Rate(c.RateRPS)+"/s")
		case p.Over != nil:
			why = append(why, dearer(s, p)+" in the closed loop with "+units.Plural(c.Connections, "connection"))
		case m != nil && m.Silent != nil && m.Silent.Refused:
			why = append(why, fmt.Sprintf("%s turns clients away beside %s silent ones", Model(p.Model), units.Count(Stop(m.Silent))))
		case m != nil && m.Silent != nil:
			why = append(why, fmt.Sprintf("%s stops beside %s", Model(p.Model), units.Plural(Stop(m.Silent), "silent client")))
		}
	}
	return ", since " + and(why)
}

// dearer says how much more of the server's processor a request takes of a model that was passed over: than of the one that is taken, or of
// another that is named.
func dearer(s *findings.Situation, p findings.Passed) string {
	a, than := gapOf(*p.Over), ""
	if p.Over.To != s.Choose {
		than = map[string]string{"times": " what " + Model(p.Over.To) + " does", "more": " than " + Model(p.Over.To)}[a.form]
	}
	return fmt.Sprintf("%s costs %s %s%s (%s)", Model(p.Model), a.much, a.form, than, a.sure)
}

// lacking says why models have no rank, those with the same reason together.
func lacking(c *findings.Cell, s *findings.Situation) string {
	var reasons []string
	models := map[string][]string{}
	for _, name := range s.Lacking {
		why := Lack(c.Model(name))
		if m := c.Model(name); m != nil && m.Lacks == nil {
			why = "no such figure"
			if m.Figures[s.Metric].AtLeast {
				why = "requests without an answer could put it higher"
			}
			if m.Limited && s.Metric == findings.Rate {
				why = "client-limited"
			}
		}
		if models[why] == nil {
			reasons = append(reasons, why)
		}
		models[why] = append(models[why], name)
	}
	var out []string
	for _, why := range reasons {
		out = append(out, list(models[why])+" ("+why+")")
	}
	if len(out) == 0 {
		return ""
	}
	return " No rank: " + strings.Join(out, "; ") + "."
}
