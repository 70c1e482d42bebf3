package study

import (
	"slices"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// Ranking is a group by one metric.
type Ranking struct {
	Group  *Group
	Metric Metric
	Places []Place // best first
	Others []*Cell // without rank
}

// Place is one cell in a ranking.
type Place struct {
	Cell    *Cell
	Summary stats.Summary
	ToBest  stats.Comparison // against the first
	Letters string           // two cells that share one cannot be told apart; empty with too few rounds
}

// Compare puts a over b in a metric, within rounds; a cell without standing compares as Unknown.
func (g *Group) Compare(a, b *Cell, m Metric) stats.Comparison {
	if a == nil || b == nil || a.Standing(m) != Ranked || b.Standing(m) != Ranked {
		return stats.Comparison{}
	}
	noise, _ := g.study.Noise(g.Scenario, m)
	return compare(a, b, m, noise)
}

// compare puts a over b; a run of too few rounds leaves it open which is ahead.
func compare(a, b *Cell, m Metric, noise float64) stats.Comparison {
	c := stats.Compare(a.Series(m), b.Series(m), noise)
	if !a.enough {
		c.Order = stats.Unknown
	}
	return c
}

// Rank orders the group's cells by a metric.
func (g *Group) Rank(m Metric) Ranking {
	r := Ranking{Group: g, Metric: m}
	for _, cell := range g.Cells {
		if cell.Engine != "" {
			continue
		}
		if cell.Standing(m) != Ranked {
			r.Others = append(r.Others, cell)
			continue
		}
		r.Places = append(r.Places, Place{Cell: cell, Summary: cell.Summary(m)})
	}
	slices.SortStableFunc(r.Places, func(a, b Place) int {
		switch before := a.Summary.Median < b.Summary.Median; {
		case a.Summary.Median == b.Summary.Median:
			return 0
		case before == m.Less:
			return -1
		}
		return 1
	})
	known := true
	tied := make([][]bool, len(r.Places))
	for i := range r.Places {
		r.Places[i].ToBest = g.Compare(r.Places[i].Cell, r.Places[0].Cell, m)
		tied[i] = make([]bool, len(r.Places))
		for j := range i {
			order := g.Compare(r.Places[i].Cell, r.Places[j].Cell, m).Order
			known = known && order != stats.Unknown
			tied[i][j], tied[j][i] = order == stats.Tied, order == stats.Tied
		}
	}
	if known {
		for i, letters := range stats.Letters(len(r.Places), func(i, j int) bool { return tied[i][j] }) {
			r.Places[i].Letters = letters
		}
	}
	return r
}

// Best are the first and all that cannot be told from it; none where nothing could be compared: rounds are too few, or
// the first is Alone.
func (r Ranking) Best() []Place {
	var best []Place
	for i, p := range r.Places {
		if i == 0 || p.ToBest.Order == stats.Tied {
			best = append(best, p)
		}
	}
	if len(best) > 0 && !best[0].Cell.enough || r.Unknown() || r.Alone() {
		return nil
	}
	return best
}

// Alone reports whether only one of several has a rank: it was compared with nothing, so it has won nothing.
func (r Ranking) Alone() bool { return len(r.Places) == 1 && len(r.Others) > 0 }

// Unknown reports whether any place could not be compared with the first.
func (r Ranking) Unknown() bool {
	return slices.ContainsFunc(r.Places[min(1, len(r.Places)):], func(p Place) bool { return p.ToBest.Order == stats.Unknown })
}

// Rest are the places behind Best.
func (r Ranking) Rest() []Place {
	var rest []Place
	for i, p := range r.Places {
		if i > 0 && p.ToBest.Order != stats.Tied {
			rest = append(rest, p)
		}
	}
	return rest
}

// Advantage is how many times better than q the first is, whichever direction is better.
func (r Ranking) Advantage(q Place) float64 {
	if r.Metric.Less {
		return r.Group.Compare(q.Cell, r.Places[0].Cell, r.Metric).Median
	}
	return r.Group.Compare(r.Places[0].Cell, q.Cell, r.Metric).Median
}

// Limited reports whether a cell of the group is limited by the client, so that the rates name no winner.
func (g *Group) Limited() bool { return slices.ContainsFunc(g.Cells, (*Cell).Limited) }

// Fair is the metric that can rank the group: its rate, or, where that is the client's, what a request costs the server.
func (g *Group) Fair() Metric {
	if g.Limited() {
		return ServerTime
	}
	return Rate
}

// Situation is a kind of load somebody may have, and the group that stands for it.
type Situation struct {
	Name    string
	Ranking Ranking
}

// Situations are those that the run measured, in the order of the report. Scenario thinking has no metric: see Bearing.
func (s *Study) Situations() []Situation {
	var list []Situation
	add := func(name string, group *Group, metric func(*Group) Metric) {
		if group != nil && len(group.Cells) > 1 {
			list = append(list, Situation{name, group.Rank(metric(group))})
		}
	}
	rate := (*Group).Fair
	fixed := func(m Metric) func(*Group) Metric { return func(*Group) Metric { return m } }

	for _, group := range s.Find("block", "") {
		add("handlers block the thread", group, rate)
	}
	for _, group := range s.Find("sleep", "") {
		add("handlers wait for something slow", group, rate)
	}
	busy := s.Find("hello", s.Home())
	for i, group := range busy {
		switch {
		case group.Connections == 1:
			add("one busy client", group, rate)
		case i == len(busy)-1:
			add("many busy clients", group, rate)
		case i == 0 || busy[i-1].Connections == 1:
			add("a few busy clients", group, rate)
		}
	}
	for _, group := range s.Find("paced", "") {
		add("a steady stream below capacity", group, fixed(P99))
	}
	if main := s.Main(); main != nil {
		add("processor time is what costs", main, fixed(BothTime))
	}
	for _, group := range s.Find("hello", result.Shared) {
		if s.Home() == result.Shared {
			break
		}
		add("server and client share all processors", group, rate)
	}
	return list
}
