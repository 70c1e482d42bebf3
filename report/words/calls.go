package words

import (
	"fmt"
	"math"
	"slices"

	"carousel/internal/scenario"
	"carousel/internal/units"
	"carousel/report/findings"
)

// Calls says how to read the tables of scenario calls.
const Calls = "All figures are per request, of the server's whole process tree, its threads that look after others included. k is how many descriptors are ready per wait, as counted; the expectation is a formula with it, " +
	"stated before the run. Where more than 0.1 calls per request are made beyond it they are named under the table; of a yardstick, of which nothing was expected, all are."

// CallsParts name the parts of a bar of system calls.
var CallsParts = [...]string{"expected", "beyond that", "no expectation"}

// CallsOf labels a bar of system calls, or says why there is none.
func CallsOf(c *findings.Cell, m *findings.Model) string {
	at := " with " + units.Count(c.Connections)
	switch v, ok := m.Figures[findings.Calls]; {
	case m.Lacks != nil || !ok && m.Uncounted[findings.Calls] == "":
		return Absent(m)
	case !ok:
		return "n/a" + at
	default:
		return Value(findings.Calls, v.Value) + at
	}
}

// calls is about the picture of all levels, of which a model has a bar each.
func calls(f *findings.Findings) Picture {
	cells := f.Find("calls", f.Run.Placement)
	levels := []string{units.Plural(cells[len(cells)-1].Connections, "connection")}
	for _, c := range slices.Backward(cells[:len(cells)-1]) {
		levels = slices.Insert(levels, 0, units.Count(c.Connections))
	}
	return Picture{
		Title: "System calls of a request, with " + and(levels), Subtitle: on(f, cells[0], "closed loop"), X: "system calls per request",
		Caption: "What was expected follows from how a model waits, and from how many descriptors were ready per wait.",
	}
}

// Expected is how many system calls a request was expected to make: "2 + 1/k = 2.02".
func Expected(a *findings.Asked) string {
	if a.Calls == 0 || a.K == 0 { // it is a number already, or cannot be told
		return a.Formula
	}
	return fmt.Sprintf("%s = %.2f", a.Formula, a.Calls)
}

// Further names the calls that models made beyond what was expected, each list once, and models that made fewer.
func Further(c *findings.Cell) (said []string) {
	by := map[string][]string{}
	var lists []string
	for _, m := range c.Models {
		a := m.Asked
		if a == nil || math.Abs(a.Beyond) <= scenario.CallTolerance {
			continue
		}
		who, list := Model(m.Name), a.Further
		switch {
		case a.Beyond < 0:
			list = "fewer than expected"
		case list == "":
			list = "it is not known which calls these are"
		}
		if a.Formula != "" {
			who += fmt.Sprintf(" (%+.2f)", a.Beyond)
		}
		if by[list] == nil {
			lists = append(lists, list)
		}
		by[list] = append(by[list], who)
	}
	for _, list := range lists {
		said = append(said, and(by[list])+": "+list+".")
	}
	return said
}

// Uncounted says why counters are lacking in a cell, each reason once with those that it is about.
func Uncounted(c *findings.Cell) (said []string) {
	about := map[string][]string{}
	var reasons []string
	for _, metric := range []string{findings.Calls, findings.Waits, findings.Switches, findings.Migrations, findings.Faults} {
		for _, m := range c.Models {
			why := m.Uncounted[metric]
			if why == "" {
				continue
			}
			if about[why] == nil {
				reasons = append(reasons, why)
			}
			if name := Measure(metric); !slices.Contains(about[why], name) {
				about[why] = append(about[why], name)
			}
		}
	}
	for _, why := range reasons {
		said = append(said, fmt.Sprintf("n/a, %s: %s.", and(about[why]), Words(why)))
	}
	return said
}
