package main

import (
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
	"time"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/bench/stand"
	"carousel/internal/child"
	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/units"
)

// experiment is a run being carried out.
type experiment struct {
	stderr   io.Writer
	began    time.Time
	dir      string
	plan     *plan.Plan
	record   result.Run
	jobs     []protocol.Job
	done     map[int][]result.Trial
	stand    *stand.Stand
	kept     int // jobs whose trials are on the disk
	measured int // trials that came to something
}

// bench carries out a plan, or the rest of one, and has it reported.
func (o *options) bench(ctx context.Context, stdout, stderr io.Writer) error {
	e := &experiment{stderr: stderr, began: time.Now()}
	if !o.resume {
		var err error
		if e.plan, err = o.read(); err != nil { // before anything is made
			return err
		}
	}
	unlock, err := o.settle()
	if err != nil {
		return exit{exitFailed, err}
	}
	defer unlock()

	if o.resume {
		err = e.goOn(ctx, o)
	} else {
		err = e.begin(ctx, o)
	}
	var early stopped
	if errors.As(context.Cause(ctx), &early) {
		e.ended(early)
		return early
	} else if err != nil {
		return err
	}
	err = e.rounds(ctx)
	if err != nil && !errors.As(err, &early) {
		return exit{exitFailed, err}
	}
	return e.report(ctx, stdout, early)
}

// settle finds the folder that holds the runs, and keeps others from it.
func (o *options) settle() (unlock func(), err error) {
	if o.dir != "" {
		real, err := realPath(o.dir) // so that "." finds the lock
		if err != nil {
			return nil, fmt.Errorf("%s is no run to go on with: there is no such folder", o.dir)
		}
		if _, err := os.Stat(filepath.Join(real, result.RunFile)); err != nil { // before a lock is left there
			return nil, fmt.Errorf("%s is no run to go on with: it has no %s", o.dir, result.RunFile)
		}
		o.results = filepath.Dir(real)
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return nil, err
	}
	return lock(o.results)
}

// read reads the plan asked for and has the flags change it.
func (o *options) read() (*plan.Plan, error) {
	p, err := plan.Read(o.plan)
	if err != nil {
		return nil, err
	}
	return p, p.Apply(o.flags)
}

// begin prepares a new run.
func (e *experiment) begin(ctx context.Context, o *options) (err error) {
	seed := o.seed
	for seed == 0 {
		seed = rand.Uint64() >> 32 // short enough to be typed again
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

// goOn prepares the rest of an interrupted run.
func (e *experiment) goOn(ctx context.Context, o *options) (err error) {
	e.dir = o.dir
	if e.dir == "" {
		if e.dir, err = newestUnfinished(o.results); err != nil {
			return exit{exitFailed, err}
		}
	}
	then, p, trials, err := interrupted(e.dir)
	if err != nil {
		return exit{exitFailed, err}
	}
	refused := func(err error) error { return exit{exitFailed, fmt.Errorf("cannot go on with %s: %w", e.dir, err)} }
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
	if e.done, err = protocol.Done(trials, e.jobs); err != nil {
		return refused(err)
	}
	notes := then.Notes
	for _, note := range e.record.Notes {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	e.record.Environment, e.record.Doctor, e.record.Notes = then.Environment, then.Doctor, notes
	say(e.stderr, "going on with %s: %d of %d cells are there", e.dir, len(e.done), len(e.jobs))
	return nil
}

// prepare finds programs, processors and models, says how long it will take, and fills in the record but for its folder.
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
	cells, note, err := e.cells(placements.Apart())
	if err != nil {
		return err
	}
	if note != "" {
		notes = append(notes, note)
	}
	e.jobs = protocol.Jobs(cells, int(e.plan.Rounds), r.Seed)
	protocol.Share(e.jobs, e.budget(), int(e.plan.Cycles))
	say(e.stderr, "plan %s: models %s; %s, about %s; seed %d",
		r.Plan, strings.Join(r.Models, " "), e.asked(len(cells)), roughly(protocol.Length(e.jobs)), r.Seed)

	r.Rounds, r.BudgetNS, r.WarmupNS, r.WindowNS = int(e.plan.Rounds), int64(e.plan.Budget), int64(e.plan.Warmup), int64(e.plan.Window)
	r.Expect = e.plan.Expectations(r.Models)
	if e.plan.Rounds == 1 && !e.plan.Drawn() {
		notes = append(notes, "one round compares nothing: it shows that everything works")
	}
	if r.Environment, err = environment(servers, loadgen, placements); err != nil {
		return exit{exitFailed, err}
	}
	others, began := stand.Neighbours(), time.Now()
	r.Doctor = doctor(ctx)
	pause(ctx, stand.Sample-time.Since(began))
	if note := stand.Noisy(others(), "just before the run"); note != "" {
		notes = append(notes, note)
	}
	for _, note := range notes {
		say(e.stderr, "%s", note)
	}
	r.Notes = notes

	e.stand = stand.New(loadgen, append(entrants, stand.Null(servers)), placements)
	for _, c := range entrants {
		if c.Guest {
			if err := e.stand.Examine(ctx, c.Name, e.plan); err != nil {
				if wrong := (*stand.Wrong)(nil); errors.As(err, &wrong) {
					return exit{exitWrong, err}
				}
				return exit{exitStart, err}
			}
			say(e.stderr, "%s answers right", c.Name)
		}
	}
	return nil
}

// asked says how much there is to measure.
func (e *experiment) asked(cells int) string {
	if !e.plan.Drawn() {
		return units.Plural(cells, "cell") + " in " + units.Plural(int(e.plan.Rounds), "round")
	}
	const once = "a portrait of each, played once"
	if e.record.Flags.Rounds > 1 {
		return fmt.Sprintf("%s whatever --rounds %d says", once, e.record.Flags.Rounds)
	}
	return once
}

// ending is what a run keeps of its budget for drawing its report.
const ending = 8 * time.Second

// budget is what is left for cells; 0 where the plan has no budget.
func (e *experiment) budget() time.Duration {
	if e.plan.Budget == 0 {
		return 0
	}
	return max(time.Second, time.Duration(e.plan.Budget)-time.Since(e.began)-ending)
}

// left is the part of the budget that the cells are to fit into which are not measured yet, of a run that goes on.
func (e *experiment) left() time.Duration {
	rest := slices.DeleteFunc(slices.Clone(e.jobs), func(j protocol.Job) bool { _, have := e.done[j.Order]; return have })
	if len(rest) == len(e.jobs) {
		return e.budget()
	}
	return time.Duration(float64(e.budget()) * float64(protocol.Length(rest)) / float64(protocol.Length(e.jobs)))
}

// cells are those of the plan, or as many of them as its budget has time for; the note says which are left out.
func (e *experiment) cells(apart bool) (cells []plan.Cell, note string, err error) {
	cells = e.plan.Cells(e.record.Models, apart)
	if e.plan.Budget == 0 {
		return cells, "", nil
	}
	kept, left := protocol.Fit(cells, int(e.plan.Rounds), time.Duration(e.plan.Budget)-ending-preparing)
	if len(kept) == 0 {
		return nil, "", fmt.Errorf("a budget of %v is too short for %d rounds of anything: give more time, or fewer --models or --rounds", time.Duration(e.plan.Budget), e.plan.Rounds)
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

// preparing is how long it takes until the first cell is measured. What fits is settled by it, and not by a clock, so that a run that
// goes on has the same cells.
const preparing = 4 * time.Second

// rounds measures what is left of the run, and closes its record if nothing is.
func (e *experiment) rounds(ctx context.Context) error {
	for _, trials := range e.done {
		e.count(trials)
	}
	e.stand.Folder = e.dir
	s := newScreen(e.stderr, e.jobs, e.done)
	defer s.close()
	r := &protocol.Run{
		Jobs: e.jobs, Budget: e.left(), Cycles: int(e.plan.Cycles), Done: e.done, Stand: e.stand, Watch: s,
		Save: func(trials []result.Trial) error {
			if err := result.Append(e.dir, trials...); err != nil {
				return err
			}
			e.count(trials)
			return nil
		},
		Note: e.note(s),
	}
	others := stand.Neighbours()
	err := r.Complete(ctx)
	note := stand.Noisy(others(), "while it was measured")
	if note != "" && !slices.ContainsFunc(e.jobs, func(j protocol.Job) bool { return j.InTurns() }) { // where servers take turns each cell says it
		err = errors.Join(err, r.Note(note))
	}
	if err != nil {
		return err
	}
	now := time.Now()
	e.record.Finished = &now
	return result.WriteRun(e.dir, &e.record)
}

// note keeps what holds for the whole run, once.
func (e *experiment) note(s *screen) func(text string) error {
	return func(text string) error {
		if slices.Contains(e.record.Notes, text) {
			return nil
		}
		s.Say(text)
		e.record.Notes = append(e.record.Notes, text)
		return result.WriteRun(e.dir, &e.record)
	}
}

func (e *experiment) count(trials []result.Trial) {
	e.kept++
	for _, t := range trials {
		if t.Measured() && (t.Load == nil || t.Failed == "") {
			e.measured++
		}
	}
}

// ended says how far a run came that a signal ended, and how to go on with it.
func (e *experiment) ended(early stopped) {
	if e.dir == "" {
		say(e.stderr, "%v before the run began: nothing is kept", early)
		return
	}
	if e.kept == 0 { // a run that goes on may have some, which are not read yet
		say(e.stderr, "%v before any more was measured; go on with: bench --resume %s", early, e.dir)
		return
	}
	say(e.stderr, "%v after %d of %d cells; go on with: bench --resume %s", early, e.kept, len(e.jobs), e.dir)
}

// report has what was measured drawn, and says how the run ended: early is the signal that ended it, if one did.
func (e *experiment) report(ctx context.Context, stdout io.Writer, early stopped) error {
	var failed error
	if e.measured > 0 {
		if err := draw(stdout, e.stderr, e.dir); err != nil {
			say(e.stderr, "bench: the trials are kept, but no report was made: %v", err)
			failed = exit{exitFailed, err}
		}
	}
	fmt.Fprintln(stdout, e.dir)
	switch {
	case early.signal != 0:
		e.ended(early)
		return early
	case errors.As(context.Cause(ctx), &early): // while it was reported: nothing is left to go on with
		return early
	case failed != nil:
		return failed
	case e.measured == 0:
		return exit{exitFailed, errors.New("every trial failed")}
	}
	return nil
}

// reportLimit is how long drawing may take.
const reportLimit = 2 * time.Minute

// draw has the program report draw the run in dir; its table is this program's result.
func draw(stdout, stderr io.Writer, dir string) error {
	path, err := stand.Program("report")
	if err != nil {
		return err
	}
	cmd := exec.Command(path, dir)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	p, err := child.Start(cmd) // a ctrl-C that ends the trials leaves it alone
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
	say(stderr, "the report is %s", filepath.Join(dir, "README.md"))
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// say prints a line, which may hold words of others.
func say(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, printable.Line(fmt.Sprintf(format, args...)))
}
