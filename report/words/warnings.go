package words

import (
	"fmt"
	"strings"

	"carousel/internal/units"
	"carousel/report/findings"
)

// Warning is what a reader must know before believing the figures, and what to do about it.
func Warning(w findings.Warning) string {
	text, advice, where := Words(strings.TrimRight(w.Text, ". ")), Words(strings.TrimRight(w.Advice, ". ")), Words(w.Where)
	var cells []string
	for _, c := range w.List {
		cells = append(cells, Words(c))
	}
	round := fmt.Sprintf("%s, round %d", where, w.Round)
	said, do := "", ""
	switch w.Kind {
	case findings.Interrupted:
		said, do = fmt.Sprintf("The run was interrupted: %s of %d begun, the last perhaps not whole", units.Plural(w.N, "round"), w.Of), "Go on with it by `bench --resume`"
	case findings.FewRounds:
		said, do = fmt.Sprintf("%s: fewer than %d compare nothing", units.Plural(w.N, "round"), w.Of), "Run more rounds"
	case findings.Note:
		said = upper(text)
	case findings.Apart:
		said = fmt.Sprintf("The reference, measured twice, differed from itself in %d of %s, most in %s: by %s in %s", w.N, units.Plural(w.Of, "cell"), where, units.Percent(w.Share), Measure(w.Text))
		do = "Believe no smaller difference there"
	case findings.Beside:
		said = fmt.Sprintf("Other programs took %s of all processors' time in the middle cell, %s in the worst", units.Percent(w.Share), units.Percent(w.Worst))
		if w.N > 0 {
			said += fmt.Sprintf("; %s repeated for it", units.Plural(w.N, "slice"))
		}
		do = "Stop them and run again: intervals get narrower"
	case findings.Flawed:
		said = units.Plural(w.N, "line") + " of the records hold no trial: " + and(cells)
	case findings.Torn:
		said = fmt.Sprintf("The last line of the records, %d, has no end: its writer was stopped in the middle", w.N)
	case findings.CutOff:
		said, do = fmt.Sprintf("Of %s trials were not all written, and count nowhere (%s of them, first %s)", units.Plural(w.Of, "cell"), units.Count(w.N), round), "`bench --resume` measures them again"
	case findings.Repeated:
		said = fmt.Sprintf("A round has one trial of a cell, and only the first counts: %s left out (first %s)", units.Plural(w.N, "further trial"), round)
	case findings.FailedTrial:
		said, do = fmt.Sprintf("A trial failed (%s): %s", round, text), "Run that cell alone to see why"
	case findings.FailedMore:
		said = units.Plural(w.N, "more trial") + " failed"
	case findings.Undrawn:
		said, do = units.Plural(w.N, "portrait")+" not drawn: "+strings.Join(cells, "; "), "Play them again: `bench --scenarios portrait`"
		if more := w.N - len(cells); more > 0 {
			said += fmt.Sprintf("; and %s more", units.Count(more))
		}
	case findings.Verdicts:
		said = fmt.Sprintf("In doubt: %[2]s of %[1]s: %[3]s invalid, which count in no figure, and %s suspect, which do", units.Plural(w.Of, "judged trial"), units.Count(w.N), units.Count(w.Invalid), units.Count(w.N-w.Invalid))
	case findings.Remarks:
		said = fmt.Sprintf("In %s of an older form mere remarks count as reasons", units.Plural(w.N, "trial"))
	case findings.Check:
		said = fmt.Sprintf("In doubt: %s (%s), first %s: %s", units.Plural(w.N, "trial"), invalid(w), where, text)
	case findings.ComparisonCheck:
		said = fmt.Sprintf("In doubt: %s whose servers took turns (%s), first %s: %s", units.Plural(w.N, "cell"), invalid(w), where, text)
	case findings.Miscounted:
		said = fmt.Sprintf("In %s the server counted otherwise than the client: first %s, where it served %s, and %s to %s would fit", units.Plural(w.N, "trial"), round,
			units.Count(w.Share), units.Count(w.Low), units.Count(w.High))
	case findings.Steal:
		said, do = fmt.Sprintf("The host took processor time away (steal): %s in the middle trial, %s in the worst", units.Percent(w.Share), units.Percent(w.Worst)), "Only a machine of one's own has none"
	case findings.Drops:
		said, do = fmt.Sprintf("Listening queues were full: %s to connect dropped, in %s", units.Plural(w.N, "attempt"), units.Plural(w.Of, "trial")), "Raise net.core.somaxconn"
	case findings.NoNull:
		said = "The null responder was not measured, so whether the client limits is unknown, in " + and(cells)
	case findings.HomeShared:
		said, do = "Server and client shared all processors: there were none to keep them apart", "Give the machine a second processor"
	default:
		said = upper(strings.TrimSpace(strings.Join(filled(text, where, and(cells)), ", ")))
		if said == "" {
			said = upper(Words(w.Kind))
		}
	}
	if advice != "" {
		do = upper(advice)
	}
	if do != "" {
		return said + ". " + do + "."
	}
	return said + "."
}

// invalid says how many of those in doubt are left out.
func invalid(w findings.Warning) string {
	switch w.Invalid {
	case 0:
		return "suspect: they count"
	case w.N:
		return "invalid: left out"
	}
	return fmt.Sprintf("%s of them invalid: left out", units.Count(w.Invalid))
}

func filled(parts ...string) (out []string) {
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}
