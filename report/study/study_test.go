package study

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
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
		Connections: result.Connections{Answered: int64(c.Connections), Used: int64(c.Connections)},
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

func TestARepeatedTrialCountsNowhere(t *testing.T) {
	again := measured(2, hello("epoll", 1), 900)
	control := hello("epoll", 1)
	control.Control = true
	s := study(flat(hello("epoll", 1), 50), flat(control, 50), []result.Trial{again})
	if len(s.Repeated) != 1 || s.Repeated[0].Figure(Rate) != 900 {
		t.Errorf("repeated %+v", s.Repeated)
	}
	cell := s.Cells[0]
	m := cell.Model("epoll")
	if got := m.Trials[1].Figure(Rate); got != 50 || len(m.Trials) != 6 || len(cell.Twin.Trials) != 6 || len(s.Trials) != 12 {
		t.Errorf("round 2 has rate %v; the model has %d trials and %d of control, the run %d", got, len(m.Trials), len(cell.Twin.Trials), len(s.Trials))
	}
}

func TestOrderOfTheReport(t *testing.T) {
	shared := hello("epoll", 16)
	shared.Placement = result.Shared
	s := study(flat(result.Cell{Model: "epoll", Scenario: "zebra", Connections: 1}, 1), flat(result.Cell{Model: "epoll", Scenario: "sleep", Connections: 64}, 1),
		flat(shared, 1), flat(hello("own", 64), 1), flat(hello("goroutine", 64), 1), flat(hello("blocking", 64), 1), flat(hello("epoll", 1), 1))
	var got []string
	for _, g := range s.Cells {
		for _, c := range g.Models {
			got = append(got, fmt.Sprintf("%s %s %d %s", g.Scenario, g.Placement, g.Connections, c.Name))
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
		if got := study(list).Trials[0].Miscount != nil; got != c.miscounts {
			t.Errorf("%s: miscounted is %v", c.name, got)
		}
		list[0].Second = &result.Second{Load: new(result.Load)} // whose requests it served too
		if got := study(list).Trials[0].Miscount != nil; got != (c.miscounts && c.served < 105) {
			t.Errorf("%s, beside a second client: miscounted is %v", c.name, got)
		}
	}
}

// A report shows, marks and withholds the same figures as loadgen.
func TestFiguresFollowTheOneRule(t *testing.T) {
	paced := result.Cell{Model: "epoll", Scenario: "paced", Connections: 64, RateRPS: 1000}
	waits := buckets(t, 1_000_000) // evenly up to a second, as where a tenth of the offered rate is too much
	for name, c := range map[string]struct {
		change func(*result.Load)
		shown  map[string]bool // of the metrics' names
	}{
		"all is well":      {nil, map[string]bool{Mean: true, P50: true, P99: true, Service: true}},
		"few":              {func(l *result.Load) { l.Histogram, l.Requests = buckets(t, 999), result.Requests{OK: 999} }, map[string]bool{Mean: true, P50: true, Service: true}},
		"fell behind":      {func(l *result.Load) { l.RateRPS, l.Requests.Unsent, l.Histogram = 900, 1000, waits }, map[string]bool{Service: true}},
		"torn":             {func(l *result.Load) { l.Histogram = "torn" }, map[string]bool{Mean: true, Service: true}},
		"withheld already": {func(l *result.Load) { l.Latency.Withheld = map[string]string{"p99": "why"} }, map[string]bool{Mean: true, P50: true, Service: true}},
	} {
		r := measured(1, paced, 1000)
		r.Load.Complete, r.Load.Window.ElapsedNS = true, 10e9
		r.Load.Requests, r.Load.Histogram, r.Load.ServiceHistogram = result.Requests{OK: 5000}, buckets(t, 5000), buckets(t, 5000)
		if c.change != nil {
			c.change(r.Load)
		}
		u := Unpack(r)
		for _, m := range []string{Mean, P50, P99, P999, Service} {
			if got := !math.IsNaN(u.Figure(m)); got != c.shown[m] {
				t.Errorf("%s: %s is shown: %v", name, m, got)
			}
		}
		points := 0
		for _, q := range Grid {
			if c.shown[P50] && float64(r.Load.Requests.OK)*(1-q)+1e-6 >= result.Support {
				points++
			}
		}
		if len(u.Response) != points {
			t.Errorf("%s: a curve of %d points, want %d", name, len(u.Response), points)
		}
	}
}

// The fastest replies may be so far apart that a few unanswered requests could raise the lowest percentiles noticeably. The curve begins at the
// median, so it is drawn all the same.
func TestAFewUnsentLeaveACurve(t *testing.T) {
	paced := result.Cell{Model: "epoll", Scenario: "paced", Connections: 64, RateRPS: 1000}
	r := measured(1, paced, 1000)
	r.Load.Complete, r.Load.Window.ElapsedNS = true, 10e9
	r.Load.Requests = result.Requests{OK: 5000, Unsent: 5}
	r.Load.Histogram, r.Load.ServiceHistogram = buckets(t, 5005), buckets(t, 5000)
	if u := Unpack(r); len(u.Response) < 10 || len(u.Response) == len(Grid) {
		t.Errorf("a curve of %d points of %d", len(u.Response), len(Grid))
	}
}

func TestUnansweredMakeLowerBounds(t *testing.T) {
	for _, unanswered := range []int64{0, 9, 60} { // of 1000 up to 60 ranks further on
		r := measured(1, hello("epoll", 64), 1000)
		r.Load.Requests, r.Load.Histogram = result.Requests{OK: 1000 - unanswered, Unanswered: unanswered}, buckets(t, 1000)
		r.Load.Latency.P50 = 500_000
		u := Unpack(r)
		if got, want := u.AtLeast(P50), unanswered*2 > 2*10; got != want {
			t.Errorf("%d unanswered: p50 is a lower bound: %v, want %v", unanswered, got, want)
		}
		if u.AtLeast(Rate) || u.AtLeast(Service) {
			t.Errorf("%d unanswered: a rate or a service time without any is a lower bound", unanswered)
		}
	}
}

func TestModesAreCellsOfTheirOwn(t *testing.T) {
	var parts [][]result.Trial
	for _, mode := range []string{result.Inline, result.OneByOne, result.AllAtOnce} {
		c := result.Cell{Model: "epoll", Scenario: "download", Connections: 20, RateRPS: 1000, Mode: mode}
		if mode == result.OneByOne {
			c.Connections = 1
		}
		parts = append(parts, flat(c, 1000))
	}
	var got []string
	for _, g := range study(parts...).Find("download", "") {
		got = append(got, fmt.Sprintf("%s %d: %d trials", g.Mode, g.Connections, len(g.Model("epoll").Trials)))
	}
	want := []string{"one-by-one 1: 6 trials", "all-at-once 20: 6 trials", "inline 20: 6 trials"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestBesideIsOfTheSmallReplies: the metric is of one path, and needs enough requests for its percentile.
func TestBesideIsOfTheSmallReplies(t *testing.T) {
	pictures := result.PathLatency{Path: "/moved/image/0", Count: 1000, Latency: result.Latency{P90: 9e6}}
	for _, c := range []struct {
		name  string
		paths []result.PathLatency
		want  float64
	}{
		{"beside pictures", []result.PathLatency{pictures, {Path: "/", Count: 100, Latency: result.Latency{P90: 2e6}}}, 2e6},
		{"too few", []result.PathLatency{pictures, {Path: "/", Count: 99, Latency: result.Latency{P90: 2e6}}}, math.NaN()},
		{"none", []result.PathLatency{pictures}, math.NaN()},
	} {
		of := measured(1, hello("epoll", 10), 1000)
		of.Load.Paths = c.paths
		got := Unpack(of).Figure(Beside90)
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
