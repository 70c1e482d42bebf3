package protocol

import (
	"fmt"
	"slices"

	"carousel/internal/printable"
	"carousel/internal/result"
)

// DoneJobs groups the trials of a run by the Order of their job and checks that they belong to it. A job is done if all its trials are there and
// were written together; the others are measured again. An error means that jobs are not those of the run.
func DoneJobs(trials []result.Trial, jobs []Job) (map[int][]result.Trial, error) {
	groups := map[int][]result.Trial{} // the trials of a job that were written last
	for _, t := range trials {
		if t.Order < 1 || t.Order > len(jobs) {
			return nil, fmt.Errorf("a trial has order %d, but the run has %d jobs", t.Order, len(jobs))
		}
		j := jobs[t.Order-1]
		have := t.Cell
		if have.Rule != "" {
			have.RateRPS = 0
		}
		if !j.has(have) || t.Round != j.Round {
			return nil, fmt.Errorf("the trial of order %d is %s in round %d, but the plan has %s there: this bench orders the run differently from the one that began it",
				t.Order, printable.Line(TrialName(have)), t.Round, j.Name())
		}
		group := groups[t.Order]
		if len(group) > 0 && !group[0].Started.Equal(t.Started) {
			group = nil
		}
		if !slices.ContainsFunc(group, func(o result.Trial) bool { return o.Cell == t.Cell }) { // skip a repeated line
			group = append(group, t)
		}
		groups[t.Order] = group
	}
	done := map[int][]result.Trial{}
	for order, group := range groups {
		if len(group) == len(jobs[order-1].Cell.Trials()) {
			done[order] = group
		}
	}
	return done, nil
}

// has reports whether a trial of the job measures cell.
func (j Job) has(cell result.Cell) bool {
	for _, c := range j.Cell.Trials() {
		if c == cell {
			return true
		}
	}
	return false
}

// Name names the job's cell, as in "hello 64, shared".
func (j Job) Name() string { return CellName(j.Common) }

// CellName names a cell without its model, as in "hello 64, shared".
func CellName(c result.Cell) string {
	name := fmt.Sprintf("%s %d", c.Scenario, c.Connections)
	if c.Scenario == "idle" {
		name += fmt.Sprintf(" beside %d", c.Idle)
	}
	if c.RateRPS > 0 {
		name += fmt.Sprintf(" at %.0f/s", c.RateRPS)
	}
	if c.Mode != "" {
		name += ", " + c.Mode
	}
	if c.Placement == result.Shared {
		name += ", shared"
	}
	return name
}

// TrialName names a trial, as in "epoll in hello 64".
func TrialName(c result.Cell) string {
	name := c.Model
	if c.Engine != "" {
		name += " by " + c.Engine
	}
	if c.Control {
		name += " again"
	}
	return name + " in " + CellName(c)
}
