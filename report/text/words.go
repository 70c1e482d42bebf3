package text

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// models names the models of places.
func models(places []study.Place) string {
	var names []string
	for _, p := range places {
		names = append(names, code(p.Cell.Model))
	}
	return units.List(names)
}

// placed says where server and client ran, to begin a sentence with.
func placed(s *study.Study, placement string) string {
	n := units.Processors(s.Processors(), "an unknown number of processors")
	if placement == result.Split {
		return "with the server on one processor and the client on another (split; " + n + " in all)"
	}
	return "with server and client sharing " + n
}

// load says what a group was asked: "64 connections", "64 connections at 10,000/s".
func load(g *study.Group) string {
	s := units.Plural(g.Connections, "connection")
	if g.RateRPS > 0 {
		s += " at " + units.Rate(g.RateRPS) + "/s"
	}
	return s
}

// cell names what a group measured, as the tables further down are headed.
func cell(g *study.Group) string {
	name := fmt.Sprintf("%s, %s, %s", words(g.Scenario), load(g), words(g.Placement))
	if g.Mode != "" {
		name += ", " + words(g.Mode)
	}
	return name
}

// value writes a metric's figure with its unit.
func value(m study.Metric, v float64) string {
	if m.Name == study.Rate.Name {
		return units.Rate(v) + "/s"
	}
	return units.Duration(v)
}

// unranked says why a cell has no rank in a metric.
func unranked(c *study.Cell, m study.Metric) string {
	switch c.Standing(m) {
	case study.NotApplicable:
		return "n/a: " + words(c.NA) + inRounds(c.Lacking, c)
	case study.NotMeasured:
		if n := len(c.Failed); n > 0 {
			return fmt.Sprintf("failed (%s)", units.Plural(n, "trial"))
		}
		return "not measured"
	case study.Starved:
		return starved(c)
	case study.ClientSet:
		return limited
	case study.TooFew:
		return fmt.Sprintf("%d of %s", len(c.Series(m)), units.Plural(c.Rounds(), "round"))
	}
	return ""
}

// limited marks a rate that is the client's.
const limited = "client-limited"

// starved says how many of a cell's connections were served.
func starved(c *study.Cell) string { return c.Hunger().String() + inRounds(c.Hunger().Rounds, c) }

// inRounds says in how many of a cell's rounds something was so, unless it was in all.
func inRounds(n int, c *study.Cell) string {
	if n == c.Rounds() {
		return ""
	}
	return fmt.Sprintf(" in %d of %s", n, units.Plural(c.Rounds(), "round"))
}

// lapse says what a minority of a cell's rounds showed: it decides nothing, and is not hidden.
func lapse(c *study.Cell) string {
	var parts []string
	deaf, _ := c.Deaf()
	for _, p := range []struct {
		n    int
		what string
	}{{c.Hunger().Rounds, c.Hunger().String()}, {deaf, "a probe unanswered"}, {c.Lacking, "n/a: " + words(c.NA)}} {
		if p.n > 0 && 2*p.n <= c.Rounds() {
			parts = append(parts, fmt.Sprintf("in %d of %s %s", p.n, units.Plural(c.Rounds(), "round"), p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// lapses says so of each cell that has any, as a sentence to follow others.
func lapses(cells []*study.Cell) string {
	var out []string
	for _, c := range cells {
		if less := lapse(c); less != "" {
			out = append(out, code(c.Model)+": "+less)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " Not in every round: " + strings.Join(out, "; ") + "."
}

// alone says why the only one with a rank is no winner.
func alone(r study.Ranking) string {
	return fmt.Sprintf("only %s has a rank (%s), which wins nothing", models(r.Places), medians(r.Places, r.Metric))
}

// others says of each cell without rank why.
func others(r study.Ranking) string {
	var out []string
	for _, c := range r.Others {
		out = append(out, code(c.Model)+": "+unranked(c, r.Metric))
	}
	return strings.Join(out, "; ")
}

// ahead says how many times better than q a ranking's first is.
func ahead(r study.Ranking, q study.Place) string {
	return "×" + units.Ratio(r.Advantage(q)) + " " + code(q.Cell.Model)
}

// Answer is the report's first paragraph: placement, processors and ties in plain words.
func Answer(s *study.Study) string {
	var said []string
	if s.Partial() {
		said = append(said, fmt.Sprintf("**This run was interrupted: the report is partial (%s of %d begun).**", units.Plural(s.Rounds, "round"), s.Run.Rounds))
	}
	if !s.Comparable() {
		said = append(said, fmt.Sprintf("**This run has %s, and fewer than %d compare nothing: it shows that things work.**", units.Plural(s.Rounds, "round"), stats.MinRounds))
	}
	controls, _ := s.Controls(study.Rate)
	for _, c := range controls {
		if c.Noise > noisy {
			said = append(said, fmt.Sprintf("**The machine was not quiet: in %s the same model measured twice in a round differed by %s.**", words(c.Scenario), units.Percent(c.Noise)))
		}
	}
	if g := s.Main(); g != nil {
		said = append(said, busiest(s, g))
	}
	if s.Comparable() {
		for _, g := range s.Find("block", "") {
			if b := blocked(g); b != "" {
				said = append(said, b)
			}
		}
	}
	for _, g := range s.Find("thinking", "") {
		if all, some := g.Bearing(); len(all)+len(some) > 0 {
			said = append(said, silence(all, some))
		}
	}
	return strings.Join(said, " ")
}

// noisy is how far a model may stand from itself before the first sentence says so.
const noisy = 0.1

func upper(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

// busiest answers for the main group: who leads, who ties, how far the others are, who has no rank.
func busiest(s *study.Study, g *study.Group) string {
	m := g.Fair()
	r := g.Rank(m)
	busy := units.Plural(g.Connections, "busy connection")
	var b strings.Builder
	b.WriteString(upper(placed(s, g.Placement)) + ", ")
	best := r.Best()
	switch {
	case len(r.Places) == 0:
		fmt.Fprintf(&b, "no model can be ranked at %s", busy)
	case r.Alone():
		fmt.Fprintf(&b, "at %s %s", busy, alone(r))
	case len(best) == 0:
		var seen []string
		for _, p := range r.Places {
			seen = append(seen, code(p.Cell.Model)+" "+value(m, p.Summary.Median))
		}
		fmt.Fprintf(&b, "%s gave these %s, not compared: %s", busy, m.Name, strings.Join(seen, ", "))
	case len(r.Places) == 1 && len(r.Others) == 0:
		fmt.Fprintf(&b, "%s, the only model, answers %s from %s", models(best), value(study.Rate, best[0].Cell.Summary(study.Rate).Median), busy)
	case m.Less:
		fmt.Fprintf(&b, "%s bring the client to its limit, so the models are compared by what a request costs the server: %s %s (%s)",
			busy, models(best), verb(best, "takes least", "tie for least"), medians(best, m))
	default:
		fmt.Fprintf(&b, "%s %s from %s (%s)", models(best), verb(best, "answers most", "tie for most requests"), busy, medians(best, m))
	}
	if rest := r.Rest(); len(best) > 0 && len(rest) > 0 {
		var behind []string
		for _, p := range rest {
			behind = append(behind, code(p.Cell.Model)+" "+units.Ratio(p.ToBest.Median)+" times")
		}
		what := "rate"
		if m.Less {
			what = "cost"
		}
		fmt.Fprintf(&b, "; %s the %s of %s", units.List(behind), what, code(best[0].Cell.Model))
	}
	b.WriteString(".")
	if len(r.Others) > 0 {
		fmt.Fprintf(&b, " Without rank: %s.", others(r))
	}
	return b.String() + lapses(g.Cells)
}

func verb(places []study.Place, one, many string) string {
	if len(places) == 1 {
		return one
	}
	return many
}

func medians(places []study.Place, m study.Metric) string {
	var out []string
	for _, p := range places {
		out = append(out, value(m, p.Summary.Median))
	}
	return units.List(out)
}

// blocked answers for handlers that block their thread.
func blocked(g *study.Group) string {
	r := g.Rank(study.Rate)
	best, rest := r.Best(), r.Rest()
	one, _ := g.Ideals()
	s := fmt.Sprintf("When every handler blocks its thread for %s, ", units.Duration(float64(g.Delay())))
	switch {
	case r.Alone():
		s += alone(r)
	case len(best) == 0:
		return ""
	default:
		s += fmt.Sprintf("%s %s (%s; one at a time gives %s/s)", models(best), verb(best, "answers most", "tie for most"), medians(best, study.Rate), units.Rate(one))
	}
	if len(best) > 0 && len(rest) > 0 {
		s += fmt.Sprintf(", %s times %s", units.Ratio(r.Advantage(rest[0])), code(rest[0].Cell.Model))
	}
	s += "."
	if len(r.Others) > 0 {
		s += " Without rank: " + others(r) + "."
	}
	return s + lapses(g.Cells)
}

// silence answers for clients that say nothing.
func silence(all, some []*study.Cell) string {
	less := lapses(slices.Concat(all, some))
	if len(some) == 0 {
		return fmt.Sprintf("Silent clients stop none of the %s that were probed.", units.Plural(len(all), "model")) + less
	}
	s := fmt.Sprintf("Clients that connect and say nothing stop %s", bearing(some))
	if len(all) > 0 {
		_, limit := all[0].Silent()
		s += fmt.Sprintf("; %s still answered beside %d of them", bearing(all), limit)
	}
	return s + "." + less
}

// window says how long a trial was measured.
func window(run result.Run) string {
	return fmt.Sprintf("%s after %s of warm-up", units.Duration(float64(run.WindowNS)), units.Duration(float64(run.WarmupNS)))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
