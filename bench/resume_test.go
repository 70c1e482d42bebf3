package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/bench/stand"
	"carousel/internal/result"
)

// short is a plan of five cells in two rounds: three in turns, of four trials each, and two of two trials each.
const short = `rounds: 2
cycles: 2
window: 100ms
scenarios:
  - name: hello
    connections: [64]
  - name: cost
    rates: [1000]
  - name: paced
  - name: sleep
  - name: spin
`

// shortCells and shortTrials are the numbers of its cells and trials, in all rounds.
const (
	shortCells  = 2 * 5
	shortTrials = 2 * (3*4 + 2*2)
)

// shortJobs returns its jobs for a seed.
func shortJobs(t *testing.T, seed uint64) []protocol.Job {
	t.Helper()
	p, err := plan.Parse([]byte(short))
	if err != nil {
		t.Fatal(err)
	}
	placements, _ := stand.FindPlacements()
	return protocol.Jobs(p.Cells([]string{"blocking", "epoll"}, placements.Apart()), int(p.Rounds), seed)
}

// harness runs bench as a process, in a temporary folder, with the stand-ins of TestMain.
type harness struct {
	t       *testing.T
	dir     string
	program string // "": bench of TestMain
	out     bytes.Buffer
	stderr  bytes.Buffer
	command *exec.Cmd
}

func newHarness(t *testing.T) *harness {
	h := &harness{t: t, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(h.dir, "short.yaml"), []byte(short), 0o644); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *harness) mark() string { return "BENCH_TEST=" + h.dir }

func (h *harness) start(args ...string) {
	h.t.Helper()
	h.out.Reset()
	h.stderr.Reset()
	h.command = exec.Command(cmp.Or(h.program, "bench"), args...)
	h.command.Dir, h.command.Env = h.dir, append(os.Environ(), h.mark())
	h.command.Stdout, h.command.Stderr = &h.out, &h.stderr
	if err := h.command.Start(); err != nil {
		h.t.Fatal(err)
	}
}

// end waits until bench ends and returns its exit code; -1: a signal killed it.
func (h *harness) end() int {
	h.t.Helper()
	err := h.command.Wait()
	var code *exec.ExitError
	if err != nil && !errors.As(err, &code) {
		h.t.Fatal(err)
	}
	return h.command.ProcessState.ExitCode()
}

// run returns the folder of the only run.
func (h *harness) run() string {
	h.t.Helper()
	found, _ := filepath.Glob(filepath.Join(h.dir, "results", "*", result.RunFile))
	if len(found) != 1 {
		h.t.Fatalf("%d runs, want 1\n%s", len(found), h.stderr.String())
	}
	return filepath.Dir(found[0])
}

// trials returns the record, trials and flaws of the only run.
func (h *harness) trials() (*result.Run, []result.Trial, []result.Flaw) {
	h.t.Helper()
	r, err := result.ReadRun(h.run())
	if err != nil {
		h.t.Fatal(err)
	}
	trials, flaws, err := result.ReadTrials(h.run())
	if err != nil {
		h.t.Fatal(err)
	}
	return r, trials, flaws
}

// until waits until at least n trials are on disk.
func (h *harness) until(n int) {
	h.t.Helper()
	for range 6000 {
		if files, _ := filepath.Glob(filepath.Join(h.dir, "results", "*", result.TrialsFile)); len(files) == 1 {
			if text, _ := os.ReadFile(files[0]); bytes.Count(text, []byte("\n")) >= n {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.t.Fatalf("fewer than %d trials\n%s", n, h.stderr.String())
}

// matrix lists what an interruption must not change.
func matrix(trials []result.Trial) (list []string) {
	for _, t := range trials {
		list = append(list, fmt.Sprintf("%d, round %d: %s at %v", t.Order, t.Round, protocol.TrialName(t.Cell), t.Cell.RateRPS))
	}
	return list
}

// complete checks that the run with seed 3 is finished and has every cell, whole, in order and with its rate. Each kill may leave a torn line.
func (h *harness) complete(kills int) {
	h.t.Helper()
	r, trials, flaws := h.trials()
	jobs := shortJobs(h.t, 3)
	done, err := protocol.DoneJobs(trials, jobs)
	if err != nil {
		h.t.Fatal(err)
	}
	var want, have []string
	for _, j := range jobs {
		j.Rate = 40000
		want, have = append(want, matrix(j.Trials(time.Time{}))...), append(have, matrix(done[j.Order])...)
	}
	if d := gocmp.Diff(want, have); d != "" {
		h.t.Errorf("the run is not what was planned: %s", d)
	}
	if kills == 0 && len(trials) != shortTrials {
		h.t.Errorf("%d trials, want %d", len(trials), shortTrials)
	}
	if r.Finished == nil {
		h.t.Error("the run is not finished")
	}
	for _, s := range trials {
		if s.Failed != "" {
			h.t.Errorf("trial %d failed: %s", s.Order, s.Failed)
		}
	}
	if len(flaws) > kills || slices.ContainsFunc(flaws, func(f result.Flaw) bool { return f.Torn }) {
		h.t.Errorf("flaws: %v", flaws)
	}
	if files, _ := filepath.Glob(filepath.Join(h.run(), "*")); len(files) != 3 { // plan, record and trials: the stand-in draws nothing
		h.t.Errorf("the run has the files %v", files)
	}
}

// alive returns the processes of bench that still run: itself and its descendants.
func (h *harness) alive() []string {
	var list []string
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(h.mark()+"\x00")) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			list = append(list, filepath.Base(filepath.Dir(file))+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return list
}

func (h *harness) noProcessLeft() {
	h.t.Helper()
	var left []string
	for range 3000 {
		if left = h.alive(); len(left) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.t.Errorf("still there: %q", left)
}

// After a kill no process is left, what was saved can be read, and the run can be resumed.
func TestKilledRunResumes(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc to see what is left")
	}
	for i := range uint64(4) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			moments := rand.New(rand.NewPCG(1, i))
			h := newHarness(t)
			h.start("--seed", "3", "short.yaml")
			kills := 0
			for kill := range 2 { // and once more, during the resumed run
				before := 0
				if kill > 0 {
					_, trials, _ := h.trials()
					before = len(trials)
				}
				h.until(before + 1 + moments.IntN(shortTrials/3))
				if len(h.alive()) == 0 {
					t.Fatal("not even bench itself is seen: what is left cannot be seen either")
				}
				time.Sleep(time.Duration(moments.IntN(300)) * time.Millisecond)
				h.command.Process.Kill()
				if code := h.end(); code != -1 {
					t.Skipf("it had ended before, with code %d", code)
				}
				kills++
				h.noProcessLeft()
				r, trials, flaws := h.trials()
				if len(trials) <= before || r.Finished != nil || len(flaws) > kills {
					t.Errorf("after the kill: %d trials, finished %v, flaws %v", len(trials), r.Finished, flaws)
				}
				done, err := protocol.DoneJobs(trials, shortJobs(t, 3))
				if err != nil {
					t.Fatal(err)
				}
				h.start("--resume")
				if kill == 0 {
					continue
				}
				if code := h.end(); code != 0 {
					t.Fatalf("resuming ended with %d:\n%s", code, h.stderr.String())
				}
				if want := fmt.Sprintf("%d of %d cells are measured", len(done), shortCells); !strings.Contains(h.stderr.String(), want) {
					t.Errorf("it does not print %q:\n%s", want, h.stderr.String())
				}
			}
			h.noProcessLeft()
			h.complete(kills)
		})
	}
}

// A run whose file ends in the middle of a cell, or of a line, can be resumed: the cell is measured again.
func TestTornFileResumes(t *testing.T) {
	h := newHarness(t)
	h.start("--seed", "3", "short.yaml")
	h.until(9)
	h.command.Process.Signal(os.Interrupt)
	h.end()
	file := filepath.Join(h.run(), result.TrialsFile)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, trials, _ := h.trials()
	done, err := protocol.DoneJobs(trials, shortJobs(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	lines = lines[:len(lines)-1]
	for name, text := range map[string][]byte{
		"in the middle of a line":  whole[:len(whole)-len(lines[len(lines)-1])/2],
		"in the middle of a cell":  bytes.Join(lines[:len(lines)-1], nil),
		"in the last line's end":   whole[:len(whole)-1],
		"and then a line is there": append(bytes.Join(lines[:len(lines)-1], nil), lines[0]...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newHarness(t)
			if err := os.CopyFS(filepath.Join(g.dir, "results"), os.DirFS(filepath.Join(h.dir, "results"))); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(g.run(), result.TrialsFile), text, 0o644); err != nil {
				t.Fatal(err)
			}
			g.start("--resume")
			if code := g.end(); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, g.stderr.String())
			}
			left := len(done) - 1
			if name == "in the last line's end" { // all of it is there
				left++
			}
			if want := fmt.Sprintf("%d of %d cells are measured", left, shortCells); !strings.Contains(g.stderr.String(), want) {
				t.Errorf("it does not print %q:\n%s", want, g.stderr.String())
			}
			g.complete(1)
		})
	}
}

func TestInterruptedRunReportsAndGoesOn(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.start("--seed", "3", "short.yaml")
			h.until(2)
			h.command.Process.Signal(c.signal)
			if code := h.end(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			h.noProcessLeft()
			r, trials, flaws := h.trials()
			if r.Finished != nil || len(flaws) > 0 || len(trials) < 2 || len(trials) == shortTrials {
				t.Errorf("finished %v, flaws %v, %d trials", r.Finished, flaws, len(trials))
			}
			done, err := protocol.DoneJobs(trials, shortJobs(t, 3))
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("report of %d trials", len(trials)); !strings.Contains(h.out.String(), want) {
				t.Errorf("no partial report (%s):\n%s", want, h.out.String())
			}
			dir, _ := filepath.Rel(h.dir, h.run())
			line := fmt.Sprintf("%v after %d of %d cells; resume with: bench --resume %s\n", stopped{c.signal}, len(done), shortCells, dir)
			if !strings.HasSuffix(h.stderr.String(), line) {
				t.Fatalf("the last line is not %q:\n%s", line, h.stderr.String())
			}
			h.start("--resume", dir)
			if code := h.end(); code != 0 {
				t.Fatalf("resuming ended with %d:\n%s", code, h.stderr.String())
			}
			h.complete(0)
			h.start("--resume", dir)
			if code := h.end(); code != exitFailed || !strings.Contains(h.stderr.String(), "is finished") {
				t.Errorf("a finished run was resumed: code %d\n%s", code, h.stderr.String())
			}
		})
	}
}

// A resumed run that is interrupted before it has read its trials does not print that nothing is saved.
func TestInterruptedBeforeItResumes(t *testing.T) {
	h := newHarness(t)
	h.start("--seed", "3", "short.yaml")
	h.until(1)
	h.command.Process.Signal(os.Interrupt)
	h.end()
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(stopped{syscall.SIGINT})
	var stderr strings.Builder
	o := options{resume: true, dir: h.run()}
	want := fmt.Sprintf("interrupted before another cell was measured; resume with: bench --resume %s\n", h.run())
	if err := o.bench(ctx, io.Discard, &stderr); err != (stopped{syscall.SIGINT}) || stderr.String() != want {
		t.Errorf("%v, %q, want %q", err, stderr.String(), want)
	}
}

func TestOneBenchAtATime(t *testing.T) {
	h := newHarness(t)
	h.start("short.yaml")
	h.until(1)
	h.command.Process.Signal(os.Interrupt)
	h.end()
	unlock, err := lock(filepath.Join(h.dir, "results")) // as another bench would
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	link := filepath.Join(h.dir, "link")
	if err := os.Symlink(h.run(), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		args []string
	}{
		{h.dir, []string{"short.yaml"}},
		{h.dir, []string{"--results", "elsewhere", "--resume", h.run()}},
		{h.run(), []string{"--resume", "."}},
		{h.dir, []string{"--resume", link}},
	} {
		second := exec.Command("bench", c.args...)
		second.Dir = c.dir
		text, err := second.CombinedOutput()
		if want := fmt.Sprintf("another bench is running here (process %d)", os.Getpid()); err == nil || !strings.Contains(string(text), want) {
			t.Errorf("bench %s in %s: %v, %s", c.args, c.dir, err, text)
		}
	}
}

// A run is not resumed if its plan, models or environment changed.
func TestResumeRefuses(t *testing.T) {
	h := newHarness(t)
	h.start("--seed", "3", "short.yaml")
	h.until(2)
	h.command.Process.Signal(os.Interrupt)
	h.end()
	dir := h.run()
	good, err := result.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, message string
		change        func(r *result.Run)
		plan          string
	}{
		{"kernel", `the environment differs: kernel was "Plan 9" and is now`, func(r *result.Run) { r.Environment["kernel"] = "Plan 9" }, short},
		{"program", `program_servers was "sha256 0" and is now "sha256 `, func(r *result.Run) { r.Environment["program_servers"] = "sha256 0" }, short},
		{"models", "the models differ: the run has epoll, now there are blocking epoll", func(r *result.Run) { r.Models = []string{"epoll"} }, short},
		{"order", "this bench orders the run differently", func(r *result.Run) { r.Seed = 4 }, short},
		{"plan", `plan short.yaml has changed since the run began: "rounds: 2" is now "rounds: 3"`, func(*result.Run) {}, strings.Replace(short, "2", "3", 1)},
		{"plan that is wrong", "plan short.yaml: rounds is 0", func(*result.Run) {}, strings.Replace(short, "2", "0", 1)},
		{"flags", `plan short.yaml has changed since the run began: "rounds: 2" is now "rounds: 5"`, func(r *result.Run) { r.Flags.Rounds = 5 }, short},
		{"flags that cannot be", "--path /x applies to servers of your own", func(r *result.Run) { r.Flags.Path = "/x" }, short},
		{"newer", "has schema 99", func(r *result.Run) { r.Schema = 99 }, short},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := result.ReadRun(dir)
			if err != nil {
				t.Fatal(err)
			}
			c.change(r)
			defer result.WriteRun(dir, good)
			defer os.WriteFile(filepath.Join(h.dir, "short.yaml"), []byte(short), 0o644)
			if err := errors.Join(result.WriteRun(dir, r), os.WriteFile(filepath.Join(h.dir, "short.yaml"), []byte(c.plan), 0o644)); err != nil {
				t.Fatal(err)
			}
			h.start("--resume", dir)
			if code := h.end(); code != exitFailed || !strings.Contains(h.stderr.String(), c.message) {
				t.Errorf("code %d, expected %q:\n%s", code, c.message, h.stderr.String())
			}
		})
	}
	h.start("--resume") // with everything as it was
	if code := h.end(); code != 0 {
		t.Fatalf("resuming ended with %d:\n%s", code, h.stderr.String())
	}
	h.complete(0)
}
