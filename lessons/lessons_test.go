package lessons

import (
	"errors"
	"go/build"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carousel/internal/golden"
	"carousel/lessons/inside"
)

// masks match what differs from run to run in the output of an example.
var masks = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`( *\d+(\.\d+)?)+ (ms|requests a second|threads)\b`), " # $3"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\bfd \d+`), "fd N"},
	{regexp.MustCompile(`(?m)^(client \d|thread|loop|ms) .*`), "$1 ..."}, // rows of a portrait
	{regexp.MustCompile(`(?m)^# has the turn(.|\n)*?\n\n`), "# ...\n\n"}, // its legend
}

// TestExamples compares what each example prints with testdata, without times and ports.
func TestExamples(t *testing.T) {
	for _, c := range Chapters {
		t.Run(c.Folder, func(t *testing.T) {
			var out strings.Builder
			if err := c.Example(&out); errors.Is(err, inside.ErrSystem) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			text := out.String()
			for _, m := range masks {
				text = m.what.ReplaceAllString(text, m.with)
			}
			golden.Check(t, c.Folder+".txt", text)
		})
	}
}

// TestChapters compares the table with the folders: every folder is in it once, in order.
func TestChapters(t *testing.T) {
	folders, err := filepath.Glob("[0-9][0-9]-*")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, c := range Chapters {
		listed = append(listed, c.Folder)
		if c.Title == "" || c.Idea == "" || len(c.Models) == 0 || c.Example == nil {
			t.Errorf("%s: %+v lacks something", c.Folder, c)
		}
		if built, err := build.ImportDir(c.Folder, 0); err != nil {
			t.Error(err)
		} else if slices.Contains(built.GoFiles, "exercise.go") {
			t.Errorf("%s/exercise.go lacks //go:build exercise: half a solution would be built into servers", c.Folder)
		}
		for _, file := range []string{"example.go", "exercise.go", "exercise_test.go", "solution/exercise.go"} {
			if _, err := os.Stat(filepath.Join(c.Folder, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s: %v", c.Folder, err)
			}
		}
	}
	if !slices.Equal(listed, folders) {
		t.Errorf("the table has %v, the folders are %v", listed, folders)
	}
}

func TestFind(t *testing.T) {
	for _, c := range Chapters {
		if found, err := Find(c.Folder[:2]); err != nil || found.Folder != c.Folder {
			t.Errorf("%s: %v %v", c.Folder, found, err)
		}
	}
	for _, wrong := range []string{"0", "-1", "99", "", "two", "5x"} {
		if c, err := Find(wrong); err == nil || !strings.Contains(err.Error(), `"`+wrong+`"`) {
			t.Errorf("%q finds %q, %v", wrong, c.Folder, err)
		}
	}
}
