package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/bench/stand"
	"carousel/internal/child"
	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/units"
)

// experiment is a run in progress.
type experiment struct {
	stderr         io.Writer
	began          time.Time
	dir            string
	plan           *plan.Plan
	record         result.Run
	jobs           []protocol.Job
	done           map[int][]result.Trial
	stand          *stand.Stand
	savedCells     int // cells on disk, each counted once a round
	measuredTrials int // trials with figures
}

// bench measures a plan, or the rest of an interrupted run, and runs report.
func (o *options) bench(ctx context.Context, stdout, stderr io.Writer) error {
	e := &experiment{stderr: stderr, began: time.Now()}
	if !o.resume {
		var err error
		if e.plan, err = o.readPlan(); err != nil { // before a folder is created
			return err
		}
	}
	unlock, err := o.lockResults()
	if err != nil {
		return exit{exitFailed, err}
	}
	defer unlock()

	if o.resume {
		err = e.resumeRun(ctx, o)
	} else {
		err = e.startRun(ctx, o)
	}
	var early stopped
	if errors.As(context.Cause(ctx), &early) {
		e.printInterrupted(early)
		return early
	} else if err != nil {
		return err
	}
	err = e.measure(ctx)
	if err != nil && !errors.As(err, &early) {
		return exit{exitFailed, err}
	}
	return e.report(ctx, stdout, early)
}

// lockResults finds the folder that holds the runs and locks it.
func (o *options) lockResults() (unlock func(), err error) {
	if o.dir != "" {
		real, err := realPath(o.dir) // so that "." finds the lock
		if err != nil {
			return nil, fmt.Errorf("cannot resume %s: there is no such folder", o.dir)
		}
		if _, err := os.Stat(filepath.Join(real, result.RunFile)); err != nil { // before a lock file is created there
			return nil, fmt.Errorf("cannot resume %s: it has no %s", o.dir, result.RunFile)
		}
		o.results = filepath.Dir(real)
	}
	unusable := func(err error) error {
		return fmt.Errorf("no run can be kept in %s: %w; name another folder with --results", o.results, err)
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return nil, unusable(err)
	}
	if err := os.MkdirAll(os.TempDir(), 0o777|os.ModeSticky); err != nil { // an image from scratch has none
		return nil, err
	}
	unlock, err = lock(o.results)
	if errors.Is(err, fs.ErrPermission) {
		err = unusable(err)
	}
	return unlock, err
}

// readPlan reads the plan and applies the flags to it.
func (o *options) readPlan() (*plan.Plan, error) {
	p, err := plan.Read(o.plan)
	if err != nil {
		return nil, err
	}
	return p, p.Apply(o.flags)
}

// startRun prepares a new run and creates its folder.
func (e *experiment) startRun(ctx context.Context, o *options) (err error) {
	seed := o.seed
	for seed == 0 {
		seed = rand.Uint64() >> 32 // short enough to type again
	}
	e.record = result.Run{Schema: result.Schema, Plan: o.plan, Flags: o.flags, Seed: seed, Started: time.Now()}
	if err := e.prepare(ctx); err != nil {
		return err
	}
	if e.dir, err = newFolder(o.results, o.plan, e.record.Started); err != nil {
		return exit{exitFailed, err}
	}
	e.record.ID = filepath.Base(e.dir)
	if err := errors.Join(savePlan(e.dir, e.plan), result.WriteRun(e.dir, &e.record)); err != nil {
		return exit{exitFailed, err}
	}
	return nil
}

// resumeRun prepares the rest of an interrupted run.
func (e *experiment) resumeRun(ctx context.Context, o *options) (err error) {
	e.dir = o.dir
	if e.dir == "" {
		if e.dir, err = newestUnfinished(o.results); err != nil {
			return exit{exitFailed, err}
		}
	}
	then, p, trials, err := readInterrupted(e.dir)
	if err != nil {
		return exit{exitFailed, err}
	}
	refused := func(err error) error { return exit{exitFailed, fmt.Errorf("cannot resume %s: %w", e.dir, err)} }
	if err := planChanged(then, p); err != nil {
		return refused(err)
	}
	e.plan, e.record = p, *then
	if err := e.prepare(ctx); err != nil {
		return err
	}
	if err := checkResume(then, &e.record); err != nil {
		return refused(err)
	}
	if e.done, err = protocol.DoneJobs(trials, e.jobs); err != nil {
		return refused(err)
	}
	notes := then.Notes
	for _, note := range e.record.Notes {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	e.record.Environment, e.record.Doctor, e.record.Notes = then.Environment, then.Doctor, notes
	printLine(e.stderr, "resuming %s: %d of %d cells are measured", e.dir, len(e.done), len(e.jobs))
	return nil
}

// prepare finds programs, processors and models, prints how long the run will take, and fills in the record except its ID.
func (e *experiment) prepare(ctx context.Context) error {
	servers, err := stand.Program("servers")
	if err != nil {
		return exit{exitStart, err}
	}
	loadgen, err := stand.Program("loadgen")
	if err != nil {
		return exit{exitStart, err}
	}
	list, err := stand.ModelList(ctx, servers)
	if err != nil {
		return exit{exitStart, err}
	}
	entrants, notes, err := stand.Choose(e.plan, list, servers)
	if err != nil {
		return err
	}
	r := &e.record
	r.Models = nil
	for _, c := range entrants {
		r.Models = append(r.Models, c.Name)
	}
	placements, note := stand.FindPlacements()
	if note != "" {
		notes = append(notes, note)
	}
	if note := stand.UnpricedNote(); note != "" {
		notes = append(notes, note)
	}
	cells, note, err := e.cells(placements.Apart())
	if err != nil {
		return err
	}
	if note != "" {
		notes = append(notes, note)
	}
	e.jobs = protocol.Jobs(cells, int(e.plan.Rounds), r.Seed)
	protocol.AllotCycles(e.jobs, e.budget(), int(e.plan.Cycles))
	printLine(e.stderr, "plan %s: models %s; %s, about %s; seed %d",
		r.Plan, strings.Join(r.Models, " "), e.size(len(cells)), approximate(protocol.TotalForecast(e.jobs)), r.Seed)

	r.Rounds, r.BudgetNS, r.WarmupNS, r.WindowNS = int(e.plan.Rounds), int64(e.plan.Budget), int64(e.plan.Warmup), int64(e.plan.Window)
	r.Expect = e.plan.Expectations(r.Models)
	if e.plan.Rounds == 1 && !e.plan.OnlyPortraits() {
		notes = append(notes, "one round compares nothing: it shows that everything works")
	}
	if r.Environment, err = environment(servers, loadgen, placements); err != nil {
		return exit{exitFailed, err}
	}
	others, began := stand.WatchNeighbours(), time.Now()
	r.Doctor = doctor(ctx)
	sleep(ctx, stand.MinWatch-time.Since(began))
	if note := stand.NeighboursNote(others(), "just before the run"); note != "" {
		notes = append(notes, note)
	}
	for _, note := range notes {
		printLine(e.stderr, "%s", note)
	}
	r.Notes = notes

	e.stand = stand.New(loadgen, append(entrants, stand.Null(servers)), placements)
	for _, c := range entrants {
		if c.Guest {
			if err := e.stand.Examine(ctx, c.Name, e.plan); err != nil {
				if wrong := (*stand.WrongAnswer)(nil); errors.As(err, &wrong) {
					return exit{exitWrong, err}
				}
				return exit{exitStart, err}
			}
			printLine(e.stderr, "%s answers correctly", c.Name)
		}
	}
	return nil
}

// size describes how much there is to measure.
func (e *experiment) size(cells int) string {
	if !e.plan.OnlyPortraits() {
		return units.Plural(cells, "cell") + " in " + units.Plural(int(e.plan.Rounds), "round")
	}
	const one = "one portrait of each model"
	if e.record.Flags.Rounds > 1 {
		return fmt.Sprintf("%s (--rounds %d changes nothing)", one, e.record.Flags.Rounds)
	}
	return one
}

// reportTime is the part of the budget that is reserved for the report.
const reportTime = 8 * time.Second

// budget returns the time that is left for cells; 0 where the plan has no budget.
func (e *experiment) budget() time.Duration {
	if e.plan.Budget == 0 {
		return 0
	}
	return max(time.Second, time.Duration(e.plan.Budget)-time.Since(e.began)-reportTime)
}

// remainingBudget returns the budget of the cells that are not measured yet: a resumed run gets the fraction of its budget that they are
// of all cells.
func (e *experiment) remainingBudget() time.Duration {
	rest := slices.DeleteFunc(slices.Clone(e.jobs), func(j protocol.Job) bool { _, have := e.done[j.Order]; return have })
	if len(rest) == len(e.jobs) {
		return e.budget()
	}
	return time.Duration(float64(e.budget()) * float64(protocol.TotalForecast(rest)) / float64(protocol.TotalForecast(e.jobs)))
}

// cells returns the cells of the plan that fit into its budget; note names those that do not.
func (e *experiment) cells(apart bool) (cells []plan.Cell, note string, err error) {
	cells = e.plan.Cells(e.record.Models, apart)
	if e.plan.Budget == 0 {
		return cells, "", nil
	}
	kept, left := protocol.Fit(cells, int(e.plan.Rounds), time.Duration(e.plan.Budget)-reportTime-prepareTime)
	if len(kept) == 0 {
		return nil, "", fmt.Errorf("a budget of %v is too short for %d rounds of any cell: give more time, or fewer --models or --rounds", time.Duration(e.plan.Budget), e.plan.Rounds)
	}
	var names []string
	for _, c := range left {
		names = append(names, protocol.CellName(c.Common))
	}
	if len(left) > 0 {
		note = fmt.Sprintf("%v is too short for the whole plan, so these are left out: %s", time.Duration(e.plan.Budget), strings.Join(names, "; "))
	}
	return kept, note, nil
}

// prepareTime is the time until the first cell is measured. It is a constant, not a reading of the clock, so that a resumed run has the
// same cells.
const prepareTime = 4 * time.Second

// measure measures the rest of the run and marks its record as finished.
func (e *experiment) measure(ctx context.Context) error {
	for _, trials := range e.done {
		e.count(trials)
	}
	e.stand.Folder = e.dir
	s := newScreen(e.stderr, e.jobs, e.done)
	defer s.close()
	r := &protocol.Run{
		Jobs: e.jobs, Budget: e.remainingBudget(), Cycles: int(e.plan.Cycles), Done: e.done, Stand: e.stand, Watch: s,
		Save: func(trials []result.Trial) error {
			if err := result.Append(e.dir, trials...); err != nil {
				return err
			}
			e.count(trials)
			return nil
		},
		Note: e.note(s),
	}
	others := stand.WatchNeighbours()
	err := r.Complete(ctx)
	note := stand.NeighboursNote(others(), "while it was measured")
	if note != "" && !slices.ContainsFunc(e.jobs, func(j protocol.Job) bool { return j.InTurns() }) { // where servers take turns each cell reports it
		err = errors.Join(err, r.Note(note))
	}
	if err != nil {
		return err
	}
	now := time.Now()
	e.record.Finished = &now
	return result.WriteRun(e.dir, &e.record)
}

// note returns a function that adds a note to the record and prints it, each note once.
func (e *experiment) note(s *screen) func(text string) error {
	return func(text string) error {
		if slices.Contains(e.record.Notes, text) {
			return nil
		}
		s.Print(text)
		e.record.Notes = append(e.record.Notes, text)
		return result.WriteRun(e.dir, &e.record)
	}
}

func (e *experiment) count(trials []result.Trial) {
	e.savedCells++
	for _, t := range trials {
		if t.Measured() && (t.Load == nil || t.Failed == "") {
			e.measuredTrials++
		}
	}
}

// printInterrupted prints how far a run got before a signal ended it, and how to resume it.
func (e *experiment) printInterrupted(early stopped) {
	if e.dir == "" {
		printLine(e.stderr, "%v before the run began: nothing is saved", early)
		return
	}
	if e.savedCells == 0 { // a resumed run may have some that are not read yet
		printLine(e.stderr, "%v before another cell was measured; resume with: bench --resume %s", early, e.dir)
		return
	}
	printLine(e.stderr, "%v after %d of %d cells; resume with: bench --resume %s", early, e.savedCells, len(e.jobs), e.dir)
}

// report runs the program report, prints the run's folder and returns the error that sets the exit code. early is the signal that ended the
// run, if one did.
func (e *experiment) report(ctx context.Context, stdout io.Writer, early stopped) error {
	var failed error
	if e.measuredTrials > 0 {
		if err := runReport(stdout, e.stderr, e.dir); err != nil {
			printLine(e.stderr, "bench: the trials are saved, but report failed: %v", err)
			failed = exit{exitFailed, err}
		}
	}
	fmt.Fprintln(stdout, e.dir)
	switch {
	case early.signal != 0:
		e.printInterrupted(early)
		return early
	case errors.As(context.Cause(ctx), &early): // during the report: nothing is left to resume
		return early
	case failed != nil:
		return failed
	case e.measuredTrials == 0:
		return exit{exitFailed, errors.New("every trial failed")}
	}
	return nil
}

// reportLimit is how long report may run.
const reportLimit = 2 * time.Minute

// runReport runs the program report on dir. What it writes to stdout, a table, is the result of bench.
func runReport(stdout, stderr io.Writer, dir string) error {
	path, err := stand.Program("report")
	if err != nil {
		return err
	}
	cmd := exec.Command(path, dir)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	p, err := child.Start(cmd) // in a session of its own, so that ctrl-C does not reach it
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-time.After(reportLimit):
		p.Stop(0)
	}
	if err := p.Wait(); err != nil {
		return fmt.Errorf("%s %s: %w", path, dir, err)
	}
	printLine(stderr, "the report is %s", filepath.Join(dir, "README.md"))
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// printLine prints a line, with control characters escaped: it may quote the output of other programs.
func printLine(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, printable.Line(fmt.Sprintf(format, args...)))
}
