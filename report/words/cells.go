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

// Level is the load of a cell: "64 connections", "64 connections at 10,000/s".
func Level(c *findings.Cell) string {
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

// Where says how a cell was measured: placement, processors, rounds, cycles and slices.
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
			parts[2] = fmt.Sprintf("played %s times, the last play is shown", units.Count(c.Rounds))
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
func Cell(f *findings.Findings, c *findings.Cell) string { return upper(Level(c)) + ": " + Where(f, c) }

// On is the heading of a table that several cells share.
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

// sleepRounds says in how many rounds scenario sleep was measured; "" if in as many as block.
func sleepRounds(f *findings.Findings) string {
	block, sleep := f.BlockSleep()
	if block.Rounds == sleep.Rounds {
		return ""
	}
	return "handlers that wait in " + units.Plural(sleep.Rounds, "round")
}

// Scenario describes what happens in a scenario, and why its servers do not take turns if they do not.
func Scenario(f *findings.Findings, name string) string {
	s := scenario.Find(name)
	if s == nil {
		return ""
	}
	text := s.Description
	if _, sleep := f.BlockSleep(); name == "block" && sleep != nil {
		text = "Under `/block` every handler blocks its thread, as synchronous code does; under `/sleep` it waits, in the model's own way."
		if more := sleepRounds(f); more != "" {
			text += " " + upper(more) + "."
		}
	}
	for _, c := range f.Find(name, "") {
		switch {
		case c.Rule != "":
			text += fmt.Sprintf(" The offered rate is %s: here %s/s.", Words(c.Rule), units.Rate(c.RateRPS))
		case c.InTurns || s.NotSliced == "":
			continue
		}
		if !c.InTurns && s.NotSliced != "" {
			text += " Servers did not take turns: each trial had the client to itself, since " + s.NotSliced + "."
		}
		break
	}
	if s.Why != "" {
		text += " " + s.Why
	}
	return text
}

// Served says how many of a starved cell's connections were served.
func Served(l *findings.Lack) string {
	return units.Count(l.Answered) + " of " + units.Count(l.Total) + " served"
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
	case findings.Missing:
		if l.InRounds > 0 {
			return fmt.Sprintf("measured in %d of %s: too few", l.InRounds, units.Plural(m.Rounds, "round"))
		}
	case findings.Failed:
		s = "failed"
	case findings.Invalid:
		s = "invalid"
	case findings.Deaf:
		s = "a probe was not answered"
	case findings.Behind:
		s = "fell behind the offered rate"
	case findings.Refused:
		if s = "turned busy clients away"; l.Answered > 0 {
			s = "turned " + units.Count(l.Answered) + " of " + units.Count(l.Total) + " away"
		}
	}
	if l.Text != "" && l.Kind != findings.Starved {
		s += ": " + Words(l.Text)
	}
	return s + inRounds(l.InRounds, m.Rounds)
}

// inRounds is " in 2 of 6 rounds"; "" if it was in all rounds or in none.
func inRounds(n, of int) string {
	if n <= 0 || n >= of {
		return ""
	}
	return fmt.Sprintf(" in %d of %s", n, units.Plural(of, "round"))
}

var doubts = map[string]string{
	findings.Starved: "not all served", findings.NA: "n/a", findings.Failed: "failed", findings.Invalid: "left out as invalid", findings.Missing: "not measured",
	findings.Deaf: "probe not answered", findings.Suspect: "suspect", findings.Behind: "behind the offered rate",
	findings.Refused: "clients turned away",
}

// Doubts lists what only some of a model's rounds showed. It decides nothing: most rounds do.
func Doubts(m *findings.Model) string {
	var parts []string
	if m.Limited {
		parts = append(parts, "client-limited")
	}
	for _, d := range m.Doubts {
		parts = append(parts, doubt(d, units.Plural(m.Rounds, "round")))
	}
	return strings.Join(parts, "; ")
}

// doubt is "suspect in 3 of 10 rounds", where of is "10 rounds".
func doubt(d findings.Doubt, of string) string {
	what := doubts[d.Kind]
	if d.Text != "" {
		what = Words(d.Text)
	}
	return fmt.Sprintf("%s in %d of %s", what, d.Rounds, of)
}

// AllDoubts is Doubts for a row that shows one model in several cells.
func AllDoubts(cells []*findings.Model) string {
	var sum []findings.Doubt
	trials := 0
	for _, m := range cells {
		trials += m.Rounds
		for _, d := range m.Doubts {
			d.Text = "" // holds for one cell only
			if i := slices.IndexFunc(sum, func(s findings.Doubt) bool { return s.Kind == d.Kind }); i >= 0 {
				sum[i].Rounds += d.Rounds
			} else {
				sum = append(sum, d)
			}
		}
	}
	var parts []string
	for _, d := range sum {
		parts = append(parts, doubt(d, units.Plural(trials, "trial")))
	}
	return strings.Join(parts, "; ")
}

// Stop is the first number of silent connections tried beside which a model did not answer a probe; 0 if it answered beside all.
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

// Twin says how far the reference, measured twice, differs from itself.
func Twin(f *findings.Findings, c *findings.Cell, metric string) string {
	for _, t := range c.Twin {
		if t.Metric == metric {
			check := "the interval includes 1, as it should"
			if t.Low > 1 || t.High < 1 {
				check = "the interval does not include 1, so do not believe differences as small as this here"
			}
			return fmt.Sprintf("%s against its twin, in %s: %s (%s–%s); %s.", Model(f.Run.Reference), Measure(metric), ratio3(t.Ratio), ratio3(t.Low), ratio3(t.High), check)
		}
	}
	return ""
}

func ratio3(v float64) string { return fmt.Sprintf("%.3f", v) }

// placement says where server and client ran.
func placement(name string) string {
	switch name {
	case result.Split:
		return "split: one processor for the server, one for the client"
	case result.Shared:
		return "shared: server and client share all processors"
	}
	return Words(name)
}
