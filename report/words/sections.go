package words

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
)

// Simplest says how one of many is chosen, and what the ranges are.
func Simplest(f *findings.Findings) string {
	return fmt.Sprintf(simplestOfMany, units.Count(f.Run.Rounds))
}

const simplestOfMany = "Ranges are intervals of 95 %% over the rounds of this run, %s at most. Of models that tie, the simplest is chosen, unless another load speaks against it: models stand in a ladder, in which each needs more machinery than the one before. " +
	"By what they were compared (capacity is requests per second of one server processor, cost is processor time per request), and who has no rank:"

// Ladder introduces the ladder.
const Ladder = "Model by model in the order in which each answers what the one before it lacks. `blocking`, which serves one at a time, stands at 1 connection, where every request also pays for waking the server."

// Download introduces scenario download.
const Download = "Ten pictures in turn (2 KiB to 1 MiB), each through a redirect, and nine small replies after each. `one-by-one` has one connection and writes a file before it goes on; `all-at-once` hands files to other threads; " +
	"with `inline` the thread that sends and receives writes the files itself. A request is timed from when it was due, its own file not included: what it waits for is the files of others. The percentiles are those of the small replies."

// Beside says what the figures of silent connections are.
const Beside = "*server µs* is processor time of the server per answered request of the busy connections. *more per 1,000* is the slope of the line of least squares over the numbers of silent connections, in each round; in brackets are its lowest and highest. " +
	"It is *flat* where the most silent connections make a request no more than half as dear again; where they do, the second half of the way adds as much for each as the first (*linear*), over twice as much (*faster*) or under half as much (*slower*). " +
	"*server MiB* is resident memory of the server's processes, *kernel MiB* what the kernel's slab grew by on the whole machine: sockets, files and whatever waits for them, of both ends, since client and server share this machine, and of whatever else goes on there. " +
	"Memory is read before the first silent connection is opened, and when all are open and it has come to rest; both are slopes, too, per 1,000 connections."

// Longest says whose request took most over its own time, which is what it asks the handler to take.
func Longest(p *result.Portrait) string {
	if p.Waiter == 0 {
		return units.None
	}
	return fmt.Sprintf("%s (client %d)", units.Duration(float64(p.LongestWaitNS)), p.Waiter)
}

// NeverAccepted names the clients that a server never accepted.
func NeverAccepted(p *result.Portrait) string {
	var names []string
	for _, n := range p.Unaccepted {
		names = append(names, strconv.Itoa(n))
	}
	return strings.Join(names, ", ")
}

// Undrawn says why there is no picture of a model, and what went wrong for its clients.
func Undrawn(p *result.Portrait) string {
	var parts []string
	for _, said := range []string{p.Lacks, p.Error} {
		if said != "" {
			parts = append(parts, Words(said))
		}
	}
	return strings.Join(parts, "; ")
}

// Grown names how cost grows.
var Grown = map[string]string{findings.Flat: "flat", findings.Linear: "linear", findings.Faster: "faster", findings.Slower: "slower", findings.Grows: "grows"}

// Became says what became of clients who stayed: "all served", or how many were served, refused and broken.
func Became(c result.Crowd) string {
	if c.Served == c.Connections {
		return "all served"
	}
	parts := []string{units.Count(c.Served) + " served"}
	if c.Refused > 0 {
		parts = append(parts, units.Count(c.Refused)+" refused")
	}
	if c.Broken > 0 {
		parts = append(parts, units.Count(c.Broken)+" broken")
	}
	return strings.Join(parts, ", ")
}

var breaks = map[string]string{result.NoConnect: "not connected", result.Reset: "reset", result.CutOff: "closed", result.Unanswered: "never answered", result.Wrong: "answered wrongly"}

// BrokenBy says how clients were broken: "3,999 never answered".
func BrokenBy(c result.Crowd) string {
	var parts []string
	for _, how := range slices.Sorted(maps.Keys(c.BrokenBy)) {
		said := breaks[how]
		if said == "" {
			said = Words(how)
		}
		parts = append(parts, units.Count(c.BrokenBy[how])+" "+said)
	}
	return strings.Join(parts, ", ")
}

// Placed says where server and client ran, and that few processors show no scaling.
func Placed(f *findings.Findings) string {
	n := f.Run.Processors
	if f.Run.Placement == "" {
		return ""
	}
	said := upper(placement(f.Run.Placement)) + "; " + units.Processors(n, "an unknown number of processors") + " in all"
	if n > 0 && n <= 2 {
		said += ", on which models that use several cannot show scaling"
	}
	return said + "."
}

// Ideals says between what rates handlers can end.
func Ideals(c *findings.Cell) string {
	if c.One == 0 || c.All == 0 {
		return ""
	}
	return fmt.Sprintf("One handler of %s after another gives %s/s, all %s at once %s/s.", units.Duration(float64(c.DelayNS)), units.Rate(c.One), units.Count(c.Connections), units.Rate(c.All))
}

// Note is what a reader of a cell's table has to know: what the reference shows against itself.
func Note(f *findings.Findings, c *findings.Cell) string {
	by := []string{findings.Capacity, findings.Cost, findings.P99, findings.Rate}
	if s := f.Situation(findings.Steady); s != nil && cell(f, s) == c {
		by = append([]string{s.Metric}, by...)
	}
	for _, metric := range by {
		if said := Twin(f, c, metric); said != "" {
			return " " + said
		}
	}
	return ""
}

// alike is how far two engines may differ that agree.
const alike = 0.05

// CrossCheck introduces what another engine found.
func CrossCheck(o findings.CrossCheck) string {
	said, most := "the two agree "+within(alike), 0.0
	for _, r := range o.Ratios {
		switch {
		case (r.Low > 1 || r.High < 1) && (r.Ratio > 1+alike || r.Ratio < 1/(1+alike)):
			most = max(most, r.Ratio-1, 1/r.Ratio-1)
		case r.Within > alike:
			said = "the rounds cannot tell whether the two agree"
		}
	}
	if most > 0 {
		said = fmt.Sprintf("the two differ by %s\u00a0%%. Models are compared through one of them, so that their ratios stand; "+
			"but another load generator may find figures that are as far from those here", percent(most, up))
	}
	return fmt.Sprintf("%s, by loadgen's own engine and by %s: %s.", Model(o.Model), Words(o.Engine), said)
}

// Held is how many expectations held, as a title.
func Held(f *findings.Findings) string {
	held, measured := 0, 0
	for _, e := range f.Expectations {
		if e.Measured != "" {
			measured++
			if e.Measured == e.Expected {
				held++
			}
		}
	}
	return fmt.Sprintf("Expected and measured: %d of %d held", held, measured)
}

// Time is when something happened.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
