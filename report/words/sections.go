package words

import (
	"fmt"
	"time"

	"carousel/internal/units"
	"carousel/report/findings"
)

// Simplest says how one of many is chosen.
const Simplest = "Of models that tie, the first in the ladder is chosen: it needs least. By what the models were compared, and who has no rank:"

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
	for _, metric := range []string{findings.Capacity, findings.Cost, findings.P99, findings.Rate} {
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
	said := "the two agree " + within(alike)
	for _, r := range o.Ratios {
		switch {
		case (r.Low > 1 || r.High < 1) && (r.Ratio > 1+alike || r.Ratio < 1/(1+alike)):
			said = "the two differ"
		case r.Within > alike && said != "the two differ":
			said = "the rounds cannot tell whether the two agree"
		}
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
