package result

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ten is a closed loop of ten connections that runs for a time.
var ten = Spec{Connections: 10}

// loadOf is the record of a run of 10 s over ten connections in which requests took so long, the unanswered ones among them.
func loadOf(t *testing.T, latencies map[time.Duration]int64, unanswered int64, longest time.Duration) *Load {
	t.Helper()
	h := NewHistogram()
	for d, n := range latencies {
		h.RecordN(d.Nanoseconds(), n)
	}
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	sum := h.Latency()
	sum.Unanswered = longest.Nanoseconds()
	return &Load{
		Schema: Schema, Complete: true, Spec: ten,
		Window:      Window{ElapsedNS: 10e9},
		Requests:    Requests{Planned: h.Count(), Sent: h.Count(), OK: h.Count() - unanswered, Unanswered: unanswered},
		RateRPS:     float64(h.Count()-unanswered) / 10,
		Latency:     sum,
		Service:     sum,
		Histogram:   text,
		Connections: Connections{Used: 10, Answered: 10},

		ServiceHistogram: text,
	}
}

func lacks(s Summary) map[string]string {
	why := map[string]string{}
	for _, f := range s.Figures {
		if f.Withheld != "" {
			why[f.Name] = f.Withheld
		}
	}
	return why
}

func TestUnansweredMakeLowerBounds(t *testing.T) {
	// 1000 requests: 970 of 1 ms, 20 of 5 ms, and 10 that waited 2 ms when the run ended.
	l := loadOf(t, map[time.Duration]int64{time.Millisecond: 970, 5 * time.Millisecond: 20, 2 * time.Millisecond: 10}, 10, 2*time.Millisecond)
	s := Response(l)
	for name, want := range map[string]bool{
		"p50":  false,
		"p95":  false, // 10 ranks up is rank 960: still 1 ms
		"p99":  true,  // 10 ranks up is beyond the last
		"max":  true,  // one of them could have waited for ever
		"mean": true,
	} {
		if f := s.Figure(name); f.AtLeast() != want {
			t.Errorf("%s is %v to %v, at least: %v, want %v", name, f.NS, f.Upper, f.AtLeast(), want)
		}
	}
	if p99 := s.Figure("p99"); !math.IsInf(p99.Upper, 1) || math.Abs(p99.NS-5e6) > 1e4 {
		t.Errorf("p99 is %v to %v, want 5 ms without a bound", p99.NS, p99.Upper)
	}
	if diff := cmp.Diff(map[string]string{"p999": "p99.9 needs 10,000 requests, there are 1,000"}, lacks(s)); diff != "" {
		t.Error(diff)
	}
}

func TestAHangingRequestIsTheLongest(t *testing.T) {
	l := loadOf(t, map[time.Duration]int64{time.Millisecond: 100_000, 2 * time.Second: 1}, 1, 2*time.Second)
	for _, s := range []Summary{Response(l), Service(l)} {
		if f := s.Figure("max"); !f.AtLeast() || !math.IsInf(f.Upper, 1) || f.Withheld != "" {
			t.Errorf("max %+v, want 2 s or more", f)
		}
		if f := s.Figure("p99"); f.AtLeast() {
			t.Errorf("p99 %+v", f)
		}
	}
}

// Unanswered requests for a path make its figures lower bounds. So do unsent requests, which could have been for any path. A record that was read
// again has the same marks.
func TestLowerBoundsByPath(t *testing.T) {
	h := NewHistogram()
	h.RecordN(1e6, 970)
	h.RecordN(2e6, 30)
	for _, c := range []struct {
		name       string
		unanswered int64 // for the path
		unsent     int64 // of the whole run
		want       []string
	}{
		{"all answered", 0, 0, nil},
		{"some unanswered", 30, 0, []string{"p95", "p99", "max", "mean"}},
		{"some of the run unsent", 0, 150, []string{"p99", "max", "mean"}},
	} {
		l := loadOf(t, map[time.Duration]int64{time.Millisecond: 9850, time.Second: 150}, 0, 0)
		l.Requests = Requests{Planned: 10_000, Sent: 10_000 - c.unsent, OK: 10_000 - c.unsent, Unsent: c.unsent}
		l.Paths = []PathLatency{{Path: "/"}}
		h.Describe(&l.Paths[0], c.unanswered)
		for range 2 { // written, and read again
			l.Annotate()
			if got := l.Paths[0].Latency.AtLeast; !slices.Equal(got, c.want) {
				t.Errorf("%s: at least %v, want %v", c.name, got, c.want)
			}
			text, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			l = new(Load)
			if err := json.Unmarshal(text, l); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The figures of the answered connections have their own marks. They are unknown if no connection starved, or if the record does not separate them.
func TestFiguresOfTheAnswered(t *testing.T) {
	l := loadOf(t, map[time.Duration]int64{time.Millisecond: 970, 2 * time.Second: 30}, 30, 2*time.Second)
	other := loadOf(t, map[time.Duration]int64{time.Millisecond: 970, 5 * time.Millisecond: 10}, 10, 5*time.Millisecond)
	l.Answered = &Answered{Connections: 9, Of: 10, Latency: other.Latency, Service: other.Service, Histogram: other.Histogram, ServiceHistogram: other.ServiceHistogram}
	if _, _, known := OfAnswered(l); known {
		t.Error("nobody starved, and some were answered")
	}
	l.Connections.Answered = 9
	l.Annotate()
	if len(l.Latency.Withheld) != 7 || len(l.Service.Withheld) != 7 {
		t.Errorf("what speaks for all is withheld: %v, %v", l.Latency.Withheld, l.Service.Withheld)
	}
	for name, latency := range map[string]Latency{"response": l.Answered.Latency, "service": l.Answered.Service} {
		if !slices.Equal(latency.AtLeast, []string{"max", "mean"}) || len(latency.Withheld) != 2 || latency.Withheld["p99"] == "" || latency.Withheld["p999"] == "" {
			t.Errorf("%s: at least %v, withheld %v", name, latency.AtLeast, latency.Withheld)
		}
	}
	l.Answered = nil
	if _, _, known := OfAnswered(l); known {
		t.Error("the record does not tell who was answered")
	}
}

// Requests that were due and never sent count at the age they reached, like those without an answer.
func TestUnsentMakeLowerBounds(t *testing.T) {
	l := loadOf(t, map[time.Duration]int64{time.Millisecond: 9850, time.Second: 150}, 0, time.Second)
	l.Requests = Requests{Planned: 10_000, Sent: 9850, OK: 9850, Unsent: 150}
	l.RateRPS = 985
	l.Spec.Rate = 1000
	s := Response(l)
	if f := s.Figure("p99"); !f.AtLeast() || f.Withheld != "" {
		t.Errorf("p99 %+v, want a lower bound", f)
	}
}

func TestWhatIsWithheld(t *testing.T) {
	all := func(s Summary, want string) {
		t.Helper()
		if !strings.Contains(s.Withheld, want) {
			t.Errorf("lacks %q, want %q", s.Withheld, want)
		}
		for _, f := range s.Figures {
			if f.Withheld != s.Withheld {
				t.Errorf("%s lacks %q, want %q", f.Name, f.Withheld, s.Withheld)
			}
		}
	}
	load := func() *Load { return loadOf(t, map[time.Duration]int64{time.Millisecond: 100_000}, 0, 0) }

	l := load()
	l.Connections.Answered, l.Connections.LongestWaitNS = 9, 10e9
	all(Response(l), "9 of 10 connections were ever answered; the other waited 10 s")
	all(Service(l), "9 of 10")
	for _, some := range []Spec{{Connections: 10, Rate: 10_000}, {Connections: 10, Requests: 100_000}} {
		l.Spec = some
		if l.Connections.Used = 9; Response(l).Withheld != "" {
			t.Errorf("%+v: a connection that was never given a request is said to starve", some)
		}
		l.Connections.Used = 10
		all(Response(l), "9 of 10")
	}

	late := func() *Load { // the server serves half of the offered rate, so waits are uniform up to 5 s
		waits := map[time.Duration]int64{}
		for i := range 1000 {
			waits[time.Duration(i)*5*time.Millisecond] = 100
		}
		return loadOf(t, waits, 0, 0)
	}
	l = late()
	l.RateRPS, l.Requests.Unsent = 500, 5000
	l.Spec.Rate = 1000
	l.Requests.Planned = 0
	all(Response(l), "fell behind")
	if why := Service(l).Withheld; why != "" {
		t.Errorf("the service time of an overloaded run lacks %q", why)
	}

	l = load() // ends by number: the schedule lasts a second, the run took ten
	l.Spec = Spec{Connections: 10, Rate: 100_000, Requests: 100_000}
	l.Connections.Used = 10
	if why := Response(l).Withheld; why != "" || Shortfall(l) < 0.89 {
		t.Errorf("behind by %v, lacks %q", Shortfall(l), why)
	}
	if l.Service.Max = 9e9; Shortfall(l) > 0 {
		t.Error("a run that waits for its slowest request is said to fall behind")
	}

	l = late() // interrupted, with a backlog
	l.Complete, l.Requests.Planned, l.Requests.Unsent, l.UnsentBy = false, 200_000, 100_000, map[string]int64{"no-connection": 100_000}
	l.Spec.Rate = 20_000
	all(Response(l), "fell behind")
	l.UnsentBy = map[string]int64{"interrupted": 100_000}
	l.Spec = Spec{Connections: 10, Rate: 10_000, Requests: 200_000}
	if why := Response(l).Withheld; why != "" {
		t.Errorf("what was not due when the run was interrupted counts as late: %s", why)
	}

	l = load()
	l.Requests.OK = 0
	all(Response(l), "no request succeeded")
}

// A target that stands still for a while is not overloaded. The response time shows how long it stood.
func TestAStallIsNoOverload(t *testing.T) {
	const rate, elapsed = 1000, 10 * time.Second
	for name, c := range map[string]struct {
		fast  time.Duration // response time without waiting
		stood time.Duration // it stood still for so long, at the end of the run
		steal float64       // share of the offered rate that the target cannot serve
		late  bool
	}{
		"for good in the last second":                {fast: 200 * time.Microsecond, stood: time.Second},
		"for good in the last second, slow at best":  {fast: 50 * time.Millisecond, stood: time.Second},
		"for good from before the middle on":         {fast: 200 * time.Microsecond, stood: 6 * time.Second, late: true},
		"keeps up with 97 %":                         {fast: 200 * time.Microsecond, steal: 0.03, late: true},
		"keeps up with 97 %, slow at best":           {fast: 50 * time.Millisecond, steal: 0.03, late: true},
		"keeps up with 97 %, then stands still":      {fast: 200 * time.Microsecond, steal: 0.03, stood: time.Second, late: true},
		"keeps up with what is offered but for 2 ms": {fast: 200 * time.Microsecond, stood: 2 * time.Millisecond},
	} {
		waits := map[time.Duration]int64{}
		var unanswered int64
		for i := range int64(elapsed.Seconds() * rate) {
			due := time.Duration(i) * time.Second / rate
			wait := c.fast + time.Duration(float64(due)*c.steal)
			if due+wait > elapsed-c.stood {
				wait = elapsed - due
				unanswered++
			}
			waits[wait]++
		}
		l := loadOf(t, waits, unanswered, c.stood)
		l.Spec.Rate = rate
		if late := Overloaded(l); late != c.late {
			t.Errorf("%s, of which %d are unanswered: overloaded is %v", name, unanswered, late)
		}
		if p99 := Response(l).Figure("p99"); c.stood >= time.Second && !c.late && (p99.Withheld != "" || p99.NS < 0.85*float64(c.stood) || !p99.AtLeast()) {
			t.Errorf("%s: %+v", name, p99)
		}
	}
}

// The send lateness is withheld if there are too few requests, as response times are. Unsent requests make it a lower bound, but not the part that
// loadgen causes itself.
func TestDoubtOfLateness(t *testing.T) {
	for _, unsent := range []int64{0, 5} {
		l := loadOf(t, map[time.Duration]int64{time.Millisecond: 100}, 0, 0)
		l.Spec.Rate, l.Requests.Unsent = 10, unsent
		l.Lateness, l.PacerLateness = Latency{P50: 10, P99: 30}, Latency{P50: 10, P99: 20}
		l.Annotate()
		for name, latency := range map[string]Latency{"lateness": l.Lateness, "pacer's": l.PacerLateness} {
			if latency.Withheld["p99"] == "" || latency.Withheld["p50"] != "" {
				t.Errorf("%s: withheld %v", name, latency.Withheld)
			}
			if bound := slices.Contains(latency.AtLeast, "p50"); bound != (unsent > 0 && name == "lateness") {
				t.Errorf("%s with %d unsent: at least %v", name, unsent, latency.AtLeast)
			}
		}
	}
}

// A slow target has not fallen behind because of requests that were due too late to be answered in the window.
func TestSlowIsNotBehind(t *testing.T) {
	for name, c := range map[string]struct {
		takes, warmup time.Duration
		served, lag   float64 // per second, of 100 that are due
	}{
		"half a second":                      {takes: 500 * time.Millisecond, served: 95},
		"half a second, after a warm-up":     {takes: 500 * time.Millisecond, warmup: time.Second, served: 100},
		"half a second, and not all of them": {takes: 500 * time.Millisecond, served: 85.5, lag: 0.1},
		"the same after a warm-up":           {takes: 500 * time.Millisecond, warmup: time.Second, served: 90, lag: 0.1},
		"longer than the window":             {takes: 11 * time.Second, served: 0},
		"no time":                            {takes: time.Millisecond, served: 90, lag: 0.1},
	} {
		l := loadOf(t, map[time.Duration]int64{c.takes: 1000}, 0, 0)
		l.Spec.Rate, l.Spec.Warmup, l.RateRPS = 100, c.warmup, c.served
		if lag := Shortfall(l); math.Abs(lag-c.lag) > 0.001 {
			t.Errorf("%s: behind by %v, want %v", name, lag, c.lag)
		}
	}
}

// If enough requests fail, errors explain the shortfall, not an overload.
func TestErrorsAreNoOverload(t *testing.T) {
	waits := map[time.Duration]int64{}
	for i := range 1000 {
		waits[time.Duration(i)*time.Millisecond] = 9
	}
	l := loadOf(t, waits, 0, 0)
	l.Spec.Rate, l.RateRPS = 1000, 900
	for errors, want := range map[int64]bool{0: true, 499: true, 500: false, 1000: false} {
		l.Requests = Requests{Planned: 10_000, Sent: 9000 + errors, OK: 9000, Errors: errors, Unsent: 1000 - errors}
		if got := Overloaded(l); got != want {
			t.Errorf("%d of 10,000 fail: overloaded is %v", errors, got)
		}
	}
}

func TestSupport(t *testing.T) {
	for n, want := range map[int64]map[string]string{
		9: {
			"p50": "p50 needs 20 requests, there are 9", "p90": "p90 needs 100 requests, there are 9", "p95": "p95 needs 200 requests, there are 9",
			"p99": "p99 needs 1,000 requests, there are 9", "p999": "p99.9 needs 10,000 requests, there are 9",
		},
		999:    {"p99": "p99 needs 1,000 requests, there are 999", "p999": "p99.9 needs 10,000 requests, there are 999"},
		1000:   {"p999": "p99.9 needs 10,000 requests, there are 1,000"},
		10_000: {},
	} {
		l := loadOf(t, map[time.Duration]int64{time.Millisecond: n}, 0, 0)
		l.Latency.P99 = 123 // the figure is that of the record, not of the buckets
		s := Response(l)
		if diff := cmp.Diff(want, lacks(s)); diff != "" {
			t.Errorf("%d requests: %s", n, diff)
		}
		if s.Figure("p99").NS != 123 {
			t.Errorf("p99 %+v", s.Figure("p99"))
		}
	}
}

// A record that was read again gives the same figures and marks.
func TestTheRecordCarriesItsDoubt(t *testing.T) {
	l := loadOf(t, map[time.Duration]int64{time.Millisecond: 970, 5 * time.Millisecond: 20, 2 * time.Second: 10}, 10, 2*time.Second)
	l.Paths = []PathLatency{{Path: "/", Count: 50, Latency: l.Latency}}
	l.Annotate()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Latency map[string]any `json:"latency_ns"`
		Paths   []struct {
			Latency map[string]any `json:"latency_ns"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	if raw.Latency["p999"] != nil || raw.Latency["p99"] == nil || raw.Latency["p50"] == nil {
		t.Errorf("%v", raw.Latency)
	}
	if diff := cmp.Diff([]any{"p99", "max", "mean"}, raw.Latency["at_least"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"p999": "p99.9 needs 10,000 requests, there are 1,000"}, raw.Latency["withheld"]); diff != "" {
		t.Error(diff)
	}
	if path := raw.Paths[0].Latency; path["p50"] == nil || path["p90"] != nil || path["p99"] != nil {
		t.Errorf("by path: %v", path)
	}

	var back Load
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ten, back.Spec); diff != "" {
		t.Error(diff)
	}
	first, again := Response(l), Response(&back)
	for i, f := range first.Figures {
		if g := again.Figures[i]; f.Withheld != g.Withheld || f.Withheld == "" && f != g {
			t.Errorf("read again %+v, want %+v", g, f)
		}
	}
}

// The offered rate is that of the spec, unless the schedule is random, has bursts or stages, or was cut short.
func TestOffered(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Load)
		want   float64
	}{
		"even":            {func(*Load) {}, 1000},
		"at random":       {func(l *Load) { l.Spec.Arrivals = Poisson }, 990},
		"in bursts":       {func(l *Load) { l.Spec.Burst = 10 }, 990},
		"in stages":       {func(l *Load) { l.Spec.Stages = []Stage{{}} }, 990},
		"cut short":       {func(l *Load) { l.Complete = false; l.UnsentBy = map[string]int64{"interrupted": 4900} }, 500},
		"by number":       {func(l *Load) { l.Spec.Requests, l.Spec.Burst = 9900, 10 }, 1000},
		"nothing was due": {func(l *Load) { l.Spec.Burst, l.Requests.Planned = 10, 0 }, 1000},
		"a closed loop":   {func(l *Load) { l.Spec.Rate = 0 }, 0},
	} {
		l := &Load{Complete: true, Spec: Spec{Rate: 1000}, Window: Window{ElapsedNS: 10e9}, Requests: Requests{Planned: 9900}}
		if c.change(l); Offered(l) != c.want {
			t.Errorf("%s: %v, want %v", name, Offered(l), c.want)
		}
	}
}
