// Package findingstest makes findings for tests.
package findingstest

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/stats"
	"carousel/report/findings"
)

// Nine are the models of the built-in plan.
var Nine = []string{"blocking", "select", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "goroutine", "nethttp"}

// Hostile is a name that tries to break a page or a terminal.
const Hostile = "x\x1b[2J\u202Eevil\r\n# forged\n| a |\\|`code` **b** <script>alert(1)</script> [go](javascript:a) &lt; ~~s~~ \\"

// costs has for each model the server's processor time per request with many clients, in microseconds, and a factor of its response times.
var costs = map[string][2]float64{
	"blocking": {8.2, 1}, "select": {8.9, 1}, "epoll": {8.6, 1}, "generator": {8.7, 1.02}, "coroutine": {8.8, 1.02}, "asyncio": {8.7, 1.05},
	"asyncio-executor": {10.2, 1.1}, "goroutine": {10.3, 1.08}, "nethttp": {22.5, 2.4}, "thread": {12, 1.3}, "pool": {8.4, 1}, "prefork": {8.4, 1},
	"poll": {9, 1}, "reactors": {8.7, 1}, "uring": {7.4, 0.95}, "fasthttp": {13, 1.4}, "gnet": {9.4, 1},
}

const rounds = 6

// Whole returns a run of these models in which everything was measured.
func Whole(models ...string) *findings.Findings {
	started := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	finished := started.Add(290 * time.Second)
	f := &findings.Findings{Schema: 1, Run: findings.Run{
		ID: "20261122-120000", Plan: "default", Seed: 42, Started: started, Finished: &finished, Rounds: rounds, Planned: rounds, Comparable: true, Processors: 2,
		Models: models, Reference: "epoll", Placement: result.Split, OtherPrograms: 0.31, WarmupNS: 1e8, WindowNS: 1e9,
		Environment: map[string]string{"cpu_model": "An | invented\nprocessor", "cpus": "2", "go": "go1.26", "kernel": "Linux 6.18"},
		Doctor:      "ok    limits\nwarn  2 processors: models that use many cannot show scaling",
		ServerOn:    map[string]string{result.Split: "processor 0, GOMAXPROCS 1", result.Shared: "processors 0 and 1, GOMAXPROCS 2"},
	}}
	if !slices.Contains(models, "epoll") && len(models) > 0 {
		f.Run.Reference = models[0]
	}
	for _, m := range models {
		if costs[m][0] == 0 {
			f.Run.Guests = append(f.Run.Guests, m)
		}
	}
	add := func(c findings.Cell) int {
		c.Rounds = rounds
		if s := scenario.Find(c.Scenario); s.NotSliced == "" {
			c.InTurns, c.Cycles, c.SliceNS = true, 28, 25e6
		}
		for _, m := range models {
			c.Models = append(c.Models, model(&c, m))
		}
		if c.Scenario == "hello" || c.Scenario == "cost" {
			null := model(&c, result.Null)
			c.Null = &null
		}
		f.Cells = append(f.Cells, c)
		rank(&f.Cells[len(f.Cells)-1], f.Run.Reference)
		return len(f.Cells) - 1
	}
	one := add(findings.Cell{Scenario: "hello", Connections: 1, Placement: result.Split})
	few := add(findings.Cell{Scenario: "hello", Connections: 16, Placement: result.Split})
	add(findings.Cell{Scenario: "hello", Connections: 64, Placement: result.Split})
	many := add(findings.Cell{Scenario: "hello", Connections: 256, Placement: result.Split})
	shared := add(findings.Cell{Scenario: "hello", Connections: 64, Placement: result.Shared})
	counts := 0
	for _, rate := range []float64{1000, 10000, 30000} {
		if i := add(findings.Cell{Scenario: "cost", Connections: 64, RateRPS: rate, Placement: result.Split}); rate == 10000 {
			counts = i
		}
	}
	steady := add(findings.Cell{Scenario: "paced", Connections: 64, RateRPS: 15063, Rule: "half of the slowest model's rate", Placement: result.Split})
	idle := add(findings.Cell{Scenario: "thinking", Connections: 5000, Placement: result.Split})
	block := add(findings.Cell{Scenario: "block", Connections: 64, Placement: result.Split, DelayNS: 1e7, One: 100, All: 6400})
	sleep := add(findings.Cell{Scenario: "sleep", Connections: 64, Placement: result.Split, DelayNS: 1e7, One: 100, All: 6400})
	for _, mode := range []string{result.OneByOne, result.AllAtOnce, result.Inline} {
		connections := 20
		if mode == result.OneByOne {
			connections = 1
		}
		add(findings.Cell{Scenario: "download", Connections: connections, RateRPS: 1000, Placement: result.Split, Mode: mode})
	}
	spin := add(findings.Cell{Scenario: "spin", Connections: 16, Placement: result.Split})

	for _, s := range []findings.Situation{
		{Key: findings.Blocking, Cell: block, Metric: findings.Rate}, {Key: findings.Awaiting, Cell: sleep, Metric: findings.Rate},
		{Key: findings.Idle, Cell: idle, Metric: findings.Memory}, {Key: findings.OneBusy, Cell: one, Metric: findings.Capacity}, {Key: findings.FewBusy, Cell: few, Metric: findings.Capacity},
		{Key: findings.ManyBusy, Cell: many, Metric: findings.Capacity}, {Key: findings.Steady, Cell: steady, Metric: findings.P99},
		{Key: findings.CostCounts, Cell: counts, Metric: findings.Cost}, {Key: findings.SharedAll, Cell: shared, Metric: findings.Capacity},
	} {
		settle(f, &s)
		f.Situations = append(f.Situations, s)
	}
	ladder(f)
	for _, s := range scenario.All {
		cells := f.Find(s.Name, "")
		for _, m := range models {
			if want := s.Expect[m]; want != "" && len(cells) > 0 {
				f.Expectations = append(f.Expectations, expectation(s.Name, m, want, cells[len(cells)-1].Model(m), slices.IndexFunc(f.Cells, func(c findings.Cell) bool { return c.Scenario == s.Name })))
			}
		}
	}
	if len(models) > 0 {
		f.CrossChecks = append(f.CrossChecks, crossCheck(f, spin))
	}
	if a, b := f.Cells[many].Model("epoll"), f.Cells[many].Model("goroutine"); a != nil && b != nil {
		fixed := ratio("goroutine", "epoll", findings.Cost, rated(0.94, 0.006, "fixed"))
		closed := ratio("goroutine", "epoll", findings.Cost, rated(1.17, 0.02, "closed"))
		f.Disagree = append(f.Disagree, findings.Disagreement{Models: [2]string{"goroutine", "epoll"}, Fixed: fixed, Closed: closed, FixedCell: counts, ClosedCell: many})
	}
	f.Warnings = []findings.Warning{
		{Kind: findings.Note, Text: "the host's clock was set back"},
		{Kind: findings.Apart, N: 2, Of: 9, Share: 0.061, Text: findings.Capacity, Where: "hello at 1 connection, split"},
		{Kind: findings.OtherPrograms, Share: 0.31, Worst: 0.53, N: 41, Of: 54},
		{Kind: findings.Torn, N: 481},
		{Kind: findings.FailedTrial, Round: 3, Where: "nethttp in block at 64 connections, split", Text: "the server ended during the warm-up: exit status 1"},
		{Kind: findings.Verdicts, N: 60, Of: 419, Invalid: 48},
		{Kind: findings.Check, N: 48, Invalid: 48, Where: "blocking in hello at 16 connections, split", Text: "1 of 16 connections was ever answered; the others waited 0.45 s"},
		{Kind: findings.Check, N: 12, Where: "goroutine in hello at 64 connections, split", Text: "the host took 5.1 % of the processors", Advice: "run it again on a machine of your own"},
		{Kind: findings.Miscounted, N: 1, Round: 2, Where: "epoll in hello at 64 connections, split", Share: 1999, Low: 2000, High: 2064},
		{Kind: findings.Steal, Share: 0.002, Worst: 0.05},
		{Kind: findings.Drops, N: 7, Of: 1},
		{Kind: findings.NoNull, List: []string{"hello at 64 connections, shared"}},
	}
	return f
}

// Interrupted returns that run, interrupted after two rounds: nothing is compared.
func Interrupted(models ...string) *findings.Findings {
	f := Whole(models...)
	f.Run.Finished, f.Run.Rounds, f.Run.Comparable = nil, 2, false
	for i := range f.Cells {
		c := &f.Cells[i]
		c.Rounds, c.Twin = 2, nil
		for j := range c.Rankings {
			r := &c.Rankings[j]
			r.Known, r.Pairs = false, nil
			for k := range r.Places {
				r.Places[k] = findings.Place{Model: r.Places[k].Model, Rank: k + 1}
			}
		}
		for _, m := range c.Models {
			for metric, figure := range m.Figures {
				figure.Rounds = figure.Rounds[:2]
				figure.Low, figure.High = min(figure.Rounds[0], figure.Rounds[1]), max(figure.Rounds[0], figure.Rounds[1])
				m.Figures[metric] = figure
			}
		}
	}
	for i := range f.Situations {
		f.Situations[i] = findings.Situation{Key: f.Situations[i].Key, Cell: f.Situations[i].Cell, Metric: f.Situations[i].Metric, Outcome: findings.None}
	}
	f.Disagree, f.CrossChecks = nil, nil
	f.Warnings = append([]findings.Warning{{Kind: findings.Interrupted, N: 2, Of: rounds}, {Kind: findings.FewRounds, N: 2, Of: rounds}}, f.Warnings...)
	return f
}

// model makes the figures of a model in a cell.
func model(c *findings.Cell, name string) findings.Model {
	m := findings.Model{Name: name, Rounds: rounds, Figures: map[string]findings.Figure{}}
	cost, wait := costs[name][0], costs[name][1]
	if cost == 0 {
		cost, wait = 14, 1.6
	}
	if name == result.Null {
		cost, wait = 5.5, 0.8
	}
	key := name + c.Scenario + c.Placement + c.Mode
	set := func(metric string, middle, spread float64) {
		m.Figures[metric] = figure(rated(middle, spread, key+metric, float64(c.Connections), c.RateRPS))
	}
	serial := name == "blocking" && c.Connections > 1
	switch c.Scenario {
	case "thinking":
		s := findings.Silent{Limit: 5000, Bears: 5000, All: true}
		switch name {
		case "blocking", "pool", "prefork":
			s = findings.Silent{Limit: 5000, WaitNS: 25e7, InRounds: rounds}
			m.Lacks = &findings.Lack{Kind: findings.Deaf, InRounds: rounds}
		case "select", "generator":
			s = findings.Silent{Limit: 5000, Bears: 1099, Refused: true, InRounds: rounds}
			m.Lacks = &findings.Lack{Kind: findings.Deaf, InRounds: rounds}
		case "coroutine":
			s.InRounds = 1
			m.Doubts = []findings.Doubt{{Kind: findings.Deaf, Rounds: 1, Text: "a probe went unanswered"}}
		}
		m.Silent = &s
		set(findings.Memory, 8e6*math.Pow(1.3, float64(max(0, slices.Index(Nine, name)))), 0.02) // each needs more than the one before
		return m
	case "sleep":
		if name == "nethttp" {
			m.Lacks = &findings.Lack{Kind: findings.NA, InRounds: rounds, Text: "no /sleep"}
			return m
		}
	}
	if serial {
		m.Lacks = &findings.Lack{Kind: findings.Starved, InRounds: rounds, Answered: 1, Total: int64(c.Connections), WaitNS: 45e7}
		set(findings.Rate, 7000, 0.02)
		return m
	}
	if c.Connections == 1 {
		cost += 50
	}
	switch {
	case c.Scenario == "block" && name == "asyncio-executor":
		set(findings.Rate, 490, 0.004)
		set(findings.P50, 130e6, 0.01)
	case c.Scenario == "block" && !slices.Contains([]string{"asyncio-executor", "goroutine", "nethttp", "thread"}, name):
		set(findings.Rate, 97.8, 0.002)
		set(findings.P50, 326e6, 0.01)
	case c.Scenario == "block" || c.Scenario == "sleep":
		set(findings.Rate, 6300-cost, 0.004)
		set(findings.P50, 8.6e6, 0.01)
	case c.Scenario == "download":
		beside := map[string]float64{result.OneByOne: 3.2e6, result.AllAtOnce: 161e3, result.Inline: 2e6}[c.Mode]
		set(findings.Total, 1.05e9, 0.002)
		set(findings.Beside50, beside/2, 0.02)
		set(findings.Beside90, beside, 0.02)
		set(findings.Beside99, beside*3, 0.05)
	case c.RateRPS > 0:
		set(findings.Rate, c.RateRPS, 0)
	default:
		set(findings.Rate, min(1e6/cost, 98000), 0.02)
	}
	switch c.RateRPS {
	case 1000:
		cost += 40
	case 10000:
		cost += 20
	}
	if c.Scenario != "spin" {
		set(findings.Cost, 1000*cost, 0.012)
		set(findings.Client, 8500, 0.01)
	}
	if c.InTurns {
		set(findings.Whole, 1080*cost, 0.012)
		var capacity, both []float64
		for i, v := range m.Figures[findings.Cost].Rounds {
			capacity, both = append(capacity, 1e9/v), append(both, m.Figures[findings.Whole].Rounds[i]+m.Figures[findings.Client].Rounds[i])
		}
		m.Figures[findings.Capacity], m.Figures[findings.Both] = figure(capacity), figure(both)
		set(findings.Waking, 1.5e6*wait, 0.1)
	}
	middle := 4e5 * wait
	if c.Scenario == "spin" {
		middle = 3.6e6
	}
	if c.Scenario == "hello" || c.Scenario == "paced" || c.Scenario == "cost" || c.Scenario == "spin" {
		for _, p := range []struct {
			metric string
			times  float64
		}{{findings.Mean, 1.1}, {findings.P50, 1}, {findings.P90, 1.6}, {findings.P99, 2.5}, {findings.Service, 2.4}, {findings.Lateness, 0.08}} {
			set(p.metric, middle*p.times, 0.02)
		}
		for _, q := range []float64{0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999} {
			m.Curve = append(m.Curve, findings.Point{Share: q, NS: middle * (1 + 0.8*-math.Log10(1-q))})
		}
		p99 := m.Figures[findings.P99]
		p99.AtLeast = name == "goroutine"
		m.Figures[findings.P99] = p99
	}
	set(findings.Memory, (8+cost/4)*1e6, 0.02)
	if name == "goroutine" && c.Scenario == "hello" {
		m.Doubts = []findings.Doubt{{Kind: findings.Suspect, Rounds: 2}, {Kind: findings.Starved, Rounds: 1, Text: "11 of 64 served"}}
	}
	return m
}

// rated returns rounds around a median.
func rated(middle, spread float64, key string, more ...float64) (list []float64) {
	h := fnv.New64a()
	h.Write([]byte(key))
	seed := h.Sum64()
	for _, v := range more {
		seed = seed*31 + math.Float64bits(v)
	}
	r := rand.New(rand.NewPCG(seed, 7))
	for range rounds {
		list = append(list, middle*math.Exp(spread*r.NormFloat64()))
	}
	return list
}

func figure(list []float64) findings.Figure {
	sorted := slices.Sorted(slices.Values(list))
	return findings.Figure{Value: stats.Median(sorted), Low: sorted[0], High: sorted[len(sorted)-1], Rounds: list}
}

// ratio is the ratio of six rounds, with its interval by Student's t.
func ratio(of, to, metric string, list []float64) findings.Ratio {
	var sum, squares float64
	for _, v := range list {
		sum += math.Log(v)
	}
	mean := sum / float64(len(list))
	for _, v := range list {
		squares += (math.Log(v) - mean) * (math.Log(v) - mean)
	}
	half := 2.571 * math.Sqrt(squares/float64(len(list)-1)/float64(len(list)))
	r := findings.Ratio{Of: of, To: to, Metric: metric, Ratio: math.Exp(mean), Low: math.Exp(mean - half), High: math.Exp(mean + half), Confidence: 0.95, Rounds: len(list)}
	r.Within = max(r.High-1, 1-r.Low)
	switch {
	case r.Low > 1:
		r.Outcome = result.Higher
	case r.High < 1:
		r.Outcome = result.Lower
	case r.Within < result.SameWithin:
		r.Outcome = result.Same
	default:
		r.Outcome, r.Decides = result.Undecided, 20
	}
	return r
}

func between(c *findings.Cell, of, to, metric string) findings.Ratio {
	a, b := c.Model(of).Figures[metric].Rounds, c.Model(to).Figures[metric].Rounds
	var list []float64
	for i := range a {
		list = append(list, a[i]/b[i])
	}
	return ratio(of, to, metric, list)
}

var ranked = map[string][]string{
	"hello": {findings.Rate, findings.Capacity, findings.Cost, findings.P99}, "cost": {findings.Cost, findings.Both}, "paced": {findings.P50, findings.P99},
	"block": {findings.Rate}, "sleep": {findings.Rate}, "download": {findings.Beside90}, "spin": {findings.Rate}, "thinking": {findings.Memory},
}

func rank(c *findings.Cell, reference string) {
	for _, metric := range ranked[c.Scenario] {
		r := findings.Ranking{Metric: metric, Known: true}
		var names []string
		for _, m := range c.Models {
			if _, ok := m.Figures[metric]; ok && m.Lacks == nil {
				names = append(names, m.Name)
			} else {
				r.Others = append(r.Others, m.Name)
			}
		}
		slices.SortStableFunc(names, func(a, b string) int {
			by := cmp.Compare(c.Model(a).Figures[metric].Value, c.Model(b).Figures[metric].Value)
			if !findings.Less(metric) {
				by = -by
			}
			return by
		})
		letter := 'a'
		for i, name := range names {
			p := findings.Place{Model: name, Rank: 1}
			for _, better := range names[:i] {
				if o := between(c, better, name, metric).Outcome; o == result.Higher || o == result.Lower {
					p.Rank++
				}
			}
			if i > 0 {
				best := between(c, name, names[0], metric)
				p.ToBest = &best
				if before := between(c, name, names[i-1], metric); before.Outcome == result.Higher || before.Outcome == result.Lower {
					letter++
				}
			}
			if name != reference && slices.Contains(names, reference) {
				over := between(c, name, reference, metric)
				p.ToReference = &over
			}
			p.Letters = string(min(letter, 'z'))
			for _, worse := range names[i+1:] {
				r.Pairs = append(r.Pairs, between(c, name, worse, metric))
			}
			r.Places = append(r.Places, p)
		}
		c.Rankings = append(c.Rankings, r)
		if slices.Contains(names, reference) && c.InTurns {
			twin := ratio(reference, reference, metric, rated(1.001, 0.006, metric+c.Scenario, float64(c.Connections), c.RateRPS))
			c.Twin = append(c.Twin, twin)
		}
	}
}

// settle fills in a situation by its cell's ranking.
func settle(f *findings.Findings, s *findings.Situation) {
	c := &f.Cells[s.Cell]
	s.Outcome = findings.None
	r := c.Ranking(s.Metric)
	if r == nil || len(r.Places) == 0 {
		return
	}
	s.Lacking = r.Others
	best := r.Places[0].Model
	s.Choose = best
	if len(r.Places) == 1 {
		s.Outcome = findings.Alone
		return
	}
	lead := []string{best}
	for _, p := range r.Places[1:] {
		if p.Rank == 1 {
			lead = append(lead, p.Model)
			s.Within = max(s.Within, p.ToBest.Within)
		}
	}
	for _, m := range f.Run.Models {
		if slices.Contains(lead, m) {
			s.Tied = append(s.Tied, m)
		}
	}
	if counts := slices.IndexFunc(f.Cells, func(c findings.Cell) bool { return c.RateRPS == 10000 }); s.Key == findings.FewBusy && len(s.Tied) > 1 {
		over := ratio(s.Tied[0], s.Tied[1], findings.Cost, rated(1.54, 0.01, "passed"))
		s.Passed = []findings.Passed{{Model: s.Tied[0], Cell: counts, Over: &over}}
	}
	if s.Key == findings.SharedAll {
		s.Missing = []string{"nethttp"}
	}
	s.Outcome = findings.Winner
	if len(lead) > 1 {
		s.Outcome, s.Choose = findings.Tie, s.Tied[len(s.Passed)]
		if s.Within > findings.TieWithin {
			s.Outcome, s.Decides = findings.Undecided, 20
		}
	}
	for _, p := range r.Places {
		if slices.Contains(lead, p.Model) {
			continue
		}
		over, _ := r.Ratio(s.Choose, p.Model)
		if s.Next == nil {
			s.Next = &over
		}
		s.Last = &over
	}
}

func ladder(f *findings.Findings) {
	var before string
	baseline := 0.0
	for _, name := range f.Run.Models {
		if costs[name][0] == 0 {
			continue
		}
		at := 2
		if name == "blocking" {
			at = 0
		}
		c := &f.Cells[at]
		step := findings.Step{Model: name, At: c.Connections}
		if cost, ok := c.Model(name).Figures[findings.Cost]; ok && name != "asyncio-executor" {
			step.Cost = &cost
			if name == "blocking" {
				baseline = cost.Value
			} else if baseline > 0 {
				step.ToBaseline = cost.Value / baseline
			}
			if step.Before = before; before != "" && before != "blocking" {
				over := between(c, name, before, findings.Cost)
				step.ToBefore = &over
			}
			before = name
		}
		f.Ladder = append(f.Ladder, step)
	}
}

func expectation(name, of, want string, m *findings.Model, cell int) findings.Expectation {
	e := findings.Expectation{Scenario: name, Model: of, Expected: want, Measured: want}
	switch {
	case m == nil || m.Figures == nil && m.Silent == nil:
		e.Measured = ""
	case of == "asyncio" && name == "paced":
		e.Measured, e.Reason = scenario.Fine, findings.Reason{Kind: findings.P99, Value: 1.05, Bound: 2}
	case of == "nethttp" && name == "paced":
		e.Measured, e.Reason = scenario.Degrades, findings.Reason{Kind: findings.P99, Value: 2.4, Bound: 2}
	case name == "thinking" && m.Silent != nil && m.Silent.Refused:
		e.Reason = findings.Reason{Kind: findings.Refused, Rounds: rounds}
	case name == "thinking" && want == scenario.Fails:
		e.Reason = findings.Reason{Kind: findings.Deaf, Bound: 5000, Rounds: rounds}
	case m.Lacks != nil && m.Lacks.Kind == findings.Starved:
		e.Reason = findings.Reason{Kind: findings.Starved, Value: 1, Bound: 64, Rounds: rounds}
	case name == "block" && want == scenario.Fails:
		e.Reason = findings.Reason{Kind: findings.Rate, Value: 97.8, Bound: 200}
	}
	e.Reason.Cell = cell
	return e
}

func crossCheck(f *findings.Findings, cell int) findings.CrossCheck {
	own := f.Cells[cell].Models[min(2, len(f.Cells[cell].Models)-1)]
	o := findings.CrossCheck{Cell: cell, Model: own.Name, Engine: "hey", Own: map[string]findings.Figure{}, Other: map[string]findings.Figure{}}
	for _, metric := range []string{findings.Rate, findings.Mean, findings.P50} {
		if a, ok := own.Figures[metric]; ok {
			over := rated(1.004, 0.006, metric)
			var other []float64
			for i, v := range over {
				other = append(other, a.Rounds[i]*v)
			}
			o.Own[metric], o.Other[metric] = a, figure(other)
			o.Ratios = append(o.Ratios, ratio(own.Name, own.Name, metric, over))
		}
	}
	return o
}
