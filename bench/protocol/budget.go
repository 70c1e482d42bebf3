package protocol

import (
	"cmp"
	"math"
	"slices"
	"time"

	"carousel/bench/plan"
	"carousel/internal/scenario"
)

// Share gives jobs their cycles, in proportion to the weights of their cells, a short and a long one at least. With a budget they are the
// most that fit into it; else a cell of the usual weight has so many.
func Share(jobs []Job, budget time.Duration, cycles int) {
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
	low, high := 0.0, 1e5 // pairs of cycles for each weight
	for range 60 {
		middle := (low + high) / 2
		if give(middle); Length(jobs) <= budget {
			low = middle
		} else {
			high = middle
		}
	}
	give(low)
}

// Fit leaves out the cells that a run of so many rounds has no time for within the budget, the least weighty first and of these the last,
// and says which those are. A budget that is too short for any leaves none. Two cells of one kind are of one weight.
func Fit(cells []plan.Cell, rounds int, budget time.Duration) (kept, left []plan.Cell) {
	kept = slices.Clone(cells)
	for len(kept) > 0 {
		jobs := Jobs(kept, rounds, 0)
		if Share(jobs, 0, 0); Length(jobs) <= budget {
			break
		}
		least := 0
		for i, c := range kept {
			if cmp.Compare(c.Weight, kept[least].Weight) <= 0 {
				least = i
			}
		}
		left = append(left, kept[least])
		kept = slices.Delete(kept, least, least+1)
	}
	return kept, left
}
