package words

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/compare"
	"carousel/report/findings"
)

// heads are the metrics of a comparison as heads of columns.
var heads = map[string]string{
	findings.Rate: "rate", findings.Whole: "server cost", findings.Both: "both costs", findings.P50: "median", findings.P99: "p99",
	findings.Beside50: "small median", findings.Beside90: "small p90", findings.Beside99: "small p99", findings.Total: "total time",
	findings.Memory: "peak memory", findings.Calls: "calls",
}

// Head is a metric as the head of a column.
func Head(metric string) string {
	if head, ok := heads[metric]; ok {
		return head
	}
	return Words(metric)
}

// named is how many changes the answer names.
const named = 5

// Changes are the sentences that a comparison of two runs begins with.
func Changes(c *compare.Comparison) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for _, run := range []compare.Run{c.A, c.B} {
		if run.Finished == nil {
			say("**Run %s was interrupted: it has %s of %d.**", run.Name, units.Plural(run.Rounds, "round"), run.Planned)
		}
		if run.Rounds < findings.Fewest {
			say("**Run %s has %s: it takes %d to compare anything.**", run.Name, units.Plural(run.Rounds, "round"), findings.Fewest)
		}
	}
	if c.SameTrials {
		say("A and B are the same trials: nothing changed.")
		return all
	}
	surely := slices.DeleteFunc(slices.Clone(c.Models), func(x compare.Change) bool { return !x.Surely() })
	switch {
	case len(surely) > 0:
		all = append(all, byModel(surely)...)
	case len(c.Models) > 0:
		say("No model changed surely over all its cells.")
	default:
		say("No model can be compared over all its cells.")
	}
	all = append(all, inCells(c, surely)...)
	for i, l := range c.Lost {
		if i == named {
			say("%s more cannot be ranked in one of the two runs.", units.Count(len(c.Lost)-named))
			break
		}
		say("%s.", Lost(l))
	}
	if rest := remainder(c.Models); rest != "" {
		say("%s", rest)
	}
	if facts := machines(c); facts != "" {
		say("**The two runs were made on different machines or systems** (%s): a change of a model may come from that.", facts)
	}
	return all
}

// machines names the facts of the environment that differ.
func machines(c *compare.Comparison) string {
	var facts []string
	for _, d := range c.Differences {
		if d.Kind == compare.Environment {
			facts = append(facts, Words(d.What))
		}
	}
	if more := len(facts) - named; more > 0 {
		facts = append(facts[:named], units.Count(more)+" more")
	}
	return and(facts)
}

// byModel has a sentence for each model that changed.
func byModel(changes []compare.Change) (all []string) {
	of := map[string][]string{}
	var models []string
	for _, x := range changes {
		if of[x.Model] == nil {
			models = append(models, x.Model)
		}
		of[x.Model] = append(of[x.Model], howMuch(x))
	}
	for i, model := range models {
		if i == named {
			return append(all, fmt.Sprintf("So did %s: %s.", units.Plural(len(models)-named, "further model"), list(models[named:])))
		}
		all = append(all, fmt.Sprintf("**%s changed**, over its cells: %s.", Model(model), and(of[model])))
	}
	return all
}

// inCells names changes of single cells by models and metrics that did not change over all cells.
func inCells(c *compare.Comparison, overall []compare.Change) (all []string) {
	var only []compare.Change
	for _, x := range c.Cells {
		same := func(o compare.Change) bool { return o.Model == x.Model && o.Metric == x.Metric }
		if x.Surely() && !slices.ContainsFunc(overall, same) {
			only = append(only, x)
		}
	}
	for i, x := range only {
		if i == named {
			return append(all, fmt.Sprintf("%s more changed in single cells.", units.Plural(len(only)-named, "figure")))
		}
		all = append(all, fmt.Sprintf("%s changed in one cell, %s: %s.", Model(x.Model), x.Cell.Name(), howMuch(x)))
	}
	return all
}

// howMuch says by how much a figure changed: "5.2 % more server processor time per request (4.4 to 6.0 %)".
func howMuch(x compare.Change) string {
	m := measures[x.Metric]
	g := gapOf(ratioOf(x))
	switch g.form {
	case "times":
		return fmt.Sprintf("%s times the %s (%s)", g.much, Measure(x.Metric), g.sure)
	case "more":
		return fmt.Sprintf("%s %s %s (%s)", g.much, first(m.more), Measure(x.Metric), g.sure)
	case "less":
		return fmt.Sprintf("%s %s %s (%s)", g.much, first(m.less), Measure(x.Metric), g.sure)
	}
	return Measure(x.Metric) + " between " + g.sure
}

// first is the first word: "more" of "more of the server's processor".
func first(s string) string { word, _, _ := strings.Cut(s, " "); return word }

// ratioOf is a change that is known, as the ratio of two models is.
func ratioOf(x compare.Change) findings.Ratio {
	return findings.Ratio{Metric: x.Metric, Ratio: *x.Ratio, Low: *x.Low, High: *x.High, Outcome: x.Outcome, Within: x.Within}
}

// Runs names the two runs.
func Runs(c *compare.Comparison) string {
	name := func(r compare.Run) string {
		return fmt.Sprintf("%s (%s, %s)", Words(r.ID), Time(r.Started), units.Plural(r.Rounds, "round"))
	}
	doubts := ""
	for _, run := range []compare.Run{c.A, c.B} {
		if run.InDoubt > 0 {
			doubts += fmt.Sprintf(" In doubt in %s: %s; its README says why.", run.Name, units.Plural(run.InDoubt, "trial"))
		}
		if run.LeftOut > 0 {
			doubts += fmt.Sprintf(" Left out of %s: %s, damaged or without the others of a cell.", run.Name, units.Plural(run.LeftOut, "trial"))
		}
	}
	return "A is " + name(c.A) + ", B is " + name(c.B) + "." + doubts
}

// Broken is a change that breaks a gate: "epoll, over 9 cells: 5.2 % more server processor time per request (4.4 to 6.0 %)".
func Broken(x compare.Change) string {
	where := "over " + units.Plural(x.Over, "cell")
	if x.Cell != nil {
		where = "in " + x.Cell.Name()
	}
	return Model(x.Model) + ", " + where + ": " + howMuch(x)
}

// Lost is a model that cannot be ranked in one of the runs, and why.
func Lost(l compare.Lost) string {
	return fmt.Sprintf("%s cannot be ranked in run %s, in %s: %s", Model(l.Model), l.In, l.Cell.Name(), Lack(&findings.Model{Lacks: l.Why}))
}

// remainder counts what did not change surely.
func remainder(changes []compare.Change) string {
	same := 0
	var undecided []int // in how many rounds each would be decided
	for _, x := range changes {
		switch {
		case x.Outcome == result.Same:
			same++
		case x.Outcome == result.Undecided && x.Decides > 0:
			undecided = append(undecided, x.Decides)
		case x.Outcome == result.Undecided:
			undecided = append(undecided, math.MaxInt)
		}
	}
	if same+len(undecided) == 0 {
		return ""
	}
	slices.Sort(undecided)
	of := "Of the other figures by model, "
	if same+len(undecided) == len(changes) {
		of = "Of the figures by model, "
	}
	var parts []string
	if same > 0 {
		parts = append(parts, fmt.Sprintf("%d are the same %s", same, within(result.SameWithin)))
	}
	if len(undecided) > 0 {
		parts = append(parts, fmt.Sprintf("%d are undecided", len(undecided)))
		if half := undecided[(len(undecided)-1)/2]; half < math.MaxInt {
			parts[len(parts)-1] += fmt.Sprintf(": about %s of each run would decide half of these", units.Plural(half, "round"))
		}
	}
	return of + strings.Join(parts, ", and ") + "."
}

// Change is one in a table: "+5.2 % (4.4 to 6.0)".
func Change(x compare.Change) string {
	switch {
	case x.Alone:
		return "alone"
	case x.Ratio == nil:
		return units.None
	case x.Surely():
		return "**" + units.Ratio(*x.Ratio) + "** (" + units.Ratio(*x.Low) + "–" + units.Ratio(*x.High) + ")"
	case x.Within == 0:
		return "same"
	case x.Outcome == "":
		return units.Ratio(*x.Ratio) + " (" + units.Ratio(*x.Low) + "–" + units.Ratio(*x.High) + ")"
	}
	return Ratio(ratioOf(x))
}

// Sign is one in a narrow table: "+5.2 %", "same", or the interval of what is undecided.
func Sign(x compare.Change) string {
	switch {
	case x.Alone || x.Ratio == nil:
		return units.None
	case x.Surely() && *x.Ratio < 1.995:
		return "**" + strings.Replace(fmt.Sprintf("%+.1f", 100*(*x.Ratio-1)), "-", "−", 1) + "\u00a0%**"
	case x.Surely():
		return "**×\u00a0" + units.Ratio(*x.Ratio) + "**"
	case x.Within == 0:
		return "same"
	case x.Outcome == result.Same:
		return within(x.Within)
	}
	return unsure(*x.Low, *x.High) + " " + units.Ratio(*x.Low) + "–" + units.Ratio(*x.High)
}

// Legends of the tables of a comparison.
const (
	ByModel = "B over A: the mean over the cells of the model, against the other servers of each cell. \"+5 %\" is a significant difference, " +
		"\"within 1 %\" the most by which the two may differ, \"~\" undecided with its interval of 95 %, \"?\" undecided too: the interval excludes 1, " +
		"but among so many claims that is not sure. \"same\" is no difference at all. An empty place: not measured in both runs, not the model's own figure " +
		"(a bound, or loadgen's limit), or too few servers beside it."
	ByCell = "B over A with its interval of 95 %, against the other servers of the cell. Bold is surely different. \"~\" is undecided. " +
		"\"?\" is undecided too: the interval excludes 1, but among so many claims that is not sure. \"alone\": too few servers took turns with it to separate its change from the machine's."
	Together = "All servers of a cell together, B over A. The two runs were made at different times, so the machine is in these: no claim is made."
)

// Known is a figure with its unit, where there is one.
func Known(metric string, v *float64) string {
	if v == nil {
		return units.None
	}
	return Value(metric, *v)
}
