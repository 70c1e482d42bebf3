package search

import (
	"slices"

	"carousel/internal/result"
	"carousel/loadgen/verdict"
)

// unclear marks a check whose finding the server or the host may have caused. A step that fails still fails; one that would hold is void.
const unclear = "unclear"

// outcomes maps a check that found something to the outcome of the step. All other checks find what loadgen or the host did: the step is Void.
var outcomes = map[string]string{
	"starved":    result.Fails,
	"answers":    result.Fails,
	"connects":   result.Fails,
	"errors":     result.Fails,
	"unanswered": result.Fails,
	"resent":     result.Fails,
	"offered":    result.Fails,
	"steady":     result.Fails, // figures that get worse at a constant load do not hold

	"drops":       unclear, // the count is of the whole machine
	"little":      unclear,
	"retransmits": unclear,

	"own-share":   result.Limited,
	"ceiling":     result.Limited,
	"descriptors": result.Limited,
	"ports":       result.Limited,
}

// Judge returns the outcome of a step, from the record of its load and the verdict in it, and why. A step holds if the verdict is valid, all
// conditions are met and the offered rate was served, to 1 %; why then has the values of the conditions.
func Judge(l *result.Load, conditions []verdict.Gate) (outcome string, why []string) {
	found := map[string][]string{}
	ownLimit := slices.ContainsFunc(conditions, func(g verdict.Gate) bool { return g.On("errors") }) // a condition limits the errors, instead of the check
	for _, reason := range l.Verdict.Reasons {
		if ownLimit && reason.Check == "errors" {
			continue
		}
		o, known := outcomes[reason.Check]
		// Figures that got better were disturbed at first, by the load before.
		if !known || reason.Check == "steady" && verdict.Improves(l) {
			o = result.Void
		}
		text := reason.Text
		if reason.Check == "starved" {
			text = reason.String() // with the likely cause
		}
		if reason.State != result.Valid || reason.Check == "offered" { // above 1 % that is a remark, and fails the step
			found[o] = append(found[o], text)
		}
	}
	for _, condition := range conditions {
		value := condition.Read(l)
		switch {
		case value.Lacks != "":
			found[unclear] = append(found[unclear], condition.Expr+": not measured: "+value.Lacks)
		case value.Holds:
			why = append(why, value.Text)
		default:
			found[result.Fails] = append(found[result.Fails], value.Text)
		}
	}
	for _, o := range []string{result.Void, result.Limited, result.Fails} {
		if len(found[o]) > 0 {
			return o, found[o]
		}
	}
	if len(found[unclear]) > 0 {
		return result.Void, found[unclear]
	}
	return result.Holds, why
}
