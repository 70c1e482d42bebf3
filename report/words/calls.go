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
const Calls = "All figures are per request and for the server's whole process tree, with its background threads. k is the counted number of descriptors that are ready per wait. The expected number of calls is a formula with k, " +
	"stated before the run. Where a model makes over 0.1 calls per request more than expected, the list under the table names them. For a yardstick nothing was expected, so the list names all its calls."

// CallsParts name the parts of a bar of system calls.
var CallsParts = [...]string{"expected", "beyond that", "no expectation"}

// CallsOf is the label of a bar of system calls, or the reason why there is none.
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

// calls words the picture in which every model has a bar for each level.
func calls(f *findings.Findings) Picture {
	cells := f.Find("calls", f.Run.Placement)
	levels := []string{units.Plural(cells[len(cells)-1].Connections, "connection")}
	for _, c := range slices.Backward(cells[:len(cells)-1]) {
		levels = slices.Insert(levels, 0, units.Count(c.Connections))
	}
	return Picture{
		Title: "System calls of a request, with " + and(levels), Subtitle: subtitle(f, cells[0], "closed loop"), X: "system calls per request",
		Caption: "The expected number follows from how a model waits and from how many descriptors were ready per wait.",
	}
}

// Expected is how many system calls a request was expected to make: "2 + 1/k = 2.02".
func Expected(a *findings.SystemCalls) string {
	if a.Calls == 0 || a.K == 0 { // the formula is a number already, or its value is not known
		return a.Formula
	}
	return fmt.Sprintf("%s = %.2f", a.Formula, a.Calls)
}

// Further names the unexpected calls, those of models with the same calls together, and the models that made fewer calls than expected.
func Further(c *findings.Cell) (items []string) {
	models := map[string][]string{} // by list of calls
	var lists []string
	for _, m := range c.Models {
		a := m.SystemCalls
		if a == nil || math.Abs(a.Beyond) <= scenario.CallTolerance {
			continue
		}
		who, list := Model(m.Name), a.Further
		switch {
		case a.Beyond < 0:
			list = "fewer than expected"
		case list == "":
			list = "which calls these are is not known"
		}
		if a.Formula != "" {
			who += fmt.Sprintf(" (%+.2f)", a.Beyond)
		}
		if models[list] == nil {
			lists = append(lists, list)
		}
		models[list] = append(models[list], who)
	}
	for _, list := range lists {
		items = append(items, and(models[list])+": "+list+".")
	}
	return items
}

// Uncounted gives the reasons why counters are missing in a cell, each once with its counters.
func Uncounted(c *findings.Cell) (items []string) {
	counters := map[string][]string{} // by reason
	var reasons []string
	for _, metric := range []string{findings.Calls, findings.Waits, findings.Switches, findings.Migrations, findings.Faults} {
		for _, m := range c.Models {
			why := m.Uncounted[metric]
			if why == "" {
				continue
			}
			if counters[why] == nil {
				reasons = append(reasons, why)
			}
			if name := Measure(metric); !slices.Contains(counters[why], name) {
				counters[why] = append(counters[why], name)
			}
		}
	}
	for _, why := range reasons {
		items = append(items, fmt.Sprintf("n/a, %s: %s.", and(counters[why]), Words(why)))
	}
	return items
}
