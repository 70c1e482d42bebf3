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

// mostNamed is how many trials or lines of a kind are named; of further ones it is said how many they are.
const mostNamed = 5

// warnings are what a reader must know before believing the figures, the weightiest first.
func (w *weighed) warnings(cells []Cell) (list []Warning) {
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
	list = append(list, w.apart(cells)...)
	list = append(list, w.disturbed()...)
	list = append(list, w.left()...)
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
	if w.home == result.Shared && slices.ContainsFunc(w.cells, func(c *cell) bool { s := scenario.Find(c.Scenario); return s == nil || !s.Shared }) {
		warn(Warning{Kind: HomeShared})
	}
	return list
}

// apart says where the reference differed from itself, by what a request costs or else by the rate, if it did in more cells than chance explains.
func (w *weighed) apart(cells []Cell) []Warning {
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

// besideWorst and besideMiddle are the shares of all processors' time from which on what other programs take is said.
const (
	besideWorst  = 0.10
	besideMiddle = 0.02
)

// disturbed says what other programs took.
func (w *weighed) disturbed() []Warning {
	shares := w.beside()
	if len(shares) == 0 {
		return nil
	}
	v := Warning{Kind: Beside, Share: tidy(finite(median(shares))), Worst: tidy(slices.Max(shares))}
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
	if v.Of = len(cells); v.Of == 0 && v.Worst <= besideWorst && v.Share <= besideMiddle {
		return nil
	}
	return []Warning{v}
}

// left says what of the run's file was left out.
func (w *weighed) left() (list []Warning) {
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

// failures are the trials that came to nothing.
func (w *weighed) failures() (list []Warning) {
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

// checks say what verdicts found, of loads and of comparisons. Those of most invalid trials come first, then those of most suspect ones.
func (w *weighed) checks() (list []Warning) {
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
			if r.Check != "servers" && r.Check != "beside" { // the loads say the first themselves, Beside the second
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

// muchSteal is the share of processor time from which on what the hypervisor took in the worst trial is said.
const muchSteal = 0.02

// machine says what the books and the machine show.
func (w *weighed) machine() (list []Warning) {
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

// Portraits reports whether all cells, at least one, are pictures of how models take turns, which compare nothing.
func Portraits(cells []Cell) bool {
	for _, c := range cells {
		if s := scenario.Find(c.Scenario); s == nil || !s.Traced {
			return false
		}
	}
	return len(cells) > 0
}
