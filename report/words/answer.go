package words

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"carousel/internal/units"
	"carousel/report/findings"
)

// Answer is the report's first paragraph, in Markdown.
func Answer(f *findings.Findings) string { return strings.Join(Answers(f), " ") }

// Answers are the sentences of the answer: first whether to believe the run, then one for each kind of load.
func Answers(f *findings.Findings) (sentences []string) {
	add := func(s string) { sentences = append(sentences, s) }
	run := f.Run
	if run.Finished == nil {
		add(fmt.Sprintf("**This run was interrupted: the report is partial (%s of %d).**", units.Plural(run.Rounds, "round"), run.Planned))
	}
	if findings.Portraits(f.Cells) {
		add("Portraits: how models take turns, and who waits for whom. Each is a picture of one play. They do not compare speeds.")
	} else if !run.Comparable {
		add("**" + upper(tooFew(f)) + ": this run shows only that everything works.**")
	}
	for _, key := range []string{findings.ManyBusy, findings.Blocking} {
		if s := f.Situation(key); s != nil && cell(f, s) != nil && run.Comparable {
			c := cell(f, s)
			opening := fmt.Sprintf("With %s, compared by %s: ", units.Plural(c.Connections, "busy client"), Measure(s.Metric))
			if key == findings.Blocking {
				opening = fmt.Sprintf("When every handler blocks its thread for %s, compared by %s: ", units.Duration(float64(c.DelayNS)), Measure(s.Metric))
			}
			add(opening + verdict(f, s) + ".")
		}
	}
	if s := f.Situation(findings.Idle); s != nil && cell(f, s) != nil {
		add(upper(Silence(cell(f, s))+leanest(f, s)) + ".")
	}
	var parts []string
	if run.OtherPrograms >= disturbed {
		parts = append(parts, fmt.Sprintf("other programs took %s of the processors' time", units.Percent(run.OtherPrograms)))
	}
	if run.StallNS > 0 {
		parts = append(parts, fmt.Sprintf("the client, or the whole machine, stood still once for %s", units.Duration(float64(run.StallNS))))
	}
	if len(parts) > 0 {
		add(upper(strings.Join(parts, "; ")) + ".")
	}
	if len(sentences) == 0 {
		add("Nothing was measured that can be compared.")
	}
	return sentences
}

// disturbed is the share of the processors' time from which on the answer mentions other programs.
const disturbed = 0.1

// Disagreement names one pair of models that cost at a fixed rate and the closed loop rank in opposite orders, and counts the other pairs. It
// prefers a pair at the rate of CostCell, then one with the reference or a chosen model, then the one with the largest difference.
func Disagreement(f *findings.Findings) string {
	if len(f.Disagree) == 0 {
		return ""
	}
	chosen := func(model string) bool {
		return model == f.Run.Reference || slices.ContainsFunc(f.Situations, func(s findings.Situation) bool { return s.Choose == model })
	}
	weight := func(d findings.Disagreement) (n float64) {
		if d.FixedCell >= len(f.Cells) || d.ClosedCell >= len(f.Cells) {
			return 0
		}
		n = math.Tanh(min(math.Abs(math.Log(d.Fixed.Ratio)), math.Abs(math.Log(d.Closed.Ratio))))
		if &f.Cells[d.FixedCell] == f.CostCell() {
			n += 2
		}
		if chosen(d.Models[0]) || chosen(d.Models[1]) {
			n++
		}
		return n
	}
	d := slices.MaxFunc(f.Disagree, func(a, b findings.Disagreement) int { return cmp.Compare(weight(a), weight(b)) })
	if weight(d) == 0 {
		return ""
	}
	fixed, closed := &f.Cells[d.FixedCell], &f.Cells[d.ClosedCell]
	at := func(r findings.Ratio) string {
		a := gapOf(r.Over(d.Models[0]))
		if a.form == "times" {
			return fmt.Sprintf("%s times as much (%s)", a.much, a.sure)
		}
		return fmt.Sprintf("%s %s (%s)", a.much, a.form, a.sure)
	}
	text := fmt.Sprintf("Fixed rate and closed loop disagree: per request, %s costs the server %s than %s at %s/s, but %s in the closed loop with %s.",
		Model(d.Models[0]), at(d.Fixed), Model(d.Models[1]), units.Rate(fixed.RateRPS), at(d.Closed), units.Plural(closed.Connections, "connection"))
	if n := len(f.Disagree) - 1; n > 0 {
		text += fmt.Sprintf(" findings.json lists %s of models that rank in opposite orders.", units.Plural(n, "more pair"))
	}
	return text
}
