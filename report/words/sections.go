package words

import (
	"fmt"
	"time"

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

// Placed says where server and client ran, and that few processors show no scaling.
func Placed(f *findings.Findings) string {
	n := f.Run.Processors
	if f.Run.Home == "" {
		return ""
	}
	said := upper(placement(f.Run.Home)) + "; " + units.Processors(n, "an unknown number of processors") + " in all"
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

// Opinion introduces what another engine found.
func Opinion(o findings.Opinion) string {
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
