package findings

import (
	"cmp"
	"slices"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// situations says which model to choose for which load, for the loads that were measured.
func (w *worksheet) situations(cells []Cell) (list []Situation) {
	add := func(key string, c *cell, metrics ...string) {
		if c == nil || len(c.models) < 2 {
			return
		}
		s := Situation{Key: key, Cell: c.at}
		if len(metrics) == 0 {
			w.idle(c, cells, &s)
		} else {
			w.choose(cells, metrics, &s)
		}
		for _, name := range w.models {
			if c.find(name) == nil {
				s.Missing = append(s.Missing, name)
			}
		}
		list = append(list, s)
	}
	busy := w.find("hello", w.placement)
	add(OneBusy, at(busy, 1), Capacity, Rate)
	if n := len(busy); n > 0 {
		few := slices.DeleteFunc(slices.Clone(busy[:n-1]), func(c *cell) bool { return c.Connections == 1 })
		if c := at(few, scenario.Few); c != nil {
			few = []*cell{c}
		}
		if len(few) > 0 {
			add(FewBusy, few[0], Capacity, Rate)
		}
		if busy[n-1].Connections > 1 {
			add(ManyBusy, busy[n-1], Capacity, Rate)
		}
	}
	add(Steady, w.usual("paced"), P99)
	if i := len(list) - 1; i >= 0 && list[i].Key == Steady && (list[i].Outcome == Undecided || list[i].Outcome == None) {
		tail := list[i] // the tail is of few requests: the median may still decide
		list = list[:i]
		if add(Steady, w.usual("paced"), P50); tail.Outcome == Undecided && list[i].Outcome != Winner && list[i].Outcome != Tie {
			list[i] = tail
		}
	}
	if c := w.priced(); c != w.main() { // the main cell's costs give the capacities above
		add(CostCounts, c, Cost)
	}
	add(Blocking, w.usual("block"), Rate)
	add(Awaiting, w.usual("sleep"), Rate)
	add(Idle, w.usual("thinking"))
	if w.placement != result.Shared {
		if c := usual(w.find("hello", result.Shared), func(c *cell) int { return c.Connections }); c != nil {
			add(SharedAll, c, Both, Rate)
		}
	}
	return list
}

// find returns the cells of a scenario in a placement, by level.
func (w *worksheet) find(scenario, placement string) (found []*cell) {
	for _, c := range w.cells {
		if c.Scenario == scenario && c.Placement == placement {
			found = append(found, c)
		}
	}
	return found
}

// at returns the cell with so many connections; nil if there is none.
func at(cells []*cell, connections int) *cell {
	if i := slices.IndexFunc(cells, func(c *cell) bool { return c.Connections == connections }); i >= 0 {
		return cells[i]
	}
	return nil
}

// usual returns a scenario's cell at the level at which models are compared, in the main placement if it was measured there.
func (w *worksheet) usual(scenario string) (best *cell) {
	for _, placement := range []string{w.placement, result.Split, result.Shared} {
		best = cmp.Or(best, usual(w.find(scenario, placement), func(c *cell) int { return c.Connections }))
	}
	return best
}

// main returns the cell of the closed loop in which models are compared.
func (w *worksheet) main() *cell {
	return usual(w.find("hello", w.placement), func(c *cell) int { return c.Connections })
}

// priced returns the cell that shows the cost of a request best: of a fixed rate, else of the closed loop.
func (w *worksheet) priced() *cell {
	return cmp.Or(priced(w.find("cost", w.placement), func(c *cell) float64 { return c.rate }), w.main())
}

// choose fills in a situation by the first of the metrics that ranks a model of its cell.
func (w *worksheet) choose(cells []Cell, metrics []string, s *Situation) {
	var r *Ranking
	for _, metric := range metrics {
		if next := cells[s.Cell].Ranking(metric); next != nil && (r == nil || len(r.Places) == 0) {
			r = next
		}
	}
	s.Outcome = None
	if r == nil {
		return
	}
	s.Metric, s.Lacking = r.Metric, r.Others
	switch n := len(r.Places); {
	case n == 0 || n > 1 && !(r.Known && r.Places[0].Rank > 0):
		return
	case n == 1:
		s.Outcome, s.Choose, s.Tied = Alone, r.Places[0].Model, []string{r.Places[0].Model}
		return
	}
	s.Tied = r.Leaders()
	slices.SortStableFunc(s.Tied, func(a, b string) int { return cmp.Compare(w.place[a], w.place[b]) })
	known := true
	for i, a := range s.Tied {
		for _, b := range s.Tied[:i] {
			if p := r.pair(a, b); p != nil {
				s.Within = max(s.Within, p.Within)
			} else {
				known = false
			}
		}
	}
	switch {
	case len(s.Tied) == 1:
		s.Outcome = Winner
	case known && s.Within <= TieWithin:
		s.Outcome = Tie
	default:
		s.Outcome = Undecided
		s.Decides = w.undecided(w.cells[s.Cell], s.Tied, r)
	}
	s.Choose, s.Passed = w.simplest(cells, s)
	for _, p := range r.Places {
		if to := r.pair(s.Choose, p.Model); to != nil && ahead(to) && !slices.Contains(s.Tied, p.Model) {
			if s.Next == nil {
				s.Next = to
			}
			s.Last = to
		}
	}
}

// undecided is about how many rounds in all would show that the tied models differ or tie; 0 if more than mostRounds.
func (w *worksheet) undecided(c *cell, tied []string, r *Ranking) (rounds int) {
	for i, a := range tied {
		for _, b := range tied[:i] {
			p := r.pair(a, b)
			if p == nil || differ(p) || p.Within <= TieWithin {
				continue
			}
			n := decides(shared(c.find(a), c.find(b), r.Metric), (1-confidence)/float64(len(r.Pairs)), TieWithin)
			if n == 0 {
				return 0
			}
			rounds = max(rounds, n)
		}
	}
	return rounds
}

// simplest returns the first tied model, in the order of the ladder, that no other cell speaks against, by the cost of a request or by silent
// clients, and the models that were passed over. If other cells speak against all, it is the first model.
func (w *worksheet) simplest(cells []Cell, s *Situation) (choose string, passed []Passed) {
	for _, name := range s.Tied {
		against := w.against(cells, s, name)
		if against == nil {
			return name, passed
		}
		passed = append(passed, *against)
	}
	return s.Tied[0], nil
}

// against returns what another cell says against a tied model; nil if nothing. Nothing speaks against a model with one busy client: cells with
// many clients say nothing about that load.
func (w *worksheet) against(cells []Cell, s *Situation, name string) *Passed {
	if s.Key == OneBusy {
		return nil
	}
	return cmp.Or(w.dearer(cells, s, name), w.stopped(s, name))
}

// dearer returns where a request costs the model more than another tied model, by more than the tie allows: at a fixed rate or, if the situation
// is about that, in the closed loop.
func (w *worksheet) dearer(cells []Cell, s *Situation, name string) *Passed {
	other := w.priced()
	if other != nil && other.at == s.Cell {
		other = w.main()
	}
	if other == nil || other.at == s.Cell {
		return nil
	}
	r := cells[other.at].Ranking(Cost)
	if r == nil {
		return nil
	}
	var worst *Ratio
	for _, to := range s.Tied {
		if p := r.pair(name, to); p != nil && p.Outcome == result.Higher && p.Ratio > 1+s.Within && (worst == nil || p.Ratio > worst.Ratio) {
			worst = p
		}
	}
	if worst == nil {
		return nil
	}
	return &Passed{Model: name, Cell: other.at, Over: worst}
}

// stopped returns where silent clients stop the model, but not another tied model.
func (w *worksheet) stopped(s *Situation, name string) *Passed {
	c := w.usual("thinking")
	if c == nil || c.at == s.Cell {
		return nil
	}
	beside := func(name string) *Silent {
		if m := c.find(name); m != nil {
			return m.silent()
		}
		return nil
	}
	one := beside(name)
	if one == nil || one.All || !slices.ContainsFunc(s.Tied, func(to string) bool { other := beside(to); return other != nil && other.All }) {
		return nil
	}
	return &Passed{Model: name, Cell: c.at}
}

// idle fills in the situation of silent connections: which models bear all of them, and which of these need the least memory.
func (w *worksheet) idle(c *cell, cells []Cell, s *Situation) {
	tried := 0
	for _, m := range c.models {
		silent := m.silent()
		switch {
		case m.lack != nil || silent == nil:
			s.Lacking = append(s.Lacking, m.Name)
			continue
		case silent.All:
			s.Tied = append(s.Tied, m.Name)
		default:
			s.Lacking = append(s.Lacking, m.Name)
		}
		tried++
	}
	slices.SortStableFunc(s.Tied, func(a, b string) int { return cmp.Compare(w.place[a], w.place[b]) })
	bear := len(s.Tied)
	switch {
	case bear == 0:
		s.Outcome = None
		return
	case tried == 1:
		s.Outcome = Alone
	case bear == 1:
		s.Outcome = Winner
	default:
		s.Outcome = Tie
		by := Situation{Key: s.Key, Cell: s.Cell}
		w.choose(cells, []string{Memory}, &by)
		if r := cells[c.at].Ranking(Memory); r != nil && len(r.Places) == bear && (by.Outcome == Winner || by.Outcome == Tie) {
			by.Lacking = s.Lacking
			*s = by
			return
		}
	}
	s.Choose = s.Tied[0]
}

// disagreements returns the pairs of models whose costs surely differ in opposite directions at a fixed rate and in the closed loop with as many
// connections.
func (w *worksheet) disagreements(cells []Cell) (list []Disagreement) {
	for _, fixed := range w.find("cost", w.placement) {
		closed := at(w.find("hello", w.placement), fixed.Connections)
		if closed == nil {
			continue
		}
		here, there := cells[fixed.at].Ranking(Cost), cells[closed.at].Ranking(Cost)
		if here == nil || there == nil {
			continue
		}
		for _, p := range here.Pairs {
			q := there.pair(p.Of, p.To)
			if q != nil && differ(&p) && differ(q) && p.Outcome != q.Outcome {
				list = append(list, Disagreement{Models: [2]string{p.Of, p.To}, Fixed: p, Closed: *q, FixedCell: fixed.at, ClosedCell: closed.at})
			}
		}
	}
	return list
}
