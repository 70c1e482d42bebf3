package findings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/report/study"
)

// rich is a run whose findings have every part.
func rich() *study.Study {
	var all []result.Trial
	for _, n := range []int{1, 64} {
		c := hello("", n)
		all = append(all, flat(hello("blocking", n), 900)...)
		all = append(all, flat(hello("epoll", n), 800)...)
		all = append(all, flat(hello("goroutine", n), 600)...)
		c.Model, c.Control = "epoll", true
		all = append(all, rounds(c, 800, 801, 799, 800, 805, 798)...)
	}
	starve := flat(hello("select", 64), 9)
	for i := range starve {
		starve[i].Load.Connections.Answered, starve[i].Load.Connections.LongestWaitNS = 1, 5
		starve[i].Load.Verdict = result.Verdict{State: "invalid", Reasons: []result.Reason{{Check: "starved", State: "invalid", Text: "1 of 64"}}}
	}
	all = append(all, starve...)
	other := hello("epoll", 64)
	other.Engine = "hey"
	all = append(all, flat(other, 790)...)
	for model, cost := range map[string]float64{"epoll": 0.2, "goroutine": 0} {
		for round := range 6 {
			t := measured(round+1, result.Cell{Model: model, Scenario: "cost", Connections: 64, RateRPS: 10000}, 10000)
			t.Load.TargetCPU.UserNS = int64(float64(t.Load.TargetCPU.UserNS) * (1 + cost))
			all = append(all, t)
		}
		all = append(all, flat(result.Cell{Model: model, Scenario: "paced", Connections: 64, RateRPS: 500}, 500)...)
		all = append(all, flat(result.Cell{Model: model, Scenario: "block", Connections: 64}, 500)...)
		for round := range 6 {
			t := measured(round+1, result.Cell{Model: model, Scenario: "thinking", Connections: 5000}, 1)
			t.Load, t.Probe = nil, &result.Probe{Silent: 5000, Limit: 5000, Answered: model == "epoll", Status: 503}
			all = append(all, t)
		}
	}
	for i := range all { // in the closed loop goroutine is the dearer one
		if c := all[i].Cell; c.Scenario == "hello" && c.Model == "goroutine" {
			all[i].Load.TargetCPU.UserNS *= 2
		}
	}
	slices.SortStableFunc(all, func(a, b result.Trial) int { return strings.Compare(a.Cell.Model, b.Cell.Model) })
	failed := measured(7, hello("epoll", 64), 1)
	failed.Load, failed.Failed = nil, "the server ended"
	all = append(all, failed)
	finished := time.Unix(100, 0).UTC()
	return study.New(result.Run{ID: "rich", Models: []string{"blocking", "select", "epoll", "goroutine"}, Rounds: 6, Finished: &finished, Started: time.Unix(1, 0).UTC(),
		Notes: []string{"a note"}, Environment: map[string]string{"cpus": "2"}, Expect: map[string]map[string]string{"hello": {"select": "fine", "epoll": "fine"}}}, all, nil)
}

func TestJSON(t *testing.T) {
	f := Of(rich())
	text, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back Findings
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, &back); diff != "" {
		t.Errorf("what is read back differs:\n%s", diff)
	}
	if again, _ := Of(rich()).JSON(); !bytes.Equal(again, text) {
		t.Error("the same trials give other bytes")
	}
	for name, empty := range map[string]bool{"situations": len(f.Situations) < 6, "ladder": len(f.Ladder) == 0, "disagreements": len(f.Disagree) != 1,
		"expectations": len(f.Expectations) != 2, "opinions": len(f.CrossChecks) != 1, "warnings": len(f.Warnings) < 5} {
		if empty {
			t.Errorf("there are no %s to look at: %+v", name, f)
		}
	}
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	foreign := []string{"seats", "environment"} // whose names are values
	var names func(at string, v any)
	names = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, v := range v {
				if !snake.MatchString(name) {
					t.Errorf("%s holds %q", at, name)
				}
				if !slices.Contains(foreign, name) {
					names(at+"."+name, v)
				}
			}
		case []any:
			for _, v := range v {
				names(at, v)
			}
		}
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	names("", all)
}

func TestSituations(t *testing.T) {
	rate := func(c result.Cell, e map[string][]float64) []result.Trial { return inTurns(c, result.MetricRate, e) }
	block := result.Cell{Scenario: "block", Connections: 64}
	same := []float64{0, 0.001, -0.001, 0.001, 0, -0.001}
	wild := []float64{0.3, -0.2, 0.1, -0.3, 0.2, 0}
	var ahead, close, mild []float64
	for i, v := range same {
		ahead, close, mild = append(ahead, v+0.2+0.01*float64(i%2)), append(close, v*0.5-0.0001), append(mild, 10*v)
	}
	for _, c := range []struct {
		name    string
		effects map[string][]float64
		want    Situation
	}{
		{"one ahead", map[string][]float64{"select": same, "epoll": ahead, "goroutine": close}, Situation{Outcome: Winner, Choose: "epoll", Tied: []string{"epoll"}}},
		{"two that tie, the simplest first", map[string][]float64{"epoll": same, "select": close, "goroutine": {-1, -1.1, -1, -1.2, -1, -1}}, Situation{Outcome: Tie, Choose: "select", Tied: []string{"select", "epoll"}}},
		{"all that tie", map[string][]float64{"epoll": same, "select": mild}, Situation{Outcome: Tie, Choose: "select", Tied: []string{"select", "epoll"}}},
		{"the simplest is surely ahead of none", map[string][]float64{"epoll": ahead, "select": wild, "goroutine": same}, Situation{Outcome: Undecided, Choose: "select", Tied: []string{"select", "epoll"}}},
		{"undecided", map[string][]float64{"epoll": same, "select": wild}, Situation{Outcome: Undecided, Choose: "select", Tied: []string{"select", "epoll"}}},
	} {
		f := find(rate(block, c.effects))
		if len(f.Situations) != 1 {
			t.Fatalf("%s: %+v", c.name, f.Situations)
		}
		s := f.Situations[0]
		got := Situation{Outcome: s.Outcome, Choose: s.Choose, Tied: s.Tied}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
		if s.Key != Blocking || s.Metric != Rate {
			t.Errorf("%s: %s by %s", c.name, s.Key, s.Metric)
		}
		if (s.Outcome == Tie) != (s.Within > 0 && s.Within <= TieWithin) {
			t.Errorf("%s: %s within %v", c.name, s.Outcome, s.Within)
		}
		if (s.Outcome == Undecided) != (s.Decides > 6) {
			t.Errorf("%s: %d rounds would decide", c.name, s.Decides)
		}
		if s.Choose == "select" && len(c.effects) == 3 && s.Outcome == Undecided {
			if s.Next != nil || s.Last != nil {
				t.Errorf("%s: next %+v, last %+v", c.name, s.Next, s.Last)
			}
			continue
		}
		if behind := len(c.effects) - len(s.Tied); behind == 0 && (s.Next != nil || s.Last != nil) ||
			behind > 0 && (s.Next == nil || s.Last == nil || s.Next.Of != s.Choose || s.Next.Low <= 1 || s.Last.Ratio < 1) {
			t.Errorf("%s: next %+v, last %+v", c.name, s.Next, s.Last)
		}
	}
}

func TestDisagreementsAreOfOrder(t *testing.T) {
	fixed := cell64
	fixed.Scenario, fixed.RateRPS = "cost", 1000
	dear, alike := []float64{0.2, 0.21, 0.2, 0.2, 0.2, 0.2}, []float64{0, 0, 0, 0, 0, 0}
	noisy := []float64{0.3, -0.3, 0.2, -0.2, 0.1, -0.1}
	for _, c := range []struct {
		name           string
		epoll, select_ []float64 // at the fixed rate; in the closed loop epoll is the dearer one
		disagree       int
	}{
		{"the same way", dear, alike, 0},
		{"the other way", alike, dear, 1},
		{"undecided", noisy, alike, 0},
	} {
		f := find(inTurns(fixed, result.MetricSteady, map[string][]float64{"epoll": c.epoll, "select": c.select_}),
			inTurns(cell64, result.MetricSteady, map[string][]float64{"epoll": dear, "select": alike}))
		if len(f.Disagree) != c.disagree {
			t.Errorf("%s: %+v", c.name, f.Disagree)
		}
		for _, d := range f.Disagree {
			if d.Models != [2]string{"epoll", "select"} || d.Fixed.Ratio > 0.83 || d.Closed.Ratio < 1.2 || f.Cells[d.FixedCell].Scenario != "cost" || f.Cells[d.ClosedCell].Scenario != "hello" {
				t.Errorf("%+v", d)
			}
		}
	}
}

func TestSituationsFollowTheLevels(t *testing.T) {
	var parts []result.Trial
	for _, n := range []int{1, 16, 64, 256} {
		parts = append(parts, flat(hello("epoll", n), 10)...)
		parts = append(parts, flat(hello("select", n), 10)...)
	}
	shared := hello("epoll", 64)
	shared.Placement = result.Shared
	rival := shared
	rival.Model = "select"
	costs := func(rate float64) (list []result.Trial) {
		for _, model := range []string{"epoll", "select"} {
			list = append(list, flat(result.Cell{Model: model, Scenario: "cost", Connections: 64, RateRPS: rate}, rate)...)
		}
		return list
	}
	levels := func(f *Findings) map[string]string {
		got := map[string]string{}
		for _, s := range f.Situations {
			c := f.Cells[s.Cell]
			got[s.Key] = fmt.Sprintf("%s %d %.0f %s %s", c.Scenario, c.Connections, c.RateRPS, c.Placement, s.Metric)
		}
		return got
	}
	want := map[string]string{OneBusy: "hello 1 0 split capacity_rps", FewBusy: "hello 16 0 split capacity_rps", ManyBusy: "hello 256 0 split capacity_rps"}
	if diff := cmp.Diff(want, levels(find(parts))); diff != "" {
		t.Error(diff)
	}
	want[SharedAll] = "hello 64 0 shared both_cpu_ns"
	want[CostCounts] = "cost 64 8000 split server_cpu_ns"
	if diff := cmp.Diff(want, levels(find(parts, flat(shared, 10), flat(rival, 9), costs(1000), costs(8000), costs(30000)))); diff != "" {
		t.Error(diff)
	}
	for i := range parts {
		parts[i].Load.TargetCPU = nil
	}
	if got := levels(find(parts))[OneBusy]; got != "hello 1 0 split rate_rps" {
		t.Errorf("without processor time one busy client is judged by %s", got)
	}
	if list := find(flat(hello("epoll", 1), 1)).Situations; len(list) != 0 {
		t.Errorf("one model alone is recommended: %v", list)
	}
}

// TestReasons checks the value and the bound of each reason.
func TestReasons(t *testing.T) {
	paced := result.Cell{Model: "select", Scenario: "paced", Connections: 64, RateRPS: 1000}
	reference := paced
	reference.Model = "epoll"
	slow := func(ns int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Load.Latency.P99, t.Load.Requests.OK = ns, 1000 }
	}
	starve := func(t *result.Trial) { t.Load.Connections.Answered = 1 }
	probe := func(status int) []result.Trial {
		return change(flat(result.Cell{Model: "select", Scenario: "thinking", Connections: 5000}, 1), 6, func(t *result.Trial) {
			t.Load, t.Probe = nil, &result.Probe{Silent: 1100, Limit: 5000, Status: status}
		})
	}
	beside := change(flat(reference, 1000), 6, slow(100))
	for _, c := range []struct {
		trials []result.Trial
		want   Expectation
	}{
		{change(flat(paced, 1000), 6, slow(300)), Expectation{Measured: "degrades", Reason: Reason{Kind: P99, Value: 3, Bound: 2}}},
		{flat(paced, 800), Expectation{Measured: "fails", Reason: Reason{Kind: Rate, Value: 800, Bound: 900}}},
		{change(flat(paced, 1000), 4, starve), Expectation{Measured: "fails", Reason: Reason{Kind: Starved, Value: 1, Bound: 64, Rounds: 4}}},
		{flat(result.Cell{Model: "select", Scenario: "block", Connections: 64}, 400), Expectation{Measured: "degrades", Reason: Reason{Kind: Rate, Value: 400, Bound: 3200}}},
		{flat(result.Cell{Model: "select", Scenario: "block", Connections: 64}, 98), Expectation{Measured: "fails", Reason: Reason{Kind: Rate, Value: 98, Bound: 200}}},
		{probe(503), Expectation{Measured: "refuses", Reason: Reason{Kind: Refused, Value: 1099, Bound: 5000, Rounds: 6}}},
		{probe(0), Expectation{Measured: "fails", Reason: Reason{Kind: Deaf, Value: 1099, Bound: 5000, Rounds: 6}}},
		{flat(hello("select", 64), 1), Expectation{Measured: "fine"}},
		{change(flat(hello("select", 64), 1), 4, starve), Expectation{Measured: "degrades", Reason: Reason{Kind: Starved, Value: 1, Bound: 64, Rounds: 4}}},
		{change(flat(hello("select", 64), 1), 4, func(t *result.Trial) { t.Load, t.Failed = nil, "no" }), Expectation{}},
	} {
		c.want.Scenario, c.want.Model, c.want.Expected = c.trials[0].Cell.Scenario, "select", "fine"
		s := study.New(result.Run{Models: []string{"select", "epoll"}, Expect: map[string]map[string]string{c.want.Scenario: {"select": "fine"}}},
			slices.Concat(c.trials, beside), nil)
		list := Of(s).Expectations
		if len(list) != 1 {
			t.Fatalf("expectations: %+v", list)
		}
		list[0].Reason.Cell = 0
		if diff := cmp.Diff(c.want, list[0]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReasonsCountAlike(t *testing.T) {
	list := flat(hello("epoll", 64), 1)
	for i := range list {
		list[i].Load.Verdict = result.Verdict{State: "suspect", Reasons: []result.Reason{
			{Check: "steal", State: "suspect", Text: fmt.Sprintf("steal was %d.%d %%", i, i), Advice: "repeat"},
			{Check: "support", State: "valid", Text: "a mere remark"},
		}}
	}
	list[5].Load.Verdict = result.Verdict{State: "invalid", Reasons: []result.Reason{
		{Text: "wrong answers: 3"}, // of schema 1
		{Check: "steal", State: "suspect", Text: "steal was 9.0 %", Advice: "repeat"},
	}}
	want := []Warning{
		{Kind: Verdicts, N: 6, Of: 6, Invalid: 1},
		{Kind: Check, N: 6, Invalid: 1, Text: "steal was 0.0 %", Advice: "repeat", Where: "epoll in hello at 64 connections, split"}, // with 9 % in an invalid one
		{Kind: Check, N: 1, Invalid: 1, Text: "wrong answers: 3", Where: "epoll in hello at 64 connections, split"},
	}
	if diff := cmp.Diff(want, run(list).checks()); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	finished := time.Unix(9, 0)
	calm := result.Run{Rounds: 6, Finished: &finished, Models: []string{"epoll", "select"}}
	models := map[string][]float64{"epoll": {0, 0, 0, 0, 0, 0}, "select": {0.1, 0.11, 0.1, 0.1, 0.1, 0.1}}
	base := func() []result.Trial {
		return inTurns(result.Cell{Scenario: "sleep", Connections: 64}, result.MetricRate, models)
	}
	each := func(change func(*result.Trial)) []result.Trial {
		list := base()
		for i := range list {
			change(&list[i])
		}
		return list
	}
	twin := func(rate float64) []result.Trial {
		c := result.Cell{Model: "epoll", Scenario: "sleep", Connections: 64, Control: true}
		return append(base(), rounds(c, rate, rate*1.01, rate, rate*1.02, rate, rate)...)
	}
	noted, unfinished := calm, calm
	noted.Notes, unfinished.Finished = []string{"one", "two", "one"}, nil
	where := "epoll in sleep at 64 connections, split"
	for _, c := range []struct {
		name   string
		run    result.Run
		trials []result.Trial
		flaws  []result.Flaw
		want   []Warning
	}{
		{"all is well", calm, base(), nil, nil},
		{"interrupted", unfinished, base(), nil, []Warning{{Kind: Interrupted, N: 6, Of: 6}}},
		{"few", calm, slices.DeleteFunc(base(), func(t result.Trial) bool { return t.Round > 2 }), nil, []Warning{{Kind: FewRounds, N: 2, Of: 3}}},
		{"notes, each once", noted, base(), nil, []Warning{{Kind: Note, Text: "one"}, {Kind: Note, Text: "two"}}},
		{"a twin that differs", calm, twin(1300), nil, []Warning{{Kind: Apart, N: 1, Of: 1, Share: 0.30646, Where: "sleep at 64 connections, split", Text: Rate}}},
		{"a twin", calm, twin(995), nil, nil},
		{"others", calm, each(func(t *result.Trial) {
			t.Turns.BesideShare = 0.01
			if t.Round == 3 {
				t.Turns.BesideShare, t.Turns.Slices = 0.4, []result.Slice{{Disturbed: true}, {}, {Disturbed: true}}
			}
		}), nil, []Warning{{Kind: OtherPrograms, N: 4, Of: 1, Share: 0.01, Worst: 0.4}}},
		{"others, a little", calm, each(func(t *result.Trial) { t.Turns.BesideShare = 0.02 }), nil, nil},
		{"lines", calm, base(), []result.Flaw{{Line: 3, Err: errors.New("foreign")}, {Line: 9, Torn: true}}, []Warning{{Kind: Torn, N: 9}, {Kind: Flawed, N: 1, List: []string{"trials.jsonl:3: skipped: foreign"}}}},
		{"cut off", calm, base()[:11], nil, []Warning{{Kind: CutOff, N: 1, Of: 1, Round: 6, Where: where}}},
		{"repeated", calm, append(base(), base()[:2]...), nil, []Warning{{Kind: Repeated, N: 2, Round: 1, Where: where}}},
		{"failed", calm, each(func(t *result.Trial) {
			if t.Round < 4 {
				t.Load, t.Failed = nil, fmt.Sprint("no ", t.Round)
			}
		}), nil, []Warning{
			{Kind: FailedTrial, Round: 1, Where: where, Text: "no 1"}, {Kind: FailedTrial, Round: 2, Where: where, Text: "no 2"}, {Kind: FailedTrial, Round: 3, Where: where, Text: "no 3"},
			{Kind: FailedTrial, Round: 1, Where: strings.Replace(where, "epoll", "select", 1), Text: "no 1"}, {Kind: FailedTrial, Round: 2, Where: strings.Replace(where, "epoll", "select", 1), Text: "no 2"},
			{Kind: FailedMore, N: 1}}},
		{"a comparison in doubt", calm, each(func(t *result.Trial) {
			t.Turns.Verdict = result.Verdict{State: "suspect", Reasons: []result.Reason{{Check: "servers", State: "suspect", Text: "x"}, {Check: "slices", State: "suspect", Text: "too long", Advice: "more"}, {Check: "twin", State: "valid", Text: "y"}}}
		}), nil, []Warning{{Kind: ComparisonCheck, N: 6, Where: where[len("epoll in "):], Text: "too long", Advice: "more"}}},
		{"miscounted", calm, each(func(t *result.Trial) { t.Server.Usage = &usage.Line{Requests: 999} }), nil, []Warning{{Kind: Miscounted, N: 12, Round: 1, Where: where, Share: 999, Low: 1000}}},
		{"steal", calm, each(func(t *result.Trial) { t.Load.Host.StealShare = 0.01 * float64(t.Round) }), nil, []Warning{{Kind: Steal, Share: 0.035, Worst: 0.06}}},
		{"drops", calm, each(func(t *result.Trial) { t.Load.Host.ListenDrops = int64(t.Round % 2) }), nil, []Warning{{Kind: Drops, N: 6, Of: 6}}},
		{"no ceiling", calm, slices.Concat(flat(hello("epoll", 1), 1), flat(hello("epoll", 64), 1)), nil,
			[]Warning{{Kind: NoNull, N: 2, List: []string{"hello at 1 connection, split", "hello at 64 connections, split"}}}},
		{"shared", calm, each(func(t *result.Trial) { t.Cell.Placement = result.Shared }), nil, []Warning{{Kind: HomeShared}}},
		{"shared as it has to be", calm, each(func(t *result.Trial) { t.Cell.Placement, t.Cell.Scenario = result.Shared, "portrait" }), nil, nil},
	} {
		got := Of(study.New(c.run, c.trials, c.flaws)).Warnings
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// A model's portrait is that of the last round.
func TestPortraitOfTheLastRound(t *testing.T) {
	var trials []result.Trial
	for round := range 3 {
		t := measured(round+1, result.Cell{Model: "epoll", Scenario: "portrait", Connections: 8, Placement: result.Shared}, 1)
		t.Load, t.Portrait = nil, &result.Portrait{Requests: 40, Answered: 38 + round}
		trials = append(trials, t)
	}
	c := find(trials).Cells[0]
	if p := c.Models[0].Portrait; p == nil || p.Answered != 40 || len(c.Rankings) > 0 {
		t.Errorf("%+v, rankings %v", p, c.Rankings)
	}
	for _, alone := range []bool{true, false} {
		if !alone {
			trials = append(trials, measured(1, result.Cell{Model: "epoll", Scenario: "hello", Connections: 8}, 1))
		}
		few := slices.ContainsFunc(find(trials[2:]).Warnings, func(w Warning) bool { return w.Kind == FewRounds })
		if few == alone {
			t.Errorf("portraits alone: %t, rounds are too few: %t", alone, few)
		}
	}
}

// TestATwinMayDifferByChance: a twin that differs in one of many cells gives no warning.
func TestATwinMayDifferByChance(t *testing.T) {
	for cells, warned := range map[int]bool{1: true, 4: false} {
		var list []result.Trial
		for n := range cells {
			c := hello("epoll", n+1)
			twin, rate := c, 100.
			twin.Control = true
			if n == 0 {
				rate = 120
			}
			list = slices.Concat(list, flat(c, 100), rounds(twin, rate, rate+1, rate-1, rate+2, rate-1.5, rate-0.5))
			for i := range list {
				list[i].Load.TargetCPU = nil
			}
		}
		if got := slices.ContainsFunc(find(list).Warnings, func(w Warning) bool { return w.Kind == Apart }); got != warned {
			t.Errorf("in one of %d cells the twin differs: warned %v", cells, got)
		}
	}
}

// TestGuestsComeLast has a user's own server among the models.
func TestGuestsComeLast(t *testing.T) {
	list := slices.Concat(flat(hello("node", 64), 1), flat(hello("epoll", 64), 1))
	for i := range list {
		if list[i].Cell.Model == "epoll" {
			list[i].Server.Command = []string{"servers", "--model", "epoll"}
		}
	}
	r := Of(study.New(result.Run{Models: []string{"node", "epoll"}}, list, nil)).Run
	if diff := cmp.Diff([][]string{{"epoll", "node"}, {"node"}}, [][]string{r.Models, r.Guests}); diff != "" {
		t.Error(diff)
	}
}

// FuzzOf checks that any lines give findings that can be written as JSON.
func FuzzOf(f *testing.F) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, t := range inTurns(cell64, result.MetricSteady, map[string][]float64{"epoll": {0.1, rng.Float64(), 0.1}, "select": {0, 0, 0}}) {
		t.Load.Histogram = ""
		if err := encoder.Encode(t); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(lines.Bytes())
	for old, hostile := range map[string]string{`"servers":2`: `"servers":1000000000`, `"place":1`: `"place":0`, `"rate_rps":1000`: `"rate_rps":1e308`, `"round":2`: `"round":-9`,
		`"connections":64`: `"connections":-64`, `"steady_ns":9000`: `"steady_ns":-1e308`, `"target_cpu_per_request":0`: `"target_cpu_per_request":1e308`, `"user_ns":4`: `"user_ns":-9`,
		`"cycles":20`: `"cycles":-20`, `"beside_share":0`: `"beside_share":1e308`, `"elapsed_ns":1000000000`: `"elapsed_ns":-1`, `"scenario":"hello"`: `"scenario":"thinking"`} {
		if !bytes.Contains(lines.Bytes(), []byte(old)) {
			f.Fatalf("%s is not there to be spoilt", old)
		}
		f.Add(bytes.ReplaceAll(lines.Bytes(), []byte(old), []byte(hostile)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		trials, flaws, err := result.Parse(text)
		if err != nil {
			t.Skip()
		}
		found := Of(study.New(result.Run{Expect: map[string]map[string]string{"hello": {"epoll": "fine"}}}, trials, flaws))
		if _, err := found.JSON(); err != nil {
			t.Fatal(err)
		}
		for _, c := range found.Cells {
			for _, r := range c.Rankings {
				for _, p := range r.Pairs {
					if !(p.Low <= p.Ratio && p.Ratio <= p.High) || math.IsInf(p.High, 0) {
						t.Errorf("%+v", p)
					}
				}
			}
		}
	})
}
