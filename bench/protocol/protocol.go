// Package protocol is the order of an experiment: which cell is measured when and with how many cycles, what is saved, and where an
// interrupted run goes on.
//
// A round measures every cell once, in random order; in a cell all servers are started afresh and take turns. Rounds, not cycles, show
// what fresh processes of one program differ by, so the round is the sample. Nothing here touches a process: a Stand does.
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
	// Measure returns a record of each trial of the job; what went wrong stands in it.
	Measure(ctx context.Context, j Job) []result.Trial
}

// Watcher shows how far a run is.
type Watcher interface {
	Begin(j Job)
	End(j Job, trials []result.Trial)
	Say(text string)
}

// Run is what carrying out a list of jobs needs.
type Run struct {
	Jobs   []Job
	Budget time.Duration          // for the jobs that are not done, from now on; 0: Cycles decides
	Cycles int                    // of a cell of the usual weight
	Done   map[int][]result.Trial // by order: what an interrupted run has measured already
	Stand  Stand
	Save   func(trials []result.Trial) error // appended and synced before the next job begins
	Note   func(text string) error           // what holds for the whole run
	Watch  Watcher
}

// Quiet is the share of all processors' time that others may take unsaid. On two processors it is a fifth of one of them, above
// what an idle system does and what reading the clocks gets wrong; whoever computes takes more.
const Quiet = 0.1

// Complete measures the jobs that have no trials yet. A job that ctx cuts short is not saved; it is done again when the run goes on.
func (r *Run) Complete(ctx context.Context) error {
	began := time.Now()
	var first []result.Trial // the first round, which a rule's rate comes from
	disturbed, behind, planned := false, time.Duration(0), time.Duration(0)
	for i := range r.Jobs {
		j := &r.Jobs[i]
		trials, have := r.Done[j.Order]
		if !have {
			if context.Cause(ctx) != nil {
				return context.Cause(ctx)
			}
			r.share(i, time.Since(began), pace(behind, planned)) // whatever the jobs before took, the rest fits into what is left
			failed, err := r.offer(j, first)
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
			behind, planned = behind+time.Since(start), planned+j.Forecast()
			if disturbed, err = r.remark(*j, trials, disturbed); err != nil {
				return err
			}
			r.Watch.End(*j, trials)
		}
		if j.Round == 1 {
			first = append(first, trials...)
		}
	}
	return nil
}

// share gives the jobs from the i-th on their cycles.
func (r *Run) share(i int, elapsed time.Duration, pace float64) {
	rest := slices.DeleteFunc(slices.Clone(r.Jobs[i:]), func(j Job) bool { _, have := r.Done[j.Order]; return have })
	budget := r.Budget
	if budget > 0 {
		budget = max(1, time.Duration(float64(budget-elapsed)/pace))
	}
	Share(rest, budget, r.Cycles)
	for _, j := range rest {
		r.Jobs[j.Order-1].Cycles = j.Cycles
	}
}

// pace is how long jobs take over what was forecast, as far as a run has shown.
func pace(took, planned time.Duration) float64 {
	if planned < 5*time.Second {
		return 1
	}
	return min(max(float64(took)/float64(planned), 0.5), 3)
}

// offer finds the rate that a rule gives the job; failed says why there is none.
func (r *Run) offer(j *Job, first []result.Trial) (failed string, err error) {
	if j.Common.Rule == "" {
		return "", nil
	}
	if j.Rate = pacedRate(first, j.Common.Placement); j.Rate == 0 {
		return fmt.Sprintf("no rate to offer: no model served all %d connections in round 1", scenario.ReferenceLevel), nil
	}
	return "", r.Note(fmt.Sprintf("%s cells are offered %s requests a second: half the rate of the slowest model that served all %d connections in round 1",
		j.Scenario.Name, units.Rate(j.Rate), scenario.ReferenceLevel))
}

// remark says what a job shows of the machine, as it begins and as it ends: whether others disturb the run.
func (r *Run) remark(j Job, trials []result.Trial, disturbed bool) (bool, error) {
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
	case beside > Quiet && !disturbed:
		r.Watch.Say(fmt.Sprintf("other programs took %.0f %% of the processors' time in %s, round %d: what follows is less sure while they do", 100*beside, j.Name(), j.Round))
	case beside <= Quiet && disturbed:
		r.Watch.Say("the machine is quiet again")
	}
	return beside > Quiet, nil
}
