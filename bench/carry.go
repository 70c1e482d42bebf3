package main

import (
	"context"
	"fmt"
	"time"

	"carousel/internal/result"
)

// schedule is what carrying out a list of jobs needs. Everything that touches a process stands behind measure, so the order of a run,
// what it saves and how it goes on is tested without any.
type schedule struct {
	jobs    []job
	gap     time.Duration
	done    map[int]result.Trial // by order: what an interrupted run has measured already
	measure func(context.Context, job) result.Trial
	save    func(result.Trial) error // appended and synced before the next trial begins
	said    func(string) error       // a note that holds for the whole run
	screen  *screen
}

// carry measures what is still to be measured. A trial that ctx cuts short is not saved; it is done again when the run goes on.
func (r *schedule) carry(ctx context.Context) error {
	var first []result.Trial // the first round, which the common rate comes from
	rate := 0.0
	for _, j := range r.jobs {
		t, have := r.done[j.order]
		if !have {
			if context.Cause(ctx) != nil {
				return context.Cause(ctx)
			}
			if j.cell.Scenario == "paced" {
				if rate == 0 {
					if rate = pacedRate(first, j.cell.Placement); rate > 0 {
						note := "paced cells are offered %.0f requests a second: half the rate of the slowest model that served all %d connections in round 1"
						if err := r.said(fmt.Sprintf(note, rate, reference)); err != nil {
							return err
						}
					}
				}
				j.cell.RateRPS = rate
			}
			r.screen.begin(j)
			if j.cell.Scenario == "paced" && rate == 0 {
				t = j.trial()
				t.Failed = fmt.Sprintf("no rate to pace at: no model served all %d connections in round 1", reference)
			} else {
				t = r.measure(ctx, j)
			}
			if context.Cause(ctx) != nil {
				return context.Cause(ctx)
			}
			if err := r.save(t); err != nil {
				return err
			}
			if t.Load != nil && t.Load.TargetCPULacks != "" && t.Failed == "" {
				if err := r.said(fmt.Sprintf("the processor time of %s is not known: %s", j.cell.Model, t.Load.TargetCPULacks)); err != nil {
					return err
				}
			}
			pause(ctx, r.gap)
			r.screen.end(j, t)
		}
		if t.Round == 1 {
			first = append(first, t)
		}
	}
	return nil
}

// trial is the record of a job before anything was measured.
func (j job) trial() result.Trial {
	return result.Trial{Schema: result.Schema, Round: j.round, Order: j.order, Cell: j.cell, Started: time.Now()}
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
