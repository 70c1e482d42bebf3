package findings

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/usage"
	"carousel/report/study"
)

// measured is a trial of a cell whose answered connections got rate replies a second for one second, at 10 µs of server and 5 µs
// of client each.
func measured(round int, c result.Cell, rate float64) result.Trial {
	if c.Placement == "" {
		c.Placement = result.Split
	}
	ok := int64(rate)
	return result.Trial{Schema: 1, Round: round, Cell: c, Load: &result.Load{
		Histogram:   buckets(ok),
		RateRPS:     rate,
		Window:      result.Window{ElapsedNS: 1e9},
		Requests:    result.Requests{OK: ok},
		Connections: result.Connections{Answered: int64(c.Connections), Used: int64(c.Connections)},
		CPU:         usage.CPU{UserNS: ok * 5000},
		TargetCPU:   &usage.CPU{UserNS: ok * 4000, SystemNS: ok * 6000},
		Verdict:     result.Verdict{State: "valid"},
	}}
}

// spread are n response times, evenly spread over n us.
func spread(n int64) *result.Histogram {
	h := result.NewHistogram()
	for i := range n {
		h.Record((i + 1) * 1000)
	}
	return h
}

// buckets are those of spread.
func buckets(n int64) string {
	text, err := spread(n).Encode()
	if err != nil {
		panic(err)
	}
	return text
}

func hello(model string, connections int) result.Cell {
	return result.Cell{Model: model, Scenario: "hello", Connections: connections}
}

// rounds is six trials of a cell at the given rates.
func rounds(c result.Cell, rates ...float64) []result.Trial {
	var list []result.Trial
	for i, rate := range rates {
		list = append(list, measured(i+1, c, rate))
	}
	return list
}

func flat(c result.Cell, rate float64) []result.Trial {
	return rounds(c, rate, rate, rate, rate, rate, rate)
}

// run returns the worksheet of these trials.
func run(parts ...[]result.Trial) *worksheet {
	return newWorksheet(study.New(result.Run{Models: []string{"blocking", "select", "epoll", "goroutine"}}, slices.Concat(parts...), nil))
}

// find returns the findings of these trials.
func find(parts ...[]result.Trial) *Findings {
	return Of(study.New(result.Run{Models: []string{"blocking", "select", "epoll", "goroutine"}}, slices.Concat(parts...), nil))
}

// change applies a change to the first trials.
func change(list []result.Trial, how int, change func(*result.Trial)) []result.Trial {
	for i := range how {
		change(&list[i])
	}
	return list
}

// names returns the models of places, with their letters.
func names(places []Place) (list []string) {
	for _, p := range places {
		list = append(list, p.Model+" "+p.Letters)
	}
	return list
}

func TestStanding(t *testing.T) {
	starve := flat(hello("blocking", 64), 900)
	for i, answered := range []int64{64, 5, 1, 64, 9, 6} {
		starve[i].Load.Connections.Answered = answered
		starve[i].Load.Connections.LongestWaitNS = 1e8 * answered
		if starve[i].Load.Connections.Answered < 64 {
			starve[i].Load.Verdict.State = "invalid"
		}
	}
	na := flat(hello("mine", 64), 0)
	for i := range na {
		na[i].Load, na[i].NA = nil, "no /"
	}
	lost := flat(hello("thread", 64), 0)
	few := flat(hello("pool", 64), 900)
	for i := range 3 {
		few[i].Load, few[i].Failed = nil, "the server ended"
	}
	for i := range lost {
		lost[i].Load, lost[i].Failed = nil, "the server ended"
	}
	c := run(starve, few, na, lost, flat(hello("epoll", 64), 851), flat(hello("select", 64), 849), flat(hello(result.Null, 64), 1000)).cells[0]
	for model, want := range map[string]struct {
		lack       string
		rate, cost bool
	}{
		"blocking": {Starved, false, false},
		"pool":     {Missing, false, false},
		"mine":     {NA, false, false},
		"thread":   {Failed, false, false},
		"epoll":    {"", false, true},
		"select":   {"", true, true},
	} {
		m, lack := c.find(model), ""
		if model == "pool" {
			m.ofNull = 0 // it would be at the ceiling as well
		}
		if m.lack != nil {
			lack = m.lack.Kind
		}
		if rate, cost := m.ranks(Rate, true), m.ranks(Cost, true); lack != want.lack || rate != want.rate || cost != want.cost {
			t.Errorf("%s lacks %q, ranks by rate: %v, by cost: %v; want %+v", model, lack, rate, cost, want)
		}
	}
	if got, want := *c.find("blocking").lack, (Lack{Kind: Starved, InRounds: 4, Answered: 5, Total: 64, WaitNS: 9e8}); got != want {
		t.Errorf("blocking: %+v, want %+v: the lower of the two middle ones of 1, 5, 6 and 9, and the longest wait", got, want)
	}
	if !c.find("epoll").limited() || c.find("select").limited() {
		t.Error("a client is at its limit above 0.85 of what it can do")
	}
}

func TestRankTiesAndTies(t *testing.T) {
	f := find(
		rounds(hello("epoll", 64), 100, 110, 90, 100, 105, 95),
		rounds(hello("select", 64), 110, 100, 100, 90, 95, 105), // now above, now below, and the same in all
		rounds(hello("goroutine", 64), 70, 77, 63, 70, 73.5, 66.5),
		flat(hello("blocking", 64), 10),
	)
	r := f.Cells[0].Ranking(Rate)
	if diff := cmp.Diff([]string{"select a", "epoll a", "goroutine b", "blocking c"}, names(r.Places)); diff != "" {
		t.Log("what is equal keeps the ladder's order")
		t.Error(diff)
	}
	if r.Places[0].Rank != 1 || r.Places[1].Rank != 1 || r.Places[2].Rank != 3 || r.Places[3].Rank != 4 {
		t.Errorf("ranks are %+v, want 1, 1, 3, 4", r.Places)
	}
	if got := r.Places[2].ToReference; got == nil || math.Abs(got.Ratio-0.7) > 0.01 || got.Outcome != result.Lower {
		t.Errorf("goroutine over epoll is %+v, want 0.70", got)
	}
	if got := r.pair("epoll", "blocking"); math.Abs(got.Ratio-10) > 0.2 {
		t.Errorf("epoll is %v times blocking, want about 10", got.Ratio)
	}
	if len(r.Pairs) != 6 {
		t.Errorf("there are %d pairs of four models", len(r.Pairs))
	}
	for _, p := range r.Pairs {
		if i, j := slices.IndexFunc(r.Places, func(q Place) bool { return q.Model == p.Of }), slices.IndexFunc(r.Places, func(q Place) bool { return q.Model == p.To }); i >= j {
			t.Errorf("%s over %s is not in the order of the places", p.Of, p.To)
		}
		if (p.Low > 1 || p.High < 1) != differ(&p) {
			t.Errorf("%+v: outcome and interval contradict each other", p)
		}
	}
	for _, p := range f.Cells[0].Ranking(Cost).Places { // all cost the same
		if p.Letters != "a" || p.Rank != 1 {
			t.Errorf("%+v costs as much as all others", p)
		}
	}
}

// TestEqualsKeepTheOrderOfTheLadder gives equal models the same figures in different orders, so that sums differ by rounding.
func TestEqualsKeepTheOrderOfTheLadder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		var rates []float64
		for range 6 {
			rates = append(rates, 100+20*rng.Float64())
		}
		other := append(slices.Clone(rates[1:]), rates[0])
		r := find(rounds(hello("epoll", 64), rates...), rounds(hello("select", 64), other...), flat(hello("goroutine", 64), 37)).Cells[0].Ranking(Rate)
		if r.Places[0].Model != "select" {
			t.Errorf("%v: %v", rates, names(r.Places))
		}
	}
}

func TestFewRoundsCompareNothing(t *testing.T) {
	for _, rates := range [][]float64{{100}, {100, 101}} {
		f := find(rounds(hello("epoll", 64), rates...), rounds(hello("select", 64), rates...), flat(hello("goroutine", 64), 1)[:1])
		r := f.Cells[0].Ranking(Rate)
		if f.Run.Comparable || r.Known || r.Pairs != nil || r.Places[0].Letters != "" || r.Places[0].Rank != 0 || r.Places[1].ToBest != nil {
			t.Errorf("%d rounds compare: %+v", len(rates), r)
		}
		for _, s := range f.Situations {
			if s.Outcome != None || s.Choose != "" {
				t.Errorf("%d rounds recommend: %+v", len(rates), s)
			}
		}
	}
	if three := find(rounds(hello("epoll", 64), 100, 101, 102), rounds(hello("select", 64), 50, 50, 51)); !three.Cells[0].Ranking(Rate).Known {
		t.Error("three rounds compare nothing")
	}
}

func TestOneProcessorHasOnlySharedCells(t *testing.T) {
	one, many := hello("blocking", 1), hello("goroutine", 64)
	one.Placement, many.Placement = result.Shared, result.Shared
	s := run(flat(one, 10), flat(many, 10))
	if s.placement != result.Shared || at(s.find("hello", s.placement), 1).find("blocking") == nil || s.main().Connections != 64 {
		t.Errorf("home %q, main %v", s.placement, s.main())
	}
	for _, situation := range Of(s.Study).Situations {
		if situation.Key == SharedAll {
			t.Error("the home placement is listed a second time")
		}
	}
}

func TestSecondOpinionIsNoRival(t *testing.T) {
	own := result.Cell{Model: "epoll", Scenario: "spin", Connections: 16}
	other := own
	other.Engine = "hey"
	f := find(flat(own, 100), flat(other, 98))
	if len(f.CrossChecks) != 1 || math.Abs(f.CrossChecks[0].Ratios[0].Ratio-0.98) > 1e-12 || f.CrossChecks[0].Ratios[0].Of != "hey" {
		t.Fatalf("cross-checks: %+v", f.CrossChecks)
	}
	if len(f.Cells[0].Models) != 1 {
		t.Errorf("%d models, want loadgen's own only", len(f.Cells[0].Models))
	}
}

// Ways in which a trial of `epoll` fails.
var wrongs = map[string]struct {
	spoil    func(*result.Trial)
	standing string // of a cell in which most trials do
}{
	"starved": {func(t *result.Trial) {
		t.Load.Connections.Answered, t.Load.Verdict.State, t.Load.RateRPS = 11, "invalid", 9
	}, Starved},
	"not applicable": {func(t *result.Trial) { t.Load, t.NA = nil, "no /" }, NA},
	"failed":         {func(t *result.Trial) { t.Load, t.Failed = nil, "the server ended" }, Failed},
	"invalid":        {func(t *result.Trial) { t.Load.Verdict.State = "invalid" }, Invalid},
}

// TestMostRoundsDecide checks that most rounds decide every question about a model: one bad trial takes no rank away, one good trial gives none.
func TestMostRoundsDecide(t *testing.T) {
	for name, wrong := range wrongs {
		for bad, want := range map[int]string{1: "", 2: "", 4: wrong.standing, 5: wrong.standing} {
			f := find(change(flat(hello("epoll", 64), 100), bad, wrong.spoil), flat(hello("select", 64), 50))
			m, r := f.Cells[0].Model("epoll"), f.Cells[0].Ranking(Rate)
			got := ""
			if m.Lacks != nil {
				got = m.Lacks.Kind
			}
			if got != want {
				t.Errorf("%s in %d of 6: epoll lacks %q, want %q", name, bad, got, want)
			}
			if want != "" {
				if !slices.Contains(r.Others, "epoll") || len(r.Pairs) != 0 {
					t.Errorf("%s in %d of 6: epoll has a rank: %+v", name, bad, r)
				}
				continue
			}
			if rate := m.Figures[Rate]; rate.Low != 100 || len(rate.Rounds) != 6-bad || len(m.Doubts) != 1 || m.Doubts[0].Rounds != bad {
				t.Errorf("%s in %d of 6: the rate is %+v, want that of the %d good trials; doubts %+v", name, bad, rate, 6-bad, m.Doubts)
			}
			if best := r.Places[0]; best.Model != "epoll" || best.Rank != 1 || r.Places[1].Rank != 2 {
				t.Errorf("%s in %d of 6: places are %+v, want epoll, which is twice as fast whenever it was measured", name, bad, r.Places)
			}
		}
	}
}

func TestAControlJudgesNoModel(t *testing.T) {
	for name, wrong := range wrongs {
		again := flat(hello("epoll", 64), 100)
		for i := range again {
			again[i].Cell.Control = true
			wrong.spoil(&again[i])
		}
		w := run(flat(hello("epoll", 64), 100), again, flat(hello("select", 64), 50), flat(hello("select", 256), 50))
		m := w.cells[0].find("epoll")
		if m.lack != nil || len(m.trials) != 6 || len(m.failed) != 0 || m.invalid != 0 {
			t.Errorf("%s controls: epoll lacks %v by %d trials, %d failed, %d invalid; want all 6 counted", name, m.lack, len(m.trials), len(m.failed), m.invalid)
		}
		if w.main().Connections != 64 {
			t.Errorf("%s controls: the headline is about %d connections, want those that models are compared at", name, w.main().Connections)
		}
	}
}

func TestMostRoundsBear(t *testing.T) {
	probes := func(model string, unanswered int) []result.Trial {
		list := flat(result.Cell{Model: model, Scenario: "thinking", Connections: 64}, 1)
		for i := range list {
			list[i].Load, list[i].Probe = nil, &result.Probe{Silent: 64, Limit: 64, Answered: i >= unanswered}
		}
		return list
	}
	s := find(probes("blocking", 5), probes("select", 3), probes("epoll", 1)).Situations[0]
	if diff := cmp.Diff([]string{"select", "epoll"}, s.Tied); diff != "" || s.Outcome != Tie || s.Choose != "select" || len(s.Lacking) != 1 {
		t.Errorf("%+v: want a tie of two, without blocking", s)
	}
	if s := find(probes("blocking", 5), probes("epoll", 1)).Situations[0]; s.Outcome != Winner || s.Choose != "epoll" {
		t.Errorf("%+v: want epoll, the only one that bears", s)
	}
}

// Of the models that bear all silent connections the one with the least memory leads; without figures of memory all tie.
func TestWhoBearsIsRankedByMemory(t *testing.T) {
	probes := func(model string, answered bool, mib int64) []result.Trial {
		list := flat(result.Cell{Model: model, Scenario: "thinking", Connections: 64}, 1)
		for i := range list {
			list[i].Load, list[i].Probe = nil, &result.Probe{Silent: 64, Limit: 64, Answered: answered}
			if mib > 0 {
				list[i].Server.Usage = &usage.Line{PeakRSS: mib << 20}
			}
		}
		return list
	}
	s := find(probes("select", false, 5), probes("epoll", true, 8), probes("goroutine", true, 40)).Situations[0]
	if s.Outcome != Winner || s.Metric != Memory || s.Choose != "epoll" || s.Next == nil || s.Next.Ratio != 0.2 || !slices.Equal(s.Lacking, []string{"select"}) {
		t.Errorf("%+v: want epoll with a fifth of goroutine's memory; select bears less than they", s)
	}
	s = find(probes("blocking", true, 3), probes("select", false, 5), probes("epoll", true, 0), probes("goroutine", true, 40)).Situations[0]
	if s.Outcome != Tie || s.Metric != "" || len(s.Tied) != 3 {
		t.Errorf("%+v: want a tie of three, since epoll's memory is not known", s)
	}
}

// Of tied models the simplest is chosen, unless another cell shows it dearer by more than the tie allows, or silent clients stop only it.
func TestTheSimplestIsTakenUnlessAnotherCellSpeaksAgainstIt(t *testing.T) {
	busy := result.Cell{Scenario: "hello", Connections: 256, Placement: "split"}
	fixed := result.Cell{Scenario: "cost", Connections: 64, RateRPS: 10000, Placement: "split"}
	near := []float64{0, 0.01, -0.01, 0.01, 0, -0.01}
	beyond := func(by float64) (list []float64) {
		for _, v := range near {
			list = append(list, v/10+by)
		}
		return list
	}
	silent := func(model string, answered bool) []result.Trial {
		list := flat(result.Cell{Model: model, Scenario: "thinking", Connections: 5000, Placement: "split"}, 1)
		for i := range list {
			list[i].Load, list[i].Probe = nil, &result.Probe{Silent: 1100, Limit: 5000, Answered: answered}
		}
		return list
	}
	tie := inTurns(busy, result.MetricSteady, map[string][]float64{"select": near, "epoll": {0, 0, 0, 0, 0, 0}, "goroutine": beyond(0.5)})
	for name, c := range map[string]struct {
		more   [][]result.Trial
		choose string
		passed int
	}{
		"nothing else was measured":                       {nil, "select", 0},
		"it costs as little":                              {[][]result.Trial{inTurns(fixed, result.MetricSteady, map[string][]float64{"select": near, "epoll": near})}, "select", 0},
		"it costs more, but no more than they may differ": {[][]result.Trial{inTurns(fixed, result.MetricSteady, map[string][]float64{"select": beyond(0.006), "epoll": beyond(0)})}, "select", 0},
		"it costs more":                                   {[][]result.Trial{inTurns(fixed, result.MetricSteady, map[string][]float64{"select": beyond(0.4), "epoll": near})}, "epoll", 1},
		"it costs less":                                   {[][]result.Trial{inTurns(fixed, result.MetricSteady, map[string][]float64{"select": beyond(-0.4), "epoll": near})}, "select", 0},
		"it costs more than one that lost":                {[][]result.Trial{inTurns(fixed, result.MetricSteady, map[string][]float64{"select": near, "epoll": near, "goroutine": beyond(-0.4)})}, "select", 0},
		"silent clients stop it":                          {[][]result.Trial{silent("select", false), silent("epoll", true)}, "epoll", 1},
		"silent clients stop both":                        {[][]result.Trial{silent("select", false), silent("epoll", false), silent("goroutine", true)}, "select", 0},
	} {
		s := find(append([][]result.Trial{tie}, c.more...)...).Situation(ManyBusy)
		if s == nil || s.Choose != c.choose || len(s.Passed) != c.passed || !slices.Equal(s.Tied, []string{"select", "epoll"}) {
			t.Errorf("%s: %+v, want %s with %d passed", name, s, c.choose, c.passed)
			continue
		}
		if c.passed > 0 && s.Passed[0].Model != "select" || s.Next != nil && s.Next.Of != c.choose {
			t.Errorf("%s: passed %+v, next %+v", name, s.Passed, s.Next)
		}
	}
}

func TestASoleRankedModelHasWonNothing(t *testing.T) {
	for name, wrong := range wrongs {
		others := change(flat(hello("select", 64), 50), 6, wrong.spoil)
		for _, s := range find(flat(hello("epoll", 64), 100), others).Situations {
			if s.Outcome != Alone || s.Choose != "epoll" || s.Next != nil {
				t.Errorf("all others are %s: %+v", name, s)
			}
		}
	}
	r := find(flat(hello("epoll", 64), 50), flat(hello("select", 64), 99), flat(hello(result.Null, 64), 100)).Cells[0].Ranking(Rate)
	if len(r.Places) != 1 || r.Places[0].Model != "epoll" || r.Places[0].ToBest != nil {
		t.Errorf("%+v: want epoll alone beside one that the client holds back", r)
	}
}

func TestLadder(t *testing.T) {
	at := func(model string, n int, serverNS ...int64) []result.Trial {
		list := flat(hello(model, n), 1000)
		for i := range list {
			list[i].Load.TargetCPU = &usage.CPU{UserNS: 1000 * serverNS[i%len(serverNS)]}
		}
		return list
	}
	starved := at("blocking", 64, 7)
	for i := range starved {
		starved[i].Load.Connections.Answered = 1
	}
	again := at("epoll", 64, 40)
	for i := range again {
		again[i].Cell.Control = true
	}
	var got []string
	for _, step := range find(at("blocking", 1, 20), starved, at("epoll", 64, 40), again, at("goroutine", 64, 39, 41), at("nethttp", 64, 80)).Ladder {
		line := step.Model + " 0"
		if step.Cost != nil {
			line = fmt.Sprintf("%s %.0f", step.Model, step.Cost.Value)
		}
		if step.Before != "" {
			line += fmt.Sprintf(", %s %.2f of %s, %.2f", step.ToBefore.Outcome, step.ToBefore.Ratio, step.Before, step.ToBaseline)
		}
		got = append(got, line)
	}
	want := []string{ // select was not measured
		"blocking 20", "select 0", "epoll 40, higher 2.00 of blocking, 2.00", "goroutine 40, undecided 1.00 of epoll, 2.00", "nethttp 80, higher 2.00 of goroutine, 4.00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if steps := find(at("epoll", 64, 40), again).Ladder; steps != nil {
		t.Errorf("a ladder without its first step: %v", steps)
	}
}

// TestTheStarvedHaveNoPercentile checks which figures a starved model has.
func TestTheStarvedHaveNoPercentile(t *testing.T) {
	starve := change(flat(hello("blocking", 64), 900), 6, func(t *result.Trial) { t.Load.Connections.Answered = 1 })
	f := find(starve, flat(hello("epoll", 64), 900), flat(hello("select", 64), 900))
	figures := f.Cells[0].Model("blocking").Figures
	for _, metric := range study.Metrics() {
		_, has := figures[metric]
		_, other := f.Cells[0].Model("epoll").Figures[metric]
		if want := other && slices.Contains([]string{Rate, Cost, Whole, Client, Both}, metric); has != want {
			t.Errorf("%s is shown: %v, want %v", metric, has, want)
		}
	}
	for _, r := range f.Cells[0].Rankings {
		if !slices.Contains(r.Others, "blocking") {
			t.Errorf("blocking has a rank in %s", r.Metric)
		}
	}
}

// TestAnOfferedRateLimitsNobody: at an offered rate all serve as much as the null responder, and are not client-limited.
func TestAnOfferedRateLimitsNobody(t *testing.T) {
	cost := func(model string) []result.Trial {
		return change(flat(result.Cell{Model: model, Scenario: "cost", Connections: 64, RateRPS: 1000}, 1000), 6, func(t *result.Trial) { t.Load.Latency = spread(1000).Latency() })
	}
	c := find(cost("epoll"), cost("select"), cost(result.Null)).Cells[0]
	if m := c.Model("epoll"); m.Limited || m.OfNull != 0 || c.Null == nil || len(c.Ranking(P99).Places) != 2 {
		t.Errorf("epoll is limited: %v, at %v of null", m.Limited, m.OfNull)
	}
	if c.Ranking(Rate) != nil || c.RateRPS != 1000 {
		t.Error("models are ranked by the rate that they were offered")
	}
}

// TestARuleIsJudgedByEachRoundsRate offers a different rate in each round, and nine tenths of each are served.
func TestARuleIsJudgedByEachRoundsRate(t *testing.T) {
	for share, want := range map[float64]string{0.91: "fine", 0.89: "fails"} {
		var list []result.Trial
		for round, rate := range []float64{1000, 5000, 9000, 2000, 8000, 3000} {
			list = append(list, measured(round+1, result.Cell{Model: "select", Scenario: "paced", Connections: 64, RateRPS: rate, Rule: "half"}, share*rate))
		}
		w := run(list)
		if got, _ := w.outcome(scenario.Find("paced"), "select"); got != want || w.cells[0].rate != 4000 {
			t.Errorf("%v of what was offered, %v in the middle round, is served: %s, want %s", share, w.cells[0].rate, got, want)
		}
	}
}

// TestMostRoundsServeTheirRate: in two of six rounds, of medium rates, half of the offered rate was served.
func TestMostRoundsServeTheirRate(t *testing.T) {
	var list []result.Trial
	for round, rate := range []float64{1000, 5000, 9000, 2000, 8000, 3000} {
		share := 0.95
		if rate == 5000 || rate == 3000 {
			share = 0.5
		}
		list = append(list, measured(round+1, result.Cell{Model: "select", Scenario: "paced", Connections: 64, RateRPS: rate, Rule: "half"}, share*rate))
	}
	if got, why := run(list).outcome(scenario.Find("paced"), "select"); got != scenario.Fine {
		t.Errorf("in four rounds of six 95 %% of what was offered was served: %s, %+v", got, why)
	}
}

// TestTheLadderStepsFromCellToCellByFigures: effects of two cells are not comparable, so figures are compared.
func TestTheLadderStepsFromCellToCellByFigures(t *testing.T) {
	effects := map[string][]float64{"blocking": {0.5, 0.5, 0.5}, "select": {-0.5, -0.5, -0.5}}
	f := find(inTurns(hello("", 1), result.MetricSteady, effects), inTurns(hello("", 64), result.MetricSteady, effects))
	if step := f.Ladder[1]; step.Model != "select" || step.ToBefore == nil || step.ToBefore.Ratio != 1 || step.ToBaseline != 1 {
		t.Errorf("%+v: both cost 9000 ns", step)
	}
}

// TestCurvesDoNotFall: the slowest rounds have the fewest percentiles.
func TestCurvesDoNotFall(t *testing.T) {
	list := flat(hello("epoll", 64), 1000)
	for i := range list {
		n, slow := int64(10000), int64(1+i)
		if i > 3 {
			n, slow = 100, 1000
		}
		h := result.NewHistogram()
		for k := range n {
			h.Record((k + 1) * 1000 * slow)
		}
		text, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		list[i].Load.Histogram, list[i].Load.Requests.OK = text, n
	}
	curve := find(list).Cells[0].Models[0].Curve
	if len(curve) < 50 || !slices.IsSortedFunc(curve, func(a, b Point) int { return int(a.NS - b.NS) }) {
		t.Errorf("it has %d points and falls: %v", len(curve), curve)
	}
}

// TestCurvesAreOfMostRounds: some rounds have too few requests for the last percentiles.
func TestCurvesAreOfMostRounds(t *testing.T) {
	points := func(short int) int {
		list := change(flat(hello("epoll", 64), 1000), short, func(t *result.Trial) { t.Load.Histogram = buckets(100) })
		for i := range list {
			list[i].Load.Requests.OK = 10000
		}
		return len(find(list).Cells[0].Models[0].Curve)
	}
	if all, few, most := points(0), points(2), points(3); all != few || most >= all || most == 0 {
		t.Errorf("curves have %d points, with two short rounds %d, with three %d", all, few, most)
	}
}
