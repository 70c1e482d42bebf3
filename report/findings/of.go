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

// Fewest is the fewest rounds of a run that compare anything.
const Fewest = 3

// fewestShared is the fewest rounds that two models are compared by, so that one bad trial of three takes no rank away. Student's t makes the
// intervals of so few as wide as they must be.
const fewestShared = 2

// longStall is how long loadgen must stand still for the answer to say so: it was stopped, or the whole machine was.
const longStall = 200 * time.Millisecond

// confidence is that of every interval of one figure or ratio, and of all outcomes of a ranking together.
const confidence = 0.95

// Of says what may be said of a run. The same trials give the same findings.
func Of(s *study.Study) *Findings {
	w := weigh(s)
	f := &Findings{Schema: Schema, Run: w.run(), Cells: []Cell{}, Situations: []Situation{}}
	for _, c := range w.cells {
		f.Cells = append(f.Cells, w.cell(c))
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

// JSON is the findings as they are written.
func (f *Findings) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// weighed is a run whose models stand where most of their rounds put them.
type weighed struct {
	*study.Study
	models    []string
	place     map[string]int // of each in the ladder
	reference string
	home      string
	cells     []*cell
}

func weigh(s *study.Study) *weighed {
	w := &weighed{Study: s, models: tried(s), place: map[string]int{}, home: home(s)}
	for i, m := range w.models {
		w.place[m] = i
	}
	w.reference = w.chooseReference()
	for i, c := range s.Cells {
		w.cells = append(w.cells, w.weighCell(i, c))
	}
	return w
}

// tried are the models that have trials, servers of the user's own last.
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

// guests are the servers of the user's own.
func guests(s *study.Study) map[string]bool {
	guests := map[string]bool{}
	for _, t := range s.Trials {
		if t.Guest && t.Cell.Model != result.Null && t.NA == "" {
			guests[t.Cell.Model] = true
		}
	}
	return guests
}

// home is the placement that the closed loop was measured in: split where there are processors for it, else shared.
func home(s *study.Study) string {
	if len(s.Find("hello", result.Split)) == 0 && slices.ContainsFunc(s.Cells, func(c *study.Cell) bool { return c.Placement == result.Shared }) &&
		!slices.ContainsFunc(s.Cells, func(c *study.Cell) bool { return c.Placement == result.Split }) {
		return result.Shared
	}
	return result.Split
}

// chooseReference is epoll, or without it the model measured twice a round, or the last.
func (w *weighed) chooseReference() string {
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

func (w *weighed) comparable() bool { return w.Rounds >= Fewest }

func (w *weighed) run() Run {
	r := w.Run
	out := Run{ID: r.ID, Plan: r.Plan, Seed: r.Seed, Started: r.Started, Finished: r.Finished, Rounds: w.Rounds, Planned: r.Rounds,
		Comparable: w.comparable(), Models: w.models, Reference: w.reference, Placement: w.home, WarmupNS: r.WarmupNS, WindowNS: r.WindowNS,
		Environment: r.Environment, Doctor: r.Doctor, Seats: map[string]string{}}
	out.Processors, _ = strconv.Atoi(r.Environment["cpus"])
	guests := guests(w.Study)
	for _, m := range w.models {
		if guests[m] {
			out.Guests = append(out.Guests, m)
		}
	}
	for _, t := range w.Trials {
		if out.Seats[t.Cell.Placement] == "" {
			out.Seats[t.Cell.Placement] = t.Seat
		}
	}
	if beside := w.beside(); len(beside) > 0 {
		out.Beside = tidy(stats.Median(beside))
	}
	for _, t := range w.Trials {
		if t.StallNS > int64(longStall) {
			out.StallNS = max(out.StallNS, t.StallNS)
		}
	}
	return out
}

// beside is what other programs took of the processors in each cell and round whose servers took turns.
func (w *weighed) beside() (shares []float64) {
	for _, t := range w.Trials {
		if t.Turns != nil && t.Failed == "" && t.Turns.Place == 1 && sound(t.Turns.Beside) && t.Turns.Beside >= 0 {
			shares = append(shares, t.Turns.Beside)
		}
	}
	return shares
}

// tidy keeps six digits of a number, which is more than any of them is sure of: so machines that add up otherwise write the same.
func tidy(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil { // beyond all numbers
		return v
	}
	return short
}

func sound(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func median(x []float64) float64 { return stats.Median(x) }
