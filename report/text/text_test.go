package text

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"carousel/internal/golden"
	"carousel/report/findings"
	"carousel/report/findings/findingstest"
	"carousel/report/words"
)

// all holds the pictures of a whole run.
var all = map[string][]byte{"capacity.png": {1}, "ratios.png": {1}, "latency.png": {1}, "paced.png": {1}, "cost.png": {1}, "block-sleep.png": {1}, "download.png": {1}}

func readme(t *testing.T, f *findings.Findings, pictures map[string][]byte) string {
	t.Helper()
	if len(f.Cells) == 0 {
		pictures = nil
	}
	var b bytes.Buffer
	if err := Markdown(&b, f, nil, pictures); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func terminal(t *testing.T, f *findings.Findings, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := Terminal(&b, f, width); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// runs has runs of every size.
func runs() map[string]*findings.Findings {
	seventeen := append([]string{"thread", "pool", "prefork", "poll", "reactors", "uring", "fasthttp", "gnet"}, findingstest.Nine...)
	return map[string]*findings.Findings{
		"nothing": {}, "1": findingstest.Whole("epoll"), "2": findingstest.Whole("epoll", "goroutine"), "9": findingstest.Whole(findingstest.Nine...),
		"17": findingstest.Whole(seventeen...), "a guest": findingstest.Whole("epoll", "goroutine", findingstest.Hostile),
		"interrupted": findingstest.Interrupted(findingstest.Nine...),
	}
}

func TestGolden(t *testing.T) {
	f := findingstest.Whole(append([]string{findingstest.Hostile}, findingstest.Nine...)...)
	golden.Check(t, "README.md", readme(t, f, all))
	golden.Check(t, "terminal-80.txt", terminal(t, f, 80))
	golden.Check(t, "terminal-120.txt", terminal(t, f, 120))
	golden.Check(t, "interrupted.md", readme(t, findingstest.Interrupted("epoll", "goroutine"), nil))
}

// The first table fits a line, since a raw README is read, too.
func TestTheFirstTableIsNarrow(t *testing.T) {
	for name, f := range runs() {
		for line := range strings.Lines(readme(t, f, all)) {
			if strings.HasPrefix(line, "<details") {
				break
			}
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 && strings.HasPrefix(line, "|") {
				t.Errorf("%s: %d characters: %s", name, n, line)
			}
		}
	}
}

func TestNothingWraps(t *testing.T) {
	for name, f := range runs() {
		for _, width := range []int{60, 80, 100, 120} {
			for line := range strings.Lines(terminal(t, f, width)) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d of %d columns: %s", name, n, width, line)
				}
			}
		}
	}
}

func TestTheSameFindingsGiveTheSameBytes(t *testing.T) {
	f := runs()["17"]
	page, shown := readme(t, f, all), terminal(t, f, 80)
	if again := readme(t, f, all); again != page {
		t.Error("a second README differs from the first")
	}
	if again := terminal(t, f, 80); again != shown {
		t.Error("a second table differs from the first")
	}
}

// A report never shows NaN or Inf, and a run without trials has a report.
func TestEverySizeIsWorded(t *testing.T) {
	for name, f := range runs() {
		page := readme(t, f, all)
		for _, never := range []string{"Inf", "NaN", "%!", "<nil>"} {
			if i := strings.Index(page, never); i >= 0 && name != "interrupted" || strings.Contains(page, "%!") {
				t.Errorf("%s: it says %s: %q", name, never, page[max(0, i-100):i+10])
			}
		}
		if strings.Count(page, "<details>") != strings.Count(page, "</details>") {
			t.Errorf("%s: a fold is left open", name)
		}
	}
}

// The first part of the README says which model to take for each load, by how much it is ahead, and how sure that is.
func TestAReaderOfTheReadmeCanChoose(t *testing.T) {
	page := strings.ReplaceAll(readme(t, findingstest.Whole(findingstest.Nine...), all), "\u00a0", " ")
	page, _, _ = strings.Cut(page, "<details>")
	for _, want := range []string{
		`\| handlers that block \(64\) +\| .goroutine. +\| rate +\| 2 tie within`,
		`\*\*idle clients \(5,000\)\*\*: beside 5,000 silent clients .epoll.`,
		"`select` and `generator` turned clients away at 1,100; `blocking` stopped answering at 1; of the models that still answered, `epoll` needs the least memory, 1[0-9.]+ MiB: [0-9]+ % less than `coroutine`",
		`\| idle clients \(5,000\) +\| .epoll. +\| memory +\| 6 of 9 answered; [0-9]+ to [0-9]+ % under coroutine`,
		`\*\*few busy clients \(16\)\*\*.*; take .generator., since .epoll. costs 54 % more \(5[0-9] to 5[0-9] %\) at 10,000/s`,
		"\\*\\*all shared \\(64\\)\\*\\*.* Not measured here: `nethttp`",
		`\*\*one busy client\*\*, requests per second of one server processor: .blocking., [0-9.]+ % more per processor than .[a-z-]+. \([0-9.]+ to [0-9.]+ %\)`,
		`\*\*many busy clients \(256\)\*\*.* tie within [0-9.]+ %; take .epoll.`,
		`\*\*steady stream 15,063/s\*\*, 99th percentile of response time: .*tie within`,
		"No rank: `blocking` \\(1 of 256 served\\)",
		"Other programs took 31 % of the processors' time",
		"Fixed rate and closed loop disagree: per request, `goroutine` costs the server 6 % less",
	} {
		if !regexp.MustCompile(want).MatchString(page) {
			t.Errorf("before the folds nothing says %s", want)
		}
	}
}

func TestAnInterruptedRunSaysSoFirst(t *testing.T) {
	f := findingstest.Interrupted(findingstest.Nine...)
	page := readme(t, f, nil)
	if want := "\n\n**This run was interrupted: the report is partial (2 rounds of 6).** **2 rounds are too few to compare models"; !strings.Contains(page, want) {
		t.Errorf("it does not begin with %q:\n%.400s", want, page)
	}
	for _, never := range []string{" tie within", "× epoll | tie"} {
		if strings.Contains(page, never) {
			t.Errorf("the README of two rounds says %q", never)
		}
	}
}

// hostile has foreign text wherever findings hold text.
func hostile() *findings.Findings {
	const evil = findingstest.Hostile
	f := findingstest.Whole("epoll", "goroutine", evil, "сервер_µ--3")
	f.Run.ID, f.Run.Plan, f.Run.Doctor, f.Run.Reference = evil, evil, evil+"\n```\n# forged", evil
	f.Run.Environment[evil], f.Run.ServerOn["split"] = evil, evil
	more := f.Cells[2]
	more.Scenario, more.Placement, more.Mode, more.Rule = evil, evil, evil, evil
	f.Cells = append(f.Cells, more)
	for i := range f.Cells[0].Models {
		f.Cells[0].Models[i].Doubts = []findings.Doubt{{Kind: evil, Rounds: 1, Text: evil}}
	}
	f.Cells[1].Models[0].Lacks = &findings.Lack{Kind: findings.NA, Text: evil, InRounds: 6}
	f.CrossChecks[0].Engine, f.CrossChecks[0].Model = evil, evil
	f.Expectations = append(f.Expectations, findings.Expectation{Scenario: evil, Model: evil, Expected: evil, Measured: evil})
	f.Ladder = append(f.Ladder, findings.Step{Model: evil, Before: evil})
	f.Situations = append(f.Situations, findings.Situation{Key: evil, Cell: 0, Metric: evil, Outcome: findings.Tie, Choose: evil, Tied: []string{evil}, Lacking: []string{evil}})
	f.Warnings = append(f.Warnings, findings.Warning{Kind: evil, Text: evil, Where: evil, Advice: evil, List: []string{evil}},
		findings.Warning{Kind: findings.Flawed, N: 1, List: []string{evil}}, findings.Warning{Kind: findings.NoNull, List: []string{evil}}, findings.Warning{Kind: findings.Apart, Text: evil, Where: evil})
	return f
}

func TestStrangersBreakNothing(t *testing.T) {
	f := hostile()
	page, shown := readme(t, f, all), terminal(t, f, 80)
	for name, text := range map[string]string{"the README": page, "the terminal": shown} {
		for line := range strings.Lines(text) {
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !unicode.IsGraphic(r) {
					t.Errorf("%s holds %U: %q", name, r, line)
					break
				}
			}
		}
		if !strings.Contains(text, "сервер_µ--3") {
			t.Errorf("%s does not name an honest guest", name)
		}
	}
	spans := regexp.MustCompile("`[^`]*`")
	active := regexp.MustCompile(`(^|[^\\])(<[a-zA-Z/!]|\]\(javascript|&[a-z#])`)
	ours := regexp.MustCompile(`^(<details><summary><b>[^<>]*</b></summary>|</details>)$`)
	escaped := regexp.MustCompile(`\\.`)
	fenced, columns := false, 0
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		if fenced || ours.MatchString(line) {
			continue
		}
		if strings.HasPrefix(line, "#") && strings.Contains(line, "forged") && !strings.HasPrefix(line, "# Carousel: run ") {
			t.Errorf("a headline is forged: %q", line)
		}
		if at := active.FindString(spans.ReplaceAllString(strings.ReplaceAll(line, "\\\\", ""), "")); at != "" {
			t.Errorf("%q is live in %q", at, line)
		}
		pipes := strings.Count(escaped.ReplaceAllString(line, ""), "|")
		switch {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = pipes
		case pipes != columns:
			t.Errorf("a row has %d bars, the header %d: %q", pipes, columns, line)
		}
	}
	if fenced {
		t.Error("a fence is left open")
	}
}

func TestCellsStayInTheirColumns(t *testing.T) {
	table := Table{Words: 1, Header: []string{"p99 ms", "req_per_s"}, Rows: [][]string{{"a|b\nc", "1,234"}, {"±µ≥–~×", "5"}, {"short"}}}
	for name, render := range map[string]func(Table) error{
		"markdown": func(t Table) error { return t.Markdown(&bytes.Buffer{}) },
		"terminal": func(t Table) error { return t.Terminal(&bytes.Buffer{}, 80) },
	} {
		if err := render(table); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b, again bytes.Buffer
	if err := table.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LANG", "ja_JP.UTF-8")
	if err := table.Markdown(&again); err != nil || again.String() != b.String() {
		t.Errorf("it depends on the locale: %v\n%s\n%s", err, &b, &again)
	}
	if want := "| p99 ms    | req_per_s |\n|:----------|----------:|\n| a\\|b<br>c |     1,234 |\n| ±µ≥–~×    |         5 |\n| short     |           |\n"; b.String() != want {
		t.Errorf("\n%s\nwant\n%s", &b, want)
	}
}

// On a narrow terminal a table loses columns, then folds the last one, and at last becomes a list.
func TestTablesGetNarrow(t *testing.T) {
	table := Table{Words: 3, Header: []string{"load", "choose", "how sure"}, Rows: [][]string{{"many busy clients", "epoll", "17 % more than goroutine, in words that go on"}}, Spare: []string{"choose"}}
	for width, want := range map[int]string{
		90: " load               choose  how sure\n────────────────────────────────────────────────────────────────────────\n many busy clients  epoll   17 % more than goroutine, in words that go on\n",
		70: " load               how sure\n────────────────────────────────────────────────────────────────\n many busy clients  17 % more than goroutine, in words that go on\n",
		50: " load               how sure\n────────────────────────────────────────────────\n many busy clients  17 % more than goroutine, in\n                    words that go on\n",
		30: "many busy clients\n  how sure: 17 % more than\n      goroutine, in words that\n      go on\n",
	} {
		var b bytes.Buffer
		if err := table.Terminal(&b, width); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); trim(got) != trim(want) {
			t.Errorf("at %d:\n%s\nwant\n%s", width, got, want)
		}
	}
}

// trim makes all rules equally long.
func trim(s string) string { return regexp.MustCompile("─+").ReplaceAllString(s, "─") }

func TestFold(t *testing.T) {
	for s, want := range map[string]string{"one two  three four": "one two\nthree\nfour", "abcdefghijklmnopqrst": "abcdefghi\njklmnopqr\nst", "": ""} {
		if got := Fold(s, 9); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPicturesThatAreNotThereAreNotShown(t *testing.T) {
	if page := readme(t, findingstest.Whole(findingstest.Nine...), nil); strings.Contains(page, ".png") {
		t.Error("the README shows a picture that was not drawn")
	}
	for name := range all {
		if p := words.Pictured(findingstest.Whole(findingstest.Nine...), name); p.Title == "" || p.Caption == "" || p.Subtitle == "" {
			t.Errorf("%s has no words: %s", name, fmt.Sprint(p))
		}
	}
}
