package search

import (
	"fmt"
	"slices"
	"strings"

	"carousel/internal/result"
)

// Conclude returns what a search found, as it is recorded: a and err are the results of Find, steps all that it made. limit is the reason why no
// level above the highest was tried.
func Conclude(a Answer, err error, steps []result.Step, limit string) result.Answer {
	out := result.Answer{Outcome: result.NoAnswer, Level: a.Level, Above: a.Above}
	switch {
	case err != nil:
		out.Why = err.Error()
	case a.GaveUp:
		out.Why = fmt.Sprintf("given up after %d steps", len(steps))
	case a.Level > 0 && !a.Confirmed:
		out.Why = because(steps, a.Level)
	case a.Above == 0:
		out.Outcome, out.Why = result.AtLeast, limit
	case a.Ended == result.Fails && a.Level > 0:
		out.Outcome = result.Found
	case a.Ended == result.Fails:
		out.Outcome, out.Why = result.NotEven, because(steps, a.Above)
	case a.Ended == result.Limited && a.Level > 0:
		out.Outcome, out.Why = result.AtLeast, "loadgen itself is the limit: "+because(steps, a.Above)
	default:
		out.Why = because(steps, a.Above)
	}
	return out
}

// because returns the reasons for the outcome of the last step at a level.
func because(steps []result.Step, level float64) string {
	for _, step := range slices.Backward(steps) {
		if step.Level == level {
			return strings.Join(step.Why, "; ")
		}
	}
	return ""
}
