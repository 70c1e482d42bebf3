package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"carousel/internal/result"
	"carousel/report/findings"
	"carousel/report/words"
)

// hostile is text that a foreign run may have in any text field.
const hostile = "x\x1b[2J\x1b]0;owned\x07\x9b\u202Eevil\u2066\u200b\r\n# forged\n\n---\n| a | b |\\|`code` **bold** _em_ <script>alert(1)</script> [go](javascript:alert(1)) ![](x) <javascript:a> &lt;&#65; ~~s~~ \\"

// honest is a name that must stay readable.
const honest = "сервер_µ--3"

// hostileRun has foreign text in every field that a report shows.
func hostileRun(t *testing.T, dir string) {
	v := newInvention(6, "blocking", "epoll", "goroutine", honest, hostile)
	for round := 1; round <= v.rounds; round++ {
		v.round(round)
		v.add(round, result.Cell{Model: "epoll", Scenario: hostile, Connections: 2, Placement: hostile, Mode: hostile, Engine: hostile}, func(t *result.Trial) { t.Failed = hostile })
		v.add(round, result.Cell{Model: "epoll", Scenario: "spin", Connections: 16, Placement: result.Split, Engine: hostile}, func(t *result.Trial) { v.load(t, "/", 100, 16, 1) })
		v.add(round, result.Cell{Model: "epoll", Scenario: "download", Connections: 4, RateRPS: 9, Placement: hostile, Mode: hostile}, func(t *result.Trial) { v.load(t, "/", 9, 4, 1) })
	}
	v.each("goroutine", "block", 64, func(t *result.Trial) { t.Load, t.NA = nil, hostile })
	v.each("epoll", "sleep", 64, func(t *result.Trial) {
		t.Load.Verdict = result.Verdict{State: "suspect", Reasons: []result.Reason{{Check: hostile, State: hostile, Text: hostile, Advice: hostile}, {Text: "GET /bytes/N of rate_rps with --addr took 3 µs"}}}
	})
	run := v.record()
	run.ID, run.Plan, run.Doctor, run.Notes = hostile, hostile, hostile+"\n```\n# forged", []string{hostile, "# forged"}
	run.Environment[hostile] = hostile
	run.Expect = map[string]map[string]string{"hello": {"epoll": hostile, hostile: "fine"}}
	v.write(t, dir, run)
	portray(t, dir, "hostile", hostile, hostile)
	portray(t, dir, honest, honest, honest)
	portray(t, dir, "epoll", "epoll", hostile)
}

func TestAHostileRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	hostileRun(t, dir)
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{dir}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	written := files(t, dir)
	var f findings.Findings
	if err := json.Unmarshal(written[findings.File], &f); err != nil || !slices.Contains(f.Run.Models, honest) {
		t.Errorf("the findings are of %q: %v", f.Run.Models, err)
	}
	picturesAreWhole(t, written)
	readme := string(written["README.md"])
	for name, text := range map[string]string{"the README": readme, "the terminal": stdout.String()} {
		for line := range strings.Lines(text) {
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !unicode.IsGraphic(r) {
					t.Errorf("%s holds %U: %q", name, r, line)
					break
				}
			}
		}
		if !strings.Contains(text, honest) {
			t.Errorf("%s does not name %s", name, honest)
		}
	}
	if want := "GET /bytes/N of rate_rps with --addr took 3 µs"; !strings.Contains(readme, want) {
		t.Errorf("the README does not say %q", want)
	}
	if strings.Contains(stdout.String(), `\<`) || strings.Contains(stdout.String(), `\[`) {
		t.Errorf("the terminal shows the escapes of Markdown:\n%s", &stdout)
	}

	page := string(written[words.PageFile])
	if !strings.Contains(page, honest) {
		t.Errorf("the page does not name %s", honest)
	}
	if strings.Count(page, "<script") != 2 || strings.Contains(page, "<javascript") {
		t.Error("a stranger's script stands in the page")
	}
	if at := strings.IndexFunc(page, func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' }); at >= 0 {
		t.Errorf("the page holds %q", page[at:at+9])
	}

	spans := regexp.MustCompile("`[^`]*`")
	folds := strings.NewReplacer("<details><summary><b>", "", "</b></summary>", "", "</details>", "")
	unfold := func(line string) string { // Markdown does not apply in a line of HTML: only tags could do harm
		if !strings.Contains(line, "<summary>") && line != "</details>" {
			return line
		}
		return strings.Join(regexp.MustCompile("<.*").FindAllString(folds.Replace(line), -1), "")
	}
	active := regexp.MustCompile(`(^|[^\\])(<[a-zA-Z/!]|\]\(javascript|&[a-z#])`)
	fenced, columns := false, 0
	for line := range strings.Lines(readme) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			continue
		}
		if strings.HasPrefix(line, "#") && strings.Contains(line, "forged") && !strings.HasPrefix(line, "# Carousel: run ") && !strings.HasPrefix(line, "### ") {
			t.Errorf("a headline is forged: %q", line)
		}
		if at := active.FindString(spans.ReplaceAllString(strings.ReplaceAll(unfold(line), "\\\\", ""), "")); at != "" {
			t.Errorf("%q is live in %q", at, line)
		}
		pipes := len(regexp.MustCompile(`\\.|\|`).FindAllString(line, -1)) - len(regexp.MustCompile(`\\.`).FindAllString(line, -1))
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
