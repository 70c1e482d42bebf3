package study

import (
	"cmp"
	"fmt"
	"slices"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
)

// Reason is what a check found, in how many trials that are in doubt. What it found in others, or is a mere remark, is left out; a
// record of schema 1 does not say which of its reasons are remarks.
type Reason struct {
	Text             string // as the first such trial says it
	Where            string // the cell of that trial
	Invalid, Suspect int
}

// Reasons summarises the verdicts by check. Those of most invalid trials come first, then those of most suspect ones.
func (s *Study) Reasons() []Reason {
	found := map[string]*Reason{}
	var list []*Reason
	for _, t := range s.Trials {
		if t.Load == nil || t.Load.Verdict.State == result.Valid { // what stands beside a valid verdict is a remark
			continue
		}
		for _, reason := range t.Load.Verdict.Reasons {
			if reason.State == result.Valid {
				continue
			}
			alike := cmp.Or(reason.Check, reason.Text)
			if found[alike] == nil {
				found[alike] = &Reason{Text: reason.String(), Where: Name(t.Cell)}
				list = append(list, found[alike])
			}
			if t.Load.Verdict.State == result.Invalid {
				found[alike].Invalid++
			} else {
				found[alike].Suspect++
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *Reason) int {
		return cmp.Or(b.Invalid-a.Invalid, b.Suspect-a.Suspect)
	})
	reasons := make([]Reason, len(list))
	for i, r := range list {
		reasons[i] = *r
	}
	return reasons
}

// RemarksToo reports whether Reasons holds mere remarks as well: records of schema 1 do not tell them apart.
func (s *Study) RemarksToo() bool {
	return slices.ContainsFunc(s.Trials, func(t *Trial) bool { return t.Load != nil && t.Load.Schema == 1 && len(t.Load.Verdict.Reasons) > 0 })
}

// Name is a cell for a person: "epoll in hello at 64 connections, split".
func Name(c result.Cell) string {
	s := fmt.Sprintf("%s in %s at %s, %s", c.Model, c.Scenario, units.Plural(c.Connections, "connection"), c.Placement)
	if c.Mode != "" {
		s += ", " + c.Mode
	}
	if c.Engine != "" {
		s += ", by " + c.Engine
	}
	if c.Control {
		s += ", as a control"
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
func (s *Study) Failed() []*Trial {
	var failed []*Trial
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

// Miscounted are the trials whose server counted otherwise than its client: fewer replies than were read or, where no warm-up
// stands outside the books, more than were asked for. A request that was under way at the end may have been served.
func (s *Study) Miscounted() []*Trial {
	var list []*Trial
	for _, t := range s.Trials {
		if t.Load == nil || t.Server.Usage == nil || t.Failed != "" {
			continue
		}
		r, served := t.Load.Requests, t.Server.Usage.Requests
		most := r.Sent + t.Load.Redirects + t.Load.Connections.Opened
		if served < r.OK+t.Load.Redirects || t.Load.Spec.Warmup == 0 && served > most {
			list = append(list, t)
		}
	}
	return list
}

// Drops is how many attempts to connect the kernel turned away because a listening queue was full, and in how many trials.
func (s *Study) Drops() (drops int64, trials int) {
	for _, t := range s.Trials {
		if t.Load != nil && t.Load.Host.ListenDrops > 0 {
			drops += t.Load.Host.ListenDrops
			trials++
		}
	}
	return drops, trials
}
