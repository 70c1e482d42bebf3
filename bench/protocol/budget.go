package protocol

import (
	"cmp"
	"math"
	"slices"
	"time"

	"carousel/bench/plan"
	"carousel/internal/scenario"
)

// AllotCycles sets the cycles of jobs in proportion to the weights of their cells, at least a short and a long one each. With a budget they
// are the most that fit into it; without, a cell of the usual weight has as many as cycles.
func AllotCycles(jobs []Job, budget time.Duration, cycles int) {
	give := func(base float64) {
		for i := range jobs {
			if jobs[i].InTurns() {
				jobs[i].Cycles = 2 * max(1, int(math.Round(base*float64(jobs[i].Weight))))
			}
		}
	}
	if budget <= 0 {
		give(float64(cycles) / 2 / scenario.DefaultWeight)
		return
	}
	low, high := 0.0, 1e5 // pairs of cycles for each unit of weight
	for range 60 {
		middle := (low + high) / 2
		if give(middle); TotalForecast(jobs) <= budget {
			low = middle
		} else {
			high = middle
		}
	}
	give(low)
}

// Fit returns the cells that a run of so many rounds has time for within the budget, and those that it leaves out: the cells of the smallest
// weight first, among equals the last one first. If the budget is too short for any cell, kept is empty.
func Fit(cells []plan.Cell, rounds int, budget time.Duration) (kept, leftOut []plan.Cell) {
	kept = slices.Clone(cells)
	for len(kept) > 0 {
		jobs := Jobs(kept, rounds, 0)
		if AllotCycles(jobs, 0, 0); TotalForecast(jobs) <= budget {
			break
		}
		least := 0
		for i, c := range kept {
			if cmp.Compare(c.Weight, kept[least].Weight) <= 0 {
				least = i
			}
		}
		leftOut = append(leftOut, kept[least])
		kept = slices.Delete(kept, least, least+1)
	}
	return kept, leftOut
}
