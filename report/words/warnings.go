package words

import (
	"fmt"
	"strings"

	"carousel/internal/units"
	"carousel/report/findings"
)

// Warning words a warning and, where something can be done about it, the advice.
func Warning(w findings.Warning) string {
	foreign, advice, where := Words(strings.TrimRight(w.Text, ". ")), Words(strings.TrimRight(w.Advice, ". ")), Words(w.Where)
	var cells []string
	for _, c := range w.List {
		cells = append(cells, Words(c))
	}
	round := fmt.Sprintf("%s, round %d", where, w.Round)
	text, do := "", ""
	switch w.Kind {
	case findings.Interrupted:
		text, do = fmt.Sprintf("The run was interrupted: %s of %d begun, the last of them perhaps incomplete", units.Plural(w.N, "round"), w.Of), "Continue it with `bench --resume`"
	case findings.FewRounds:
		text, do = fmt.Sprintf("%s: at least %d are needed to compare models", units.Plural(w.N, "round"), w.Of), "Run more rounds"
	case findings.Note:
		text = upper(foreign)
	case findings.Apart:
		text = fmt.Sprintf("The reference, measured twice, differed from itself in %d of %s, most in %s: by %s in %s", w.N, units.Plural(w.Of, "cell"), where, units.Percent(w.Share), Measure(w.Text))
		do = "Do not believe differences as small as this there"
	case findings.OtherPrograms:
		text = fmt.Sprintf("Other programs took %s of all processors' time in the median cell, %s in the worst", units.Percent(w.Share), units.Percent(w.Worst))
		if w.N > 0 {
			text += fmt.Sprintf("; %s measured again because of it", units.Plural(w.N, "slice"))
		}
		do = "Stop them and run again: the intervals will be narrower"
	case findings.Flawed:
		text = units.Plural(w.N, "line") + " of the records without a trial: " + and(cells)
	case findings.Torn:
		text = fmt.Sprintf("The last line of the records, %d, is incomplete: its writer was stopped", w.N)
	case findings.CutOff:
		text, do = fmt.Sprintf("%s of %s count nowhere, because other trials of the same cell are missing (first %s)", units.Plural(w.N, "trial"), units.Plural(w.Of, "cell"), round), "`bench --resume` measures them again if the run was interrupted"
	case findings.Repeated:
		text = fmt.Sprintf("Only the first trial of a model counts in a cell and round: %s left out (first %s)", units.Plural(w.N, "further trial"), round)
	case findings.FailedTrial:
		text, do = fmt.Sprintf("A trial failed (%s): %s", round, foreign), "Run that cell alone to see why"
	case findings.FailedMore:
		text = units.Plural(w.N, "more trial") + " failed"
	case findings.Undrawn:
		text, do = units.Plural(w.N, "portrait")+" not drawn: "+strings.Join(cells, "; "), "Play them again: `bench --scenarios portrait`"
		if more := w.N - len(cells); more > 0 {
			text += fmt.Sprintf("; and %s more", units.Count(more))
		}
	case findings.Verdicts:
		text = fmt.Sprintf("%[2]s of %[1]s are in doubt: %[3]s invalid, which count nowhere, and %s suspect, which count", units.Plural(w.Of, "checked trial"), units.Count(w.N), units.Count(w.Invalid), units.Count(w.N-w.Invalid))
	case findings.Remarks:
		text = fmt.Sprintf("In %s of an older record format, mere remarks count as doubts", units.Plural(w.N, "trial"))
	case findings.Check:
		text = fmt.Sprintf("%s %s; first %s: %s", units.Plural(w.N, "trial"), invalid(w), where, foreign)
	case findings.ComparisonCheck:
		text = fmt.Sprintf("%s measured in turns %s; first %s: %s", units.Plural(w.N, "cell"), invalid(w), where, foreign)
	case findings.Miscounted:
		text = fmt.Sprintf("In %s the counts of server and client do not match: first %s, where the server counted %s requests, and the client's books allow %s to %s", units.Plural(w.N, "trial"), round,
			units.Count(w.Share), units.Count(w.Low), units.Count(w.High))
	case findings.Steal:
		text, do = fmt.Sprintf("The host took processor time away (steal): %s in the median trial, %s in the worst", units.Percent(w.Share), units.Percent(w.Worst)), "Only a machine without other tenants has none"
	case findings.Drops:
		text, do = fmt.Sprintf("Listen backlogs were full: the kernel dropped %s to connect, in %s", units.Plural(w.N, "attempt"), units.Plural(w.Of, "trial")), "Raise net.core.somaxconn"
	case findings.NoNull:
		text = "The null responder was not measured, so it is not known whether the client was the limit, in " + and(cells)
	case findings.HomeShared:
		text, do = "Server and client shared all processors: there were too few to separate them", "Give the machine a second processor"
	default:
		text = upper(strings.TrimSpace(strings.Join(filled(foreign, where, and(cells)), ", ")))
		if text == "" {
			text = upper(Words(w.Kind))
		}
	}
	if advice != "" {
		do = upper(advice)
	}
	if do != "" {
		return text + ". " + do + "."
	}
	return text + "."
}

// invalid says how many of the doubtful trials or cells are left out.
func invalid(w findings.Warning) string {
	be := "are"
	if w.N == 1 {
		be = "is"
	}
	switch w.Invalid {
	case 0:
		return be + " suspect but counted"
	case w.N:
		return be + " invalid and left out"
	}
	return fmt.Sprintf("are in doubt, %s of them invalid and left out", units.Count(w.Invalid))
}

// filled returns the parts that are not empty.
func filled(parts ...string) (out []string) {
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}
