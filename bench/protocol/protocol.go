// Package protocol defines the order of a run: which cell is measured when and with how many cycles, what is saved, and where an
// interrupted run resumes.
//
// A round measures each of its cells once, in random order; for a cell all servers are started afresh and take turns. Fresh processes of one
// program differ, and rounds show it but cycles do not, so the round is the sample. This package starts no process: a Stand does.
package protocol

import (
	"context"
	"fmt"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/units"
)

// Stand measures jobs.
type Stand interface {
	// Measure returns a record of each trial of the job. A trial that failed has the reason in its record.
	Measure(ctx context.Context, j Job) []result.Trial
}

// Watcher shows the progress of a run.
type Watcher interface {
	Begin(j Job)
	End(j Job, trials []result.Trial)
	Print(text string)
}

// Run is a list of jobs and what it takes to measure them.
type Run struct {
	Jobs   []Job
	Budget time.Duration          // for the jobs that are not in Done, from the call of Complete; 0: Cycles gives the number of cycles
	Cycles int                    // of a cell of the usual weight, if there is no budget
	Done   map[int][]result.Trial // by Order: the trials that an interrupted run has saved
	Stand  Stand
	Save   func(trials []result.Trial) error // must append and sync: it is called before the next job begins
	Note   func(text string) error           // called for a remark on the whole run; the same text may come again
	Watch  Watcher
}

// QuietShare is the share of all processors' time that other programs may take without a warning. On two processors it is a fifth of one of
// them: more than an idle system and the error of the clocks, less than a program that computes.
const QuietShare = 0.1

// Complete measures the jobs that are not in Done. A job that ctx interrupts is not saved: a resumed run measures it again.
func (r *Run) Complete(ctx context.Context) error {
	began := time.Now()
	var firstRound []result.Trial // for the rate of cells with a rule
	disturbed, took, forecast := false, time.Duration(0), time.Duration(0)
	for i := range r.Jobs {
		j := &r.Jobs[i]
		trials, have := r.Done[j.Order]
		if !have {
			if context.Cause(ctx) != nil {
				return context.Cause(ctx)
			}
			r.allotCycles(i, time.Since(began), pace(took, forecast)) // so that the rest fits into the rest of the budget
			failed, err := r.setRuleRate(j, firstRound)
			if err != nil {
				return err
			}
			r.Watch.Begin(*j)
			start := time.Now()
			if failed != "" {
				trials = j.Trials(start)
				for i := range trials {
					trials[i].Failed = failed
				}
			} else {
				trials = r.Stand.Measure(ctx, *j)
			}
			if context.Cause(ctx) != nil {
				return context.Cause(ctx)
			}
			if err := r.Save(trials); err != nil {
				return err
			}
			took, forecast = took+time.Since(start), forecast+j.Forecast()
			if disturbed, err = r.reportNeighbours(*j, trials, disturbed); err != nil {
				return err
			}
			r.Watch.End(*j, trials)
		}
		if j.Round == 1 {
			firstRound = append(firstRound, trials...)
		}
	}
	return nil
}

// allotCycles sets the cycles of the jobs from index i on.
func (r *Run) allotCycles(i int, elapsed time.Duration, pace float64) {
	rest := slices.DeleteFunc(slices.Clone(r.Jobs[i:]), func(j Job) bool { _, have := r.Done[j.Order]; return have })
	budget := r.Budget
	if budget > 0 {
		budget = max(1, time.Duration(float64(budget-elapsed)/pace))
	}
	AllotCycles(rest, budget, r.Cycles)
	for _, j := range rest {
		r.Jobs[j.Order-1].Cycles = j.Cycles
	}
}

// pace returns the ratio of the time that jobs took to their forecast, from 0.5 to 3; 1 until five seconds of forecast are done.
func pace(took, forecast time.Duration) float64 {
	if forecast < 5*time.Second {
		return 1
	}
	return min(max(float64(took)/float64(forecast), 0.5), 3)
}

// setRuleRate sets the rate of a job with a rule; failed is the reason if there is none.
func (r *Run) setRuleRate(j *Job, firstRound []result.Trial) (failed string, err error) {
	if j.Common.Rule == "" {
		return "", nil
	}
	if j.Rate = pacedRate(firstRound, j.Common.Placement); j.Rate == 0 {
		return fmt.Sprintf("no rate to offer: no model served all %d connections in round 1", scenario.ReferenceLevel), nil
	}
	return "", r.Note(fmt.Sprintf("%s cells are offered %s requests a second: half the rate of the slowest model that served all %d connections in round 1",
		j.Scenario.Name, units.Rate(j.Rate), scenario.ReferenceLevel))
}

// reportNeighbours warns when other programs begin to disturb the run and when they end, and returns whether they disturb it now.
func (r *Run) reportNeighbours(j Job, trials []result.Trial, disturbed bool) (bool, error) {
	beside, turns := 0.0, false
	for _, t := range trials {
		if t.Turns != nil && t.Turns.Cycles > 0 {
			beside, turns = max(beside, t.Turns.BesideShare), true
		}
		if t.Load != nil && t.Load.TargetCPULacks != "" && t.Failed == "" {
			if err := r.Note(fmt.Sprintf("the processor time of %s is not known: %s", t.Cell.Model, t.Load.TargetCPULacks)); err != nil {
				return disturbed, err
			}
		}
	}
	switch {
	case !turns:
		return disturbed, nil
	case beside > QuietShare && !disturbed:
		r.Watch.Print(fmt.Sprintf("other programs took %.0f %% of the processors' time in %s, round %d: results are less certain until they stop", 100*beside, j.Name(), j.Round))
	case beside <= QuietShare && disturbed:
		r.Watch.Print("the machine is quiet again")
	}
	return beside > QuietShare, nil
}
