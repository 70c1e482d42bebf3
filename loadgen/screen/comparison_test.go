package screen

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/golden"
	"carousel/internal/result"
	"carousel/internal/usage"
)

// compared returns the record of a comparison without problems: 10 s of slices of 25 and 75 ms, each server a bit slower than the one before.
func compared(t *testing.T, names ...string) *result.Comparison {
	t.Helper()
	c := &result.Comparison{Schema: result.Schema, Complete: true, Cycles: 200, SliceNS: 25e6, GivenNS: 25e6, LeadNS: 10e6, Seed: 7, Verdict: result.Verdict{State: result.Valid}}
	for i, name := range names {
		slower := 1 + 0.04*float64(i)
		h := result.NewHistogram()
		for k := range int64(20_000) {
			h.Record(int64(slower * float64(500_000+k*20)))
		}
		text, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		s := result.DefaultSpec()
		s.Target, s.Connections, s.Engine = fmt.Sprintf("http://127.0.0.1:%d/", 5000+i), 64, result.Epoll
		l := &result.Load{
			Spec: s, Complete: true, Window: result.Window{ElapsedNS: 8e9},
			Requests: result.Requests{Planned: 20_000, Sent: 20_000, OK: 20_000}, RateRPS: 81_200 / slower, Latency: h.Latency(), Service: h.Latency(),
			Histogram: text, ServiceHistogram: text, TargetCPU: &usage.CPU{UserNS: 1e9},
			Connections: result.Connections{Opened: 64, Used: 64, Answered: 64, Fewest: 300, Most: 320},
			Verdict:     result.Verdict{State: result.Valid},
		}
		server := result.Compared{Name: name, Target: s.Target, Load: l, Cost: &result.Cost{Steady: 5_310 * slower, Waking: 0.9e6 + 2.2e6*float64(i), Whole: 5_560 * slower}}
		for cycle := range int64(200) {
			length := int64(25e6)
			if cycle%2 == 1 {
				length *= 3
			}
			server.Slices = append(server.Slices, result.Slice{Cycle: int(cycle), Order: i, LengthNS: length, ElapsedNS: length, OK: 2_000, WindowOK: 1_900, OwnCPUNS: 2_000 * 4_980})
		}
		c.Servers = append(c.Servers, server)
		if i > 0 {
			c.Ratios = append(c.Ratios,
				ratio(name, names[0], result.MetricRate, 0.959, 0.948, 0.970),
				ratio(name, names[0], result.MetricP50, 1.0302, 1.021, 1.039),
				ratio(name, names[0], result.MetricP99, 1.012, 0.96, 1.0618),
				ratio(name, names[0], result.MetricSteady, 1.0861, 1.081, 1.092),
				ratio(name, names[0], result.MetricWhole, 1.091, 1.083, 1.099))
		}
	}
	return c
}

// ratio returns a ratio with the outcome that follows from its interval.
func ratio(server, to, metric string, ratio, low, high float64) result.Ratio {
	r := result.Ratio{Server: server, To: to, Metric: metric, Ratio: ratio, Low: low, High: high, Confidence: 0.95, Outcome: result.Undecided}
	switch {
	case low > 1:
		r.Outcome = result.Higher
	case high < 1:
		r.Outcome = result.Lower
	case low >= 1-result.SameWithin && high <= 1+result.SameWithin:
		r.Outcome = result.Same
	}
	return r
}

// put replaces the ratio of that server and metric.
func put(c *result.Comparison, r result.Ratio) { *c.Ratio(r.Server, r.Metric) = r }

// lack makes these metrics of a server unknown, or all if none are given.
func lack(c *result.Comparison, server, why string, metrics ...string) {
	if len(metrics) == 0 {
		metrics = result.Metrics
	}
	for _, metric := range metrics {
		put(c, result.Ratio{Server: server, To: c.Servers[0].Name, Metric: metric, Lacks: why})
	}
}

// six returns a comparison of six servers with long names and targets, the widest possible figures, and a variety of problems.
func six(t *testing.T) *result.Comparison {
	names := []string{"epoll-with-held-waits", "goroutine-per-connection-1", "goroutine-per-connection-2", "net/http from the standard library, tuned", "null", "asyncio"}
	c := compared(t, names...)
	for i := range c.Servers {
		s := &c.Servers[i]
		s.Target = fmt.Sprintf("http://carousel-%d.measurements.department.example.com:5000/a/rather/long/path/with?a=query&of=%d", i, i)
		s.Load.RateRPS *= 12
		s.Load.Requests.Errors = 1_234_567 * int64(i%2)
		s.Load.Requests.Sent += s.Load.Requests.Errors
		s.Load.Requests.Planned = s.Load.Requests.Sent
		s.Cost.Waking *= 10
	}
	for _, i := range []int{1, 3, 5} {
		s := &c.Servers[i]
		s.Load.Errors = map[string]int64{"status-503": s.Load.Requests.Errors}
		s.Load.Verdict = result.Verdict{State: result.Invalid, Reasons: []result.Reason{{Check: "errors", State: result.Invalid,
			Text: "1234567 of 1254567 requests failed (98.4 %)", Advice: "their classes say how, mend the target or lower the load"}}}
	}
	c.Servers[2].Load.Requests.OK, c.Servers[2].Load.Requests.Unanswered = 19_000, 1_000
	put(c, ratio(names[2], names[0], result.MetricRate, 1.001, 0.9957, 1.007))
	put(c, ratio(names[2], names[0], result.MetricSteady, 0.999, 0.993, 1.0049))
	put(c, ratio(names[3], names[0], result.MetricRate, 1/19.4, 1/20.1, 1/18.9))
	put(c, ratio(names[3], names[0], result.MetricP50, 2.31, 2.255, 2.38))
	put(c, ratio(names[3], names[0], result.MetricP99, 19.42, 18.9, 20.11))
	put(c, ratio(names[3], names[0], result.MetricSteady, 3, 2.9, 3.1))
	put(c, ratio(names[3], names[0], result.MetricWhole, 3.4, 3.3, 3.5))
	put(c, ratio(names[4], names[0], result.MetricRate, 1.63, 1.5, 2.2))
	put(c, ratio(names[4], names[0], result.MetricP50, 0.93, 0.92, 0.94))
	put(c, ratio(names[4], names[0], result.MetricSteady, 0.9992, 0.9985, 0.9998))
	put(c, ratio(names[4], names[0], result.MetricWhole, 0.4, 0.39, 0.41))
	died(c, 5)
	for i := range c.Ratios {
		c.Ratios[i].Confidence = 1 - 0.05/float64(1+i%5)
	}
	c.Verdict = result.Verdict{State: result.Suspect, Reasons: []result.Reason{{Check: "trouble", State: result.Suspect, Text: "asyncio hung up 3.20 s into the run and could not be connected to again",
		Advice: "look at its log, and at http://carousel-5.measurements.department.example.com:5000/a/rather/long/path/with?a=query&of=5"}}}
	return c
}

// died changes c as if server i had ended during the run.
func died(c *result.Comparison, i int) {
	s := &c.Servers[i]
	s.Trouble, s.Cost, s.Slices = "hung up 3.20 s into the run and could not be connected to again", nil, s.Slices[:62]
	s.Load.TargetCPULacks = "the process ended before the run did"
	lack(c, s.Name, s.Name+" hung up 3.20 s into the run and could not be connected to again")
}

// The golden files are what people see; look at them when they change.
func TestComparison(t *testing.T) {
	two := func(change func(*result.Comparison)) func(*testing.T) *result.Comparison {
		return func(t *testing.T) *result.Comparison {
			c := compared(t, "a", "b")
			change(c)
			return c
		}
	}
	for name, build := range map[string]func(*testing.T) *result.Comparison{
		"two": two(func(*result.Comparison) {}),
		"six": six,
		"three": func(t *testing.T) *result.Comparison {
			c := compared(t, "epoll", "held", "goroutine")
			put(c, ratio("held", "epoll", result.MetricP50, 0.999, 0.993, 1.004))
			for i := range c.Ratios {
				c.Ratios[i].Confidence = 0.95 + 0.025*float64(i/5)
			}
			return c
		},
		"no-pid": two(func(c *result.Comparison) {
			c.Servers[0].Cost, c.Servers[1].Cost = nil, nil
			lack(c, "b", "no process is known for a and b (--pid)", result.MetricSteady, result.MetricWhole)
		}),
		"one-pid": two(func(c *result.Comparison) {
			c.Servers[1].Cost = nil
			c.Servers[1].Load.TargetCPULacks = "process 4711 ended children that the kernel forgot, 100% of them"
			lack(c, "b", "the processor time of b is not known", result.MetricSteady, result.MetricWhole)
		}),
		"one-process": two(func(c *result.Comparison) {
			for _, s := range c.Servers {
				s.Load.Spec.PID = 4711
			}
		}),
		"died": two(func(c *result.Comparison) {
			c.Complete, c.Cycles = false, 62
			died(c, 1)
			c.Verdict = result.Verdict{State: result.Invalid, Reasons: []result.Reason{{Check: "trouble", State: result.Invalid, Text: "b hung up 3.20 s into the run and could not be connected to again", Advice: "look at its log"}}}
		}),
		"503s": two(func(c *result.Comparison) {
			l := c.Servers[1].Load
			l.Requests.Errors, l.Requests.Sent, l.Requests.Planned = 990, 20_990, 20_990
			l.Errors, l.ConnectErrors = map[string]int64{"status-503": 990}, map[string]int64{"connect-refused": 3}
			l.Verdict = result.Verdict{State: result.Invalid, Reasons: []result.Reason{{Check: "errors", State: result.Invalid,
				Text: "990 of 20990 requests failed (4.72 %)", Advice: "their classes say how, mend the target or lower the load"}}}
			c.Verdict = result.Verdict{State: result.Invalid, Reasons: []result.Reason{{Check: "servers", State: result.Invalid, Text: "the load of b is invalid", Advice: "look at its reasons"}}}
		}),
		"starved": two(func(c *result.Comparison) {
			c.Servers[1].Load.Connections = result.Connections{Opened: 64, Used: 64, Answered: 1, Most: 20_000, LongestWaitNS: 10e9}
			lack(c, "b", "1 of 64 connections of b was ever answered", result.MetricRate, result.MetricP50, result.MetricP99)
		}),
		"few": two(func(c *result.Comparison) {
			for i := range c.Servers {
				h := result.NewHistogram()
				h.RecordN(500_000, 900)
				c.Servers[i].Load.Histogram, _ = h.Encode()
				c.Servers[i].Load.Requests = result.Requests{Planned: 900, Sent: 900, OK: 890, Unanswered: 10}
			}
			lack(c, "b", "p99 needs 1,000 requests, there are 900", result.MetricP99)
		}),
		"undecided": two(func(c *result.Comparison) {
			for _, metric := range result.Metrics {
				put(c, ratio("b", "a", metric, 1.05, 0.88, 1.212))
			}
			put(c, ratio("b", "a", result.MetricP50, 0.9999, 0.985, 1.01))
		}),
		"paced": two(func(c *result.Comparison) {
			for i := range c.Servers {
				l := c.Servers[i].Load
				l.Spec.Rate, l.RateRPS = 10_000, 9_999.2
			}
			put(c, ratio("b", "a", result.MetricRate, 1, 0.9999, 1.0001))
		}),
		"behind": two(func(c *result.Comparison) {
			for i := range c.Servers {
				l := c.Servers[i].Load
				l.Spec.Rate, l.RateRPS = 10_000, 9_999.2
			}
			c.Servers[1].Load.RateRPS = 8_100
			put(c, ratio("b", "a", result.MetricRate, 0.81, 0.80, 0.82))
		}),
		"twin": func(t *testing.T) *result.Comparison {
			c := compared(t, "a", "twin", "b")
			c.Twin = "twin"
			c.Servers[1].Target = c.Servers[0].Target
			put(c, ratio("twin", "a", result.MetricRate, 1.003, 0.995, 1.011))
			put(c, ratio("twin", "a", result.MetricP50, 1.0001, 0.997, 1.003))
			put(c, ratio("twin", "a", result.MetricP99, 0.98, 0.93, 1.03))
			put(c, ratio("twin", "a", result.MetricSteady, 1.0004, 0.995, 1.006))
			put(c, ratio("twin", "a", result.MetricWhole, 1.021, 1.013, 1.029))
			return c
		},
		"longer": two(func(c *result.Comparison) {
			c.SliceNS, c.LeadNS, c.Cycles = 300e6, 120e6, 16
		}),
		"few-cycles": two(func(c *result.Comparison) {
			c.Cycles = 4
			for i := range c.Servers {
				c.Servers[i].Slices = c.Servers[i].Slices[:4]
			}
			lack(c, "b", "b was compared for 4 cycles, which takes 16")
		}),
		"until": two(func(c *result.Comparison) {
			c.Until, c.Cycles, c.Looks = 0.01, 100, []result.Look{{Cycles: 50, Alpha: 0.01}, {Cycles: 100, Alpha: 0.015, Reached: true}}
			c.Servers[0].Slices = c.Servers[0].Slices[:100]
			for i := range c.Ratios {
				c.Ratios[i].Confidence = 0.985
			}
		}),
		"not-until": two(func(c *result.Comparison) {
			c.Until, c.Looks = 0.001, []result.Look{{Cycles: 50, Alpha: 0.01}, {Cycles: 100, Alpha: 0.015}}
		}),
		"nothing-compared": two(func(c *result.Comparison) {
			c.Complete, c.Ratios, c.Cycles, c.Servers[0].Slices, c.Servers[1].Slices = false, nil, 0, nil, nil
			for i := range c.Servers {
				c.Servers[i].Cost = nil
				*c.Servers[i].Load = result.Load{Spec: c.Servers[i].Load.Spec, Verdict: result.Verdict{State: result.Invalid, Reasons: []result.Reason{{Text: "no request succeeded (0 sent, 0 failed, 0 unanswered)", Advice: "ask the target once with curl -v"}}}}
			}
			c.Verdict = result.Verdict{State: result.Invalid, Reasons: []result.Reason{{Text: "the run was ended after 0.01s", Advice: "let it finish"}}}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			c := build(t)
			command := "loadgen -c 64 -d 10s"
			for _, s := range c.Servers[1:] {
				command += " --vs " + s.Name + "=" + s.Target
			}
			var out, painted strings.Builder
			if err := errors.Join(Comparison(&out, command+" "+c.Servers[0].Target, c, false), Comparison(&painted, command+" "+c.Servers[0].Target, c, true)); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "comparison/"+name+".txt", out.String())
			if name == "six" || name == "died" || name == "twin" {
				golden.Check(t, "comparison/"+name+"-colours.txt", painted.String())
			}
			_, below, _ := strings.Cut(out.String(), "\n")
			for line := range strings.Lines(below) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			bare := strings.NewReplacer(red, "", green, "", yellow, "", plain, "").Replace(painted.String())
			if painted.String() == bare || bare != out.String() {
				t.Errorf("colours must be added and change nothing else:\n%s", cmp.Diff(out.String(), bare))
			}
			if strings.ContainsAny(out.String(), "\u00a0\x1b") || strings.Contains(out.String(), " \n") || strings.Contains(out.String(), "%!") {
				t.Errorf("it has spaces that do not break, colours, spaces at an end of line or a bad format: %q", out.String())
			}
		})
	}
}

// At an offered rate the ratio of rates matters only if one of the two served less than it was offered.
func TestRatesOfPacedLoads(t *testing.T) {
	for _, c := range []struct {
		name          string
		offered, a, b float64
		outcome       string
		both          bool
	}{
		{"both keep up", 10_000, 9_990, 9_995, result.Same, true},
		{"undecided", 10_000, 9_990, 9_995, result.Undecided, true},
		{"they differ", 10_000, 9_990, 9_950, result.Lower, false},
		{"the target is behind", 10_000, 9_000, 9_995, result.Undecided, false},
		{"the other is behind", 10_000, 9_990, 9_000, result.Undecided, false},
		{"both are, alike", 10_000, 9_000, 9_000, result.Same, false},
		{"nothing is offered", 0, 9_990, 9_995, result.Same, false},
	} {
		rec := compared(t, "a", "b")
		for i, rate := range []float64{c.a, c.b} {
			rec.Servers[i].Load.Spec.Rate, rec.Servers[i].Load.RateRPS, rec.Servers[i].Load.Requests.Planned = c.offered, rate, 80_000
		}
		rec.Ratio("b", result.MetricRate).Outcome = c.outcome
		sentences, _ := against{c: rec}.sentences(rec.Servers[1])
		if both := sentences[0] == "both serve what is offered"; both != c.both {
			t.Errorf("%s: %q", c.name, sentences[0])
		}
	}
}

func TestSentence(t *testing.T) {
	for _, c := range []struct {
		metric           string
		ratio, low, high float64
		want             string
	}{
		{result.MetricRate, 1.041, 1.03, 1.052, "b serves 4.1 % more requests per second (3.0 to 5.2 %)"},
		{result.MetricRate, 19.4, 18.9, 20.1, "b serves 19.4 times as many requests per second as a (18.9 to 20.1)"},
		{result.MetricRate, 0.5, 0.4, 0.625, "a serves 2.00 times as many requests per second as b (1.60 to 2.50)"},
		{result.MetricRate, 0.51, 0.4, 0.625, "b serves 49 % fewer requests per second (38 to 60 %)"},
		{result.MetricRate, 0.3, 0, 0.9, "b serves 70 % fewer requests per second (10 to 100 %)"},
		{result.MetricRate, 1.9, 1.6, 2.4, "b serves 90 % more requests per second (60 to 140 %)"},
		{result.MetricRate, 1.0008, 1.0001, 1.0016, "b serves 0.08 % more requests per second (0.01 to 0.2 %)"},
		{result.MetricRate, 1, 0.993, 1.002, "requests per second are the same within 0.7 %"},
		{result.MetricRate, 1, 0.9999, 1.00701, "requests per second are the same within 0.8 %"},
		{result.MetricRate, 1, 1, 1, "requests per second are the same within 0.1 %"},
		{result.MetricRate, 1.02, 0.999, 1.5, "requests per second cannot be told apart (-0.1 to +50 %)"},
		{result.MetricRate, 1.02, 1, 1.5, "requests per second cannot be told apart (0 to +50 %)"},
		{result.MetricP50, 1.03, 1.02, 1.04, "the median response time of b is 3.0 % longer (2.0 to 4.0 %)"},
		{result.MetricP50, 0.25, 0.2, 0.5, "the median response time of a is 4.00 times as long as that of b (2.00 to 5.00)"},
		{result.MetricP99, 0.97, 0.96, 0.98, "the p99 of b is 3.0 % shorter (2.0 to 4.0 %)"},
		{result.MetricP99, 1, 0.995, 1.005, "p99 is the same within 0.5 %"},
		{result.MetricSteady, 0.9, 0.89, 0.91, "b costs 10 % less processor time per request (9.0 to 11 %)"},
		{result.MetricWhole, 2.5, 2.4, 2.6, "with waking b costs 2.50 times as much as a (2.40 to 2.60)"},
		{result.MetricWhole, 1, 0.99, 1.01, "processor time with waking is the same within 1.0 %"},
	} {
		got := strings.ReplaceAll(sentence(ratio("b", "a", c.metric, c.ratio, c.low, c.high)), glue, " ")
		if got != c.want {
			t.Errorf("%s %g (%g to %g): %q, want %q", c.metric, c.ratio, c.low, c.high, got, c.want)
		}
	}
}

func TestNamesGiveWayToALine(t *testing.T) {
	r := ratio("goroutine-held-waits", "epoll-held-waits-too", result.MetricRate, 19.4, 18.9, 20.1)
	for columns, want := range map[int]string{
		105: "goroutine-held-waits serves 19.4 times as many requests per second as epoll-held-waits-too (18.9 to 20.1)",
		104: "goroutin…d-waits serves 19.4 times as many requests per second as epoll-he…its-too (18.9 to 20.1)",
	} {
		if got := strings.ReplaceAll(inLine(r, columns), glue, " "); got != want {
			t.Errorf("in %d columns %q, want %q", columns, got, want)
		}
	}
}

// Every metric of the record has words of its own.
func TestEveryMetricHasWords(t *testing.T) {
	for _, metric := range result.Metrics {
		if phrases[metric].noun == "" || metricWord[metric] == "" {
			t.Errorf("%s has no words", metric)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text          string
		width, indent int
		want          string
	}{
		{"as it is", 80, 2, "as it is"},
		{"one two three", 9, 2, "one two\n  three"},
		{"8.6" + glue + "% more", 7, 2, "8.6 %\n  more"},
		{red + "one two" + plain + " three", 9, 2, red + "one two" + plain + "\n  three"},
		{"see http://a.example/b", 10, 2, "see\n  http://a\n  .example\n  /b"},
		{"http://a", 10, 2, "http://a"},
		{"12…4 56", 6, 0, "12…4\n56"},
		{"", 10, 2, ""},
	} {
		if got := wrap(c.text, c.width, c.indent); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestShortened(t *testing.T) {
	for text, want := range map[string]string{"held": "held", "generators": "generators", "generators2": "gener…ors2", "→→→→→→→→→→": "→→→→→→→→→→", "→→→→→→→→→→→": "→→→→→…→→→→"} {
		if got := shortened(text, 10); got != want {
			t.Errorf("%s is shortened to %s, want %s", text, got, want)
		}
	}
}
