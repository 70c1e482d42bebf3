package study

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/usage"
)

// measured is a trial of a cell whose answered connections got rate replies a second for one second, at 10 µs of server and 5 µs
// of client each.
func measured(round int, c result.Cell, rate float64) result.Trial {
	if c.Placement == "" {
		c.Placement = result.Split
	}
	ok := int64(rate)
	return result.Trial{Schema: 1, Round: round, Cell: c, Load: &result.Load{
		Histogram:   tenThousand,
		RateRPS:     rate,
		Window:      result.Window{ElapsedNS: 1e9},
		Requests:    result.Requests{OK: ok},
		Connections: result.Connections{Answered: int64(c.Connections), Asked: int64(c.Connections)},
		CPU:         usage.CPU{UserNS: ok * 5000},
		TargetCPU:   &usage.CPU{UserNS: ok * 4000, SystemNS: ok * 6000},
		Verdict:     result.Verdict{State: "valid"},
	}}
}

// buckets are n response times, evenly spread over n us.
func buckets(t *testing.T, n int64) string {
	t.Helper()
	text, err := spread(n)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func spread(n int64) (string, error) {
	h := result.NewHistogram()
	for i := range n {
		h.Record((i + 1) * 1000)
	}
	return h.Encode()
}

var tenThousand, _ = spread(10_000)

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

func study(parts ...[]result.Trial) *Study {
	var all []result.Trial
	for _, p := range parts {
		all = append(all, p...)
	}
	return New(result.Run{Models: []string{"blocking", "select", "epoll", "goroutine"}}, all, nil)
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
	s := study(starve, few, na, lost, flat(hello("epoll", 64), 851), flat(hello("select", 64), 849),
		flat(hello(result.Null, 64), 1000))
	g := s.At("hello", 64, result.Split)
	for model, want := range map[string][2]Standing{ // by rate, by server time
		"blocking": {Starved, Starved},
		"pool":     {TooFew, TooFew},
		"mine":     {NotApplicable, NotApplicable},
		"thread":   {NotMeasured, NotMeasured},
		"epoll":    {ClientSet, Ranked},
		"select":   {Ranked, Ranked},
	} {
		cell := g.Cell(model)
		if model == "pool" {
			cell.limit = 0 // it would be at the ceiling as well
		}
		if got := [2]Standing{cell.Standing(Rate), cell.Standing(ServerTime)}; got != want {
			t.Errorf("%s stands %v, want %v", model, got, want)
		}
	}
	if got, want := g.Cell("blocking").Hunger(), (Hunger{4, 5, 64, 9e8}); got != want {
		t.Errorf("blocking: %+v, want %+v: the lower of the two middle ones of 1, 5, 6 and 9, and the longest wait", got, want)
	}
	if g.Fair().Name != ServerTime.Name {
		t.Error("a group with a cell at the client's ceiling is ranked by rate")
	}
}

func TestRankTiesAndTies(t *testing.T) {
	s := study(
		rounds(hello("epoll", 64), 100, 110, 90, 100, 105, 95),
		rounds(hello("select", 64), 101, 108, 91, 99, 106, 94), // now above, now below
		rounds(hello("goroutine", 64), 70, 77, 63, 70, 73.5, 66.5),
		flat(hello("blocking", 64), 10),
	)
	r := s.Main().Rank(Rate)
	var order, letters []string
	for _, p := range r.Places {
		order, letters = append(order, p.Cell.Model), append(letters, p.Letters)
	}
	if diff := cmp.Diff([]string{"select", "epoll", "goroutine", "blocking"}, order); diff != "" {
		t.Log("equal medians keep the ladder's order")
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "a", "b", "c"}, letters); diff != "" {
		t.Error(diff)
	}
	if best := r.Best(); len(best) != 2 {
		t.Errorf("%d models lead, want the two that tie", len(best))
	}
	rest := r.Rest()
	if len(rest) != 2 || math.Abs(rest[0].ToBest.Median-0.7) > 0.01 {
		t.Errorf("behind are %v, want goroutine at 0.70 and blocking", rest)
	}
	if got := r.Advantage(rest[1]); math.Abs(got-10) > 0.2 {
		t.Errorf("the first is %v times blocking, want about 10", got)
	}
	cost := s.Main().Rank(ServerTime) // all cost the same
	if len(cost.Best()) != 4 {
		t.Errorf("%d models are cheapest, want all 4", len(cost.Best()))
	}
}

func TestFewRoundsCompareNothing(t *testing.T) {
	s := study(rounds(hello("epoll", 64), 100), rounds(hello("select", 64), 50))
	r := s.Main().Rank(Rate)
	if alone := study(rounds(hello("epoll", 64), 100)).Main().Rank(Rate); len(alone.Best()) != 0 {
		t.Errorf("one round of one model recommends it: %+v", alone)
	}
	if s.Comparable() || len(r.Best()) != 0 || !r.Unknown() || r.Places[0].Letters != "" {
		t.Errorf("one round compares: %+v", r)
	}
}

func TestNoiseRaisesTheBar(t *testing.T) {
	again := hello("epoll", 64)
	again.Control = true
	quiet := [][]result.Trial{flat(hello("epoll", 64), 100), flat(hello("select", 64), 90)}
	if c := study(quiet...).Main(); c.Compare(c.Cell("select"), c.Cell("epoll"), Rate).Order != stats.Lower {
		t.Error("a tenth less in every round is no difference")
	}
	s := study(append(quiet, flat(again, 115))...)
	if got, measured := s.Noise("hello", Rate); math.Abs(got-0.15) > 1e-9 || !measured {
		t.Errorf("noise is %v, measured: %v, want 0.15", got, measured)
	}
	if c := s.Main(); c.Compare(c.Cell("select"), c.Cell("epoll"), Rate).Order != stats.Tied {
		t.Error("less than the same model shows against itself is a difference")
	}
	if n := len(s.Main().Cell("epoll").Trials); n != 6 {
		t.Errorf("epoll has %d trials, want 6: the second ones are a control", n)
	}
}

func TestARepeatedTrialCountsNowhere(t *testing.T) {
	again := measured(2, hello("epoll", 1), 900)
	control := hello("epoll", 1)
	control.Control = true
	s := study(flat(hello("epoll", 1), 50), flat(control, 50), []result.Trial{again})
	if len(s.Repeated) != 1 || s.Repeated[0].Load.RateRPS != 900 {
		t.Errorf("repeated %+v", s.Repeated)
	}
	cell := s.Main().Cell("epoll")
	if got := cell.Series(Rate)[2]; got != 50 || len(cell.Trials) != 6 || len(cell.Again) != 6 || len(s.Trials) != 12 {
		t.Errorf("round 2 has rate %v; the cell has %d trials and %d of control, the run %d", got, len(cell.Trials), len(cell.Again), len(s.Trials))
	}
}

func TestOrderOfTheReport(t *testing.T) {
	shared := hello("epoll", 16)
	shared.Placement = result.Shared
	s := study(flat(result.Cell{Model: "epoll", Scenario: "zebra", Connections: 1}, 1), flat(result.Cell{Model: "epoll", Scenario: "sleep", Connections: 64}, 1),
		flat(shared, 1), flat(hello("own", 64), 1), flat(hello("goroutine", 64), 1), flat(hello("blocking", 64), 1), flat(hello("epoll", 1), 1))
	var got []string
	for _, g := range s.Groups {
		for _, c := range g.Cells {
			got = append(got, fmt.Sprintf("%s %s %d %s", g.Scenario, g.Placement, g.Connections, c.Model))
		}
	}
	want := []string{"hello split 1 epoll", "hello split 64 blocking", "hello split 64 goroutine", "hello split 64 own",
		"hello shared 16 epoll", "sleep split 64 epoll", "zebra split 1 epoll"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"blocking", "select", "epoll", "goroutine", "own"}, s.Models()); diff != "" {
		t.Error(diff)
	}
}

func TestOneProcessorHasOnlySharedCells(t *testing.T) {
	one, many := hello("blocking", 1), hello("goroutine", 64)
	one.Placement, many.Placement = result.Shared, result.Shared
	s := study(flat(one, 10), flat(many, 10))
	if s.Home() != result.Shared || s.Baseline() == nil || s.Main().Connections != 64 {
		t.Errorf("home %q, baseline %v, main %v", s.Home(), s.Baseline(), s.Main())
	}
	for _, situation := range s.Situations() {
		if situation.Name == "server and client share all processors" {
			t.Error("the home placement is listed a second time")
		}
	}
}

func TestSecondOpinionIsNoRival(t *testing.T) {
	own := result.Cell{Model: "epoll", Scenario: "spin", Connections: 16}
	other := own
	other.Engine = "hey"
	s := study(flat(own, 100), flat(other, 98))
	list := s.Opinions()
	if len(list) != 1 || math.Abs(list[0].Ratio(Rate).Median-0.98) > 1e-12 {
		t.Fatalf("opinions: %+v", list)
	}
	if r := list[0].Group.Rank(Rate); len(r.Places) != 1 {
		t.Errorf("%d places, want loadgen's own only", len(r.Places))
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
	want := []Reason{
		{"steal was 0.0 %: repeat", "epoll in hello at 64 connections, split", 1, 5}, // with 9 % in an invalid one
		{"wrong answers: 3", "epoll in hello at 64 connections, split", 1, 0},
	}
	if diff := cmp.Diff(want, study(list).Reasons()); diff != "" {
		t.Error(diff)
	}
}

func TestMiscounted(t *testing.T) {
	for _, c := range []struct {
		name      string
		served    int64
		warmup    time.Duration
		failed    string
		miscounts bool
	}{
		{"as many", 105, 0, "", false},
		{"one that was answered is not there", 104, 0, "", true},
		{"one under way on each connection", 114, 0, "", false},
		{"one more", 115, 0, "", true},
		{"one of the warm-up", 115, 1, "", false},
		{"a trial that failed", 0, 0, "killed", false},
	} {
		list := flat(hello("epoll", 64), 1)[:1]
		list[0].Failed, list[0].Server.Usage = c.failed, &usage.Line{Requests: c.served}
		list[0].Load.Requests = result.Requests{Sent: 102, OK: 100, Unanswered: 2}
		list[0].Load.Redirects, list[0].Load.Connections.Opened = 5, 7
		list[0].Load.Spec = result.Spec{Warmup: c.warmup}
		if got := len(study(list).Miscounted()) == 1; got != c.miscounts {
			t.Errorf("%s: miscounted is %v", c.name, got)
		}
	}
}

// A report shows, marks and withholds what loadgen does.
func TestFiguresFollowTheOneRule(t *testing.T) {
	paced := result.Cell{Model: "epoll", Scenario: "paced", Connections: 64, RateRPS: 1000}
	waits := buckets(t, 1_000_000) // evenly up to a second, as where a tenth of the offered rate is too much
	for name, c := range map[string]struct {
		change func(*result.Load)
		shown  map[string]bool // of the metrics' names
	}{
		"all is well":      {nil, map[string]bool{Mean.Name: true, P50.Name: true, P99.Name: true, ServiceP.Name: true}},
		"few":              {func(l *result.Load) { l.Histogram, l.Requests = buckets(t, 999), result.Requests{OK: 999} }, map[string]bool{Mean.Name: true, P50.Name: true, ServiceP.Name: true}},
		"fell behind":      {func(l *result.Load) { l.RateRPS, l.Requests.Unsent, l.Histogram = 900, 1000, waits }, map[string]bool{ServiceP.Name: true}},
		"torn":             {func(l *result.Load) { l.Histogram = "torn" }, map[string]bool{Mean.Name: true, ServiceP.Name: true}},
		"withheld already": {func(l *result.Load) { l.Latency.Withheld = map[string]string{"p99": "why"} }, map[string]bool{Mean.Name: true, P50.Name: true, ServiceP.Name: true}},
	} {
		r := measured(1, paced, 1000)
		r.Load.Complete, r.Load.Window.ElapsedNS = true, 10e9
		r.Load.Requests, r.Load.Histogram, r.Load.ServiceHistogram = result.Requests{OK: 5000}, buckets(t, 5000), buckets(t, 5000)
		if c.change != nil {
			c.change(r.Load)
		}
		u := Unpack(r)
		for _, m := range []Metric{Mean, P50, P99, P999, ServiceP} {
			if got := !math.IsNaN(m.Of(*u)); got != c.shown[m.Name] {
				t.Errorf("%s: %s is shown: %v", name, m.Name, got)
			}
		}
		points := 0
		for _, q := range Grid {
			if c.shown[P50.Name] && float64(r.Load.Requests.OK)*(1-q)+1e-6 >= result.Support {
				points++
			}
		}
		if len(u.Response) != points {
			t.Errorf("%s: a curve of %d points, want %d", name, len(u.Response), points)
		}
	}
}

func TestUnansweredMakeLowerBounds(t *testing.T) {
	for _, unanswered := range []int64{0, 9, 60} { // of 1000 up to 60 ranks further on
		r := measured(1, hello("epoll", 64), 1000)
		r.Load.Requests, r.Load.Histogram = result.Requests{OK: 1000 - unanswered, Unanswered: unanswered}, buckets(t, 1000)
		r.Load.Latency.P50 = 500_000
		c := study([]result.Trial{r}).Main().Cell("epoll")
		if got, want := c.AtLeast(P50), unanswered*2 > 2*10; got != want {
			t.Errorf("%d unanswered: p50 is a lower bound: %v, want %v", unanswered, got, want)
		}
		if c.AtLeast(Rate) || c.AtLeast(ServiceP) {
			t.Errorf("%d unanswered: a rate or a service time without any is a lower bound", unanswered)
		}
	}
}

func TestSituationsFollowTheLevels(t *testing.T) {
	var parts [][]result.Trial
	for _, n := range []int{1, 16, 64, 256} {
		parts = append(parts, flat(hello("epoll", n), 10), flat(hello("select", n), 10))
	}
	got := map[string]int{}
	for _, situation := range study(parts...).Situations() {
		got[situation.Name] = situation.Ranking.Group.Connections
	}
	want := map[string]int{"one busy client": 1, "a few busy clients": 16, "many busy clients": 256, "processor time is what costs": 256}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if list := study(flat(hello("epoll", 1), 1)).Situations(); len(list) != 0 {
		t.Errorf("one model alone is recommended: %v", list)
	}
}

// TestNoiseStaysInItsScenario has epoll beat goroutine in sleep in every round, while hello differs from itself by more than that.
func TestNoiseStaysInItsScenario(t *testing.T) {
	sleep := func(model string) result.Cell { return result.Cell{Model: model, Scenario: "sleep", Connections: 64} }
	again := hello("epoll", 64)
	again.Control = true
	s := study(flat(hello("epoll", 64), 100), flat(again, 122), flat(hello("goroutine", 64), 90), flat(hello("goroutine", 256), 90), flat(hello("epoll", 256), 100),
		rounds(sleep("epoll"), 106, 107, 106, 107, 106, 107), flat(sleep("goroutine"), 100))
	for _, c := range []struct {
		group *Group
		want  stats.Order
	}{
		{s.At("hello", 64, result.Split), stats.Tied},
		{s.At("hello", 256, result.Split), stats.Tied}, // the same scenario at a level without a control of its own
		{s.At("sleep", 64, result.Split), stats.Higher},
	} {
		if got := c.group.Compare(c.group.Cell("epoll"), c.group.Cell("goroutine"), Rate).Order; got != c.want {
			t.Errorf("%s at %d: epoll over goroutine is %v, want %v", c.group.Scenario, c.group.Connections, got, c.want)
		}
	}
}
