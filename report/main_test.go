package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/golden"
	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/report/findings"
)

// files reads a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, file := range list {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			continue
		}
		if found[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	whole(t, dir)
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	first := files(t, dir)
	golden.Check(t, "findings.json", brief(t, first[findings.File]))
	golden.Check(t, "README.md", string(first["README.md"]))
	golden.Check(t, "terminal.txt", stdout.String())

	for _, name := range []string{"capacity.png", "ratios.png", "latency.png", "cost.png", "paced.png", "block-sleep.png", "download.png", "calls.png"} {
		if first[name] == nil {
			t.Errorf("there is no %s", name)
		}
		if !strings.Contains(string(first["README.md"]), "("+name+")") {
			t.Errorf("the README does not show %s", name)
		}
	}

	picturesAreWhole(t, first)
}

// TestReportOfBefore reports a run whose servers did not take turns.
func TestReportOfBefore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	old(t, dir)
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	first := files(t, dir)
	golden.Check(t, "before.json", brief(t, first[findings.File]))
	writesTheSameAgain(t, dir, first, stdout.Bytes())
}

// TestScenariosAlone reports runs of a single scenario, and of all but one.
func TestScenariosAlone(t *testing.T) {
	for _, name := range scenario.Names() {
		for _, alone := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s %v", name, alone), func(t *testing.T) {
				v := newInvention(3, "blocking", "epoll", "goroutine")
				v.skips = func(c result.Cell) bool { return (c.Scenario == name) != alone }
				for round := 1; round <= v.rounds; round++ {
					v.round(round)
				}
				dir := filepath.Join(t.TempDir(), "run")
				v.write(t, dir, v.record())
				var stdout, stderr bytes.Buffer
				if code := run(&stdout, &stderr, []string{dir}); code != 0 || stdout.Len() == 0 {
					t.Fatalf("exit code %d: %s", code, &stderr)
				}
				written := files(t, dir)
				picturesAreWhole(t, written)
				if !strings.Contains(string(written["README.md"]), "## Which model for which load") && !slices.Contains([]string{"spin", "download", "ceiling", "idle", "slowreader", "flood", "compute", "churn", "exhaust", "calls", "portrait"}, name) {
					t.Errorf("no model for any load:\n%s", stdout.String())
				}
			})
		}
	}
}

// TestReportOfSchemaOne reports part of a real run with records of schema 1.
func TestReportOfSchemaOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../internal/result/testdata/schema1")); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	readme := string(files(t, dir)["README.md"])
	for _, want := range []string{"| `epoll`", "| `goroutine`", "1 of 64 served"} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
}

// brief returns findings.json without the parts that would make a golden file long: single rounds, curves, pairs.
func brief(t *testing.T, text []byte) string {
	t.Helper()
	var f findings.Findings
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	for i := range f.Cells {
		c := &f.Cells[i]
		for k := range c.Models {
			c.Models[k].Curve = nil
		}
		for k := range c.Rankings {
			c.Rankings[k].Pairs = nil
		}
	}
	short, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	short = regexp.MustCompile(`"rounds": \[[^]]*\]`).ReplaceAll(short, []byte(`"rounds": null`))
	return string(regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllFunc(short, func(leaf []byte) []byte { return bytes.Join(bytes.Fields(leaf), []byte(" ")) })) + "\n"
}

func TestFourteenModelsAndOneAlone(t *testing.T) {
	many := newInvention(1, "blocking", "select", "poll", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "goroutine",
		"thread", "pool", "prefork", "reactors", "uring")
	many.round(1)
	null := newInvention(1)
	null.add(1, result.Cell{Model: result.Null, Scenario: "hello", Connections: 1, Placement: result.Split}, null.closed)
	for name, v := range map[string]*invention{"fourteen": many, "the client's ceiling alone": null} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			v.write(t, dir, many.record())
			if code := run(&bytes.Buffer{}, &bytes.Buffer{}, []string{dir}); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			picturesAreWhole(t, files(t, dir))
		})
	}
}

// writesTheSameAgain fails if the same trials give a different report.
func writesTheSameAgain(t *testing.T, dir string, first map[string][]byte, table []byte) {
	t.Helper()
	var again bytes.Buffer
	if code := run(&again, &bytes.Buffer{}, []string{dir}); code != 0 || !bytes.Equal(again.Bytes(), table) {
		t.Errorf("a second time: exit code %d, the same table: %v", code, bytes.Equal(again.Bytes(), table))
	}
	for name, text := range files(t, dir) {
		if !bytes.Equal(first[name], text) {
			t.Errorf("the same trials gave another %s", name)
		}
	}
}

// picturesAreWhole fails if a picture has the wrong width, or something in it may be cut off.
func picturesAreWhole(t *testing.T, files map[string][]byte) {
	t.Helper()
	for name, text := range files {
		if filepath.Ext(name) != ".png" {
			continue
		}
		picture, err := png.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if at, c := edge(picture); at != nil {
			t.Errorf("%s: something reaches the edge at %v: %v", name, at, c)
		}
		if w := picture.Bounds().Dx(); w != 1440 {
			t.Errorf("%s is %d pixels wide, want 1440", name, w)
		}
	}
}

// edge finds a pixel within 4 of the edge that is not opaque white: something may be cut off there.
func edge(p image.Image) (*image.Point, color.Color) {
	inner := p.Bounds().Inset(4)
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			at := image.Pt(x, y)
			if at.In(inner) {
				x = inner.Max.X - 1
				continue
			}
			if r, g, b, a := p.At(x, y).RGBA(); r&g&b&a != 0xffff {
				return &at, p.At(x, y)
			}
		}
	}
	return nil, nil
}

func TestAPartialRunSaysSo(t *testing.T) {
	v := newInvention(6, "blocking", "epoll", "goroutine")
	v.round(1)
	v.round(2)
	v.trials = v.trials[:len(v.trials)-7]
	record := v.record()
	record.Finished = nil
	dir := filepath.Join(t.TempDir(), "run")
	v.write(t, dir, record)
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	written := files(t, dir)
	picturesAreWhole(t, written)
	writesTheSameAgain(t, dir, written, stdout.Bytes())
	var f findings.Findings
	if err := json.Unmarshal(written[findings.File], &f); err != nil {
		t.Fatal(err)
	}
	if w := f.Warnings; len(w) < 2 || w[0].Kind != findings.Interrupted || w[0].N != 2 || w[0].Of != 6 || w[1].Kind != findings.FewRounds {
		t.Errorf("two rounds of six warn of %+v", w)
	}
	if strings.Contains(string(written[findings.File]), "NaN") || f.Run.Comparable {
		t.Error("two rounds compare something")
	}
	readme := string(written["README.md"])
	for _, want := range []string{"**This run was interrupted: the report is partial (2 rounds of 6).**", "**2 rounds are too few to compare models: this run shows only that everything works.**"} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
	for _, never := range []string{" tie within", "undecided between", "ahead of", "| a |", "NaN"} {
		if strings.Contains(readme, never) {
			t.Errorf("the README of two rounds says %q", never)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	empty := func(dir, record, trials string) string {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{result.RunFile: record, result.TrialsFile: trials} {
			if text == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{}, 2, `no run under results/: make one with "make bench"`},
		{[]string{"nowhere"}, 2, "nowhere is no run folder"},
		{[]string{"a", "b"}, 2, "2 folders: report takes one"},
		{[]string{"--wide"}, 2, "unknown flag: --wide"},
		{[]string{empty("bare", "", "")}, 2, "bare is no run folder: it has no run.json"},
		{[]string{empty("idle", `{"schema":1}`, "")}, 1, "idle has no trials"},
		{[]string{empty("newer", `{"schema":9}`, "")}, 1, "the record has schema 9, this program reads up to 2"},
		{[]string{empty("newer-trial", `{"schema":1}`, `{"schema":9}`+"\n")}, 1, "the record has schema 9, this program reads up to 2"},
		{[]string{empty("broken", `{"schema`, "")}, 1, "broken"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(&stdout, &stderr, test.args); code != test.code {
			t.Errorf("report %v: exit code %d, want %d", test.args, code, test.code)
		}
		if !strings.Contains(stderr.String(), test.says) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("report %v says %q, want one line with %q", test.args, &stderr, test.says)
		}
		if stdout.Len() > 0 {
			t.Errorf("report %v: stdout holds %q", test.args, &stdout)
		}
	}
}

func TestWithoutAnArgumentTheNewestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, started := range map[string]time.Time{"b-old": time.Unix(100, 0), "a-new": time.Unix(200, 0), "c-older": time.Unix(50, 0)} {
		v := newInvention(1, "epoll")
		v.add(1, result.Cell{Model: "epoll", Scenario: "hello", Connections: 1, Placement: result.Split}, func(t *result.Trial) { t.Failed = "no" })
		record := v.record()
		record.Started = started
		v.write(t, filepath.Join("results", name), record)
	}
	newInvention(1, "epoll").write(t, filepath.Join("results", "d-nothing-measured"), result.Run{Schema: result.Schema, Started: time.Unix(300, 0)})
	if err := os.RemoveAll(filepath.Join("results", "d-nothing-measured", result.TrialsFile)); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := run(&bytes.Buffer{}, &stderr, nil); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if written, _ := filepath.Glob("results/*/" + findings.File); len(written) != 1 || written[0] != filepath.Join("results", "a-new", findings.File) {
		t.Errorf("wrote %v, want the report of a-new", written)
	}
}
