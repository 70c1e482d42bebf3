//go:build !exercise

package lessons

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExercises runs the exercises of all chapters twice: as they stand, where each must fail, and with the solutions in their place, where
// each must pass. It is not built with the tag exercise, so that learners do not see it.
func TestExercises(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the exercises are run by go test: %v", err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, c := range Chapters {
		stub, err := filepath.Abs(filepath.Join(c.Folder, "exercise.go"))
		if err != nil {
			t.Fatal(err)
		}
		overlay.Replace[stub] = filepath.Join(filepath.Dir(stub), "solution", "exercise.go")
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	stubs, solved := exercises(t), exercises(t, "-overlay", file)
	for _, c := range Chapters {
		t.Run(c.Folder, func(t *testing.T) {
			if how := stubs.became("carousel/lessons/" + c.Folder); how != red {
				t.Errorf("as it stands it %s, want that it %s: who comes next has to find it unsolved (solutions belong in solution/)\n%s",
					how, red, stubs.output("carousel/lessons/"+c.Folder))
			}
			if how := solved.became("carousel/lessons/" + c.Folder); how != green {
				t.Errorf("with its solution it %s, want that it %s\n%s", how, green, solved.output("carousel/lessons/"+c.Folder))
			}
		})
	}
}

// exercises returns what go test reports about the exercises of all chapters.
func exercises(t *testing.T, flags ...string) events {
	args := append([]string{"test", "-json", "-tags", "exercise", "-run", "^TestExercise$", "-timeout", "1m"}, flags...)
	for _, c := range Chapters {
		args = append(args, "./"+c.Folder)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	list := parse(t, out)
	if len(list) == 0 {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return list
}

// event is an event of go test -json.
type event struct{ Action, Package, Test, Output, FailedBuild, ImportPath string }

type events []event

func parse(t *testing.T, text []byte) (list events) {
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var e event
		if err := dec.Decode(&e); err != nil {
			t.Fatalf("go test -json: %v\n%s", err, text)
		}
		list = append(list, e)
	}
	return list
}

// The outcomes of an exercise.
const (
	green    = "passes"
	red      = "fails"
	broken   = "does not compile"
	panicked = "panics or runs out of time"
	absent   = "has no TestExercise"
)

// became returns the outcome of the exercise in a package. A stub must not panic: a learner would see a stack trace instead of the reason.
func (list events) became(pkg string) string {
	how := absent
	for _, e := range list {
		switch {
		case e.Package != pkg:
		case e.FailedBuild != "":
			return broken
		case strings.HasPrefix(e.Output, "panic: "):
			return panicked
		case e.Test == "TestExercise" && e.Action == "pass":
			how = green
		case e.Test == "TestExercise" && e.Action == "fail":
			how = red
		}
	}
	return how
}

// output returns what go test printed about a package, its build included.
func (list events) output(pkg string) string {
	var b strings.Builder
	for _, e := range list {
		if e.Package == pkg || e.ImportPath == pkg || strings.HasPrefix(e.ImportPath, pkg+" ") {
			b.WriteString(e.Output)
		}
	}
	return b.String()
}

// TestBecame checks the outcome of packages that differ in one thing each.
func TestBecame(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module m\n\ngo 1.26\n")
	cases := []struct{ name, test, how string }{
		{"passing", `func TestExercise(t *testing.T) {}`, green},
		{"failing", `func TestExercise(t *testing.T) { t.Error("no") }`, red},
		{"failing_part", `func TestExercise(t *testing.T) { t.Run("part", func(t *testing.T) { t.Error("no") }) }`, red},
		{"uncompiled", `func TestExercise(t *testing.T) { t.Error(no) }`, broken},
		{"unparsed", `func (`, broken},
		{"unvetted", `func TestExercise(t *testing.T) { t.Errorf("%d", "no") }`, broken},
		{"panicking", `func TestExercise(t *testing.T) { panic("no") }`, panicked},
		{"unnamed", `func TestExercises(t *testing.T) { t.Error("no") }`, absent},
	}
	for _, c := range cases {
		if err := os.Mkdir(filepath.Join(dir, c.name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(filepath.Join(c.name, "a_test.go"), "package "+c.name+"\n\nimport \"testing\"\n\n"+c.test+"\n")
	}
	cmd := exec.Command("go", "test", "-json", "-run", "^TestExercise$", "./...")
	cmd.Dir = dir
	out, _ := cmd.Output() // some fail, as they should
	list := parse(t, out)
	for _, c := range cases {
		if how := list.became("m/" + c.name); how != c.how {
			t.Errorf("%s %s, want that it %s\n%s", c.name, how, c.how, list.output("m/"+c.name))
		}
	}
}
