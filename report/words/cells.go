package words

import (
	"fmt"
	"slices"
	"strings"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/units"
	"carousel/report/findings"
)

// Load says what a cell was asked: "64 connections", "64 connections at 10,000/s".
func Load(c *findings.Cell) string {
	s := units.Plural(c.Connections, "connection")
	switch c.Scenario {
	case "thinking":
		s = "up to " + units.Plural(c.Connections, "silent connection")
	case "ceiling":
		s = "up to " + units.Plural(c.Connections, "connection") + " that stay"
	case "exhaust":
		s = fmt.Sprintf("%s, %d descriptors", units.Plural(c.Connections, "client"), scenario.ExhaustDescriptors)
	case "idle":
		s += " beside " + units.Count(c.Idle) + " silent ones"
	}
	if c.RateRPS > 0 {
		s += " at " + units.Rate(c.RateRPS) + "/s"
	}
	if c.Mode != "" {
		s += ", " + Words(c.Mode)
	}
	return s
}

// Where says on what a cell's figures stand: placement, processors, rounds, cycles and slices.
func Where(f *findings.Findings, c *findings.Cell) string {
	parts := []string{Words(c.Placement), units.Processors(f.Run.Processors, "processors unknown"), units.Plural(c.Rounds, "round")}
	switch {
	case c.InTurns && c.SliceNS > 0:
		cycles := units.Plural(c.Cycles, "cycle")
		if c.MostCycles > c.Cycles {
			cycles = units.Count(c.Cycles) + " to " + units.Plural(c.MostCycles, "cycle")
		}
		parts[2] += fmt.Sprintf(" of %s in slices of %s and %s", cycles, units.Duration(float64(c.SliceNS)), units.Duration(3*float64(c.SliceNS)))
	case c.InTurns:
		parts[2] += " in turns"
	case c.Scenario == "portrait":
		parts[2] = Once
		if c.Rounds > 1 {
			parts[2] = fmt.Sprintf("played %s times, of which the last is shown", units.Count(c.Rounds))
		}
	default:
		parts[2] += " of whole trials"
	}
	if f.Run.Finished == nil {
		parts = append(parts, "interrupted")
	}
	return strings.Join(parts, ", ")
}

// Cell is the heading of a cell's table.
func Cell(f *findings.Findings, c *findings.Cell) string { return upper(Load(c)) + ": " + Where(f, c) }

// On is that of cells which are ways to do the same.
func On(f *findings.Findings, c *findings.Cell) string { return upper(Where(f, c)) }

// Title is the heading of a scenario's section, as plain text.
func Title(f *findings.Findings, name string) string {
	if block, sleep := f.BlockSleep(); name == "block" && sleep != nil {
		return fmt.Sprintf("block beside sleep: handlers that hold their thread for %[1]s, and handlers that wait %[1]s", units.Duration(float64(block.DelayNS)))
	}
	if s := scenario.Find(name); s != nil {
		return name + ": " + Plain(s.Title)
	}
	return printable.Line(name)
}

// sleepRounds says in how many rounds the one of block and sleep was measured that is not spoken of; "" where both were in as many.
func sleepRounds(f *findings.Findings) string {
	block, sleep := f.BlockSleep()
	if block.Rounds == sleep.Rounds {
		return ""
	}
	return "handlers that wait in " + units.Plural(sleep.Rounds, "round")
}

// Says is what happens in a scenario, and why its trials are whole where they are.
func Says(f *findings.Findings, name string) string {
	s := scenario.Find(name)
	if s == nil {
		return ""
	}
	said := s.Description
	if _, sleep := f.BlockSleep(); name == "block" && sleep != nil {
		said = "Under `/block` every handler blocks its thread, as synchronous code does; under `/sleep` it waits, in the model's own way."
		if more := sleepRounds(f); more != "" {
			said += " " + upper(more) + "."
		}
	}
	for _, c := range f.Find(name, "") {
		switch {
		case c.Rule != "":
			said += fmt.Sprintf(" The offered rate is %s: here %s/s.", Words(c.Rule), units.Rate(c.RateRPS))
		case c.InTurns || s.NotSliced == "":
			continue
		}
		if !c.InTurns && s.NotSliced != "" {
			said += " Servers did not take turns: each trial had the client for itself, since " + s.NotSliced + "."
		}
		break
	}
	if s.Why != "" {
		said += " " + s.Why
	}
	return said
}

// Served says how many of a starved cell's connections were served.
func Served(l *findings.Lack) string {
	return units.Count(l.Answered) + " of " + units.Count(l.Asked) + " served"
}

// Lack says why a model has no rank.
func Lack(m *findings.Model) string {
	if m == nil || m.Lacks == nil {
		return "not measured"
	}
	l, s := m.Lacks, "not measured"
	switch l.Kind {
	case findings.Starved:
		s = Served(l)
	case findings.NA:
		s = "n/a"
	case findings.Failed:
		s = "failed"
	case findings.Invalid:
		s = "cannot be believed"
	case findings.Deaf:
		s = "a probe went unanswered"
	case findings.Behind:
		s = "fell behind the offered rate"
	case findings.Refused:
		if s = "turned busy clients away"; l.Answered > 0 {
			s = "turned " + units.Count(l.Answered) + " of " + units.Count(l.Asked) + " away"
		}
	}
	if l.Text != "" && l.Kind != findings.Starved {
		s += ": " + Words(l.Text)
	}
	return s + inRounds(l.InRounds, m.Rounds)
}

// inRounds says in how many rounds something was so, unless it was in all.
func inRounds(n, of int) string {
	if n <= 0 || n >= of {
		return ""
	}
	return fmt.Sprintf(" in %d of %s", n, units.Plural(of, "round"))
}

var doubts = map[string]string{
	findings.Starved: "not all served", findings.NA: "n/a", findings.Failed: "failed", findings.Invalid: "invalid, left out", findings.Missing: "not measured",
	findings.Deaf: "a probe unanswered", findings.Suspect: "suspect", findings.Behind: "behind the offered rate",
	findings.Refused: "clients turned away",
}

// Doubts says what some of a model's rounds showed: it decides nothing, and is not hidden.
func Doubts(m *findings.Model) string {
	var parts []string
	if m.Limited {
		parts = append(parts, "client-limited")
	}
	for _, d := range m.Doubts {
		parts = append(parts, doubted(d, units.Plural(m.Rounds, "round")))
	}
	return strings.Join(parts, "; ")
}

func doubted(d findings.Doubt, of string) string {
	what := doubts[d.Kind]
	if d.Text != "" {
		what = Words(d.Text)
	}
	return fmt.Sprintf("in %d of %s %s", d.Rounds, of, what)
}

// AllDoubts says the same of a model in several cells, where one row has all of them.
func AllDoubts(cells []*findings.Model) string {
	var sum []findings.Doubt
	trials := 0
	for _, m := range cells {
		trials += m.Rounds
		for _, d := range m.Doubts {
			d.Text = "" // which is of one cell
			if i := slices.IndexFunc(sum, func(s findings.Doubt) bool { return s.Kind == d.Kind }); i >= 0 {
				sum[i].Rounds += d.Rounds
			} else {
				sum = append(sum, d)
			}
		}
	}
	var parts []string
	for _, d := range sum {
		parts = append(parts, doubted(d, units.Plural(trials, "trial")))
	}
	return strings.Join(parts, "; ")
}

// Stop is the number of silent connections beside which a model no longer answered, of those that were tried; 0 where it answered beside all.
func Stop(s *findings.Silent) int {
	if s.All {
		return 0
	}
	for _, n := range scenario.ThinkingSteps(s.Limit) {
		if n > s.Bears {
			return n
		}
	}
	return s.Limit
}

// Twin says how far the reference stood from itself.
func Twin(f *findings.Findings, c *findings.Cell, metric string) string {
	for _, t := range c.Twin {
		if t.Metric == metric {
			holds := "which holds 1, as it should"
			if t.Low > 1 || t.High < 1 {
				holds = "which does not hold 1: differences as small as this are not to be believed here"
			}
			return fmt.Sprintf("%s over its twin, in %s: %s (%s–%s), %s.", Model(f.Run.Reference), Measure(metric), ratio3(t.Ratio), ratio3(t.Low), ratio3(t.High), holds)
		}
	}
	return ""
}

func ratio3(v float64) string { return fmt.Sprintf("%.3f", v) }

// placement says where server and client ran.
func placement(name string) string {
	switch name {
	case result.Split:
		return "split: server and client on a processor each"
	case result.Shared:
		return "shared: all processors for server and client"
	}
	return Words(name)
}
