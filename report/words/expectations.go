package words

import (
	"fmt"

	"carousel/internal/scenario"
	"carousel/internal/units"
	"carousel/report/findings"
)

// Reason is the figure that decided an expectation, with its bound; "" if none did.
func Reason(f *findings.Findings, r findings.Reason) string {
	rate := func(v float64) string { return units.Rate(v) + "/s" }
	s := ""
	switch r.Kind {
	case findings.Starved:
		s = fmt.Sprintf("%s of %s served", units.Count(r.Value), units.Count(r.Bound))
	case findings.Deaf:
		s = fmt.Sprintf("no answer to a probe beside more than %s of %s", units.Count(r.Value), units.Count(r.Bound))
	case findings.Refused:
		s = "turned clients away with a 503"
	case findings.Broken:
		s = fmt.Sprintf("%s of %s broken", units.Count(r.Value), units.Count(r.Bound))
	case findings.Ended:
		s = "the server ended"
	case findings.Lost:
		s = "no client was served again"
	case findings.Grown:
		s = fmt.Sprintf("a request costs %s times as much as beside the fewest, bound %s", units.Ratio(r.Value), units.Ratio(r.Bound))
	case findings.Full:
		s = fmt.Sprintf("%s of a processor used while full, bound %s", units.Percent(r.Value), units.Percent(r.Bound))
	case findings.Recovery:
		s = fmt.Sprintf("served again after %s, bound %s", units.Duration(r.Value), units.Duration(r.Bound))
	case findings.Cost:
		s = fmt.Sprintf("a connection costs %s times the reference's, bound %s", units.Ratio(r.Value), units.Ratio(r.Bound))
	case findings.Beside99:
		s = fmt.Sprintf("p99 of the others %s, bound %s", units.Duration(r.Value), units.Duration(r.Bound))
	case findings.Behind:
		s = "fell behind the offered rate"
	case findings.Rate:
		s = rate(r.Value) + ", bound " + rate(r.Bound)
	case findings.P99:
		s = fmt.Sprintf("p99 %s times the reference's, bound %s", units.Ratio(r.Value), units.Count(r.Bound))
	default:
		return ""
	}
	if r.Rounds > 0 {
		s += " in " + units.Plural(r.Rounds, "round")
	}
	if r.Cell >= 0 && r.Cell < len(f.Cells) && len(f.Find(f.Cells[r.Cell].Scenario, "")) > 1 {
		s += ", at " + Level(&f.Cells[r.Cell])
	}
	return s
}

// Expectation says whether an expectation held, and which figure decided.
func Expectation(f *findings.Findings, e findings.Expectation) string {
	reason := ""
	if r := Reason(f, e.Reason); r != "" {
		reason = " (" + r + ")"
	}
	switch {
	case e.Measured == "":
		return "not measured (expected " + Words(e.Expected) + ")"
	case e.Measured != e.Expected:
		return fmt.Sprintf("**did not hold**: expected %s, measured %s%s", Words(e.Expected), Words(e.Measured), reason)
	}
	if e.Measured == scenario.Fine {
		reason = ""
	}
	return "held: " + Words(e.Expected) + reason
}
