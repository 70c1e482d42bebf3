package findings

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/report/study"
)

// Schema is the version of findings.json.
const Schema = 1

// Fewest is the fewest rounds of a run by which models are compared.
const Fewest = 3

// fewestShared is the fewest rounds that two models must share to be compared, so that one bad trial in three rounds takes no rank away.
// Student's t makes the intervals of so few rounds as wide as they must be.
const fewestShared = 2

// longStall is how long loadgen must stand still for the answer to mention it: then loadgen or the whole machine was stopped.
const longStall = 200 * time.Millisecond

// confidence holds for each interval of a figure or ratio, and for all outcomes of a ranking together.
const confidence = 0.95

// Of returns the findings of a run. The same trials give the same findings.
func Of(s *study.Study) *Findings {
	w := newWorksheet(s)
	f := &Findings{Schema: Schema, Run: w.run(), Cells: []Cell{}, Situations: []Situation{}}
	for _, c := range w.cells {
		f.Cells = append(f.Cells, w.export(c))
	}
	f.Situations = append(f.Situations, w.situations(f.Cells)...)
	f.Ladder = w.ladder(f.Cells)
	f.Disagree = w.disagreements(f.Cells)
	f.Expectations = w.expectations()
	f.CrossChecks = w.crossChecks()
	f.Growth = w.growth()
	f.Warnings = w.warnings(f.Cells)
	return f
}

// JSON returns the text of findings.json.
func (f *Findings) JSON() ([]byte, error) { return Indented(f) }

// Indented returns v as the JSON files of a report are written: indented by one blank, with a newline at the end.
func Indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// worksheet is a study with what is derived from it on the way to findings.
type worksheet struct {
	*study.Study
	models    []string
	place     map[string]int // index of each model in models
	reference string
	placement string
	cells     []*cell
}

func newWorksheet(s *study.Study) *worksheet {
	w := &worksheet{Study: s, models: tried(s), place: map[string]int{}, placement: mainPlacement(s)}
	for i, m := range w.models {
		w.place[m] = i
	}
	w.reference = w.chooseReference()
	for i, c := range s.Cells {
		w.cells = append(w.cells, w.newCell(i, c))
	}
	return w
}

// tried returns the models that have trials, the user's own servers last.
func tried(s *study.Study) (models []string) {
	guests := guests(s)
	var last []string
	known := map[string]bool{}
	for _, c := range s.Cells {
		for _, m := range slices.Concat(c.Models, c.Others) {
			known[m.Name] = true
		}
	}
	for _, m := range s.Models() {
		switch {
		case !known[m]:
		case guests[m]:
			last = append(last, m)
		default:
			models = append(models, m)
		}
	}
	return append(models, last...)
}

// guests returns the user's own servers.
func guests(s *study.Study) map[string]bool {
	guests := map[string]bool{}
	for _, t := range s.Trials {
		if t.Guest && t.Cell.Model != result.Null && t.NA == "" {
			guests[t.Cell.Model] = true
		}
	}
	return guests
}

// mainPlacement is the placement that the answers are about: split, or shared if nothing was measured in split.
func mainPlacement(s *study.Study) string {
	if len(s.Find("hello", result.Split)) == 0 && slices.ContainsFunc(s.Cells, func(c *study.Cell) bool { return c.Placement == result.Shared }) &&
		!slices.ContainsFunc(s.Cells, func(c *study.Cell) bool { return c.Placement == result.Split }) {
		return result.Shared
	}
	return result.Split
}

// chooseReference returns epoll, or else the model that was measured twice in a round, or else the last.
func (w *worksheet) chooseReference() string {
	if len(w.models) == 0 || slices.Contains(w.models, "epoll") {
		return "epoll"
	}
	for _, c := range w.Cells {
		if c.Twin != nil {
			return c.Twin.Name
		}
	}
	return w.models[len(w.models)-1]
}

func (w *worksheet) comparable() bool { return w.Rounds >= Fewest }

func (w *worksheet) run() Run {
	r := w.Run
	out := Run{ID: r.ID, Plan: r.Plan, Seed: r.Seed, Started: r.Started, Finished: r.Finished, Rounds: w.Rounds, Planned: r.Rounds,
		Comparable: w.comparable(), Models: w.models, Reference: w.reference, Placement: w.placement, WarmupNS: r.WarmupNS, WindowNS: r.WindowNS,
		Environment: r.Environment, Doctor: r.Doctor, ServerOn: map[string]string{}}
	out.Processors, _ = strconv.Atoi(r.Environment["cpus"])
	guests := guests(w.Study)
	for _, m := range w.models {
		if guests[m] {
			out.Guests = append(out.Guests, m)
		}
	}
	for _, t := range w.Trials {
		if out.ServerOn[t.Cell.Placement] == "" {
			out.ServerOn[t.Cell.Placement] = t.ServerOn
		}
	}
	if shares := w.otherShares(); len(shares) > 0 {
		out.OtherPrograms = tidy(stats.Median(shares))
	}
	for _, t := range w.Trials {
		if t.StallNS > int64(longStall) {
			out.StallNS = max(out.StallNS, t.StallNS)
		}
	}
	return out
}

// otherShares is the share of all processors' time that other programs took, for each cell and round in turns.
func (w *worksheet) otherShares() (shares []float64) {
	for _, t := range w.Trials {
		if t.Turns != nil && t.Failed == "" && t.Turns.Place == 1 && sound(t.Turns.OtherPrograms) && t.Turns.OtherPrograms >= 0 {
			shares = append(shares, t.Turns.OtherPrograms)
		}
	}
	return shares
}

// tidy rounds to six significant digits, more than any figure is sure of, so that different machines write the same.
func tidy(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil { // v is out of range
		return v
	}
	return short
}

// sound reports whether v is a finite number.
func sound(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func median(x []float64) float64 { return stats.Median(x) }
