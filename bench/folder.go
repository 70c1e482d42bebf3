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

	"carousel/bench/plan"
	"carousel/internal/printable"
	"carousel/internal/result"
)

// planFile is the plan as it is carried out, beside run.json and trials.jsonl.
const planFile = "plan.yaml"

// newFolder makes the folder of a run: results/<time>-<plan>.
func newFolder(results, planned string, now time.Time) (string, error) {
	name := now.Format("20060102-150405") + "-" + strings.TrimSuffix(filepath.Base(planned), filepath.Ext(planned))
	dir := filepath.Join(results, name)
	return dir, os.Mkdir(dir, 0o755)
}

// savePlan writes the plan into the run's folder.
func savePlan(dir string, p *plan.Plan) error {
	text, err := p.Text()
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
func interrupted(dir string) (*result.Run, *plan.Plan, []result.Trial, error) {
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
	p, err := plan.Parse(text)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, planFile), err)
	}
	trials, _, err := result.ReadTrials(dir) // a torn line is a trial that is done again
	return r, p, trials, err
}

// planChanged says in what way the plan a run was started with reads otherwise today, with the same flags; a plan that is gone has not
// changed.
func planChanged(r *result.Run, then *plan.Plan) error {
	if _, err := os.Stat(r.Plan); err != nil && !slices.Contains(plan.Builtins, r.Plan) {
		return nil
	}
	now, err := plan.Read(r.Plan)
	if err != nil {
		return err
	}
	if err := now.Apply(r.Flags); err != nil {
		return err
	}
	a, errA := then.Text()
	b, errB := now.Text()
	if err := errors.Join(errA, errB); err != nil || string(a) == string(b) {
		return err
	}
	was, is := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	i := 0
	for i < len(was)-1 && i < len(is)-1 && was[i] == is[i] {
		i++
	}
	return fmt.Errorf("plan %s has changed since the run began: %q is now %q", r.Plan, strings.TrimSpace(was[i]), strings.TrimSpace(is[i]))
}

// checkResume refuses to resume a run whose models or environment have changed since it began.
func checkResume(then, now *result.Run) error {
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
