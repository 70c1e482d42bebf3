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

// planFile holds the plan with its flags applied, beside run.json and trials.jsonl.
const planFile = "plan.yaml"

// newFolder creates the folder of a run: results/<time>-<plan>.
func newFolder(results, planName string, now time.Time) (string, error) {
	name := now.Format("20060102-150405") + "-" + strings.TrimSuffix(filepath.Base(planName), filepath.Ext(planName))
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

// realPath returns the absolute path of dir, with symbolic links resolved.
func realPath(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// newestUnfinished returns the folder of the newest interrupted run in results.
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

// readInterrupted reads the record, the plan and the trials of the interrupted run in dir.
func readInterrupted(dir string) (*result.Run, *plan.Plan, []result.Trial, error) {
	r, err := result.ReadRun(dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("cannot resume: %w", err)
	}
	if r.Finished != nil {
		return nil, nil, nil, fmt.Errorf("cannot resume %s: it is finished", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, planFile))
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := plan.Parse(text)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, planFile), err)
	}
	trials, _, err := result.ReadTrials(dir) // a trial whose line is torn is measured again
	return r, p, trials, err
}

// planChanged refuses to resume a run whose plan file, with the same flags, now reads differently. A plan file that is gone counts as unchanged.
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
		if was, is := then.Environment[key], now.Environment[key]; was != is && !changesOften(key) {
			differ = append(differ, fmt.Sprintf("%s was %q and is now %q", key, was, is))
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("the environment differs: %s: start a new run", strings.Join(differ, "; "))
	}
	return nil
}
