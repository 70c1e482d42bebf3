package study

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"carousel/internal/trial"
	"carousel/report/stats"
	"carousel/report/units"
)

// Reason is why numbers are in doubt: what a check found, and in how many trials.
type Reason struct {
	State string // invalid trials are left out of every figure, suspect ones are in them
	Text  string // as the first such trial says it
	Count int
	Where string // the cell of that trial
}

var number = regexp.MustCompile(`[0-9][0-9.,]*`)

// Reasons summarises the verdicts: reasons that differ in their numbers only count as one. Invalid ones come first, then
// the frequent.
func (s *Study) Reasons() []Reason {
	found := map[[2]string]*Reason{}
	var list []*Reason
	for _, t := range s.Trials {
		if t.Load == nil || t.Load.Verdict.State == "valid" { // what stands beside a valid verdict is a remark
			continue
		}
		for _, text := range t.Load.Verdict.Reasons {
			key := [2]string{t.Load.Verdict.State, number.ReplaceAllString(text, "#")}
			if found[key] == nil {
				found[key] = &Reason{State: t.Load.Verdict.State, Text: text, Where: Name(t.Cell)}
				list = append(list, found[key])
			}
			found[key].Count++
		}
	}
	slices.SortStableFunc(list, func(a, b *Reason) int {
		return cmp.Or(cmp.Compare(a.State, b.State), b.Count-a.Count)
	})
	reasons := make([]Reason, len(list))
	for i, r := range list {
		reasons[i] = *r
	}
	return reasons
}

// Name is a cell for a person: "epoll in hello at 64 connections, split".
func Name(c trial.Cell) string {
	s := fmt.Sprintf("%s in %s at %s, %s", c.Model, c.Scenario, units.Plural(c.Connections, "connection"), c.Placement)
	if c.Mode != "" {
		s += ", " + c.Mode
	}
	if c.Engine != "" {
		s += ", by " + c.Engine
	}
	return s
}

// Verdicts counts the trials of each state.
func (s *Study) Verdicts() map[string]int {
	count := map[string]int{}
	for _, t := range s.Trials {
		if t.Load != nil {
			count[t.Load.Verdict.State]++
		}
	}
	return count
}

// Failed are the trials that came to nothing.
func (s *Study) Failed() []trial.Trial {
	var failed []trial.Trial
	for _, t := range s.Trials {
		if t.Failed != "" {
			failed = append(failed, t)
		}
	}
	return failed
}

// Steal is the share of processor time that the host took away, over the trials.
func (s *Study) Steal() stats.Summary {
	var shares []float64
	for _, t := range s.Trials {
		if t.Load != nil {
			shares = append(shares, t.Load.Host.StealShare)
		}
	}
	return stats.Summarize(shares)
}

// Drops is how many connections the kernel turned away because a listening queue was full, and in how many trials.
func (s *Study) Drops() (drops int64, trials int) {
	for _, t := range s.Trials {
		if t.Load != nil && t.Load.Host.ListenDrops > 0 {
			drops += t.Load.Host.ListenDrops
			trials++
		}
	}
	return drops, trials
}
