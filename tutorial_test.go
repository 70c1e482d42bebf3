package carousel

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/lessons"
)

// translations are the pages of the tutorial, one a language. The first is checked against the programs, the others against the first.
var translations = []string{"TUTORIAL.md", "TUTORIAL.ru.md"}

// tutorial returns the text of a page of the tutorial.
func tutorial(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sketch is a fenced block of the tutorial, with the last Go file that is linked above it.
type sketch struct{ language, code, file string }

var (
	fence  = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	goFile = regexp.MustCompile(`\]\(([^)]+\.go)\)`)
)

func sketches(text string) (all []sketch) {
	for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
		s := sketch{language: text[at[2]:at[3]], code: text[at[4]:at[5]]}
		if links := goFile.FindAllStringSubmatch(text[:at[0]], -1); links != nil {
			s.file = links[len(links)-1][1]
		}
		all = append(all, s)
	}
	return all
}

// TestTutorialGo checks that each excerpt of Go is in the file that is linked above it, line for line. It may be indented less, and a line
// "// …" stands for one to eight omitted lines.
func TestTutorialGo(t *testing.T) {
	shown := 0
	for _, s := range sketches(tutorial(t, "TUTORIAL.md")) {
		if s.language != "go" {
			continue
		}
		shown++
		file, err := os.ReadFile(s.file)
		if err != nil {
			t.Error(err)
			continue
		}
		pattern := regexp.MustCompile(`(?m)^`).ReplaceAllString(regexp.QuoteMeta(s.code), "(?:INDENT)")
		pattern = regexp.MustCompile(`\(\?:INDENT\)\s*// …\n`).ReplaceAllString(pattern, `(?:.*\n){1,8}?`)
		pattern = strings.TrimSuffix(pattern, "(?:INDENT)")
		found := false
		for tabs := range 5 {
			indented := strings.ReplaceAll(pattern, "INDENT", strings.Repeat("\t", tabs))
			found = found || regexp.MustCompile(`(?m)^`+indented).Match(file)
		}
		if !found {
			t.Errorf("%s has no such lines:\n%s", s.file, s.code)
		}
	}
	if shown < len(lessons.Chapters) {
		t.Errorf("%d excerpts for %d chapters", shown, len(lessons.Chapters))
	}
}

// TestTutorialPython compiles the Python sketches of all translations.
func TestTutorialPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("the tutorial's sketches are compiled by Python: %v", err)
	}
	args := []string{"-c", "import sys\nfor name in sys.argv[1:]: compile(open(name, encoding='utf-8').read(), name, 'exec')"}
	dir := t.TempDir()
	for _, page := range translations {
		n := 0
		for _, s := range sketches(tutorial(t, page)) {
			if s.language != "python" {
				continue
			}
			n++
			file := filepath.Join(dir, fmt.Sprintf("%s-%d.py", page, n))
			if err := os.WriteFile(file, []byte(s.code), 0o644); err != nil {
				t.Fatal(err)
			}
			args = append(args, file)
		}
		if n < len(lessons.Chapters) {
			t.Errorf("%s has %d sketches in Python for %d chapters", page, n, len(lessons.Chapters))
		}
	}
	if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTutorialMap checks the tutorial's headings and the table at its end against the lessons.
func TestTutorialMap(t *testing.T) {
	for _, page := range translations {
		text := tutorial(t, page)
		headings := regexp.MustCompile(`(?m)^## (\d+)\. (.+)$`).FindAllStringSubmatch(text, -1)
		rows := regexp.MustCompile(`(?m)^\| [^|]+ \| \[(\d+)\. ([^|]+)\]\(#([^|]+)\) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(text, -1)
		if len(headings) != len(lessons.Chapters) || len(rows) != len(lessons.Chapters) {
			t.Errorf("%s: %d chapters and %d rows, there are %d lessons", page, len(headings), len(rows), len(lessons.Chapters))
			continue
		}
		for i, c := range lessons.Chapters {
			number, title := headings[i][1], headings[i][2]
			if page == "TUTORIAL.md" && title != c.Title {
				t.Errorf("%s: chapter %s is %q, the lesson %q", page, number, title, c.Title)
			}
			var models []string
			for _, m := range c.Models {
				models = append(models, "`"+m+"`")
			}
			file := func(name string) string { return fmt.Sprintf("[%s](lessons/%s/%[1]s)", name, c.Folder) }
			want := []string{number, title, anchor(number + ". " + title), file("example.go"), strings.Join(models, ", "), file("exercise.go")}
			if number != fmt.Sprint(c.Number()) || !slices.Equal(rows[i][1:], want) {
				t.Errorf("%s: the row of chapter %d is %q, want %q", page, c.Number(), rows[i][1:], want)
			}
			part, _, _ := strings.Cut(text[strings.Index(text, headings[i][0]):], "\n## "+fmt.Sprint(i+2))
			for _, has := range []string{
				"\n    go run ./servers lesson " + number + "\n", "\n    go test -tags exercise ./lessons/" + c.Folder + "\n",
				"](lessons/" + c.Folder + "/exercise.go)", "<details>", "</details>", "\n```python\n", "\n```go\n",
			} {
				if !strings.Contains(part, has) {
					t.Errorf("%s: chapter %s lacks %q", page, number, has)
				}
			}
		}
	}
}

// anchor returns the link target of a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// TestTutorialLength keeps the tutorial readable in the time that it promises: ten minutes at 250 words a minute, and a few for the code.
func TestTutorialLength(t *testing.T) {
	text := fence.ReplaceAllString(tutorial(t, "TUTORIAL.md"), "")
	text = regexp.MustCompile(`(?m)^(    .*|\|.*)$`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`!\[[^\]]*\]|\]\([^)]*\)|<[^>]*>`).ReplaceAllString(text, "")
	if n := len(strings.Fields(text)); n < 2000 || n > 2600 {
		t.Errorf("TUTORIAL.md has %d words beside its code", n)
	}
}

// masks replace what differs between runs or machines: times, ports, descriptors, threads, and the lines of pictures.
var masks = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`( *\d+(\.\d+)?)+ (ms|requests a second|threads)\b`), " # $3"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\bfd \d+`), "fd #"},
	{regexp.MustCompile(`\b\d+ threads\b`), "# threads"}, // their number depends on the processors
	{regexp.MustCompile(`(?m)^(client \d+|thread|loop|ms) .*$`), "$1 #"},
}

func masked(text string) string {
	for _, m := range masks {
		text = m.what.ReplaceAllString(text, m.with)
	}
	return text
}

// printed checks that the lines which a page shows below a command are in its output, in order and without a gap. The first may be anywhere, and
// a line "…" stands for omitted lines. Blank lines do not count.
func printed(t *testing.T, shown []string, out string) {
	t.Helper()
	rest := slices.DeleteFunc(strings.Split(masked(out), "\n"), func(line string) bool { return line == "" })
	gap := true // the next line may be anywhere further down
	for _, line := range shown {
		if line == "…" {
			gap = true
			continue
		}
		i := slices.Index(rest, masked(line))
		if i < 0 || i > 0 && !gap {
			t.Errorf("shown, and not printed here:\n%s\nprinted from there:\n%s", line, strings.Join(rest, "\n"))
			return
		}
		rest, gap = rest[i+1:], false
	}
}

// TestTutorialTranslated checks that a translation has the headings, code, commands, output and links of the first page. Comments in Python may
// differ.
func TestTutorialTranslated(t *testing.T) {
	parts := []struct{ name, what string }{
		{"headings", `(?m)^#+ `},
		{"questions", `</?(?:details|summary)>`},
		{"commands and lines below them", `(?m)^    .*$`},
		{"code", "(?ms)^```\\w*\n.*?^```$"},
		{"links", `\]\([^)#]*\)`},
	}
	comment := regexp.MustCompile(`(?m) +# .*$`)
	for _, part := range parts {
		what := regexp.MustCompile(part.what)
		of := func(page string) []string {
			text := comment.ReplaceAllString(tutorial(t, page), "")
			for _, other := range translations {
				text = strings.ReplaceAll(text, "]("+other+")", "]")
			}
			found := what.FindAllString(text, -1)
			if part.name == "links" { // their order may differ within a sentence
				slices.Sort(found)
			}
			return found
		}
		want := of(translations[0])
		for _, page := range translations[1:] {
			if got := of(page); !slices.Equal(got, want) {
				t.Errorf("%s: %s differ from those of %s:\n%s", page, part.name, translations[0], cmp.Diff(want, got))
			}
		}
	}
}
