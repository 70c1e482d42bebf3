package text

import (
	"fmt"
	"strings"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// Warnings are what a reader must know before believing the figures, the weightiest first.
func Warnings(s *study.Study) []string {
	var list []string
	warn := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }

	if s.Partial() {
		warn("The run was interrupted: %s of %d begun, the last perhaps not whole.", units.Plural(s.Rounds, "round"), s.Run.Rounds)
	}
	if !s.Comparable() {
		warn("%s: fewer than %d compare nothing.", upper(units.Plural(s.Rounds, "round")), stats.MinRounds)
	}
	for _, note := range s.Run.Notes {
		warn("%s.", upper(words(strings.TrimRight(note, ". "))))
	}
	controls, _ := s.Controls(study.Rate)
	for _, c := range controls {
		if c.Noise > 0.05 {
			warn("In %s the same model measured twice in a round differed by %s in rate: smaller differences there are not shown.", words(c.Scenario), units.Percent(c.Noise))
		}
	}
	for _, flaw := range s.Flaws {
		warn("%s.", words(flaw.String()))
	}
	if again := s.Repeated; len(again) > 0 {
		warn("A round has one trial of a cell, and only the first counts: %s left out (round %d, %s).", units.Plural(len(again), "further trial"), again[0].Round, words(study.Name(again[0].Cell)))
	}
	for i, t := range s.Failed() {
		if i == 5 {
			warn("... and %s more.", units.Plural(len(s.Failed())-i, "failed trial"))
			break
		}
		warn("Failed in round %d: %s: %s.", t.Round, words(study.Name(t.Cell)), words(t.Failed))
	}
	remarks := ""
	if s.RemarksToo() {
		remarks = ", mere remarks included"
	}
	if count := s.Verdicts(); count["invalid"]+count["suspect"] > 0 {
		warn("Of %s, %d are suspect and %d invalid. Invalid ones are left out of every figure, but for cells that starved in most rounds, which are shown without rank. What the checks found in them%s:",
			units.Plural(count["valid"]+count["invalid"]+count["suspect"], "judged trial"), count["suspect"], count["invalid"], remarks)
	}
	for _, r := range s.Reasons() {
		warn("In %s: %s (%s).", doubtful(r), words(r.Text), words(r.Where))
	}
	if wrong := s.Miscounted(); len(wrong) > 0 {
		t := wrong[0]
		warn("In %s the server counted otherwise than the client: %d served; %d of %d sent were answered, and %d redirects (round %d, %s).", units.Plural(len(wrong), "trial"),
			t.Server.Usage.Requests, t.Load.Requests.OK, t.Load.Requests.Sent, t.Load.Redirects, t.Round, words(study.Name(t.Cell)))
	}
	if steal := s.Steal(); steal.High > 0.02 {
		warn("The host took processor time away (steal): %s in the median trial, %s in the worst.", units.Percent(steal.Median), units.Percent(steal.High))
	}
	if drops, trials := s.Drops(); drops > 0 {
		warn("Listening queues were full: %s dropped, in %s.", units.Plural(int(drops), "attempt")+" to connect", units.Plural(trials, "trial"))
	}
	for _, g := range s.Groups {
		if g.Scenario == "hello" && (g.Null == nil || g.Null.Summary(study.Rate).N == 0) {
			warn("The null responder was not measured at %s, %s: whether the client limits those cells is unknown.", load(g), words(g.Placement))
		}
	}
	if s.Home() == result.Shared && len(s.Groups) > 0 {
		warn("Server and client shared all processors: there were none to keep them apart.")
	}
	return list
}

// doubtful says in how many trials a reason stands: "36 invalid and 2 suspect trials".
func doubtful(r study.Reason) string {
	switch {
	case r.Suspect == 0:
		return units.Plural(r.Invalid, "invalid trial")
	case r.Invalid == 0:
		return units.Plural(r.Suspect, "suspect trial")
	}
	return fmt.Sprintf("%d invalid and %s", r.Invalid, units.Plural(r.Suspect, "suspect trial"))
}
