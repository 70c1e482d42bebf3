// Package carousel has only tests: they check the documentation against the programs, and the programs against each other.
package carousel

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/child"
	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/units"
	"carousel/loadgen/screen"
	"carousel/report/findings"
)

var pages = []string{"README.md", "TUTORIAL.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "servers/README.md", "loadgen/README.md", "results/README.md"}

// buildAndServe builds the four programs into a folder and starts a server. It returns the folder, with a separator at its end, and the address.
func buildAndServe(t *testing.T) (bin, addr string) {
	t.Helper()
	bin = t.TempDir() + string(filepath.Separator)
	if out, err := exec.Command("go", "build", "-o", bin, "./servers", "./loadgen", "./bench", "./report").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server, err := child.Start(exec.Command(bin+"servers", "--model", "goroutine", "--addr", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(5 * time.Second) })
	if addr, err = child.Ready(server.Stdout, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	return bin, addr
}

// TestCommands runs every command that a page shows in an indented block, shortened and with the address of the test's own server. Each
// must succeed.
func TestCommands(t *testing.T) {
	bin, addr := buildAndServe(t)
	// A number of requests replaces a time: on a busy machine a short time may pass without a reply. NAME becomes a model that every system has.
	shorten := strings.NewReplacer("NAME", "goroutine", "-d 30s", "-n 1000", "-d 10s", "-n 1000", "-d 5s", "-n 1000", "-d 1m", "-d 2s", "-n 100000", "-n 1000",
		"-c 500", "-c 50", "--find-max 'p99<50ms'", quickSearch, "--find-max 'p99<5ms'", quickSearch, "http://127.0.0.1:5000", "http://"+addr)
	compared := strings.NewReplacer("-d 10s", "-d 1s", "=:5000", "=http://"+addr, "=:5001", "=http://"+addr)
	mix := exampleMix(t)
	tried := 0
	for _, page := range pages {
		dir := t.TempDir() // a command may read a file that an earlier one wrote
		for _, s := range shown(t, page, "servers|loadgen|bench|report") {
			command := s.command
			if strings.Contains(command, "--vs") { // --vs works by time only
				command = compared.Replace(command)
			}
			words := strings.Fields(strings.ReplaceAll(shorten.Replace(command), "'", ""))
			serves := words[0] == "servers" && words[1] != "lesson" && !strings.Contains(command, "--list")
			switch words[0] {
			case "loadgen":
				kept := slices.Contains([]string{"compare", "merge", "export"}, words[1])
				if !strings.Contains(command, "http://") && !kept {
					words = append(words, "http://"+addr+"/")
				}
			case "servers":
				if serves {
					words = append(words, "--addr", "127.0.0.1:0")
				}
			default:
				continue // make, go test and bench load the machine for minutes
			}
			tried++
			t.Run(command, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				cmd := exec.CommandContext(ctx, filepath.Join(bin, words[0]), words[1:]...)
				cmd.Dir = dir
				if err := os.WriteFile(filepath.Join(cmd.Dir, "requests"), mix, 0o644); err != nil {
					t.Fatal(err)
				}
				if serves {
					p, err := child.Start(cmd)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := child.Ready(p.Stdout, 30*time.Second); err != nil {
						t.Error(err)
					}
					if err := p.Stop(5 * time.Second); err != nil {
						t.Error(err)
					}
					return
				}
				out, err := cmd.CombinedOutput()
				code := cmd.ProcessState.ExitCode()
				fine := code == 99 && strings.Contains(command, "--fail-if") || code == 1 && strings.Contains(command, "--find-max") // on a busy machine no step may count
				if err != nil && !fine {
					t.Errorf("%s: %v\n%s", strings.Join(words, " "), err, out)
				}
				if page == "TUTORIAL.md" {
					printed(t, s.prints, string(out))
				}
			})
		}
	}
	if tried < 6 {
		t.Errorf("only %d commands found", tried)
	}
}

// quickSearch is a search with short steps.
const quickSearch = "--find-max 'mean<50ms' -r 500 -d 200ms"

// exampleMix returns the file for loadgen --mix that loadgen/README.md shows.
func exampleMix(t *testing.T) []byte {
	page, err := os.ReadFile("loadgen/README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^    (\{".*\n)`).FindAllSubmatch(page, -1)
	if len(lines) == 0 {
		t.Fatal("loadgen/README.md shows no mix")
	}
	var mix []byte
	for _, line := range lines {
		mix = append(mix, line[1]...)
	}
	return mix
}

// showing is a command in an indented block of a page, and the lines below it in that block.
type showing struct {
	command string
	prints  []string
}

// shown lists the commands of these programs in the indented blocks of a page, as PROGRAM, bin/PROGRAM or go run ./PROGRAM.
func shown(t *testing.T, page, programs string) (all []showing) {
	f, err := os.Open(page)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	program := regexp.MustCompile(`^    (?:go run \./|bin/)?((?:` + programs + `) .*)$`)
	block := false // the line is in the block of the last command
	for s := bufio.NewScanner(f); s.Scan(); {
		line, indented := strings.CutPrefix(s.Text(), "    ")
		if m := program.FindStringSubmatch(s.Text()); m != nil {
			command, _, _ := strings.Cut(m[1], " #")
			all = append(all, showing{command: strings.TrimSpace(command)})
			block = true
		} else if block = block && (indented || line == ""); block && line != "" {
			all[len(all)-1].prints = append(all[len(all)-1].prints, line)
		}
	}
	return all
}

// TestTargets checks the make and go test commands of the pages: targets, folders and tests must exist.
func TestTargets(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`-run '?(Test\w+)`)
	for _, page := range pages {
		for _, s := range shown(t, page, "make|go test") {
			command := s.command
			words := strings.Fields(command)
			if words[0] == "make" {
				if !strings.Contains(string(makefile), "\n"+words[1]+":") {
					t.Errorf("%s: %s: there is no such target", page, command)
				}
				continue
			}
			for _, folder := range words[2:] {
				if !strings.HasPrefix(folder, ".") {
					continue
				}
				files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
				if err != nil || len(files) == 0 {
					t.Errorf("%s: %s: there are no tests in %s", page, command, folder)
				}
				tests := ""
				for _, file := range files {
					text, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					tests += string(text)
				}
				if m := named.FindStringSubmatch(command); m != nil && !strings.Contains(tests, "\nfunc "+m[1]+"(") {
					t.Errorf("%s: %s: there is no such test in %s", page, command, folder)
				}
			}
		}
	}
}

// TestNarration checks that the tutorial quotes three narrations from the golden files of servers.
func TestNarration(t *testing.T) {
	const step, next, instant = "\ntwo asks for /:\n", "\none asks", "   0.000 ms  "
	var want strings.Builder
	for _, model := range []string{"epoll", "generator", "coroutine"} {
		story, err := os.ReadFile("servers/testdata/narrate/" + model + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(story), step)
		printed, _, found := strings.Cut(rest, next)
		if !found {
			t.Fatalf("%s has no %q before %q", model, step, next)
		}
		want.WriteString("    " + model + "\n")
		for _, line := range strings.Split(printed, "\n") {
			want.WriteString("      " + strings.TrimPrefix(line, instant) + "\n")
		}
	}
	page, err := os.ReadFile("TUTORIAL.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), want.String()) {
		t.Errorf("TUTORIAL.md should have:\n%s", want.String())
	}
}

// TestComparison checks the README's comparison against its record.
func TestComparison(t *testing.T) {
	c, err := result.ReadComparison("results/reference/comparison.json")
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := screen.Comparison(&printed, "", c, false); err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(printed.String(), "\n  verdict")
	var want strings.Builder
	for line := range strings.Lines(strings.TrimSpace(before)) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			line = "    " + line
		}
		want.WriteString(line + "\n")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "  "+want.String()) {
		t.Errorf("README.md should have:\n%s", want.String())
	}
}

// TestSummary checks the README's summary of a run against its record.
func TestSummary(t *testing.T) {
	l, err := result.ReadLoad("results/truth/open.json")
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := screen.Summary(&printed, "", l, false); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for line := range strings.Lines(strings.Trim(printed.String(), "\n") + "\n") {
		want.WriteString("    " + line)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\n\n"+want.String()+"\n") {
		t.Errorf("README.md should have:\n%s", want.String())
	}
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped = regexp.MustCompile(`[^\pL\pN _-]`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
)

// anchors returns the names by which GitHub links to the headings of a page.
func anchors(text string) (names []string) {
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		names = append(names, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return names
}

// TestLinks checks that every file to which a page links exists, with the linked heading.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)#?([^):]*)\)`)
	for _, page := range append(translations[1:], pages...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			file := page
			if m[1] != "" {
				file = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
				continue
			}
			if m[2] == "" {
				continue
			}
			there, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(file) == ".md" && !slices.Contains(anchors(string(there)), m[2]) {
				t.Errorf("%s links to %s#%s: there is no such heading", page, m[1], m[2])
			}
		}
	}
}

// row is a model's row in the ladder of servers/README.md: its name and its two prices.
var row = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*\\| ([^|]+) \\| ([^|]+) \\| \\[[^|]* \\|$")

// TestLadder checks that every model has its row, in the order of servers --list.
func TestLadder(t *testing.T) {
	out, err := exec.Command("go", "run", "./servers", "--list", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ Name string }
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	ladder, err := os.ReadFile("servers/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var there, rows []string
	for _, m := range list {
		there = append(there, m.Name)
	}
	for _, r := range row.FindAllStringSubmatch(string(ladder), -1) {
		rows = append(rows, r[1])
	}
	if !slices.Equal(rows, there) {
		t.Errorf("servers/README.md has rows for %v, the models are %v", rows, there)
	}
}

// TestScenarios checks that results/README.md lists all scenarios, in order.
func TestScenarios(t *testing.T) {
	text, err := os.ReadFile("results/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "| scenario | the question |")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| .+[?] \\|$").FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	if want := scenario.Names(); !slices.Equal(names, want) {
		t.Errorf("results/README.md lists %v, want %v", names, want)
	}
}

// TestRoutes holds the table of endpoints to those that a server of ours has, in their order.
func TestRoutes(t *testing.T) {
	source, err := os.ReadFile("internal/wire/route.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("servers/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| request | reply |")
	table, _, _ = strings.Cut(table, "\n\n")
	var shown, want []string
	for _, m := range regexp.MustCompile("(?m)^\\| `[A-Z]+ (/[a-z]*/?)[A-Z]*` \\| .+ \\|$").FindAllStringSubmatch(table, -1) {
		shown = append(shown, m[1])
	}
	for _, m := range regexp.MustCompile(`\{path: "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		want = append(want, m[1])
	}
	if len(want) < 5 || !slices.Equal(shown, want) {
		t.Errorf("servers/README.md lists %v, want %v", shown, want)
	}
}

// TestPrices checks the prices of the ladder, at 1 connection and at 64, against the reference run, and that every model with a price in that
// run has a row.
func TestPrices(t *testing.T) {
	kept, err := os.ReadFile("results/reference/" + findings.File)
	if err != nil {
		t.Fatal(err)
	}
	var f findings.Findings
	if err := json.Unmarshal(kept, &f); err != nil {
		t.Fatal(err)
	}
	ladder, err := os.ReadFile("servers/README.md")
	if err != nil {
		t.Fatal(err)
	}
	measured := func(connections int, model string) string {
		for _, c := range f.Find("hello", result.Split) {
			if m := c.Model(model); c.Connections == connections && m != nil && m.Lacks == nil {
				return units.Micros(m.Figures[findings.Cost].Value) + " µs"
			}
		}
		return "–"
	}
	rows := map[string]bool{}
	for _, q := range row.FindAllStringSubmatch(string(ladder), -1) {
		want := [2]string{measured(1, q[1]), measured(64, q[1])}
		if got := [2]string{q[2], q[3]}; got != want {
			t.Errorf("%s costs %v in servers/README.md and %v in the kept run", q[1], got, want)
		}
		rows[q[1]] = true
	}
	priced := 0
	for _, name := range f.Run.Models {
		if measured(64, name) == "–" {
			continue
		}
		if priced++; !rows[name] {
			t.Errorf("%s has a price in the kept run and no row", name)
		}
	}
	if priced < 2 {
		t.Errorf("%d models have a price at 64 connections in the kept run", priced)
	}
}

// TestAnswer checks the numbers in the three sentences of the answer against the reference run.
func TestAnswer(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("results/reference/" + findings.File)
	if err != nil {
		t.Fatal(err)
	}
	var f findings.Findings
	if err := json.Unmarshal(kept, &f); err != nil {
		t.Fatal(err)
	}
	situation := func(key string) (*findings.Situation, *findings.Cell) {
		for i, s := range f.Situations {
			if s.Key == key {
				return &f.Situations[i], &f.Cells[s.Cell]
			}
		}
		t.Fatalf("the kept run has no situation %q", key)
		return nil, nil
	}
	percent := func(x float64) float64 { return 100 * (x - 1) }
	times := func(r *findings.Ratio) string {
		return fmt.Sprintf("%s times as many as `%s` (%s to %s)", figure(r.Ratio), r.To, figure(r.Low), figure(r.High))
	}
	beside := func(chosen string, tied []string) string {
		var names []string
		for _, name := range tied {
			if name != chosen {
				names = append(names, "`"+name+"`")
			}
		}
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}

	busy, at := situation("many busy clients")
	blocked, _ := situation("handlers block the thread")
	silent, idle := situation("many idle or thinking clients")
	want := []string{
		fmt.Sprintf("With %d busy clients an `%s` loop serves %.0f %% more requests per processor than a `%s` for each connection (%.0f to %.0f %%)",
			at.Connections, busy.Choose, percent(busy.Next.Ratio), busy.Next.To, math.Floor(percent(busy.Next.Low)), math.Ceil(percent(busy.Next.High))),
		times(busy.Last),
		beside(busy.Choose, busy.Tied) + " do not differ from it significantly",
		fmt.Sprintf("a `%s` for each connection serves %s times as many requests as `%s` (%s to %s)",
			blocked.Choose, figure(blocked.Last.Ratio), blocked.Last.To, figure(blocked.Last.Low), figure(blocked.Last.High)),
		times(blocked.Next),
		fmt.Sprintf("%s are the same within %.0f %%", beside(blocked.Choose, blocked.Tied), 100*blocked.Within),
		fmt.Sprintf("of these `%s` needs the least memory, %.2f MiB", silent.Choose, idle.Model(silent.Choose).Figures[silent.Metric].Value/(1<<20)),
	}
	if tenth := silent.Last; tenth.To != "thread" || tenth.Low < 0.08 || tenth.High > 0.12 {
		t.Errorf("%s needs %.3g of the memory of %s, but the README has a tenth of that of thread", tenth.Of, tenth.Ratio, tenth.To)
	}
	for _, name := range []string{"epoll", "asyncio", "goroutine", "thread", "uring"} {
		if idle.Connections < 5000 || slices.Contains(silent.Lacking, name) || slices.Contains(silent.Missing, name) {
			t.Errorf("%s did not stand 5,000 silent clients in the kept run", name)
		}
	}
	printed := strings.Join(strings.Fields(string(text)), " ")
	for _, fact := range want {
		if !strings.Contains(printed, fact) {
			t.Errorf("the kept run has this and the README does not: %s", fact)
		}
	}
}

// figure formats a number with three digits.
func figure(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.1f", x)
}
