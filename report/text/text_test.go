package text

import (
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/report/study"
)

func TestCellsStayInTheirColumns(t *testing.T) {
	table := Table{Words: 1, Header: []string{"p99 ms", "req_per_s"}, Rows: [][]string{{"a|b\nc", "1,234"}, {"±µ≥–~×", "5"}, {"short"}}}
	for name, render := range map[string]func(Table) string{
		"markdown": func(t Table) string { var b strings.Builder; must(t.Markdown(&b)); return b.String() },
		"terminal": func(t Table) string { var b strings.Builder; must(t.Terminal(&b)); return b.String() },
	} {
		got := render(table)
		t.Setenv("LANG", "ja_JP.UTF-8")
		if again := render(table); again != got {
			t.Errorf("%s depends on the locale:\n%s\n%s", name, got, again)
		}
		want := map[string]string{
			"markdown": "| p99 ms     | req_per_s |\n|:-----------|----------:|\n| a\\|b<br>c  |     1,234 |\n| ±µ≥–~×     |         5 |\n| short      |           |\n",
			"terminal": " p99 ms  req_per_s\n───────────────────\n a|b; c      1,234\n ±µ≥–~×          5\n short\n",
		}[name]
		if squeeze(got) != squeeze(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// squeeze takes out what only pads a column.
func squeeze(s string) string {
	for _, pad := range []string{"  ", "--", "──"} {
		for strings.Contains(s, pad) {
			s = strings.ReplaceAll(s, pad, pad[:len(pad)/2])
		}
	}
	return s
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func flat(model string, connections, rounds int, rate float64) []result.Trial {
	var list []result.Trial
	for round := range rounds {
		list = append(list, result.Trial{Round: round + 1, Cell: result.Cell{Model: model, Scenario: "hello", Connections: connections, Placement: result.Split},
			Load: &result.Load{RateRPS: rate, Requests: result.Requests{Sent: int64(rate), OK: int64(rate)}, Connections: result.Connections{Answered: int64(connections)}}})
	}
	return list
}

func TestAnswer(t *testing.T) {
	done := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := result.Run{Models: []string{"blocking", "select", "epoll"}, Rounds: 6, Finished: &done, Environment: map[string]string{"cpus": "2"}}
	part := run
	part.Finished = nil
	served := func(list []result.Trial, answered ...int64) []result.Trial {
		for i, n := range answered {
			list[i].Load.Connections.Answered = n
		}
		return list
	}
	starved := served(flat("blocking", 64, 6, 50), 1, 1, 1, 1, 1, 1)
	probes := func(model string, unanswered int) []result.Trial {
		list := flat(model, 64, 6, 0)
		for i := range list {
			list[i].Cell.Scenario, list[i].Load = "thinking", nil
			list[i].Probe = &result.Probe{Silent: 64, Limit: 64, Answered: i >= unanswered}
		}
		return list
	}
	for _, test := range []struct {
		name   string
		run    result.Run
		trials [][]result.Trial
		want   string
	}{
		{"one leads", run, [][]result.Trial{flat("epoll", 64, 6, 2000), flat("select", 64, 6, 1500), starved},
			"With the server on one processor and the client on another (split; 2 processors in all), `epoll` answers most from 64 busy connections (2,000/s);" +
				" `select` 0.75 times the rate of `epoll`. Without rank: `blocking`: 1 of 64 served."},
		{"a tie", run, [][]result.Trial{flat("epoll", 64, 6, 2000), flat("select", 64, 6, 1990)},
			"With the server on one processor and the client on another (split; 2 processors in all), `epoll` and `select` tie for most requests from 64 busy connections (2,000/s and 1,990/s)."},
		{"the client is the limit", run, [][]result.Trial{flat("epoll", 64, 6, 2000), flat(result.Null, 64, 6, 2100)},
			"With the server on one processor and the client on another (split; 2 processors in all), no model can be ranked at 64 busy connections. Without rank: `epoll`: not measured."},
		{"quick", run, [][]result.Trial{flat("epoll", 64, 1, 2000), flat("select", 64, 1, 1500)},
			"**This run has 1 round, and fewer than 6 compare nothing: it shows that things work.** With the server on one processor and the client on another (split; 2 processors in all)," +
				" 64 busy connections gave these requests per second, not compared: `epoll` 2,000/s, `select` 1,500/s."},
		{"interrupted", part, [][]result.Trial{flat("epoll", 64, 2, 2000)},
			"**This run was interrupted: the report is partial (2 rounds of 6 begun).** **This run has 2 rounds, and fewer than 6 compare nothing: it shows that things work.**" +
				" With the server on one processor and the client on another (split; 2 processors in all), 64 busy connections gave these requests per second, not compared: `epoll` 2,000/s."},
		{"alone", run, [][]result.Trial{flat("epoll", 64, 6, 2000)},
			"With the server on one processor and the client on another (split; 2 processors in all), `epoll`, the only model, answers 2,000/s from 64 busy connections."},
		{"one round went otherwise", run, [][]result.Trial{served(flat("epoll", 64, 6, 2000), 11), flat("select", 64, 6, 1500), served(flat("blocking", 64, 6, 50), 1, 1, 1, 1, 1)},
			"With the server on one processor and the client on another (split; 2 processors in all), `epoll` answers most from 64 busy connections (2,000/s);" +
				" `select` 0.75 times the rate of `epoll`. Without rank: `blocking`: 1 of 64 served in 5 of 6 rounds. Not in every round: `epoll`: in 1 of 6 rounds 11 of 64 served."},
		{"one alone has a rank", run, [][]result.Trial{flat("epoll", 64, 6, 2000), starved},
			"With the server on one processor and the client on another (split; 2 processors in all), at 64 busy connections only `epoll` has a rank (2,000/s), which wins nothing." +
				" Without rank: `blocking`: 1 of 64 served."},
		{"silence", run, [][]result.Trial{probes("blocking", 5), probes("select", 1), probes("epoll", 0)},
			"Clients that connect and say nothing stop `blocking`; `select` and `epoll` still answered beside 64 of them. Not in every round: `select`: in 1 of 6 rounds a probe unanswered."},
	} {
		var all []result.Trial
		for _, list := range test.trials {
			all = append(all, list...)
		}
		if got := Answer(study.New(test.run, all, nil)); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

func TestAQuietRunHasNoWarnings(t *testing.T) {
	done := time.Now()
	trials := append(flat("epoll", 64, 6, 2000), flat(result.Null, 64, 6, 9000)...)
	s := study.New(result.Run{Rounds: 6, Finished: &done}, trials, nil)
	if list := Warnings(s); len(list) != 0 {
		t.Errorf("warned of %q", list)
	}
	trials[3].Load.Host = result.HostDelta{StealShare: 0.25, ListenDrops: 7}
	trials[4].Server.Usage = &usage.Line{Requests: 1999}
	trials[5].Load.Verdict = result.Verdict{State: "suspect", Reasons: []result.Reason{{Check: "support", State: "suspect", Text: "too few"}}}
	list := strings.Join(Warnings(study.New(result.Run{Rounds: 6}, append(trials[:11], trials[1]), []result.Flaw{{Line: 9, Torn: true}})), "\n")
	for _, want := range []string{"interrupted", "trials.jsonl:9", "steal): 0 % in the median trial, 25 % in the worst", "7 attempts to connect dropped, in 1 trial",
		"only the first counts: 1 further trial left out (round 2, epoll in hello at 64 connections, split)",
		"In 1 trial the server counted otherwise than the client: 1999 served; 2000 of 2000 sent were answered, and 0 redirects (round 5, epoll",
		"What the checks found in them:", "In 1 suspect trial: too few (epoll"} {
		if !strings.Contains(strings.ReplaceAll(list, "\u00a0", " "), want) {
			t.Errorf("no warning of %q in\n%s", want, list)
		}
	}
}

// What holds for the whole run, such as that others kept the processors busy, is not among what a terminal leaves out.
func TestNotesComeFirst(t *testing.T) {
	trials := flat("epoll", 64, 6, 2000)
	for i := range trials {
		trials[i].Load.Verdict = result.Verdict{State: "suspect", Reasons: []result.Reason{{Check: "support", State: "suspect", Text: "too few"}}}
	}
	finished := time.Unix(1, 0)
	list := Warnings(study.New(result.Run{Rounds: 6, Finished: &finished, Notes: []string{"other programs took 53 % of the processors' time"}}, trials, nil))
	if want := "Other programs took 53 % of the processors' time."; list[0] != want || len(list) < 3 {
		t.Errorf("%q, want %q first", list, want)
	}
}

func TestUnansweredBoundServiceTimeToo(t *testing.T) {
	h := result.NewHistogram()
	h.RecordN(1e6, 1990)
	h.RecordN(1e7, 10)
	histogram, err := h.Encode()
	must(err)
	for unanswered, want := range map[int64]string{0: "1\u00a0ms", 200: "≥ 1\u00a0ms"} {
		trials := flat("epoll", 64, 6, 2000)
		for i := range trials {
			trials[i].Cell.Scenario, trials[i].Cell.RateRPS = "paced", 2000
			l := trials[i].Load
			l.Requests.Unanswered, l.ServiceHistogram, l.Service = unanswered, histogram, h.Latency()
			l.Requests.OK = 2000 - unanswered
		}
		s := study.New(result.Run{Models: []string{"epoll"}}, trials, nil)
		g := s.Groups[0]
		table := groupTable(g, pacedColumns(s, g))
		if got := table.Rows[0][slices.Index(table.Header, "p99 of service")]; got != want {
			t.Errorf("%d unanswered: p99 of service is %q, want %q", unanswered, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	if got := fold("one two  three four", 9); got != "one two\nthree\nfour" {
		t.Errorf("%q", got)
	}
}

// TestNoFigureIsInfinite reads trials that were asked for nothing: of no connections and no rate nothing is a share.
func TestNoFigureIsInfinite(t *testing.T) {
	var trials []result.Trial
	for _, scenario := range []string{"hello", "paced", "block", "sleep", "download"} {
		list := append(flat("epoll", 0, 6, 2000), flat("select", 0, 6, 1000)...)
		for i := range list {
			list[i].Cell.Scenario = scenario
		}
		trials = append(trials, list...)
	}
	s := study.New(result.Run{Rounds: 6}, trials, nil)
	var b strings.Builder
	must(Markdown(&b, s, nil))
	must(Terminal(&b, s))
	for _, never := range []string{"Inf", "NaN"} {
		if i := strings.Index(b.String(), never); i >= 0 {
			t.Errorf("it says %s: %q", never, b.String()[max(0, i-200):i+5])
		}
	}
}
