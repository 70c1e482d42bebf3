package verdict

import (
	"strings"
	"testing"

	"carousel/internal/result"
	"carousel/internal/usage"
)

func TestParseRefuses(t *testing.T) {
	for expr, want := range map[string]string{
		"":                   "it takes a metric",
		"p99":                "it takes a metric",
		"p99>":               "it takes a metric",
		">5ms":               "it takes a metric",
		"p99>-5ms":           "it takes a metric",
		"p99=5ms":            "= is no operator of p99",
		"p99=>5ms":           "=> is no operator",
		"p98>5ms":            "unknown metric p98; there are p50 p90",
		"latency>5ms":        "unknown metric latency",
		"p99>5":              "5 of what? p99 takes a time",
		"p99>5m":             "unknown unit m; p99 takes a time with ns, us, ms or s",
		"p99>5%":             "unknown unit %",
		"rate<5ms":           "unknown unit ms; rate takes a number per second",
		"errors>0.1/s":       "unknown unit /s",
		"starved>10%":        "unknown unit %",
		"p99>1.2.3ms":        "1.2.3 is no number",
		"p99>1e400ms":        "1e400 is no number",
		"p99>5ms errors>0":   "it takes a metric",
		"p99>5ms && rate<10": "it takes a metric",
		"p99>ms":             "it takes a metric",
		"p99!=5ms":           "!= is no operator of p99; there are > < >= <=",
		"verdict":            "it takes a metric",
		"verdict!=":          "it takes a metric",
		"verdict>valid":      "> is no operator of verdict; there are = == !=",
		"verdict!valid":      "! is no operator of verdict",
		"verdict!=good":      "verdict is valid, suspect or invalid, not good",
		"verdict=VALID":      "not VALID",
		"verdict=1":          "not 1",
		"verdict=1valid":     "not 1valid",
		"verdict=valid or":   "it takes a metric",
		"rate_ratio<0.97/s":  "unknown unit /s; rate_ratio takes a plain number, or with % the same in hundredths",
		"p99_ratio=1":        "= is no operator of p99_ratio",
		"ratio<1":            "unknown metric ratio; there are p50",
	} {
		if g, err := Parse(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %+v, %v, want an error with %q", expr, g, err, want)
		}
	}
}

func TestBroken(t *testing.T) {
	for _, c := range []struct {
		expr   string
		change func(*result.Load)
		want   string // the text if the gate is broken; "" if it is not
	}{
		// The record: 100,000 requests of 1 ms in 10 s over 10 connections; 20 us of processor time each.
		{"p99>5ms", nil, ""},
		{"p99 > 0.5 ms", nil, "p99 > 0.5 ms: p99 is 1.00ms"},
		{"p99<5ms", nil, "p99<5ms: p99 is 1.00ms"},
		{"p(99)>500us", nil, "p(99)>500us: p99 is 1.00ms"},
		{"P99.9>500000ns", nil, "P99.9>500000ns: p99.9 is 1.00ms"},
		{"service_p(99.9)>0.0005s", nil, "service_p(99.9)>0.0005s: service_p99.9 is 1.00ms"},
		{"mean>=1ms", nil, "mean>=1ms: mean is 1.00ms"},
		{"max<=1ms", nil, "max<=1ms: max is 1.00ms"},
		{"mean>1ms", nil, ""},
		{"max<1ms", nil, ""},
		{"rate<20000", nil, "rate<20000: rate is 10,000/s"},
		{"rate<9999.5/s", nil, ""},
		{"errors>0", nil, ""},
		{"errors>=0", nil, "errors>=0: errors is 0"},
		{"errors>0.1%", func(l *result.Load) { fail(l, 100) }, ""},
		{"errors>0.1%", func(l *result.Load) { fail(l, 200) }, "errors>0.1%: errors is 0.2 %"},
		{"errors>99", func(l *result.Load) { fail(l, 100) }, "errors>99: errors is 100"},
		{"errors>1%", func(l *result.Load) { l.Requests = result.Requests{} }, "errors>1%: not measured: nothing was sent"},
		{"unanswered>0", func(l *result.Load) { l.Requests.Unanswered = 1 }, "unanswered>0: unanswered is 1"},
		{"starved>0", nil, ""},
		{"starved>0", func(l *result.Load) { l.Connections.Answered = 1 }, "starved>0: starved is 9"},
		{"starved>0", func(l *result.Load) { l.Connections.Answered = 0 }, "starved>0: starved is 10"},
		{"connect_failures>2", func(l *result.Load) { l.Connections.Failed = 3 }, "connect_failures>2: connect_failures is 3"},
		{"cpu_per_request>15us", nil, "cpu_per_request>15us: cpu_per_request is 20.0us"},
		{"cpu_per_request>15us", func(l *result.Load) { l.Requests.OK *= 2 }, "cpu_per_request>15us: cpu_per_request is 20.0us"}, // half of the replies came in the grace
		{"target_cpu_per_request>15us", nil, "target_cpu_per_request>15us: not measured: the target's processor time is read with --pid"},
		{"target_cpu_per_request>15us", func(l *result.Load) { l.TargetCPULacks = "it ended" }, "target_cpu_per_request>15us: not measured: it ended"},
		{"target_cpu_per_request>15us", func(l *result.Load) { l.TargetCPU = &usage.CPU{UserNS: 1e9} }, ""},
		{"lateness_p99>1ms", nil, "lateness_p99>1ms: not measured: a closed loop has no schedule to be late for"},
		{"lateness_p99>1ms", func(l *result.Load) { l.Spec.Rate, l.Lateness.P99 = 1000, 2e6 }, "lateness_p99>1ms: lateness_p99 is 2.00ms"},
		{"lateness_p99>1ms", func(l *result.Load) { l.Spec.Rate, l.PacerLateness.P99 = 1000, 2e6 }, ""},
		{"lateness_p99>1ms", func(l *result.Load) { l.Spec.Rate, l.Requests.Unsent = 1000, 1 },
			"lateness_p99>1ms: lateness_p99 is at least 0ns, and requests without an answer could break the gate: give the run more time"},
		{"pacer_lateness_p99>1ms", func(l *result.Load) { l.Spec.Rate, l.PacerLateness.P99, l.Requests.Unsent = 1000, 2e6, 1 }, "pacer_lateness_p99>1ms: pacer_lateness_p99 is 2.00ms"},
		{"pacer_lateness_p99>1ms", func(l *result.Load) { l.Spec.Rate, l.Requests.Unsent = 1000, 1 }, ""},

		{"lateness_p99>1ms", func(l *result.Load) { l.Spec.Rate, l.Requests.Sent = 1000, 999 },
			"lateness_p99>1ms: not measured: p99 needs 1,000 requests, there are 999"},

		{"rate_ratio<0.97", nil, "rate_ratio<0.97: not measured: nothing was compared, which is done with --vs"},
		{"verdict!=valid", func(l *result.Load) { l.Verdict.State = result.Valid }, ""},
		{"verdict!=valid", func(l *result.Load) { l.Verdict.State = result.Suspect }, "verdict!=valid: verdict is suspect"},
		{"verdict != valid", func(l *result.Load) { l.Verdict.State = result.Invalid }, "verdict != valid: verdict is invalid"},
		{"verdict=invalid", func(l *result.Load) { l.Verdict.State = result.Invalid }, "verdict=invalid: verdict is invalid"},
		{"Verdict == invalid", func(l *result.Load) { l.Verdict.State = result.Suspect }, ""},
		{"verdict=suspect", func(l *result.Load) { l.Verdict.State = result.Suspect }, "verdict=suspect: verdict is suspect"},
		{"verdict=invalid", func(l *result.Load) { l.Verdict.State = "" }, "verdict=invalid: not measured: the record has no verdict"},

		{"p99>5ms", func(l *result.Load) { l.Connections.Answered, l.Connections.LongestWaitNS = 1, 1e9 },
			"p99>5ms: not measured: 1 of 10 connections was ever answered; the others waited 1 s"},
		{"p99>5ms", func(l *result.Load) { l.Requests.OK, l.Requests.Unanswered = 0, 100_000 },
			"p99>5ms: not measured: no request succeeded"},
		{"p99>5ms", func(l *result.Load) { l.Requests.OK, l.Requests.Unanswered = 98_000, 2000 },
			"p99>5ms: p99 is at least 1.00ms, and requests without an answer could break the gate: give the run more time"},
		{"p50>5ms", func(l *result.Load) { l.Requests.OK, l.Requests.Unanswered = 98_000, 2000 }, ""},
		{"max>5ms", func(l *result.Load) { l.Requests.OK, l.Requests.Unanswered = 99_990, 10 },
			"max>5ms: max is at least 1.00ms, and requests without an answer could break the gate: give the run more time"},
		{"max>3s", func(l *result.Load) { l.Latency.Max, l.Latency.Unanswered = 2e9, 2e9 },
			"max>3s: max is at least 2.00s, and requests without an answer could break the gate: give the run more time"},
	} {
		l := closed(t)
		if c.change != nil {
			c.change(l)
		}
		g, err := Parse(c.expr)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.expr, err)
			continue
		}
		if broken, text := g.Broken(l); broken != (c.want != "") || text != c.want {
			t.Errorf("%s: broken %v, %q; want %q", c.expr, broken, text, c.want)
		}
	}
}

func TestTooFewSamplesBreakAGate(t *testing.T) {
	s := closed(t).Spec
	g, err := Parse("p999>1s")
	if err != nil {
		t.Fatal(err)
	}
	l := loadOf(t, s, 1e9, 10, repeat(1000, 1e6), 0)
	if broken, text := g.Broken(l); !broken || text != "p999>1s: not measured: p99.9 needs 10,000 requests, there are 1,000" {
		t.Errorf("broken %v, %q", broken, text)
	}
}

func TestEveryMetricCanBeGated(t *testing.T) {
	l := closed(t)
	for _, m := range metrics {
		expr := m.name + m.kind.ops[0] + "0"
		switch {
		case m.kind.units["ns"] != 0:
			expr += "ns"
		case m.name == "verdict":
			expr = "verdict=valid"
		}
		g, err := Parse(expr)
		if err != nil {
			t.Errorf("Parse(%q): %v", expr, err)
			continue
		}
		g.Broken(l)
		g.Broken(&result.Load{}) // an empty record must not panic
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"p99>5ms", "errors > 0.1%", "rate<=20000/s", "p(99.9)>=1e3ns", "service_mean>5µs", "verdict!=valid", "rate_ratio<97%", "p99>", "((p>1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		g, err := Parse(expr)
		if err != nil {
			return
		}
		if g.metric == nil || g.limit < 0 || g.limit != g.limit {
			t.Errorf("Parse(%q) = %+v", expr, g)
		}
		again, err := Parse(g.Expr)
		if err != nil || again != g {
			t.Errorf("Parse(%q) = %+v, but Parse(%q) = %+v, %v", expr, g, g.Expr, again, err)
		}
		if broken, text := g.Broken(&result.Load{}); broken == (text == "") {
			t.Errorf("%q is broken: %v, and says %q", expr, broken, text)
		}
	})
}

func TestNeeds(t *testing.T) {
	for expr, want := range map[string]int64{
		"p50<1s": 20, "p99<1s": 1000, "service_p999<1s": 10_000, "lateness_p99<1s": 1000,
		"mean<1s": 0, "max<1s": 0, "rate>1": 0, "errors<1": 0, "unanswered<1": 0, "cpu_per_request<1s": 0, "p99_ratio<1": 0, "verdict=valid": 0,
	} {
		g, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Needs(); got != want {
			t.Errorf("%s needs %d requests, want %d", expr, got, want)
		}
	}
}

func TestBackwards(t *testing.T) {
	for expr, want := range map[string]string{
		"p99>5ms": "p99<5ms", "p99 >= 5ms": "p99 <= 5ms", "errors>1%": "errors<1%", "verdict!=valid": "verdict=valid",
		"p99<5ms": "", "verdict=valid": "", "rate>1000": "", "cpu_per_request>5us": "", "target_cpu_per_request>5us": "",
	} {
		g, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Backwards(); got != want {
			t.Errorf("%s turned round is %q, want %q", expr, got, want)
		}
	}
}
