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

// HowChosen says how a model is chosen, and what the ranges are.
func HowChosen(f *findings.Findings) string {
	return fmt.Sprintf(howChosen, units.Count(f.Run.Rounds))
}

const howChosen = "Ranges are intervals of 95 %% over the rounds of this run, at most %s. If models tie, the simplest of them is chosen, unless another load shows a disadvantage of it. Models are in order from the simplest to the one with the most machinery: the ladder. " +
	"*Capacity* is requests per second of one server processor; *cost* is processor time per request. For each load, the list names the metric that decides, the result, and the models without a rank:"

// Ladder introduces the ladder.
const Ladder = "The models in their order: each adds what the one before it lacks. `blocking` serves one client at a time, so its cost is measured at 1 connection, where every request also pays for waking the server."

// Download introduces scenario download.
const Download = "Ten pictures in turn (2 KiB to 1 MiB), each through a redirect, and nine small replies after each. `one-by-one` has one connection and writes each file before its next request; `all-at-once` hands files to other threads; " +
	"with `inline` the thread that sends and receives writes the files itself. A request is timed from when it was due, without the time to write its own file: so it shows how long it waits for the files of others. The percentiles are those of the small replies."

// Idle explains the table of scenario idle.
const Idle = "*server µs* is the server's processor time per answered request of the busy connections. *µs per 1,000* is by how much that grows for every 1,000 silent connections: the slope of a least-squares line through each round; in brackets the lowest and the highest round. " +
	"Growth is *flat* if a request costs at most 1.5 times as much beside the most silent connections as beside the fewest. Otherwise it is *linear*, or *faster* if a connection of the second half adds over twice as much as one of the first, or *slower* if less than half as much. " +
	"*server MiB* is the resident memory of the server's processes. *kernel MiB* is the growth of the kernel's slab memory on the whole machine: sockets, files and their wait queues, of server and client, and of anything else that runs there. " +
	"Memory is read before the first silent connection opens, and again when all are open and it has stopped growing; both figures are per 1,000 connections."

// Longest is the longest that a request took beyond the time that its handler needs, with its client.
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

// Undrawn says why a model's portrait is not drawn, and what failed for its clients.
func Undrawn(p *result.Portrait) string {
	var parts []string
	for _, text := range []string{p.Lacks, p.Error} {
		if text != "" {
			parts = append(parts, Words(text))
		}
	}
	return strings.Join(parts, "; ")
}

// Grown names the shapes of growth.
var Grown = map[string]string{findings.Flat: "flat", findings.Linear: "linear", findings.Faster: "faster", findings.Slower: "slower", findings.Grows: "grows"}

// Crowd is "all served", or how many of the clients that stayed were served, refused and broken.
func Crowd(c result.Crowd) string {
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

var breaks = map[string]string{result.NoConnect: "not connected", result.Reset: "reset", result.CutOff: "closed", result.Unanswered: "never answered", result.Wrong: "wrong answer"}

// BrokenBy counts broken clients by cause: "3,999 never answered".
func BrokenBy(c result.Crowd) string {
	var parts []string
	for _, how := range slices.Sorted(maps.Keys(c.BrokenBy)) {
		cause := breaks[how]
		if cause == "" {
			cause = Words(how)
		}
		parts = append(parts, units.Count(c.BrokenBy[how])+" "+cause)
	}
	return strings.Join(parts, ", ")
}

// Processors says which processors server and client had, and that two are too few to show scaling.
func Processors(f *findings.Findings) string {
	n := f.Run.Processors
	if f.Run.Placement == "" {
		return ""
	}
	text := upper(placement(f.Run.Placement)) + ". The machine has " + units.Processors(n, "an unknown number of processors")
	if n > 0 && n <= 2 {
		text += ": too few to show how models scale that use several"
	}
	return text + "."
}

// Ideals gives the rates of handlers that run one after another and all at once.
func Ideals(c *findings.Cell) string {
	if c.One == 0 || c.All == 0 {
		return ""
	}
	return fmt.Sprintf("Handlers of %s, one after another, make %s/s; all %s at once make %s/s.", units.Duration(float64(c.DelayNS)), units.Rate(c.One), units.Count(c.Connections), units.Rate(c.All))
}

// Note stands above a cell's table: how far the reference, measured twice, differs from itself.
func Note(f *findings.Findings, c *findings.Cell) string {
	by := []string{findings.Capacity, findings.Cost, findings.P99, findings.Rate}
	if s := f.Situation(findings.Steady); s != nil && cell(f, s) == c {
		by = append([]string{s.Metric}, by...)
	}
	for _, metric := range by {
		if twin := Twin(f, c, metric); twin != "" {
			return " " + twin
		}
	}
	return ""
}

// agreeing is the most by which two engines may differ and still agree, as a share.
const agreeing = 0.05

// CrossCheck says whether another engine agrees with loadgen's own.
func CrossCheck(o findings.CrossCheck) string {
	result, most := "the two agree "+within(agreeing), 0.0
	for _, r := range o.Ratios {
		switch {
		case (r.Low > 1 || r.High < 1) && (r.Ratio > 1+agreeing || r.Ratio < 1/(1+agreeing)):
			most = max(most, r.Ratio-1, 1/r.Ratio-1)
		case r.Within > agreeing:
			result = "the rounds are too few to show whether the two agree"
		}
	}
	if most > 0 {
		result = fmt.Sprintf("the two differ by %s\u00a0%%. One engine measures all models, so their ratios hold; "+
			"but another load generator may report figures that differ as much from those here", percent(most, up))
	}
	return fmt.Sprintf("%s, by loadgen's own engine and by %s: %s.", Model(o.Model), Words(o.Engine), result)
}

// Held is a title that counts the expectations that held.
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
