package study

import (
	"net/url"
	"path"
	"strings"
	"time"

	"carousel/internal/stats"
)

// The words for what a model did, and was expected to do, in a scenario.
const (
	Fine     = "fine"
	Degrades = "degrades"
	Refuses  = "refuses"
	Fails    = "fails"
)

// Expectation is what was stated before the run, beside what the trials show; Measured is empty where they show nothing.
type Expectation struct {
	Scenario, Model    string
	Expected, Measured string
}

// Expectations are those of the run whose scenario was measured, in the order of the report.
func (s *Study) Expectations() []Expectation {
	var list []Expectation
	for _, scenario := range scenarios {
		stated := s.Run.Expect[scenario]
		for _, model := range s.Models() {
			if word, ok := stated[model]; ok && len(s.Find(scenario, "")) > 0 {
				list = append(list, Expectation{scenario, model, word, s.Did(scenario, model)})
			}
		}
	}
	return list
}

// Did says in one of the four words what a model did in a scenario, from the trials of all rounds; empty where
// nothing was measured. The bounds are those that the expectations were stated with:
//
//	hello     degrades if in most trials a connection was never answered
//	paced     fails if in most trials a connection was never answered or under 90 % of the offered rate was served;
//	          degrades if the median p99 is over twice the reference's
//	thinking  fails if in most trials a probe went unanswered
//	block     fails if in most trials a connection was never answered, or the median rate is under twice what one at a
//	          time gives; degrades if it is under half of what all at once give
//	sleep     as block
//	download  fails if in most trials of a mode half of the connections or more were never answered; degrades if in most
//	          of them one was never answered
//
// A model whose errors tell that it turned connections away refuses.
func (s *Study) Did(scenario, model string) string {
	did := ""
	for _, group := range s.Find(scenario, "") {
		cell := group.Cell(model)
		if cell == nil || len(cell.judged()) == 0 || 2*len(cell.judged()) < cell.Rounds() {
			continue
		}
		if word := s.did(group, cell); rank(gravity, word) > rank(gravity, did) || did == "" {
			did = word
		}
	}
	return did
}

var gravity = []string{Fine, Degrades, Refuses, Fails}

func (s *Study) did(group *Group, cell *Cell) string {
	most := func(bad func(*Trial) bool) bool {
		n := 0
		for _, t := range cell.judged() {
			if bad(t) {
				n++
			}
		}
		return 2*n > len(cell.judged())
	}
	if most(func(t *Trial) bool { return t.Load != nil && t.Load.Errors["status-503"] > 0 }) {
		return Refuses
	}
	rate := cell.Summary(Rate)
	switch group.Scenario {
	case "hello":
		if most((*Trial).starved) {
			return Degrades
		}
	case "paced":
		if most(func(t *Trial) bool { return t.starved() || t.Load != nil && t.Load.RateRPS < 0.9*group.RateRPS }) {
			return Fails
		}
		if most(func(t *Trial) bool { return t.overloaded }) || cell.Summary(P99).Median > 2*group.Cell(s.Reference()).Summary(P99).Median {
			return Degrades
		}
	case "thinking":
		if most(func(t *Trial) bool { return t.Probe != nil && !t.Probe.Answered }) {
			return Fails
		}
	case "download":
		half := func(t *Trial) bool { answered, asked := t.served(); return t.starved() && 2*answered <= asked }
		switch {
		case most(half):
			return Fails
		case most((*Trial).starved):
			return Degrades
		}
	case "block", "sleep":
		one, all := group.Ideals()
		switch {
		case most((*Trial).starved) || rate.Median < 2*one:
			return Fails
		case rate.Median < all/2:
			return Degrades
		}
	}
	return Fine
}

// Delay is how long a handler of the group takes by request, as its path says; 10 ms where it does not.
func (g *Group) Delay() time.Duration {
	for _, cell := range g.Cells {
		for _, t := range cell.Trials {
			if d, err := time.ParseDuration(path.Base(t.asked())); err == nil && d > 0 {
				return d
			}
		}
	}
	return 10 * time.Millisecond
}

// asked is the path that a trial's load asked for; "" where its record does not say.
func (t *Trial) asked() string {
	if t.Load == nil {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(t.Load.Spec.Target))
	if err != nil {
		return ""
	}
	return u.Path
}

// Ideals are the rates per second at which handlers of the group's delay end one after another, and all at once.
func (g *Group) Ideals() (one, all float64) {
	one = float64(time.Second) / float64(g.Delay())
	return one, one * float64(g.Connections)
}

// Opinion is the same load measured by loadgen's own engine and by another.
type Opinion struct {
	Group      *Group
	Own, Other *Cell
}

// Opinions are the cells that were measured by a second engine.
func (s *Study) Opinions() []Opinion {
	var list []Opinion
	for _, group := range s.Groups {
		for _, cell := range group.Cells {
			if own := group.Cell(cell.Model); cell.Engine != "" && own != nil {
				list = append(list, Opinion{group, own, cell})
			}
		}
	}
	return list
}

// Ratio is the other engine's figure over our own, within rounds.
func (o Opinion) Ratio(m Metric) stats.Summary {
	return stats.Summarize(stats.Ratios(o.Other.Series(m), o.Own.Series(m)).Values())
}

// Bearing sorts the models of scenario thinking: those that bear every silent client, and the others.
func (g *Group) Bearing() (all, some []*Cell) {
	for _, cell := range g.Cells {
		borne, _ := cell.Silent()
		switch {
		case len(borne) == 0:
		case cell.Bears():
			all = append(all, cell)
		default:
			some = append(some, cell)
		}
	}
	return all, some
}
