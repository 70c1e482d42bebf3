package cli

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"carousel/loadgen/verdict"
)

// helpOf is what a command line prints.
func helpOf(t *testing.T, line string) string {
	t.Helper()
	var stdout strings.Builder
	if _, err := Parse(&stdout, io.Discard, strings.Fields(line)); !errors.Is(err, ErrAnswered) {
		t.Fatalf("%s: %v", line, err)
	}
	return stdout.String()
}

// The help fits a terminal of 80 columns, and two screens of it.
func TestHelpFits(t *testing.T) {
	pages := []string{"--help", "compare --help", "merge --help", "export --help", "completion --help", "completion bash --help", "man --help", "help help"}
	for _, topic := range topics {
		pages = append(pages, "help "+topic.name)
	}
	for _, line := range pages {
		text := helpOf(t, line)
		if lines := strings.Count(text, "\n"); lines > 120 {
			t.Errorf("%s has %d lines, more than 120", line, lines)
		}
		for row := range strings.Lines(text) {
			if row = strings.TrimSuffix(row, "\n"); utf8.RuneCountInString(row) > columns || strings.TrimRight(row, " ") != row || strings.Contains(row, "\t") {
				t.Errorf("%s: %q is no line of %d columns", line, row, columns)
			}
		}
	}
}

// Every flag stands in the help once, under a heading, and in no more than three lines.
func TestEveryFlagHasItsPlace(t *testing.T) {
	help := helpOf(t, "--help")
	var headings []string
	for _, g := range groups {
		headings = append(headings, g.heading)
		if g.heading == "" || !strings.Contains(help, "\n\n"+g.heading+":\n") {
			t.Errorf("the help has no heading %q", g.heading)
		}
	}
	flagsOf().VisitAll(func(f *pflag.Flag) {
		if of := f.Annotations[heading]; len(of) != 1 || !slices.Contains(headings, of[0]) {
			t.Errorf("--%s is of the groups %q, want one of %q", f.Name, of, headings)
		}
		want := 1
		if f.Hidden {
			want = 0
		}
		if n := strings.Count(help, "\n"+spelled(f)+"\n") + strings.Count(help, "\n"+spelled(f)+" "); n != want {
			t.Errorf("--%s stands %d times in the help, want %d", f.Name, n, want)
		}
		if n := strings.Count(entry(spelled(f), explained(f)), "\n"); n > 3 {
			t.Errorf("--%s: %d lines of help are too many: let a topic say more", f.Name, n)
		}
	})
}

// help --flag prints the flag's line and the paragraphs of topics that name it.
func TestHelpOfFlags(t *testing.T) {
	for line, want := range map[string][]string{
		"help --spin":      {"      --spin TIME", "\nFrom loadgen help load:\n\n--spin is how long a thread that sends polls"},
		"help -c":          {"  -c, --connections N", "-c FIRST:MOST, with a schedule", "\nFrom loadgen help connections:\n\nEach of the -c connections"},
		"help connections": {"Each of the -c connections"},
		"help --rate":      {"\n\nWith -r the load is an open loop"},
	} {
		for _, text := range want {
			if got := helpOf(t, line); !strings.Contains(got, text) || strings.Contains(got, "slow readers") != (line == "help connections") {
				t.Errorf("%s: %s\nlacks %q", line, got, text)
			}
		}
	}
}

// The help names every topic, metric and flag, and no flag that does not exist.
func TestTopics(t *testing.T) {
	all := helpOf(t, "--help")
	for _, topic := range topics {
		text := helpOf(t, "help "+topic.name)
		all += text
		if !strings.Contains(helpOf(t, "help"), "\n  "+topic.name) {
			t.Errorf("the help does not name the topic %s", topic.name)
		}
	}
	for _, metric := range verdict.Metrics() {
		if !slices.Contains(strings.Fields(helpOf(t, "help gates")), metric) {
			t.Errorf("help gates lacks %s", metric)
		}
	}
	flags := flagsOf()
	for _, word := range strings.FieldsFunc(all, func(r rune) bool { return strings.ContainsRune(" \n'.,:;()=[]", r) }) {
		if name, is := strings.CutPrefix(word, "--"); is && flags.Lookup(name) == nil && name != "model" { // which is of servers
			t.Errorf("the help names %s, which is no flag", word)
		}
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && !strings.Contains(all, "--"+f.Name) {
			t.Errorf("--%s is nowhere", f.Name)
		}
	})
	for line, want := range map[string]string{
		"help nonsense":   "help nonsense: no such topic; there are load requests",
		"help gates more": "help gates more: no such topic",
		"help --nothing":  "help --nothing: no such flag; loadgen --help lists all flags",
		"help -z":         "help -z: no such flag",
		"man gates":       "man gates: it is one page, without a topic: loadgen man",
		"man --json":      "--json is not a flag of loadgen man: loadgen man --help lists them all",
		"completion tcsh": "completion tcsh: there is bash, zsh, fish and powershell",
		"compare -z a b":  "-z is not a flag of loadgen compare: loadgen compare --help lists them all",
	} {
		if _, err := Parse(io.Discard, io.Discard, strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}
