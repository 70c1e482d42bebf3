package protocol

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"carousel/bench/plan"
	"carousel/internal/scenario"
)

// least returns the jobs with a pair of cycles each, the minimum.
func least(jobs []Job) []Job {
	jobs = slices.Clone(jobs)
	AllotCycles(jobs, 1, 0)
	return jobs
}

func TestCyclesFollowTheWeights(t *testing.T) {
	_, jobs := defaultJobs(t, true, 1)
	most := 0 // the largest weight
	for _, j := range jobs {
		most = max(most, j.Weight)
	}
	if most < 2*scenario.DefaultWeight {
		t.Fatalf("no cell weighs more than %d", most)
	}
	for _, c := range []struct {
		budget time.Duration
		cycles int
	}{{0, 8}, {0, 2}, {0, 400}, {time.Hour, 0}, {5 * time.Minute, 8}, {time.Nanosecond, 8}} {
		AllotCycles(jobs, c.budget, c.cycles)
		perWeight := 0.0 // pairs of cycles
		for _, j := range jobs {
			if j.InTurns() && j.Weight == most {
				perWeight = float64(j.Cycles) / 2 / float64(most)
			}
		}
		for _, j := range jobs {
			switch {
			case !j.InTurns() && j.Cycles != 0:
				t.Errorf("budget %v: %s has %d cycles and takes no turns", c.budget, j.Name(), j.Cycles)
			case j.InTurns() && (j.Cycles < 2 || j.Cycles%2 != 0):
				t.Errorf("budget %v: %s has %d cycles", c.budget, j.Name(), j.Cycles)
			case j.InTurns() && c.budget == 0 && j.Weight == scenario.DefaultWeight && j.Cycles != c.cycles:
				t.Errorf("cycles %d: %s has %d", c.cycles, j.Name(), j.Cycles)
			case j.InTurns() && j.Cycles > 2 && max(float64(j.Cycles)/2-perWeight*float64(j.Weight), perWeight*float64(j.Weight)-float64(j.Cycles)/2) > 1:
				t.Errorf("budget %v: %s has %d cycles and weighs %d, where one of weight %d has %v", c.budget, j.Name(), j.Cycles, j.Weight, most, 2*perWeight*float64(most))
			}
		}
	}
}

func TestShareFillsTheBudget(t *testing.T) {
	_, jobs := defaultJobs(t, true, 1)
	short := TotalForecast(least(jobs))
	for _, factor := range []float64{1, 1.2, 1.5, 2, 5, 20} {
		budget := time.Duration(factor * float64(short))
		AllotCycles(jobs, budget, 0)
		// cells of one weight get one more pair together, or none
		if got := TotalForecast(jobs); got > budget || factor > 1.3 && got < budget*4/5 {
			t.Errorf("of %v, %v are used", budget, got)
		}
	}
	AllotCycles(jobs, short/2, 0)
	if got := TotalForecast(jobs); got != short {
		t.Errorf("where the budget is too short for a pair of cycles each, they take %v, want %v", got, short)
	}
	AllotCycles(nil, time.Minute, 8) // nothing is left
}

// The forecast of make bench leaves time to build.
func TestDefaultFitsItsTime(t *testing.T) {
	p, jobs := defaultJobs(t, true, 1)
	if p.Budget > plan.Span(4*time.Minute) {
		t.Errorf("the budget is %v: make bench must end in under five minutes, up to one of them for the build", time.Duration(p.Budget))
	}
	if got := TotalForecast(jobs); got > time.Duration(p.Budget) {
		t.Errorf("the forecast is %v", got)
	}
	if kept, left := Fit(p.Cells(ladder, true), int(p.Rounds), time.Duration(p.Budget)*9/10); len(left) > 0 {
		t.Errorf("%d cells fit, %d do not", len(kept), len(left))
	}
}

func TestFitLeavesOutTheLeastWeighty(t *testing.T) {
	for _, apart := range []bool{true, false} {
		p := mustRead(t, "default")
		cells := p.Cells(ladder, apart)
		whole := TotalForecast(least(Jobs(cells, 6, 1)))
		before := len(cells) + 1
		for budget := whole; budget > 0; budget -= whole / 8 {
			kept, left := Fit(cells, 6, budget)
			again, _ := Fit(cells, 6, budget)
			if fmt.Sprint(brief(kept)) != fmt.Sprint(brief(again)) {
				t.Fatalf("%v: one budget, two choices", budget)
			}
			if len(kept)+len(left) != len(cells) || len(kept) > before {
				t.Errorf("%v: of %d cells %d are kept and %d left out; more time kept %d", budget, len(cells), len(kept), len(left), before)
			}
			before = len(kept)
			if got := TotalForecast(least(Jobs(kept, 6, 7))); got > budget {
				t.Errorf("%v: what is kept takes %v", budget, got)
			}
			if len(left) > 0 { // the one left out last would not have fitted
				if got := TotalForecast(least(Jobs(append(slices.Clone(kept), left[len(left)-1]), 6, 7))); got <= budget {
					t.Errorf("%v: %s would have fitted", budget, CellName(left[len(left)-1].Common))
				}
			}
			for _, l := range left {
				for _, k := range kept {
					if k.Weight < l.Weight {
						t.Errorf("%v: %s (weight %d) is left out, %s (%d) is not", budget, CellName(l.Common), l.Weight, CellName(k.Common), k.Weight)
					}
				}
			}
			if names := brief(kept); slices.Contains(names, "paced 64") && !slices.Contains(names, "hello 64") {
				t.Errorf("%v: paced is measured, and what its rate follows from is not: %q", budget, names)
			}
			if names := brief(kept); !inOrder(names, brief(cells)) {
				t.Errorf("%v: the cells are in another order: %q", budget, names)
			}
		}
		if kept, left := Fit(cells, 6, 0); len(kept) > 0 || len(left) != len(cells) {
			t.Errorf("no time: %d kept, %d left out", len(kept), len(left))
		}
	}
}

func brief(cells []plan.Cell) (list []string) {
	for _, c := range cells {
		name := CellName(c.Common)
		if len(name) > 8 && name[len(name)-8:] == ", shared" && c.Weight > 1 {
			name = name[:len(name)-8]
		}
		list = append(list, name)
	}
	return list
}

// inOrder reports whether part is a subsequence of all.
func inOrder(part, all []string) bool {
	for _, name := range all {
		if len(part) > 0 && part[0] == name {
			part = part[1:]
		}
	}
	return len(part) == 0
}
