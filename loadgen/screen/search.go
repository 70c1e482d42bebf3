package screen

import (
	"fmt"
	"io"
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

// outcomes are those of a step, in words.
var outcomes = map[string]string{result.Holds: "holds", result.Fails: "fails", result.Limited: "loadgen's own limit", result.Void: "does not count"}

// Step is what came of a step of a search, in a line.
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

// Search writes what a search found that the command line asked for, and the load that confirms it, which commandOf writes as a command line.
func Search(w io.Writer, command string, commandOf func(result.Spec) string, s *result.Search, colours bool) error {
	var b strings.Builder
	p := paper{w: &b, colours: colours}
	fmt.Fprintln(&b, command)
	if !s.Complete {
		fmt.Fprintf(&b, "  %s\n", p.paint("INCOMPLETE: the search ended early: "+s.Answer.Why, yellow))
	}
	p.line("at most", "%s", answer(s))
	if over := p.under(s); over != "" {
		p.line("", "%s", over)
	}
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

// answer is what was found, in a sentence.
func answer(s *result.Search) string {
	a, holds := s.Answer, strings.Join(s.Conditions, ", ")
	level, above := Level(s.Over, a.Level), Level(s.Over, a.Above)
	switch {
	case a.Outcome == result.Found:
		return fmt.Sprintf("%s: %s holds there, and no more at %s", level, holds, above)
	case a.Outcome == result.AtLeast && a.Above == 0:
		return fmt.Sprintf("at least %s: %s holds there, and %s", level, holds, a.Why)
	case a.Outcome == result.AtLeast:
		return fmt.Sprintf("at least %s: %s holds there; at %s %s", level, holds, above, a.Why)
	case a.Outcome == result.NotEven:
		return fmt.Sprintf("not even %s: %s", above, a.Why)
	case a.Level == 0:
		return "cannot be told: " + a.Why
	}
	return fmt.Sprintf("cannot be told: %s held at %s; %s", holds, level, a.Why)
}

// under says over how many steps, and in which of them the answer was confirmed.
func (p paper) under(s *result.Search) string {
	steps := units.Plural(len(s.Steps), "step")
	if c := s.Confirming(); c != nil {
		return fmt.Sprintf("%s, confirmed in a window of %v", steps, c.Load.Spec.Duration)
	}
	return steps + ", not confirmed"
}
