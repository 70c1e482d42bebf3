package words

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/report/findings"
	"carousel/report/findings/findingstest"
)

var live = regexp.MustCompile("(^|[^\\\\])(\\\\\\\\)*[<&*`\\[\\]~]")

func FuzzForeign(f *testing.F) {
	for _, s := range []string{"", "epoll", findingstest.Hostile, "сервер_µ--3", "1. one", "12) x", "# h", "- x", "a|b", "\\", "`", "``", "_em_", "a_b", "\u202e\u2066x", "<b>", "&amp;", "\xff", " ", "|\\|", "![](x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := Words(s)
		if want := strings.TrimSpace(printable.Line(s)); Plain(text) != want {
			t.Errorf("%q reads %q, want %q", text, Plain(text), want)
		}
		if at := live.FindString(text); at != "" {
			t.Errorf("%q is live in %q", at, text)
		}
		if regexp.MustCompile(`^(#|>|\+|=|-|[0-9]+[.)]( |$))`).MatchString(text) {
			t.Errorf("%q begins a block of its own", text)
		}
		for name, text := range map[string]string{"Words": text, "Code": Code(s), "Model": Model(s), "Name": Name(s), "HTML": HTML(s)} {
			for _, r := range text {
				if !unicode.IsGraphic(r) {
					t.Errorf("%s has %U: %q", name, r, text)
				}
			}
		}
		if n := len([]rune(Name(s))); n > longest {
			t.Errorf("Name(%q) has %d letters", s, n)
		}
		if code := Code(s); strings.HasPrefix(code, "`") && strings.Count(code, "`") != 2 {
			t.Errorf("a span of code is broken: %q", code)
		}
		if strings.ContainsAny(HTML(s), "<>\"'") {
			t.Errorf("a tag is broken: %q", HTML(s))
		}
	})
}

func TestRatios(t *testing.T) {
	for _, test := range []struct {
		ratio findings.Ratio
		want  string
	}{
		{findings.Ratio{Metric: findings.Capacity, Ratio: 1.17, Low: 1.152, High: 1.188, Outcome: result.Higher}, "17 % more per processor than `b` (15 to 19 %)"},
		{findings.Ratio{Metric: findings.Rate, Ratio: 1.021, Low: 1.011, High: 1.0301, Outcome: result.Higher}, "2.1 % more than `b` (1.1 to 3.1 %)"},
		{findings.Ratio{Metric: findings.Cost, Ratio: 0.83, Low: 0.81, High: 0.85, Outcome: result.Lower}, "17 % less server processor time than `b` (15 to 19 %)"},
		{findings.Ratio{Metric: findings.Rate, Ratio: 62.51, Low: 61, High: 64, Outcome: result.Higher}, "62.5 times `b` (61.0 to 64.0)"},
		{findings.Ratio{Metric: findings.P99, Ratio: 0.4, Low: 0.38, High: 0.42, Outcome: result.Lower}, "60 % shorter than `b` (58 to 62 %)"},
		{findings.Ratio{Metric: findings.P99, Ratio: 1.002, Low: 0.99, High: 1.012, Within: 0.0121, Outcome: result.Same}, "the same as `b` within 1.3 %"},
		{findings.Ratio{Metric: findings.P99, Ratio: 1.02, Low: 1.001, High: 1.04, Outcome: result.Undecided}, "not surely different from `b` (1.00 to 1.04)"},
	} {
		test.ratio.Of, test.ratio.To = "a", "b"
		if got := strings.ReplaceAll(By(test.ratio), "\u00a0", " "); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// A written interval is never narrower than the computed one.
func TestIntervalsAreNotNarrowed(t *testing.T) {
	for _, low := range []float64{0.0004, 0.0149, 0.0199, 0.02, 0.0549} {
		_, sure := shares(low, low, low+0.0101)
		var from, to float64
		if _, err := fmt.Sscanf(strings.TrimSuffix(sure, "\u00a0%"), "%g to %g", &from, &to); err != nil || from/100 > low+1e-9 || to/100 < low+0.0101-1e-9 {
			t.Errorf("from %g on it is %q: %v", low, sure, err)
		}
	}
	if got := within(0.0301); got != "within 4\u00a0%" {
		t.Errorf("%q", got)
	}
	if got := within(0.0101); got != "within 1.1\u00a0%" {
		t.Errorf("%q", got)
	}
}

func TestHowSureFits(t *testing.T) {
	name := "asyncio-executor"
	next := findings.Ratio{Of: "x", To: name, Metric: findings.Capacity, Ratio: 1.17, Low: 1.15, High: 1.19, Outcome: result.Higher}
	f := &findings.Findings{Run: findings.Run{Comparable: true, Rounds: 6, Models: []string{"x", "a", "b"}}}
	for want, s := range map[string]findings.Situation{
		"17 % more than asyncio-executor (15 to 19 %)":     {Outcome: findings.Winner, Choose: "x", Next: &next},
		"12 tie within 4 %; 15–19 % over asyncio-executor": {Outcome: findings.Tie, Tied: make([]string, 12), Within: 0.031, Next: &next},
		"3 may lead; about 20 rounds would decide":         {Outcome: findings.Undecided, Tied: []string{name, name + "1", name + "2"}, Decides: 20},
		"only x has a rank: nothing to compare":            {Outcome: findings.Alone, Choose: "x"},
		"nothing can be compared":                          {Outcome: findings.None},
		"15 to 19 % over asyncio-executor; 1 measured":     {Outcome: findings.Winner, Choose: "x", Next: &next, Missing: []string{"a", "b"}},
	} {
		if got := strings.ReplaceAll(HowSure(f, &s, 48), "\u00a0", " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The reason for an expectation names the bound if a figure decided.
func TestReasons(t *testing.T) {
	f := &findings.Findings{Cells: []findings.Cell{{Scenario: "idle", Connections: 50}, {Scenario: "idle", Connections: 50, Idle: 5000}, {Scenario: "ceiling", Connections: 4000}, {Scenario: "exhaust", Connections: 200}}}
	for want, r := range map[string]findings.Reason{
		"3,998 of 4,000 broken":                           {Cell: 2, Kind: findings.Broken, Value: 3998, Bound: 4000},
		"the server ended in 2 rounds":                    {Cell: 3, Kind: findings.Ended, Rounds: 2},
		"no client was served again in 1 round":           {Cell: 3, Kind: findings.Lost, Rounds: 1},
		"25 % of a processor used while full, bound 10 %": {Cell: 3, Kind: findings.Full, Value: 0.25, Bound: 0.1},
		"served again after 1.5 s, bound 1 s":             {Cell: 3, Kind: findings.Recovery, Value: 1.5e9, Bound: 1e9},
		"a request costs 4.70 times as much as beside the fewest, bound 1.50, at 50 connections beside 5,000 silent ones": {Cell: 1, Kind: findings.Grown, Value: 4.7, Bound: 1.5},
	} {
		if got := strings.ReplaceAll(Reason(f, r), "\u00a0", " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhatBecameOfACrowd(t *testing.T) {
	for want, c := range map[string]result.Crowd{
		"all served; ":                                  {Connections: 5, Served: 5},
		"1,012 served, 8 refused; ":                     {Connections: 1020, Served: 1012, Refused: 8},
		"1 served, 4 broken; 1 reset, 3 never answered": {Connections: 5, Served: 1, Broken: 4, BrokenBy: map[string]int{result.Reset: 1, result.Unanswered: 3}},
		"0 served, 1 broken; 1 \\<b\\>":                 {Connections: 1, Broken: 1, BrokenBy: map[string]int{"<b>": 1}},
	} {
		if got := Crowd(c) + "; " + BrokenBy(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, l := range map[string]findings.Lack{
		"turned 3,988 of 5,000 away":                {Kind: findings.Refused, InRounds: 6, Answered: 3988, Total: 5000},
		"measured in 1 of 6 rounds: too few":        {Kind: findings.Missing, InRounds: 1},
		"not measured":                              {Kind: findings.Missing},
		"turned busy clients away in 4 of 6 rounds": {Kind: findings.Refused, InRounds: 4, Total: 5000},
	} {
		if got := Lack(&findings.Model{Lacks: &l, Rounds: 6}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	got := AllDoubts([]*findings.Model{{Rounds: 6, Doubts: []findings.Doubt{{Kind: findings.Suspect, Rounds: 2}}},
		{Rounds: 5, Doubts: []findings.Doubt{{Kind: findings.Suspect, Rounds: 3, Text: "stood still"}, {Kind: findings.Failed, Rounds: 1}}}})
	if want := "suspect in 5 of 11 trials; failed in 1 of 11 trials"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Every kind of warning has its own words, and none shows NaN or a format error.
func TestWarnings(t *testing.T) {
	seen := map[string]string{}
	for _, kind := range []string{findings.Interrupted, findings.FewRounds, findings.Note, findings.Apart, findings.OtherPrograms, findings.Flawed, findings.Torn, findings.CutOff, findings.Repeated,
		findings.FailedTrial, findings.FailedMore, findings.Verdicts, findings.Remarks, findings.Check, findings.ComparisonCheck, findings.Miscounted, findings.Steal, findings.Drops,
		findings.NoNull, findings.HomeShared} {
		text := Warning(findings.Warning{Kind: kind, N: 3, Of: 7, Text: "why", Where: "where", List: []string{"one"}})
		if !strings.HasSuffix(text, ".") || strings.Contains(text, "%!") || seen[text] != "" {
			t.Errorf("%s: %q, as %s", kind, text, seen[text])
		}
		seen[text] = kind
	}
	if got := Warning(findings.Warning{Kind: "unheard-of", Text: "<b>\n"}); got != `\<b\>\\n.` {
		t.Errorf("%q", got)
	}
}

func TestNoFigureIsInfinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0} {
		f := findings.Figure{Value: v, Low: v, High: v}
		for metric := range measures {
			if got := Figure(metric, f); strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
				t.Errorf("%s of %v is %q", metric, v, got)
			}
		}
	}
}

// A model without a line in a picture of percentiles is named in its caption, with the reason.
func TestCurvesThatAreNotDrawnAreNamed(t *testing.T) {
	f := findingstest.Whole(findingstest.Nine...)
	const named = "epoll (in most rounds unanswered requests could raise its percentiles, or requests were too few)"
	if text := Pictured(f, "paced.png").Caption; strings.Contains(text, "epoll") {
		t.Errorf("epoll is drawn, and the caption says: %s", text)
	}
	for i := range f.Cells {
		f.Cells[i].Model("epoll").Curve = nil
	}
	for _, name := range []string{"paced.png", "latency.png"} {
		if text := Pictured(f, name).Caption; !strings.Contains(text, named) {
			t.Errorf("the caption of %s: %s", name, text)
		}
	}
	if text := Pictured(f, "cost.png").Caption; strings.Contains(text, "epoll") {
		t.Errorf("what epoll costs is drawn, and the caption says: %s", text)
	}
}

// A run of portraits compares nothing with any number of rounds, so it does not ask for more rounds.
func TestPortraitsAlone(t *testing.T) {
	f := &findings.Findings{Run: findings.Run{Rounds: 1, Finished: new(time.Time)}, Cells: []findings.Cell{{Scenario: "portrait"}}}
	if text := Answer(f); !strings.HasPrefix(text, "Portraits: ") || strings.Contains(text, "too few") {
		t.Error(text)
	}
	for rounds, want := range map[int]string{1: "played once", 3: "played 3 times, the last play is shown"} {
		if got := Where(f, &findings.Cell{Scenario: "portrait", Rounds: rounds}); !strings.HasSuffix(got, want) {
			t.Errorf("of %d rounds: %q, want %q", rounds, got, want)
		}
	}
	f.Cells = append(f.Cells, findings.Cell{Scenario: "hello"})
	if text := Answer(f); strings.Contains(text, "Portraits: ") || !strings.Contains(text, "1 round is too few to compare models") {
		t.Error(text)
	}
}
