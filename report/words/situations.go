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

// situations names the kinds of load.
var situations = map[string]string{
	findings.OneBusy: "one busy client", findings.FewBusy: "few busy clients", findings.ManyBusy: "many busy clients", findings.Steady: "steady stream",
	findings.CostCounts: "cost", findings.Blocking: "handlers that block", findings.Awaiting: "handlers that wait", findings.Idle: "idle clients", findings.SharedAll: "all shared",
}

// Situation names a kind of load with its level: "many busy clients (256)".
func Situation(f *findings.Findings, s *findings.Situation) string {
	name, ok := situations[s.Key]
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

// Choose is the model to take, "undecided" or "not compared".
func Choose(s *findings.Situation) string {
	switch s.Outcome {
	case findings.Winner, findings.Tie:
		return Code(Name(s.Choose))
	case findings.Undecided:
		return "undecided"
	}
	return "not compared"
}

// Criterion is the metric that models were compared by, in a word; "" if they were not compared.
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

// HowSure says by how much a choice is ahead, or why there is none. It takes the longest form of at most so many characters.
func HowSure(f *findings.Findings, s *findings.Situation, most int) string {
	var forms []string // the longest first
	switch {
	case s.Outcome == findings.None && !f.Run.Comparable:
		forms = []string{tooFew(f)}
	case s.Outcome == findings.None && s.Key == findings.Idle:
		forms = []string{"none answered beside all of them"}
	case s.Outcome == findings.None:
		forms = []string{"nothing can be compared"}
	case s.Key == findings.Idle:
		forms = answered(f, s)
	case s.Outcome == findings.Alone:
		forms = []string{"only " + Words(Name(s.Choose)) + " has a rank: nothing to compare", "only one has a rank: nothing to compare"}
	case s.Outcome == findings.Undecided:
		forms = undecided(s)
	case s.Outcome == findings.Tie:
		tie := fmt.Sprintf("%d tie %s", len(s.Tied), within(s.Within))
		if s.Next != nil {
			forms = append(forms, tie+"; "+over(*s.Next), tie+"; "+briefly(*s.Next))
		}
		forms = append(forms, tie)
	case s.Next != nil:
		forms = slices.Insert(ahead(*s.Next), 1, over(*s.Next), briefly(*s.Next))
	default:
		forms = []string{"ahead of all"}
	}
	if n := len(f.Run.Models) - len(s.Missing); s.Choose != "" && 2*n < len(f.Run.Models) { // a reader would expect more models
		var with []string
		for _, form := range forms {
			with = append(with, fmt.Sprintf("%s; %d measured", form, n))
		}
		forms = append(with, forms...)
	}
	for _, form := range forms {
		if utf8.RuneCountInString(form) <= most {
			return form
		}
	}
	return forms[len(forms)-1]
}

// undecided names the models that may lead, and about how many rounds would decide, in a long and a short form.
func undecided(s *findings.Situation) []string {
	would := ""
	switch {
	case s.Decides == 0 && s.Next != nil:
		would = "; " + over(*s.Next)
	case s.Decides > 0:
		would = fmt.Sprintf("; about %s rounds would decide", units.Count(s.Decides))
	}
	names := make([]string, len(s.Tied))
	for i, m := range s.Tied {
		names[i] = Words(Name(m))
	}
	return []string{strings.Join(names, ", ") + would, fmt.Sprintf("%d may lead", len(s.Tied)) + would}
}

// ahead are forms of a ratio for a narrow column, the longest first.
func ahead(r findings.Ratio) []string {
	a, to := gapOf(r), Words(Name(r.To))
	switch a.form {
	case "times":
		return []string{a.much + " times " + to + " (" + a.sure + ")"}
	case "":
		return []string{"not surely different from " + to + " (" + a.sure + ")", "may equal " + to}
	}
	word := measures[r.Metric].more
	if a.form == "less" {
		word = measures[r.Metric].less
	}
	word, _, _ = strings.Cut(word, " ")
	return []string{a.much + " " + word + " than " + to + " (" + a.sure + ")", a.much + " " + word + " than " + to}
}

// tooFew says that a run has too few rounds to compare models.
func tooFew(f *findings.Findings) string {
	if f.Run.Rounds == 1 {
		return "1 round is too few to compare models"
	}
	return units.Plural(f.Run.Rounds, "round") + " are too few to compare models"
}

// over is the interval of a ratio: "15 to 19 % over goroutine".
func over(r findings.Ratio) string {
	a := gapOf(r)
	word := map[string]string{"times": " times ", "more": " over ", "less": " under "}[a.form]
	if word == "" {
		word = " beside "
	}
	return a.sure + word + Words(Name(r.To))
}

func briefly(r findings.Ratio) string { return strings.Replace(over(r), " to ", "–", 1) }

// InWords is a situation as a list item: the metric, the result, the distance to the next and the last model, the models without a rank.
func InWords(f *findings.Findings, s *findings.Situation) string {
	c := cell(f, s)
	head := "**" + Situation(f, s) + "**"
	if c == nil {
		return head + ": nothing was measured."
	}
	if s.Key == findings.Idle {
		rest := *s // the models that Silence does not name
		rest.Lacking = slices.DeleteFunc(slices.Clone(s.Lacking), func(name string) bool { m := c.Model(name); return m != nil && m.Silent != nil })
		return head + ": " + Silence(c) + leanest(f, s) + "." + lacking(c, &rest) + missing(s)
	}
	return head + ", " + Measure(s.Metric) + ": " + verdict(f, s) + "." + tail(c, s) + lacking(c, s) + missing(s)
}

// tail compares the 99th percentiles where the median decides.
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
		return " At the 99th percentile no model surely differs from " + Model(s.Choose) + "."
	}
	return " At the 99th percentile " + Model(s.Choose) + " is " + and(sure) + "; no other model surely differs from it there."
}

// missing names the models of the run that the situation's cell does not have.
func missing(s *findings.Situation) string {
	if len(s.Missing) == 0 {
		return ""
	}
	return " Not measured here: " + list(s.Missing) + "."
}

// verdict says which model leads and by how much, or which tie and why one of them is chosen.
func verdict(f *findings.Findings, s *findings.Situation) string {
	text := ""
	switch s.Outcome {
	case findings.Winner:
		text = Model(s.Choose)
		if s.Next == nil {
			return text + " is ahead of all others"
		}
	case findings.Tie:
		text = list(s.Tied) + " tie " + within(s.Within) + "; take " + Model(s.Choose) + simplest(f, s)
		if s.Next == nil {
			return text
		}
	case findings.Undecided:
		text = "undecided between " + list(s.Tied)
		switch {
		case s.Within > 1:
			text += ", which may differ by a factor of " + units.Ratio(1+s.Within)
		case s.Within > 0:
			text += ", which may differ by " + percent(s.Within, up) + "\u00a0%"
		}
		if s.Decides > 0 {
			text += fmt.Sprintf(" (about %s rounds in all would decide)", units.Count(s.Decides))
		}
		if s.Next != nil {
			text += "; " + Model(s.Choose) + " against the rest: " + nextAndLast(s)
		}
		return text
	case findings.Alone:
		return "only " + Model(s.Choose) + " has a rank, so there is nothing to compare"
	default:
		if !f.Run.Comparable {
			return tooFew(f)
		}
		return "nothing can be compared"
	}
	if s.Outcome == findings.Tie {
		return text + "; " + Model(s.Choose) + " against the rest: " + nextAndLast(s)
	}
	return text + ", " + nextAndLast(s)
}

// nextAndLast compares the choice with the next model and the last one.
func nextAndLast(s *findings.Situation) string {
	text := By(*s.Next)
	if s.Last != nil && s.Last.To != s.Next.To && s.Last.Outcome != result.Undecided {
		text += " and " + By(*s.Last)
	}
	return text
}

// simplest says why one of the tied models is chosen: it is the simplest, or another load speaks against the simpler ones.
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

// dearer says how much more a request costs with a model that was passed over than with the chosen one, or with another that is named.
func dearer(s *findings.Situation, p findings.Passed) string {
	a, than := gapOf(*p.Over), ""
	if p.Over.To != s.Choose {
		than = map[string]string{"times": " what " + Model(p.Over.To) + " does", "more": " than " + Model(p.Over.To)}[a.form]
	}
	return fmt.Sprintf("%s costs %s %s%s (%s)", Model(p.Model), a.much, a.form, than, a.sure)
}

// lacking says why models have no rank. Models with the same reason stand together.
func lacking(c *findings.Cell, s *findings.Situation) string {
	var reasons []string
	models := map[string][]string{}
	for _, name := range s.Lacking {
		why := Lack(c.Model(name))
		if m := c.Model(name); m != nil && m.Lacks == nil {
			why = "no such figure"
			if m.Figures[s.Metric].AtLeast {
				why = "unanswered requests could raise it"
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
