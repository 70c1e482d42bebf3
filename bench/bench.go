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

	"carousel/internal/child"
	"carousel/internal/result"
)

// bench carries out a plan, or the rest of one, and has it reported.
func (o *options) bench(ctx context.Context, stdout, stderr io.Writer) error {
	e := &experiment{stderr: stderr}
	if !o.resume {
		var err error
		if e.plan, err = o.read(); err != nil { // before anything is made
			return err
		}
	}
	if o.dir != "" {
		real, err := realPath(o.dir) // so that "." finds the lock
		if err != nil {
			return exit{exitFailed, fmt.Errorf("no run to go on with: %w", err)}
		}
		o.results = filepath.Dir(real)
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return exit{exitFailed, err}
	}
	unlock, err := lock(o.results)
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
	carried := e.carry(ctx)
	if carried != nil && !errors.As(carried, &early) {
		return exit{exitFailed, carried}
	}
	if carried == nil {
		now := time.Now()
		e.record.Finished = &now
		if err := result.WriteRun(e.dir, &e.record); err != nil {
			return exit{exitFailed, err}
		}
	}
	if e.measured > 0 {
		if err := report(stdout, stderr, e.dir); err != nil {
			say(stderr, "bench: the trials are kept, but no report was made: %v", err)
			carried = errors.Join(carried, exit{exitFailed, err})
		}
	}
	fmt.Fprintln(stdout, e.dir)
	if carried == nil && errors.As(context.Cause(ctx), &early) {
		return early // while it was reported: nothing is left to go on with
	}
	if early.signal != 0 {
		e.ended(early)
		return early
	}
	if carried == nil && e.measured == 0 {
		return exit{exitFailed, errors.New("every trial failed")}
	}
	return carried
}

// experiment is a run being carried out.
type experiment struct {
	stderr   io.Writer
	dir      string
	plan     *Plan
	record   result.Run
	jobs     []job
	done     map[int]result.Trial
	lab      *lab
	kept     int // trials on the disk
	measured int // those that came to something
}

// ended says how far a run came that a signal ended, and how to go on with it.
func (e *experiment) ended(early stopped) {
	if e.dir == "" {
		say(e.stderr, "%v before the run began: nothing is kept", early)
		return
	}
	say(e.stderr, "%v after %d of %d trials; go on with: bench --resume %s", early, e.kept, len(e.jobs), e.dir)
}

// read reads the plan asked for, with the guests asked for.
func (o *options) read() (*Plan, error) {
	p, err := readPlan(o.plan)
	if err != nil {
		return nil, err
	}
	for _, text := range o.guests {
		g, err := parseGuest(text)
		if err != nil {
			return nil, err
		}
		p.Servers = append(p.Servers, g)
	}
	if _, what := p.fault(); what != "" { // the plan itself is right: it is one of --server
		return nil, fmt.Errorf("--server: %s", what)
	}
	return p, nil
}

// begin prepares a new run.
func (e *experiment) begin(ctx context.Context, o *options) (err error) {
	seed := o.seed
	for seed == 0 {
		seed = rand.Uint64() >> 32 // short enough to be typed again
	}
	e.record = result.Run{Schema: result.Schema, Plan: o.plan, Seed: seed, Started: time.Now()}
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
	if err := planChanged(then.Plan, p); err != nil {
		return refused(err)
	}
	e.plan, e.record = p, *then
	if err := e.prepare(ctx); err != nil {
		return err
	}
	if err := otherwise(then, &e.record); err != nil {
		return refused(err)
	}
	if e.done, err = doneBy(trials, e.jobs); err != nil {
		return refused(err)
	}
	notes := then.Notes
	for _, note := range e.record.Notes {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	e.record.Environment, e.record.Doctor, e.record.Notes = then.Environment, then.Doctor, notes
	say(e.stderr, "going on with %s: %d of %d trials are there", e.dir, len(e.done), len(e.jobs))
	return nil
}

// prepare finds programs, processors and models, says how long it will take, and fills in the record but for its folder.
func (e *experiment) prepare(ctx context.Context) error {
	servers, err := program("servers")
	if err != nil {
		return err
	}
	loadgen, err := program("loadgen")
	if err != nil {
		return err
	}
	list, err := modelList(ctx, servers)
	if err != nil {
		return err
	}
	entrants, missing, err := choose(e.plan, list, servers)
	if err != nil {
		return err
	}
	seats, note := seats()
	e.lab = &lab{loadgen: loadgen, seats: seats, contestants: map[string]contestant{}}
	r := &e.record
	r.Models = nil
	for _, c := range entrants {
		r.Models = append(r.Models, c.name)
	}
	_, apart := seats[result.Split]
	e.jobs = e.plan.jobs(r.Models, apart, r.Seed)
	length := e.plan.length(e.jobs)
	say(e.stderr, "plan %s: models %s; %d cells x %d rounds = %d trials, about %s; seed %d",
		r.Plan, strings.Join(r.Models, " "), len(e.jobs)/int(e.plan.Rounds), e.plan.Rounds, len(e.jobs), roughly(length), r.Seed)

	r.Rounds, r.WarmupNS, r.WindowNS = int(e.plan.Rounds), int64(e.plan.Warmup), int64(e.plan.Window)
	r.Expect = expectations(e.plan, r.Models)
	r.Notes = missing
	if note != "" {
		r.Notes = append(r.Notes, note)
	}
	if e.plan.Rounds == 1 {
		r.Notes = append(r.Notes, "one round compares nothing: it shows that everything works")
	}
	for _, note := range r.Notes {
		say(e.stderr, "%s", note)
	}
	if r.Environment, err = environment(servers, loadgen, seats); err != nil {
		return exit{exitFailed, err}
	}
	others, began := neighbours(), time.Now()
	r.Doctor = doctor(ctx)
	pause(ctx, sample-time.Since(began))
	if note := noisy(others(), "just before the run"); note != "" {
		r.Notes = append(r.Notes, note)
		say(e.stderr, "%s", note)
	}

	null, err := nullResponder()
	if err != nil {
		return exit{exitFailed, err}
	}
	for _, c := range append(entrants, null) {
		if c.guest {
			if c.lacks, err = e.lab.examine(ctx, c, e.plan); err != nil {
				return err
			}
			say(e.stderr, "%s answers right", c.name)
		}
		e.lab.contestants[c.name] = c
	}
	return nil
}

// carry measures what is left of the run.
func (e *experiment) carry(ctx context.Context) error {
	left := e.plan.length(e.jobs)
	for order, t := range e.done {
		left -= e.jobs[order-1].forecast() + time.Duration(e.plan.Gap)
		e.count(t)
	}
	s := newScreen(e.stderr, e.plan, e.jobs, left)
	defer s.close()
	r := &schedule{
		jobs: e.jobs, gap: time.Duration(e.plan.Gap), done: e.done, screen: s, measure: e.lab.measure,
		save: func(t result.Trial) error {
			e.count(t)
			return result.Append(e.dir, t)
		},
		said: func(note string) error {
			if slices.Contains(e.record.Notes, note) {
				return nil
			}
			s.note(note)
			e.record.Notes = append(e.record.Notes, note)
			return result.WriteRun(e.dir, &e.record)
		},
	}
	others := neighbours()
	err := r.carry(ctx)
	if note := noisy(others(), "while it was measured"); note != "" {
		err = errors.Join(err, r.said(note))
	}
	return err
}

func (e *experiment) count(t result.Trial) {
	e.kept++
	if t.Load != nil && t.Failed == "" || t.Probe != nil {
		e.measured++
	}
}

// reportLimit is how long drawing may take.
const reportLimit = 2 * time.Minute

// report has the program report draw the run in dir; its table is this program's result.
func report(stdout, stderr io.Writer, dir string) error {
	path, err := program("report")
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
