package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"carousel/internal/golden"
	"carousel/internal/result"
	"carousel/report/compare"
)

const planText = "rounds: 6\nbudget: 4m0s\nwarmup: 25ms\nwindow: 300ms\nmodels: [epoll]\nscenarios:\n- name: hello\n  models: [epoll]\n  connections: [1, 64]\n  window: 300ms\n"

// pairOf writes two synthetic runs: a, and b with different noise, altered by change.
func pairOf(t *testing.T, change func(v *invention)) (a, b string) {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"a", "b"} {
		v := newInvention(6, "blocking", "select", "epoll", "generator", "goroutine", "nethttp")
		v.rng = rand.New(rand.NewPCG(1, uint64(i)))
		v.skips = few
		if i == 1 {
			change(v)
		}
		for round := 1; round <= v.rounds; round++ {
			v.round(round)
		}
		if v.edit != nil {
			v.edit()
		}
		run := v.record()
		run.ID = "invented-" + name
		if !v.together {
			run.Started = run.Started.AddDate(0, 0, i)
			for k := range v.trials {
				v.trials[k].Started = v.trials[k].Started.AddDate(0, 0, i)
			}
		}
		folder := filepath.Join(dir, name)
		v.write(t, folder, run)
		writeFile(t, filepath.Join(folder, planFile), planText)
	}
	return filepath.Join(dir, "a"), filepath.Join(dir, "b")
}

// few leaves out the cells that would make a run large.
func few(c result.Cell) bool {
	switch c.Scenario {
	case "hello":
		return c.Connections != 1 && c.Connections != 64
	case "cost":
		return c.RateRPS != 10000
	}
	return !slices.Contains([]string{"sleep", "calls", "thinking", "portrait"}, c.Scenario)
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// edit changes the record of a run.
func edit(t *testing.T, dir string, change func(r *result.Run)) {
	t.Helper()
	r, err := result.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	if err := result.WriteRun(dir, r); err != nil {
		t.Fatal(err)
	}
}

// compared runs report compare and checks its exit code.
func compared(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if got := run(&out, &err, append([]string{"compare"}, args...)); got != code {
		t.Fatalf("exit code %d, want %d: %s%s", got, code, &out, &err)
	}
	return out.String(), err.String()
}

func slower(model string, by float64) func(*invention) {
	return func(v *invention) { v.speed[model] /= by }
}

// TestCompare makes one model a tenth slower: the comparison names it, and no other.
func TestCompare(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	a, b := pairOf(t, slower("generator", 1.1))
	edit(t, b, func(r *result.Run) {
		r.Environment["kernel"], r.Environment["program_servers"] = "Linux | 7.0", "sha256 beef"
		r.Environment["load_average"] = "9"
	})
	stdout, _ := compared(t, 0, a, b)
	golden.Check(t, "compare.txt", stdout)
	markdown, _ := compared(t, 0, a, b, "--format", "markdown")
	golden.Check(t, "compare.md", markdown)

	var c compare.Comparison
	text, _ := compared(t, 0, a, b, "--format", "json")
	strictly(t, text, &c)
	for _, list := range [][]compare.Change{c.Models, c.Cells} {
		named := map[string]bool{}
		for _, x := range list {
			if x.Surely() {
				named[x.Model] = true
			}
		}
		if !named["generator"] || len(named) != 1 {
			t.Errorf("%v changed, want generator alone", named)
		}
	}
	if len(c.Together) == 0 || len(c.Differences) != 2 {
		t.Errorf("%d changes of all servers, differences %v", len(c.Together), c.Differences)
	}
}

// TestCompareWithItself compares a run with itself and with a copy: everything is the same.
func TestCompareWithItself(t *testing.T) {
	a, _ := pairOf(t, func(*invention) {})
	again := filepath.Join(t.TempDir(), "again")
	if err := os.CopyFS(again, os.DirFS(a)); err != nil {
		t.Fatal(err)
	}
	for _, b := range []string{a, again} {
		var c compare.Comparison
		text, _ := compared(t, 0, a, b, "--format", "json", "--fail-if", "worse_ratio>1")
		strictly(t, text, &c)
		if !c.SameTrials || len(c.Models) == 0 || len(c.Cells) == 0 || len(c.Lost) > 0 || len(c.Behaviour) > 0 || len(c.Differences) > 0 {
			t.Errorf("%+v", c)
		}
		for _, list := range [][]compare.Change{c.Models, c.Cells, c.Together} {
			for _, x := range list {
				if x.Ratio == nil || *x.Ratio != 1 || *x.Low != 1 || *x.High != 1 || x.Outcome != result.Same && x.Model != "" {
					t.Errorf("%+v", x)
				}
			}
		}
		if stdout, _ := compared(t, 0, a, b); !strings.HasPrefix(stdout, "A and B are the same trials: nothing changed.\n") {
			t.Error(stdout)
		}
	}
}

// TestCompareEdited compares a run with a copy in which one figure was changed: the trials do not count as the same.
func TestCompareEdited(t *testing.T) {
	edits := map[string]func(*result.Trial){
		"a model starves": func(t *result.Trial) { t.Load.Connections.Answered = 11 },
		"a model is slower": func(t *result.Trial) {
			t.Turns.Effects[result.MetricRate] -= 0.1
		},
	}
	for name, change := range edits {
		a, b := pairOf(t, func(v *invention) {
			v.together, v.rng = true, rand.New(rand.NewPCG(1, 0))
			v.edit = func() { v.each("select", "hello", 64, change) }
		})
		var c compare.Comparison
		text, _ := compared(t, 0, a, b, "--format", "json")
		strictly(t, text, &c)
		if c.SameTrials {
			t.Errorf("%s: the runs are called the same", name)
		}
	}
}

// TestCompareRefusesOtherPlans checks that the error names each field that differs, with both values. Only the amount of measuring and the servers may differ.
func TestCompareRefusesOtherPlans(t *testing.T) {
	a, b := pairOf(t, func(*invention) {})
	for _, c := range []struct {
		old, new string
		want     string // part of the error; "": the runs are compared
	}{
		{"rounds: 6", "rounds: 9", ""},
		{"budget: 4m0s", "budget: 9m0s", ""},
		{"models: [epoll]", "models: [epoll, mine]", ""},
		{"  models: [epoll]", "  models: [mine]\n  every: 3", ""},
		{"scenarios:", "servers:\n- name: mine\n  command: ./mine --new\n  url: http://h\nscenarios:", ""},
		{"  window: 300ms", "  window: 150ms", "hello window: 300ms in A, 150ms in B\n"},
		{"warmup: 25ms", "warmup: 1s", "warmup: 25ms in A, 1s in B\n"},
		{"connections: [1, 64]", "connections: [64]", "hello connections: [1, 64] in A, [64] in B\n"},
		{"- name: hello", "- name: calls", "calls: nothing in A, measured in B\nhello: measured in A, nothing in B\n"},
		{"rounds: 6", "wait: \x1b[2J", `wait: nothing in A, \x1b[2J in B`},
	} {
		writeFile(t, filepath.Join(b, planFile), strings.Replace(planText, c.old, c.new, 1))
		if c.want == "" {
			compared(t, 0, a, b)
			continue
		}
		stdout, stderr := compared(t, 2, a, b)
		if stdout != "" || !strings.HasPrefix(stderr, c.want) || !strings.Contains(stderr, "report: the two runs measured different things") {
			t.Errorf("%s: %q%q, want %q", c.new, stdout, stderr, c.want)
		}
	}
	os.Remove(filepath.Join(b, planFile)) // run.json still has the times
	compared(t, 0, a, b)
	edit(t, b, func(r *result.Run) { r.WindowNS /= 2 })
	if _, stderr := compared(t, 2, a, b); !strings.HasPrefix(stderr, "window: 450\u00a0ms in A, 225\u00a0ms in B\n") {
		t.Error(stderr)
	}
	_, other := pairOf(t, func(v *invention) {
		v.skips = func(c result.Cell) bool { return c.Scenario != "churn" }
	})
	if _, stderr := compared(t, 2, a, other); !strings.Contains(stderr, "cells: ") {
		t.Error(stderr)
	}
}

// TestComparePaths checks that cells with different request paths are not compared.
func TestComparePaths(t *testing.T) {
	a, b := pairOf(t, func(*invention) {})
	file := filepath.Join(b, result.TrialsFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.ReplaceAll(string(text), "/sleep/10ms", "/sleep/20ms"))
	if _, stderr := compared(t, 2, a, b); !strings.HasPrefix(stderr, "path of sleep at 64 connections, split: /sleep/10ms in A, /sleep/20ms in B\n") {
		t.Error(stderr)
	}
}

// TestCompareNames checks that the comparison names other changes: models, the user's own servers, an interrupted run, too few rounds, trials that
// are in both runs, a model that no longer serves all clients.
func TestCompareNames(t *testing.T) {
	a, b := pairOf(t, func(v *invention) {
		v.models = append(v.models[:1], v.models[2:]...) // without select
		v.models = append(v.models, "uring")
		v.speed["uring"] = 50000
	})
	edit(t, b, func(r *result.Run) { r.Finished, r.Rounds = nil, 9 })
	writeFile(t, filepath.Join(b, planFile), planText+"servers:\n- name: mine\n  command: ./mine \"--new\"\n")
	stdout, _ := compared(t, 0, a, b)
	for _, want := range []string{"Run B was interrupted: it has 6 rounds of 9.", "models   only in one   select", "uring", "mine command"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}

	a, b = pairOf(t, func(v *invention) { v.rounds = 2 })
	if stdout, _ = compared(t, 0, a, b); !strings.Contains(stdout, "Run B has 2 rounds: it takes 3 to compare anything.") {
		t.Error(stdout)
	}
	trials, err := os.ReadFile(filepath.Join(b, result.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(b, result.TrialsFile), "damaged\n"+string(trials))
	if stdout, _ = compared(t, 0, a, b); !strings.Contains(strings.Join(strings.Fields(stdout), " "), "Left out of B: 1 trial, damaged") {
		t.Error(stdout)
	}
	if _, stderr := compared(t, 1, a, b, "--fail-if", "worse_ratio>1.03"); !strings.Contains(stderr, "--fail-if: run B has 2 rounds, and it takes 3 to compare anything") {
		t.Error(stderr)
	}

	_, more := pairOf(t, func(v *invention) { v.together, v.rounds = true, 7 })
	if stdout, _ = compared(t, 0, a, more); !strings.Contains(stdout, "in both runs") {
		t.Error(stdout)
	}
}

// TestCompareLost has a model that serves all its clients in the first run only: every gate breaks.
func TestCompareLost(t *testing.T) {
	a, _ := pairOf(t, func(*invention) {})
	dir := filepath.Join(t.TempDir(), "starving")
	v := newInvention(6, "blocking", "select", "epoll", "generator", "goroutine", "nethttp")
	v.skips = few
	for round := 1; round <= v.rounds; round++ {
		v.round(round)
	}
	v.each("select", "hello", 64, func(t *result.Trial) { t.Load.Connections.Answered = 11 })
	v.write(t, dir, v.record())
	writeFile(t, filepath.Join(dir, planFile), planText)
	stdout, stderr := compared(t, 99, a, dir, "--fail-if", "worse_ratio>2")
	const want = "select cannot be ranked in run B, in hello at 64 connections, split: 11 of 64 served"
	if !strings.Contains(strings.ReplaceAll(stdout, "\n", " "), want) || stderr != "report: --fail-if: "+want+"\nreport: --fail-if: "+strings.Replace(want, "split", "shared", 1)+"\n" {
		t.Errorf("%s%s", stdout, stderr)
	}
	text, _ := compared(t, 0, dir, a, "--fail-if", "worse_ratio>2", "--format", "json") // the other way round it serves all in the second run
	var c compare.Comparison
	strictly(t, text, &c)
	if len(c.Lost) != 2 || c.Lost[0].In != "A" || c.Lost[0].Model != "select" {
		t.Errorf("lost %+v", c.Lost)
	}
}

// TestCompareGates checks gates on a model that is a tenth slower.
func TestCompareGates(t *testing.T) {
	a, b := pairOf(t, slower("generator", 1.1))
	for _, c := range []struct {
		gate string
		code int
	}{
		{"worse_ratio>1.03", 99},
		{"worse_ratio>103%", 99},
		{"worse_ratio>1.3", 0},
		{"target_cpu_whole_ratio > 1.05", 99},
		{"target_cpu_whole_ratio>=1.2", 0},
		{"target_cpu_whole_ratio<1", 0},
		{"rate_ratio<0.97", 99},
		{"RATE_RATIO<=97%", 99},
		{"rate_ratio<0.5,worse_ratio>1.03", 99},
		{"rate_ratio>1", 0},
		{"total_ratio>1.5", 1},
		{"worse_ratio>5%", 2},
		{"worse_ratio=1", 2},
		{"worse_ratio>", 2},
		{"worse>1", 2},
		{"p99>1ms", 2},
		{"rate_ratio<0", 2},
		{"rate_ratio<1.2.3", 2},
		{"", 2},
	} {
		stdout, stderr := compared(t, c.code, a, b, "--fail-if", c.gate)
		if (stdout == "") != (c.code == 2) {
			t.Errorf("%s: %q", c.gate, stdout)
		}
		if wants := "--fail-if"; c.code != 0 && !strings.Contains(stderr, wants) || c.code == 0 && stderr != "" {
			t.Errorf("%s: %q", c.gate, stderr)
		}
		for line := range strings.Lines(stderr) {
			if c.code == 1 && !strings.Contains(line, "no model has this figure") || c.code == 99 && !strings.Contains(line, "generator, ") {
				t.Errorf("%s: %q", c.gate, line)
			}
		}
	}
}

// TestCompareFormats reads the output for other tools as they do.
func TestCompareFormats(t *testing.T) {
	a, b := pairOf(t, slower("generator", 1.1))
	for _, format := range []string{"github-smaller", "github-bigger"} {
		text, _ := compared(t, 0, a, b, "--format", format)
		var entries []struct {
			Name, Unit, Range, Extra string
			Value                    float64
		}
		strictly(t, text, &entries)
		found := false
		for _, e := range entries {
			if e.Name == "" || e.Unit != "% of invented-a" || !(e.Value > 50 && e.Value < 200) || !strings.HasPrefix(e.Range, "± ") {
				t.Errorf("%+v", e)
			}
			found = found || e.Name == "generator server_whole_ns" && e.Value > 105 || e.Name == "generator rate_rps" && e.Value < 95
		}
		if !found || strings.Contains(text, "rate_rps") != (format == "github-bigger") {
			t.Errorf("%s: %s", format, text)
		}
	}
	text, _ := compared(t, 0, a, b, "--format", "bencher")
	var benchmarks map[string]map[string]struct {
		Value float64
		Low   float64 `json:"lower_value"`
		High  float64 `json:"upper_value"`
	}
	strictly(t, text, &benchmarks)
	if f := benchmarks["generator"]["server_whole_ns_ratio"]; !(f.Low > 1.05 && f.Low < f.Value && f.Value < f.High) {
		t.Errorf("%+v", f)
	}
	if f := benchmarks["epoll in hello at 64 connections, split"]["p50_ns"]; !(f.Value > 1000) {
		t.Errorf("%+v", f)
	}

	text, _ = compared(t, 0, a, b, "--format", "benchfmt")
	reader := benchfmt.NewReader(strings.NewReader(text), "stdout")
	lines := map[string]int{}
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.Result:
			lines[r.GetConfig("run")]++
			if !strings.HasPrefix(r.Name.String(), "Hello") && !strings.Contains(r.Name.String(), "/model=") || len(r.Values) == 0 {
				t.Errorf("%s: %v", r.Name, r.Values)
			}
		case *benchfmt.SyntaxError:
			t.Errorf("%v", r)
		}
	}
	if err := reader.Err(); err != nil || lines["A"] < 100 || lines["A"] != lines["B"] {
		t.Errorf("%v lines, error %v", lines, err)
	}
}

// TestCompareWrongly checks the errors of wrong command lines.
func TestCompareWrongly(t *testing.T) {
	a, b := pairOf(t, func(*invention) {})
	empty := t.TempDir()
	for want, args := range map[string][]string{
		"compare takes two run folders, A and B: there are 0":              {},
		"compare takes two run folders, A and B: there are 1":              {a},
		"compare takes two run folders, A and B: there are 3":              {a, b, a},
		"--format xml: there are terminal, markdown, json":                 {a, b, "--format", "xml"},
		empty + " is no run folder: it has no run.json":                    {a, empty},
		"nowhere is no run folder: it must hold run.json and trials.jsonl": {"nowhere", b},
		"unknown flag: --fail":                                             {a, b, "--fail"},
		filepath.Join(a, "run.json") + " is no run folder":                 {filepath.Join(a, "run.json"), b},
	} {
		stdout, stderr := compared(t, 2, args...)
		if stdout != "" || !strings.HasPrefix(stderr, "report: "+want) {
			t.Errorf("%v: %q, want %q", args, stderr, want)
		}
	}
	var help bytes.Buffer
	if code := run(&help, io.Discard, []string{"compare", "--help"}); code != 0 || !strings.Contains(help.String(), "worse_ratio") {
		t.Errorf("exit code %d: %s", code, &help)
	}
}

// TestCompareHostileWords has foreign text in tables and sentences.
func TestCompareHostileWords(t *testing.T) {
	a, b := pairOf(t, func(v *invention) {
		v.models = append(v.models, "a|b\x1b[2J<script>")
		v.speed["a|b\x1b[2J<script>"] = 30000
	})
	edit(t, b, func(r *result.Run) { r.ID = "<b>\x1b[2J|"; r.Environment["x|y\x1b"] = "`z`" })
	for _, format := range []string{"terminal", "markdown"} {
		stdout, _ := compared(t, 0, a, b, "--format", format)
		if strings.Contains(stdout, "\x1b") || format == "markdown" && (strings.Contains(stdout, "<script>") && !strings.Contains(stdout, "`a") || strings.Contains(stdout, "<b>\\x1b")) {
			t.Errorf("%s", stdout)
		}
	}
}

// strictly decodes JSON and rejects unknown fields.
func strictly(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
