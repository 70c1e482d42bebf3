package search

import (
	"slices"

	"carousel/internal/result"
	"carousel/loadgen/verdict"
)

// unclear is what server and host alike could have done: it takes nothing from a step that fails, but none holds with it.
const unclear = "unclear"

// doing is what a check that found something makes of a step: Void where it is not here, for the others find what loadgen or the host did.
var doing = map[string]string{
	"starved":    result.Fails,
	"answers":    result.Fails,
	"connects":   result.Fails,
	"errors":     result.Fails,
	"unanswered": result.Fails,
	"resent":     result.Fails,
	"offered":    result.Fails,
	"steady":     result.Fails, // what gets worse while the load stays the same does not hold

	"drops":       unclear, // they are the whole machine's
	"little":      unclear,
	"retransmits": unclear,

	"own-share":   result.Limited,
	"ceiling":     result.Limited,
	"descriptors": result.Limited,
	"ports":       result.Limited,
}

// Judge says what became of a step by the record of its load, which has its verdict, and why. It holds where the verdict is valid, all
// conditions are met and the offered rate was served, to 1 %; then why is what the conditions came to.
func Judge(l *result.Load, conditions []verdict.Gate) (outcome string, why []string) {
	found := map[string][]string{}
	theirs := slices.ContainsFunc(conditions, func(g verdict.Gate) bool { return g.On("errors") }) // then that says how many may fail
	for _, reason := range l.Verdict.Reasons {
		if theirs && reason.Check == "errors" {
			continue
		}
		o, known := doing[reason.Check]
		// What got better was disturbed at first, by what was there before.
		if !known || reason.Check == "steady" && verdict.Improves(l) {
			o = result.Void
		}
		text := reason.Text
		if reason.Check == "starved" {
			text = reason.String() // the likely cause
		}
		if reason.State != result.Valid || reason.Check == "offered" { // which is a remark from 1 % on
			found[o] = append(found[o], text)
		}
	}
	for _, condition := range conditions {
		value := condition.Read(l)
		switch {
		case value.Lacks != "":
			found[unclear] = append(found[unclear], condition.Expr+" cannot be told: "+value.Lacks)
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
