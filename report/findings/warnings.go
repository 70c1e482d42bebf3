package findings

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/stats"
	"carousel/report/study"
)

// mostNamed is how many trials or lines of a kind are named; further ones are only counted.
const mostNamed = 5

// warnings lists what a reader must know before believing the figures, the gravest first.
func (w *worksheet) warnings(cells []Cell) (list []Warning) {
	warn := func(v Warning) { list = append(list, v) }
	if w.Run.Finished == nil {
		warn(Warning{Kind: Interrupted, N: w.Rounds, Of: w.Run.Rounds})
	}
	if !w.comparable() && !Portraits(cells) {
		warn(Warning{Kind: FewRounds, N: w.Rounds, Of: Fewest})
	}
	for i, note := range w.Run.Notes {
		if !slices.Contains(w.Run.Notes[:i], note) {
			warn(Warning{Kind: Note, Text: note})
		}
	}
	list = append(list, w.twinDiffers(cells)...)
	list = append(list, w.otherPrograms()...)
	list = append(list, w.leftOut()...)
	list = append(list, w.failures()...)
	if n := len(w.Undrawn); n > 0 {
		warn(Warning{Kind: Undrawn, N: n, List: w.Undrawn[:min(n, mostNamed)]})
	}
	list = append(list, w.checks()...)
	list = append(list, w.machine()...)
	var none []string
	for _, c := range w.cells {
		if c.Scenario == "hello" && (c.null == nil || len(c.null.byRound(Rate)) == 0) {
			none = append(none, c.Name())
		}
	}
	if len(none) > 0 {
		warn(Warning{Kind: NoNull, N: len(none), List: none})
	}
	if w.placement == result.Shared && slices.ContainsFunc(w.cells, func(c *cell) bool { s := scenario.Find(c.Scenario); return s == nil || !s.Shared }) {
		warn(Warning{Kind: HomeShared})
	}
	return list
}

// twinDiffers says where the reference, measured twice, differs from itself, by cost or else by the first metric, if it does so in more cells than
// chance explains.
func (w *worksheet) twinDiffers(cells []Cell) []Warning {
	v := Warning{Kind: Apart}
	for i, c := range cells {
		k := slices.IndexFunc(c.Twin, func(r Ratio) bool { return r.Metric == Cost })
		if k < 0 {
			k = 0
		}
		if len(c.Twin) == 0 {
			continue
		}
		v.Of++
		r := c.Twin[k]
		if !differ(&r) {
			continue
		}
		v.N++
		if off := tidy(max(r.Ratio, 1/r.Ratio) - 1); off > v.Share {
			v.Share, v.Where, v.Text = off, w.cells[i].Name(), r.Metric
		}
	}
	if v.N == 0 || !stats.Surprising(v.N, v.Of, 1-confidence) {
		return nil
	}
	return []Warning{v}
}

// noticedWorst and noticedMedian are the shares of all processors' time above which a warning mentions other programs.
const (
	noticedWorst  = 0.10
	noticedMedian = 0.02
)

// otherPrograms warns of the processor time that other programs took.
func (w *worksheet) otherPrograms() []Warning {
	shares := w.otherShares()
	if len(shares) == 0 {
		return nil
	}
	v := Warning{Kind: OtherPrograms, Share: tidy(finite(median(shares))), Worst: tidy(slices.Max(shares))}
	type at struct {
		study.Key
		round int
	}
	cells := map[at]bool{}
	for _, c := range w.Cells {
		for _, m := range slices.Concat(c.Models, []*study.Model{c.Null, c.Twin}) {
			if m == nil {
				continue
			}
			for _, t := range m.Trials {
				if t.Turns != nil && t.Turns.Disturbed > 0 {
					v.N += t.Turns.Disturbed
					cells[at{c.Key, t.Round}] = true
				}
			}
		}
	}
	if v.Of = len(cells); v.Of == 0 && v.Worst <= noticedWorst && v.Share <= noticedMedian {
		return nil
	}
	return []Warning{v}
}

// leftOut says which lines and trials of the run's file do not count.
func (w *worksheet) leftOut() (list []Warning) {
	flawed := Warning{Kind: Flawed}
	for _, flaw := range w.Flaws {
		if flaw.Torn {
			list = append(list, Warning{Kind: Torn, N: flaw.Line})
			continue
		}
		if flawed.N++; flawed.N <= mostNamed {
			flawed.List = append(flawed.List, flaw.String())
		}
	}
	if flawed.N > 0 {
		list = append(list, flawed)
	}
	if cut := w.CutOff; len(cut) > 0 {
		cells := map[[2]any]bool{}
		for _, t := range cut {
			cells[[2]any{t.Key(), t.Started.UTC()}] = true
		}
		list = append(list, Warning{Kind: CutOff, N: len(cut), Of: len(cells), Round: cut[0].Round, Where: cut[0].Name()})
	}
	if again := w.Repeated; len(again) > 0 {
		list = append(list, Warning{Kind: Repeated, N: len(again), Round: again[0].Round, Where: again[0].Name()})
	}
	return list
}

// failures lists the trials that failed.
func (w *worksheet) failures() (list []Warning) {
	more := 0
	for _, t := range w.Trials {
		switch {
		case t.Failed == "":
		case len(list) < mostNamed:
			list = append(list, Warning{Kind: FailedTrial, Round: t.Round, Where: t.Name(), Text: t.Failed})
		default:
			more++
		}
	}
	if more > 0 {
		list = append(list, Warning{Kind: FailedMore, N: more})
	}
	return list
}

// checks lists what verdicts found in loads and in comparisons, those with the most invalid trials first, then those with the most suspect ones.
func (w *worksheet) checks() (list []Warning) {
	all, remarks := Warning{Kind: Verdicts}, Warning{Kind: Remarks}
	loads, comparisons := map[string]*Warning{}, map[string]*Warning{}
	count := func(found map[string]*Warning, kind string, r result.Reason, where, state string) {
		alike := cmp.Or(r.Check, r.Text)
		if found[alike] == nil {
			found[alike] = &Warning{Kind: kind, Text: r.Text, Advice: r.Advice, Where: where}
		}
		found[alike].N++
		if state == result.Invalid {
			found[alike].Invalid++
		}
	}
	for _, t := range w.Trials {
		if t.Judged != "" {
			all.Of++
		}
		if t.Judged == result.Suspect || t.Judged == result.Invalid {
			all.N++
		}
		if t.Judged == result.Invalid {
			all.Invalid++
		}
		if t.Remarks {
			remarks.N++
		}
		for _, r := range t.Reasons {
			count(loads, Check, r, t.Name(), t.Judged)
		}
		if t.Turns == nil || t.Turns.Place != 1 {
			continue
		}
		for _, r := range t.Turns.Reasons {
			if r.Check != "servers" && r.Check != "beside" { // the loads repeat the first, and kind OtherPrograms has the second
				count(comparisons, ComparisonCheck, r, t.Key().Name(), r.State)
			}
		}
	}
	if all.N > 0 {
		list = append(list, all)
	}
	if remarks.N > 0 {
		list = append(list, remarks)
	}
	for _, found := range []map[string]*Warning{loads, comparisons} {
		var checks []Warning
		for _, v := range found {
			checks = append(checks, *v)
		}
		slices.SortFunc(checks, func(a, b Warning) int {
			return cmp.Or(b.Invalid-a.Invalid, b.N-a.N, strings.Compare(a.Text, b.Text))
		})
		list = append(list, checks...)
	}
	return list
}

// muchSteal is the share of processor time that the hypervisor must take in the worst trial for a warning.
const muchSteal = 0.02

// machine warns of counts that do not match, of steal, and of full listen backlogs.
func (w *worksheet) machine() (list []Warning) {
	wrong, drops := Warning{Kind: Miscounted}, Warning{Kind: Drops}
	var steal []float64
	for _, t := range w.Trials {
		if m := t.Miscount; m != nil {
			if wrong.N++; wrong.N == 1 {
				wrong.Round, wrong.Where = t.Round, t.Name()
				wrong.Share, wrong.Low, wrong.High = float64(m.Served), float64(m.Least), float64(m.Most)
			}
		}
		if t.Judged != "" {
			steal = append(steal, t.Steal)
		}
		if t.Drops > 0 {
			drops.Of++
			drops.N = int(min(int64(drops.N)+min(t.Drops, math.MaxInt32), math.MaxInt32))
		}
	}
	if wrong.N > 0 {
		list = append(list, wrong)
	}
	if len(steal) > 0 && slices.Max(steal) > muchSteal {
		list = append(list, Warning{Kind: Steal, Share: tidy(finite(median(steal))), Worst: tidy(slices.Max(steal))})
	}
	if drops.Of > 0 {
		list = append(list, drops)
	}
	return list
}

// Portraits reports whether a run has portraits and nothing else.
func Portraits(cells []Cell) bool {
	for _, c := range cells {
		if s := scenario.Find(c.Scenario); s == nil || !s.Traced {
			return false
		}
	}
	return len(cells) > 0
}
