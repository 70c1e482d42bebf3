package findings

import (
	"math"
	"slices"

	"carousel/internal/scenario"
	"carousel/report/study"
)

// expectations compares the run's expectations with its trials, for every scenario that was measured, in the order of the report.
func (w *worksheet) expectations() (list []Expectation) {
	for _, s := range scenario.All {
		if s.Judge == nil || len(w.Find(s.Name, "")) == 0 {
			continue
		}
		for _, name := range w.Models() {
			word, ok := w.Run.Expect[s.Name][name]
			if !ok {
				continue
			}
			e := Expectation{Scenario: s.Name, Model: name, Expected: word}
			e.Measured, e.Reason = w.outcome(s, name)
			list = append(list, e)
		}
	}
	return list
}

// outcome returns what a model did in the cell of a scenario in which it was at its worst, as one of scenario.Outcomes, and why; "" if most of its
// rounds show nothing.
func (w *worksheet) outcome(s *scenario.Scenario, name string) (outcome string, why Reason) {
	for _, c := range w.cells {
		m := c.find(name)
		if c.Scenario != s.Name || m == nil || len(m.judged()) == 0 || 2*len(m.judged()) < m.rounds() {
			continue
		}
		seen := w.seen(c, m)
		if word := s.Outcome(seen); outcome == "" || slices.Index(scenario.Outcomes, word) > slices.Index(scenario.Outcomes, outcome) {
			outcome, why = word, m.reason(s, seen, word)
		}
	}
	return outcome, why
}

// seen is what most rounds of a model show.
func (w *worksheet) seen(c *cell, m *model) scenario.Observed {
	s := scenario.Observed{
		Refused:     m.mostly(func(t *study.Trial) bool { return t.Refused }),
		Starved:     m.mostly((*study.Trial).Starved),
		HalfStarved: m.mostly(func(t *study.Trial) bool { return t.Starved() && t.Answered <= t.Eligible/2 }),
		ProbeLost:   m.mostly(func(t *study.Trial) bool { return t.Probe != nil && !t.Probe.Answered }),
		Overloaded:  m.mostly(func(t *study.Trial) bool { return t.Overloaded }),
		Rate:        m.value(Rate), Offered: c.rate, P99: math.NaN(), Growth: w.grown(c, m), Cost: math.NaN(), TailNS: math.NaN(),
		Ended:          m.mostly(func(t *study.Trial) bool { return t.Exhaust != nil && t.Exhaust.Ended != "" }),
		NeverRecovered: m.mostly(func(t *study.Trial) bool { return t.Exhaust != nil && !t.Exhaust.Recovered }),
		BusyShare:      m.value(Full), Recovery: m.value(Recovery) / 1e9,
	}
	if crowds, _ := m.crowd(); len(crowds) > 0 {
		last := crowds[len(crowds)-1]
		s.BrokenShare = float64(last.Broken) / float64(last.Connections)
	}
	s.SerialRate, s.ParallelRate = c.ideals()
	if c.Rule != "" { // each round has its own rate
		var shares []float64
		for _, t := range m.trials {
			if v := t.Figure(Rate); !math.IsNaN(v) && t.Cell.RateRPS > 0 {
				shares = append(shares, v/t.Cell.RateRPS)
			}
		}
		if len(shares) > 0 {
			s.Rate = median(shares) * c.rate
		}
	}
	if r := c.find(w.reference); r != nil {
		if p99, to := m.value(P99), r.value(P99); p99 > 0 && to > 0 {
			s.P99 = p99 / to
		}
		if cost, to := m.value(Cost), r.value(Cost); cost > 0 && to > 0 {
			s.Cost = cost / to
		}
	}
	for _, metric := range []string{Beside99, Beside90, Beside50} { // if a percentile is not known, the next lower one bounds it from below
		if v := m.value(metric); v > 0 {
			s.TailNS = v
			break
		}
	}
	return s
}

// mostly reports whether something is so in most judged trials.
func (m *model) mostly(so func(*study.Trial) bool) bool { return 2*m.times(so) > len(m.judged()) }

// times counts the judged trials in which something is so.
func (m *model) times(so func(*study.Trial) bool) (n int) {
	for _, t := range m.judged() {
		if so(t) {
			n++
		}
	}
	return n
}

// reason finds the observation that alone leads to the word. If a figure decides, Bound is the value at which the word changes.
func (m *model) reason(s *scenario.Scenario, seen scenario.Observed, word string) Reason {
	fine := scenario.Observed{Rate: math.Inf(1), Offered: seen.Offered, P99: math.NaN(), Cost: math.NaN(), TailNS: math.NaN(), SerialRate: seen.SerialRate, ParallelRate: seen.ParallelRate}
	if s.Outcome(fine) == word {
		return Reason{Cell: m.cell.at}
	}
	why := func(kind string, value, bound float64, rounds int) Reason {
		return Reason{Cell: m.cell.at, Kind: kind, Value: tidy(finite(value)), Bound: tidy(finite(bound)), Rounds: rounds}
	}
	h := m.medianStarved()
	silent := m.silent()
	if silent == nil {
		silent = &Silent{}
	}
	// bound is the value between the observed one and a good one at which the word changes
	bound := func(is, well float64, set func(to *scenario.Observed, v float64)) float64 {
		return turn(is, well, func(v float64) bool {
			at := fine
			set(&at, v)
			return s.Outcome(at) == word
		})
	}
	for _, one := range []struct {
		set    func(to *scenario.Observed)
		reason func() Reason
	}{
		{func(to *scenario.Observed) { to.Refused = seen.Refused }, func() Reason {
			return why(Refused, float64(silent.Bears), float64(silent.Limit), m.times(func(t *study.Trial) bool { return t.Refused }))
		}},
		{func(to *scenario.Observed) { to.Starved = seen.Starved }, func() Reason {
			return why(Starved, float64(h.Answered), float64(h.Total), len(m.starved))
		}},
		{func(to *scenario.Observed) { to.HalfStarved = seen.HalfStarved }, func() Reason {
			return why(Starved, float64(h.Answered), float64(h.Total), len(m.starved))
		}},
		{func(to *scenario.Observed) { to.ProbeLost = seen.ProbeLost }, func() Reason {
			return why(Deaf, float64(silent.Bears), float64(silent.Limit), silent.InRounds)
		}},
		{func(to *scenario.Observed) { to.BrokenShare = seen.BrokenShare }, func() Reason {
			crowds, _ := m.crowd()
			last := crowds[len(crowds)-1]
			return why(Broken, float64(last.Broken), float64(last.Connections), 0)
		}},
		{func(to *scenario.Observed) { to.Ended = seen.Ended }, func() Reason {
			return why(Ended, 0, 0, m.times(func(t *study.Trial) bool { return t.Exhaust != nil && t.Exhaust.Ended != "" }))
		}},
		{func(to *scenario.Observed) { to.NeverRecovered = seen.NeverRecovered }, func() Reason {
			return why(Lost, 0, 0, m.times(func(t *study.Trial) bool { return t.Exhaust != nil && !t.Exhaust.Recovered }))
		}},
		{func(to *scenario.Observed) { to.Growth = seen.Growth }, func() Reason {
			return why(Grown, seen.Growth, bound(seen.Growth, 0, func(to *scenario.Observed, v float64) { to.Growth = v }), 0)
		}},
		{func(to *scenario.Observed) { to.BusyShare = seen.BusyShare }, func() Reason {
			return why(Full, seen.BusyShare, bound(seen.BusyShare, 0, func(to *scenario.Observed, v float64) { to.BusyShare = v }), 0)
		}},
		{func(to *scenario.Observed) { to.Recovery = seen.Recovery }, func() Reason {
			return why(Recovery, 1e9*seen.Recovery, 1e9*bound(seen.Recovery, 0, func(to *scenario.Observed, v float64) { to.Recovery = v }), 0)
		}},
		{func(to *scenario.Observed) { to.Rate = seen.Rate }, func() Reason {
			high := 1 + 2*max(seen.Rate, seen.Offered, seen.ParallelRate)
			return why(Rate, seen.Rate, bound(seen.Rate, high, func(to *scenario.Observed, v float64) { to.Rate = v }), 0)
		}},
		{func(to *scenario.Observed) { to.Overloaded = seen.Overloaded }, func() Reason {
			return why(Behind, seen.Rate, seen.Offered, m.times(func(t *study.Trial) bool { return t.Overloaded }))
		}},
		{func(to *scenario.Observed) { to.P99 = seen.P99 }, func() Reason {
			return why(P99, seen.P99, bound(seen.P99, 0, func(to *scenario.Observed, v float64) { to.P99 = v }), 0)
		}},
		{func(to *scenario.Observed) { to.Cost = seen.Cost }, func() Reason {
			return why(Cost, seen.Cost, bound(seen.Cost, 0, func(to *scenario.Observed, v float64) { to.Cost = v }), 0)
		}},
		{func(to *scenario.Observed) { to.TailNS = seen.TailNS }, func() Reason {
			return why(Beside99, seen.TailNS, bound(seen.TailNS, 0, func(to *scenario.Observed, v float64) { to.TailNS = v }), 0)
		}},
	} {
		alone := fine
		one.set(&alone)
		if s.Outcome(alone) == word {
			return one.reason()
		}
	}
	return Reason{Cell: m.cell.at}
}

// turn finds, by bisection, the value at which so changes from true (at is) to false (at not).
func turn(is, not float64, so func(float64) bool) float64 {
	for range 60 {
		if middle := is + (not-is)/2; so(middle) {
			is = middle
		} else {
			not = middle
		}
	}
	return not
}

// crossChecks compares engines for every load that a second engine measured, too.
func (w *worksheet) crossChecks() (list []CrossCheck) {
	metrics := []string{Rate, Mean, P50}
	figures := func(m *model) map[string]Figure {
		known := map[string]Figure{}
		for _, metric := range metrics {
			if f := m.figure(metric); f != nil {
				known[metric] = *f
			}
		}
		return known
	}
	for _, c := range w.cells {
		for _, o := range c.Others {
			own := c.find(o.Name)
			if own == nil {
				continue
			}
			other := w.newModel(c, o)
			crossCheck := CrossCheck{Cell: c.at, Model: o.Name, Engine: o.Engine, Ratios: []Ratio{}, Own: figures(own), Other: figures(other)}
			for _, metric := range metrics {
				if r := ratio(other, own, metric); r != nil {
					r.Of, r.To = o.Engine, "loadgen"
					crossCheck.Ratios = append(crossCheck.Ratios, *r)
				}
			}
			list = append(list, crossCheck)
		}
	}
	return list
}
