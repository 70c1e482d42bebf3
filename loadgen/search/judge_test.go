package search

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/verdict"
)

// load is 5,000 good replies of 1 to 5 ms in a second, at a rate of as many, changed by one test at a time.
func load(t *testing.T, change func(*result.Load)) *result.Load {
	t.Helper()
	h := result.NewHistogram()
	for i := range int64(5000) {
		h.Record(1_000_000 + 800*i)
	}
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := result.DefaultSpec()
	s.Rate = 5000
	l := &result.Load{
		Complete: true, Spec: s, Window: result.Window{ElapsedNS: 1e9}, RateRPS: 5000, InFlight: 15,
		Requests: result.Requests{Planned: 5000, Sent: 5000, OK: 5000}, Latency: h.Latency(), Service: h.Latency(), Histogram: text, ServiceHistogram: text,
		Connections: result.Connections{Used: 50, Answered: 50, Opened: 50},
	}
	if change != nil {
		change(l)
	}
	l.Verdict = verdict.Judge(l)
	return l
}

func TestJudge(t *testing.T) {
	steal := func(l *result.Load) { l.Host.StealShare = 0.06 }
	busy := func(l *result.Load) { l.Host.OwnShare = 0.9 }
	slow := func(l *result.Load) { l.RateRPS, l.Requests.OK, l.Requests.Unanswered = 4940, 4940, 60 }
	both := func(a, b func(*result.Load)) func(*result.Load) {
		return func(l *result.Load) { a(l); b(l) }
	}
	went := func(first, then int64) func(*result.Load) { // milliseconds that a request takes in each half of the window
		return func(l *result.Load) {
			l.Series = &result.Series{BinNS: 1e8}
			for i := range 100 {
				each := first
				if i >= 50 {
					each = then
				}
				l.Series.Replies, l.Series.BusyNS = append(l.Series.Replies, 500), append(l.Series.BusyNS, 500*each*1e6)
			}
		}
	}
	for name, c := range map[string]struct {
		change    func(*result.Load)
		condition string
		outcome   string
		why       string // part of it
	}{
		"met":                            {nil, "p99<5ms", result.Holds, "p99 4.9"},
		"met at the edge":                {func(l *result.Load) { l.RateRPS = 4960 }, "p99<5ms", result.Holds, "p99"},
		"not met":                        {nil, "p99<4ms", result.Fails, "p99 4.9"},
		"one of two":                     {nil, "p50<5ms,p99<4ms", result.Fails, "p99 4.9"},
		"not served":                     {slow, "p50<1s", result.Fails, "4,940 of 5,000 requests per second offered were served"},
		"errors":                         {func(l *result.Load) { l.Requests.OK, l.Requests.Errors = 4994, 6 }, "p50<1s", result.Fails, "6 of 5,000 requests failed"},
		"errors as many as may be":       {func(l *result.Load) { l.Requests.OK, l.Requests.Errors = 4900, 100 }, "errors<5%", result.Holds, "errors"},
		"errors more than may be":        {func(l *result.Load) { l.Requests.OK, l.Requests.Errors = 4900, 100 }, "errors<1%", result.Fails, "errors 2 %"},
		"few errors":                     {func(l *result.Load) { l.Requests.OK, l.Requests.Errors = 4996, 4 }, "p50<1s", result.Holds, "p50"},
		"starved":                        {func(l *result.Load) { l.Connections.Answered = 49 }, "p50<1s", result.Fails, "49 of 50 connections were ever answered; the other waited 0 s: no percentile speaks for those"},
		"nothing answered":               {func(l *result.Load) { l.Requests.OK, l.Requests.Unanswered = 0, 5000 }, "p50<1s", result.Fails, "no request succeeded"},
		"met on a noisy host":            {steal, "p99<5ms", result.Void, "the hypervisor took"},
		"not met on a noisy host":        {steal, "p99<4ms", result.Void, "the hypervisor took"},
		"met by a busy loadgen":          {busy, "p99<5ms", result.Limited, "loadgen used 90 %"},
		"not served by a busy loadgen":   {both(busy, slow), "p99<5ms", result.Limited, "loadgen used 90 %"},
		"a busy loadgen on a noisy host": {both(busy, steal), "p99<5ms", result.Void, "the hypervisor took"},
		"too few":                        {nil, "p999<1s", result.Void, "p999<1s: not measured: p99.9 needs 10,000 requests, there are 5,000"},
		"too few, and not met":           {nil, "p999<1s,p50<1ns", result.Fails, "p50"},
		"in doubt":                       {func(l *result.Load) { l.Requests.OK, l.Requests.Unanswered = 4970, 30 }, "p99<4.97ms", result.Fails, "and requests without an answer could put it on the other side"},
		"worse and worse":                {went(2, 3), "p50<1s", result.Fails, "the mean response time changed by 33.3 %"},
		"better and better":              {went(3, 2), "p50<1s", result.Void, "the mean response time changed by 33.3 %"},
		"Little's law":                   {func(l *result.Load) { l.Spec.Rate, l.InFlight = 0, 40 }, "p50<1s", result.Void, "Little's law"},
		"Little's law, and not met":      {func(l *result.Load) { l.Spec.Rate, l.InFlight = 0, 40 }, "p50<1ns", result.Fails, "p50"},
	} {
		var conditions []verdict.Gate
		for expr := range strings.SplitSeq(c.condition, ",") {
			g, err := verdict.Parse(expr)
			if err != nil {
				t.Fatal(err)
			}
			conditions = append(conditions, g)
		}
		outcome, why := Judge(load(t, c.change), conditions)
		if outcome != c.outcome || !slices.ContainsFunc(why, func(text string) bool { return strings.Contains(text, c.why) }) {
			t.Errorf("%s: %s, %q; want %s, %q", name, outcome, why, c.outcome, c.why)
		}
	}
}

func TestConclude(t *testing.T) {
	steps := []result.Step{
		{Level: 100, Outcome: result.Holds, Why: []string{"p99 1ms"}},
		{Level: 200, Outcome: result.Fails, Why: []string{"p99 9ms", "slow"}},
		{Level: 100, Outcome: result.Void, Confirms: true, Why: []string{"steal"}},
	}
	const limit = "no more"
	for name, c := range map[string]struct {
		a    Answer
		err  error
		want result.Answer
	}{
		"found":            {Answer{100, 200, result.Fails, true, false}, nil, result.Answer{Outcome: result.Found, Level: 100, Above: 200}},
		"no level above":   {Answer{100, 0, "", true, false}, nil, result.Answer{Outcome: result.AtLeast, Level: 100, Why: limit}},
		"own limit above":  {Answer{100, 200, result.Limited, true, false}, nil, result.Answer{Outcome: result.AtLeast, Level: 100, Above: 200, Why: "loadgen itself is the limit: p99 9ms; slow"}},
		"own limit":        {Answer{0, 200, result.Limited, false, false}, nil, result.Answer{Outcome: result.NoAnswer, Above: 200, Why: "p99 9ms; slow"}},
		"noise above":      {Answer{100, 200, result.Void, true, false}, nil, result.Answer{Outcome: result.NoAnswer, Level: 100, Above: 200, Why: "p99 9ms; slow"}},
		"noise":            {Answer{0, 200, result.Void, false, false}, nil, result.Answer{Outcome: result.NoAnswer, Above: 200, Why: "p99 9ms; slow"}},
		"noise at the end": {Answer{100, 200, result.Fails, false, false}, nil, result.Answer{Outcome: result.NoAnswer, Level: 100, Above: 200, Why: "steal"}},
		"nothing":          {Answer{0, 200, result.Fails, false, false}, nil, result.Answer{Outcome: result.NotEven, Above: 200, Why: "p99 9ms; slow"}},
		"given up":         {Answer{100, 200, result.Fails, false, true}, nil, result.Answer{Outcome: result.NoAnswer, Level: 100, Above: 200, Why: "given up after 3 steps"}},
		"ended":            {Answer{100, 0, "", false, false}, errors.New("interrupt"), result.Answer{Outcome: result.NoAnswer, Level: 100, Why: "interrupt"}},
	} {
		if diff := cmp.Diff(c.want, Conclude(c.a, c.err, steps, limit)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
