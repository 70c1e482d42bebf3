package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"carousel/internal/printable"
	"carousel/internal/result"
)

// planFile is the plan as it is carried out, beside run.json and trials.jsonl.
const planFile = "plan.yaml"

// newFolder makes the folder of a run: results/<time>-<plan>.
func newFolder(results, plan string, now time.Time) (string, error) {
	name := now.Format("20060102-150405") + "-" + strings.TrimSuffix(filepath.Base(plan), filepath.Ext(plan))
	dir := filepath.Join(results, name)
	return dir, os.Mkdir(dir, 0o755)
}

// savePlan writes the plan into the run's folder.
func savePlan(dir string, p *Plan) error {
	text, err := yaml.Marshal(p)
	if err != nil {
		return err
	}
	return result.WriteFile(filepath.Join(dir, planFile), text)
}

// realPath is the path of dir from the root, free of symbolic links.
func realPath(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// newestUnfinished is the folder of the newest run in results that was interrupted.
func newestUnfinished(results string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(results, "*", result.RunFile))
	var newest string
	var started time.Time
	for _, file := range found {
		dir := filepath.Dir(file)
		if r, err := result.ReadRun(dir); err == nil && r.Finished == nil && r.Started.After(started) {
			newest, started = dir, r.Started
		}
	}
	if newest == "" {
		return "", fmt.Errorf("no interrupted run in %s", results)
	}
	return newest, nil
}

// interrupted reads the run in dir: its record, its plan and the trials it has.
func interrupted(dir string) (*result.Run, *Plan, []result.Trial, error) {
	r, err := result.ReadRun(dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("no run to go on with: %w", err)
	}
	if r.Finished != nil {
		return nil, nil, nil, fmt.Errorf("%s is finished: there is nothing to go on with", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, planFile))
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := parsePlan(text)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, planFile), err)
	}
	trials, _, err := result.ReadTrials(dir) // a torn line is a trial that is done again
	return r, p, trials, err
}

// planChanged says in what way the plan a run was started with reads otherwise today; a plan that is gone has not changed.
func planChanged(name string, then *Plan) error {
	if _, err := os.Stat(name); err != nil && !slices.Contains(builtins, name) {
		return nil
	}
	now, err := readPlan(name)
	if err != nil {
		return err
	}
	for _, g := range then.Servers { // --server adds to a plan
		if !slices.ContainsFunc(now.Servers, func(o Guest) bool { return o.Name == g.Name }) {
			now.Servers = append(now.Servers, g)
		}
	}
	a, errA := yaml.Marshal(then)
	b, errB := yaml.Marshal(now)
	if err := errors.Join(errA, errB); err != nil || string(a) == string(b) {
		return err
	}
	was, is := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	i := 0
	for i < len(was)-1 && i < len(is)-1 && was[i] == is[i] {
		i++
	}
	return fmt.Errorf("plan %s has changed since the run began: %q is now %q", name, strings.TrimSpace(was[i]), strings.TrimSpace(is[i]))
}

// otherwise says how the run now begun differs from the one that was interrupted, in what must not differ between trials of one run.
func otherwise(then, now *result.Run) error {
	if !slices.Equal(then.Models, now.Models) {
		return fmt.Errorf("the models differ: the run has %s, now there are %s", printable.Line(strings.Join(then.Models, " ")), strings.Join(now.Models, " "))
	}
	var differ []string
	keys := maps.Clone(then.Environment)
	maps.Copy(keys, now.Environment)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if was, is := then.Environment[key], now.Environment[key]; was != is && !passing(key) {
			differ = append(differ, fmt.Sprintf("%s was %q and is now %q", key, was, is))
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("the environment differs: %s: start a new run", strings.Join(differ, "; "))
	}
	return nil
}

// doneBy sorts trials by their place in the run and holds them against the jobs that stand there.
func doneBy(trials []result.Trial, jobs []job) (map[int]result.Trial, error) {
	done := map[int]result.Trial{}
	for _, t := range trials {
		if t.Order < 1 || t.Order > len(jobs) {
			return nil, fmt.Errorf("trial %d is not part of a run of %d", t.Order, len(jobs))
		}
		want, have := jobs[t.Order-1].cell, t.Cell
		if want.Scenario == "paced" {
			have.RateRPS = 0
		}
		if want != have {
			return nil, fmt.Errorf("trial %d is %s, the plan has %s there: this bench orders a run otherwise than the one that began it", t.Order, printable.Line(cellName(have)), cellName(want))
		}
		done[t.Order] = t
	}
	return done, nil
}
