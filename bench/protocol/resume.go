package protocol

import (
	"fmt"
	"slices"

	"carousel/internal/printable"
	"carousel/internal/result"
)

// Done sorts the trials that a run has by job, and holds them against the jobs that stand there. A job counts as done where all its trials
// are there, as they were written together; else it is measured again.
func Done(trials []result.Trial, jobs []Job) (map[int][]result.Trial, error) {
	groups := map[int][]result.Trial{} // those of a job that were written last
	for _, t := range trials {
		if t.Order < 1 || t.Order > len(jobs) {
			return nil, fmt.Errorf("a trial has order %d and is not part of a run of %d", t.Order, len(jobs))
		}
		j := jobs[t.Order-1]
		have := t.Cell
		if have.Rule != "" {
			have.RateRPS = 0
		}
		if !j.has(have) || t.Round != j.Round {
			return nil, fmt.Errorf("a trial with order %d is %s in round %d, the plan has %s there: this bench orders a run otherwise than the one that began it",
				t.Order, printable.Line(TrialName(have)), t.Round, j.Name())
		}
		group := groups[t.Order]
		if len(group) > 0 && !group[0].Started.Equal(t.Started) {
			group = nil
		}
		if !slices.ContainsFunc(group, func(o result.Trial) bool { return o.Cell == t.Cell }) { // or the line is there twice
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

// Name is the job's cell for people: hello 64, shared.
func (j Job) Name() string { return CellName(j.Common) }

// CellName is what all trials of a cell have in common, for people.
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

// TrialName is a trial's cell for people: epoll in hello 64.
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
