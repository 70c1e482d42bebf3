package screen

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/internal/units"
)

// Level is a level of a search: "4,900/s" or "64 connections".
func Level(over string, level float64) string {
	if over == result.OverConnections {
		return units.Plural(int64(level), "connection")
	}
	return units.Rate(level) + "/s"
}

// outcomes are the outcomes of a step in words.
var outcomes = map[string]string{result.Holds: "holds", result.Fails: "fails", result.Limited: "loadgen's own limit", result.Void: "does not count"}

// Step is the result of a step of a search, in a line.
func Step(over string, s result.Step) string {
	length := ""
	if s.Confirms {
		length = fmt.Sprintf(" for %v, to confirm", s.Load.Spec.Duration)
	}
	served := ""
	if over == result.OverConnections || s.Load.Spec.Rate > 0 {
		served = units.Rate(s.Load.RateRPS) + "/s served, "
	}
	return fmt.Sprintf("%s%s: %s%s: %s", Level(over, s.Level), length, served, outcomes[s.Outcome], strings.Join(s.Why, "; "))
}

// Search writes the result of a search for people, below its command line, then the summary of the load that confirms it. commandOf returns the
// command line of that load.
func Search(w io.Writer, command string, commandOf func(result.Spec) string, s *result.Search, colours bool) error {
	var b strings.Builder
	p := paper{w: &b, colours: colours}
	fmt.Fprintln(&b, command)
	if !s.Complete {
		fmt.Fprintf(&b, "  %s\n", p.paint("INCOMPLETE: the search ended early", yellow))
	}
	label := "highest rate"
	if s.Over == result.OverConnections {
		label = "connections"
	}
	p.line(label, "%s", answer(s))
	p.line("", "%s", confirmed(s))
	p.steps(s)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	confirming := s.Confirming()
	if confirming == nil {
		return nil
	}
	fmt.Fprintln(w)
	return Summary(w, commandOf(confirming.Load.Spec), confirming.Load, colours)
}

// steps is a table of all steps from the lowest level to the highest; it shows how response times grow with the load.
func (p paper) steps(s *result.Search) {
	if len(s.Steps) == 0 {
		return
	}
	head, level := "offered", func(of float64) string { return units.Rate(of) + "/s" }
	if s.Over == result.OverConnections {
		head, level = "connections", func(of float64) string { return units.Count(int64(of)) }
	}
	p.line("steps", "%11s%12s%9s%9s", head, "served", "p50", "p99")
	for _, step := range slices.SortedStableFunc(slices.Values(s.Steps), func(a, b result.Step) int { return cmp.Compare(a.Level, b.Level) }) {
		response, outcome := result.Response(step.Load), outcomes[step.Outcome]
		if step.Confirms {
			outcome += fmt.Sprintf(" for %v", step.Load.Spec.Duration)
		}
		p.line("", "%11s%12s%9s%9s  %s", level(step.Level), units.Rate(step.Load.RateRPS)+"/s", cell(response.Figure("p50")), cell(response.Figure("p99")), outcome)
	}
}

// answer puts the answer of a search into a sentence.
func answer(s *result.Search) string {
	a := s.Answer
	level, above := Level(s.Over, a.Level), Level(s.Over, a.Above)
	hold, not := strings.Join(s.Conditions, " and ")+" holds", "it does not"
	if len(s.Conditions) > 1 {
		hold, not = strings.Join(s.Conditions, " and ")+" hold", "they do not"
	}
	switch {
	case a.Outcome == result.Found:
		return fmt.Sprintf("%s: there %s, at %s %s", level, hold, above, not)
	case a.Outcome == result.AtLeast && a.Above == 0:
		return fmt.Sprintf("at least %s: there %s, and %s", level, hold, a.Why)
	case a.Outcome == result.AtLeast:
		return fmt.Sprintf("at least %s: there %s, at %s %s", level, hold, above, a.Why)
	case a.Outcome == result.NotEven:
		return fmt.Sprintf("not even %s: %s", above, a.Why)
	case a.Level == 0:
		return "unknown: " + a.Why
	}
	return fmt.Sprintf("unknown, but at %s %s: %s", level, hold, a.Why)
}

// confirmed is the number of steps, and the length of the one that confirmed the answer.
func confirmed(s *result.Search) string {
	steps := units.Plural(len(s.Steps), "step")
	if c := s.Confirming(); c != nil {
		return fmt.Sprintf("%s, confirmed in a window of %v", steps, c.Load.Spec.Duration)
	}
	if s.Answer.Level > 0 {
		return steps + ", not confirmed"
	}
	return steps
}
