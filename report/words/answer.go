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

// Answer is the report's first paragraph.
func Answer(f *findings.Findings) string { return strings.Join(Answers(f), " ") }

// Answers are the sentences of the answer: whether to believe it, then by loads.
func Answers(f *findings.Findings) (said []string) {
	run := f.Run
	if run.Finished == nil {
		said = append(said, fmt.Sprintf("**This run was interrupted: the report is partial (%s of %d).**", units.Plural(run.Rounds, "round"), run.Planned))
	}
	if findings.Portraits(f.Cells) {
		said = append(said, "Portraits: how models take turns, and who waits for whom. They are pictures of one play each, and compare no speeds.")
	} else if !run.Comparable {
		said = append(said, "**"+upper(tooFew(f))+": this shows that things work.**")
	}
	for _, key := range []string{findings.ManyBusy, findings.Blocking} {
		if s := f.Situation(key); s != nil && cell(f, s) != nil && run.Comparable {
			c := cell(f, s)
			opening := fmt.Sprintf("With %s, by %s: ", units.Plural(c.Connections, "busy client"), Measure(s.Metric))
			if key == findings.Blocking {
				opening = fmt.Sprintf("When every handler blocks its thread for %s, by %s: ", units.Duration(float64(c.DelayNS)), Measure(s.Metric))
			}
			said = append(said, opening+verdict(f, s)+".")
		}
	}
	last := ""
	if s := f.Situation(findings.Idle); s != nil && cell(f, s) != nil {
		last = Silence(cell(f, s)) + leanest(f, s)
	}
	var parts []string
	if last != "" {
		parts = append(parts, last)
	}
	if run.Beside >= disturbed {
		parts = append(parts, fmt.Sprintf("other programs took %s of the processors' time", units.Percent(run.Beside)))
	}
	if run.StallNS > 0 {
		parts = append(parts, fmt.Sprintf("the client, or the whole machine, once stood still for %s", units.Duration(float64(run.StallNS))))
	}
	last = strings.Join(parts, "; ")
	if last != "" {
		said = append(said, upper(last)+".")
	}
	if len(said) == 0 {
		said = append(said, "Nothing was measured that can be compared.")
	}
	return said
}

// disturbed is what share of the processors' time others may take before the answer says so.
const disturbed = 0.1

// Disagreement says where cost at a fixed rate and the closed loop rank otherwise: how many pairs do, and of these one: at the rate that tells
// cost best and of the reference or a model that is taken for some load, where there is such, and that which tells most.
func Disagreement(f *findings.Findings) string {
	if len(f.Disagree) == 0 {
		return ""
	}
	taken := func(model string) bool {
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
		if taken(d.Models[0]) || taken(d.Models[1]) {
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
	said := fmt.Sprintf("Fixed rate and closed loop disagree: per request, %s costs the server %s than %s at %s/s, but %s in the closed loop with %s.",
		Model(d.Models[0]), at(d.Fixed), Model(d.Models[1]), units.Rate(fixed.RateRPS), at(d.Closed), units.Plural(closed.Connections, "connection"))
	if n := len(f.Disagree) - 1; n > 0 {
		said += fmt.Sprintf(" So do %s, which findings.json has.", units.Plural(n, "further comparison"))
	}
	return said
}
