package compare

import (
	"math"
	"slices"
	"strconv"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/report/findings"
	"carousel/report/study"
)

// Schema is the version of a Comparison as JSON.
const Schema = 1

const (
	// confidence is that of every interval by itself.
	confidence = 0.95

	// alpha is the probability of one false claim or more among the changes over all cells, and as much again among those of single cells.
	alpha = 0.025
)

// Comparison is what changed from run A to run B.
type Comparison struct {
	Schema      int          `json:"schema"`
	A           Run          `json:"a"`
	B           Run          `json:"b"`
	SameTrials  bool         `json:"same_trials,omitempty"` // both runs are of the same trials
	Differences []Difference `json:"differences,omitempty"` // of the runs themselves
	Models      []Change     `json:"models"`                // each model over all cells that both runs have
	Cells       []Change     `json:"cells"`                 // each model in each cell
	Together    []Change     `json:"together"`              // all servers of a cell, without a model: the machine is in these
	Lost        []Lost       `json:"lost,omitempty"`        // models that can be ranked in a cell of one run, and not of the other
	Behaviour   []Behaviour  `json:"behaviour,omitempty"`   // models that bear a scenario otherwise

	samplesA, samplesB []findings.Sample
}

// Run is one of the two.
type Run struct {
	Name     string     `json:"-"` // "A" or "B"
	Folder   string     `json:"folder"`
	ID       string     `json:"id"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished,omitempty"` // nil: it was interrupted
	Rounds   int        `json:"rounds"`             // in which anything was measured
	Planned  int        `json:"rounds_planned"`
	InDoubt  int        `json:"trials_in_doubt,omitempty"` // invalid ones, which count nowhere, and suspect ones, which count
	LeftOut  int        `json:"trials_left_out,omitempty"` // lines without a trial, and trials without the others of their cell
}

// Change is a metric of B over that of A.
type Change struct {
	Model      string     `json:"model,omitempty"`
	Metric     string     `json:"metric"`
	Cell       *study.Key `json:"cell,omitempty"`   // nil: over Over cells
	Over       int        `json:"over,omitempty"`   // how many cells it is the mean of
	Before     *float64   `json:"before,omitempty"` // the median over A's rounds, of one cell
	After      *float64   `json:"after,omitempty"`
	Ratio      *float64   `json:"ratio,omitempty"` // nil: not known
	Low        *float64   `json:"low,omitempty"`
	High       *float64   `json:"high,omitempty"`
	Confidence float64    `json:"confidence"`
	Outcome    string     `json:"outcome,omitempty"`    // result.Higher, Lower, Same or Undecided; "" where no claim is made
	Within     float64    `json:"within,omitempty"`     // how far the interval reaches from 1, as a share
	Decides    int        `json:"decides_in,omitempty"` // undecided: about how many rounds of each run would decide; 0: not known
	Alone      bool       `json:"alone,omitempty"`      // too few servers stood beside it to separate its change from the machine's

	shift shift
}

// Surely reports whether there is a change.
func (c Change) Surely() bool { return c.Outcome == result.Higher || c.Outcome == result.Lower }

// Lost is a model that can be ranked in a cell of one run, and cannot of the other.
type Lost struct {
	Model string         `json:"model"`
	Cell  study.Key      `json:"cell"`
	In    string         `json:"in"` // the run that has no figures: "A" or "B"
	Why   *findings.Lack `json:"why"`
}

// Behaviour is how a model bears a scenario, in the words of package scenario, where the two runs show different ones.
type Behaviour struct {
	Model    string `json:"model"`
	Scenario string `json:"scenario"`
	A        string `json:"a"`
	B        string `json:"b"`
}

// Input is a run with its folder, which is only named, and the text of its plan.yaml; "" where it has none.
type Input struct {
	*study.Study
	Folder, Plan string
}

// Of compares run B with run A.
func Of(a, b Input) *Comparison {
	foundA, foundB := findings.Of(a.Study), findings.Of(b.Study)
	c := &Comparison{Schema: Schema, A: runOf("A", a, foundA), B: runOf("B", b, foundB), Models: []Change{}, Cells: []Change{}, Together: []Change{}}
	c.Differences = differences(a, b)
	c.samplesA, c.samplesB = findings.Samples(a.Study), findings.Samples(b.Study)
	c.claims(a.Models(), min(a.Rounds, b.Rounds))
	c.SameTrials = len(a.Trials) == len(b.Trials) && sharedTrials(a.Study, b.Study) == len(b.Trials) && len(c.Lost) == 0 &&
		!slices.ContainsFunc(c.Cells, func(x Change) bool { return x.Ratio == nil || x.Within > 0 })
	c.Behaviour = behaviour(foundA, foundB)
	return c
}

// claims compares the samples of both runs, of models over so many rounds.
func (c *Comparison) claims(models []string, rounds int) {
	var over overall
	for _, of := range c.samplesA {
		i := slices.IndexFunc(c.samplesB, func(s findings.Sample) bool { return s.Cell == of.Cell && s.Metric == of.Metric })
		if i >= 0 {
			c.lost(of, c.samplesB[i])
			c.cell(of, c.samplesB[i], &over)
		}
	}
	c.Models = append(c.Models, over.changes(models)...)
	judge(c.Models, rounds)
	judge(c.Cells, rounds)
}

func runOf(name string, s Input, found *findings.Findings) Run {
	r := Run{Name: name, Folder: s.Folder, ID: s.Run.ID, Started: s.Run.Started, Finished: s.Run.Finished, Rounds: s.Rounds, Planned: s.Run.Rounds}
	for _, w := range found.Warnings {
		switch w.Kind {
		case findings.Verdicts:
			r.InDoubt = w.N
		case findings.Flawed, findings.CutOff:
			r.LeftOut += w.N
		}
	}
	return r
}

// cell compares one metric of a cell, and adds what it finds of each model to over.
func (c *Comparison) cell(a, b findings.Sample, over *overall) {
	var servers []findings.Server
	var logsA, logsB, figuresA, figuresB logs
	for _, s := range a.Servers {
		for _, o := range b.Servers {
			if o.Name == s.Name {
				servers = append(servers, s)
				logsA, logsB = append(logsA, s.Logs), append(logsB, o.Logs)
				figuresA, figuresB = append(figuresA, s.Figures), append(figuresB, o.Figures)
			}
		}
	}
	if len(servers) == 0 {
		return
	}
	togetherA, togetherB := together(logsOf(figuresA), logsOf(figuresB))
	all := changeOf(welch(togetherA, togetherB, 0))
	all.Metric, all.Cell = a.Metric, &a.Cell
	c.Together = append(c.Together, all)

	offA, offB, known := against(logsA, logsB)
	blur := max(a.Blur, b.Blur)
	var changes []shift
	for k := range offA {
		changes = append(changes, welch(offA[k], offB[k], blur))
	}
	blur = math.Hypot(blur, widen(changes)/math.Sqrt2) // welch counts it once for each run
	for k, s := range servers {
		if s.Control {
			continue
		}
		one := Change{Confidence: confidence, Alone: true}
		if same := welch(logsA[k], logsB[k], 0); same == (shift{p: 1, rounds: same.rounds}) {
			one = changeOf(same)
		} else if known {
			one = changeOf(changes[k])
		}
		if known {
			over.add(s.Name, a.Metric, byRound(a.Rounds, offA[k]), byRound(b.Rounds, offB[k]), blur)
		}
		one.Model, one.Metric, one.Cell = s.Name, a.Metric, &a.Cell
		one.Before, one.After = number(middle(figuresA[k])), number(middle(figuresB[k]))
		c.Cells = append(c.Cells, one)
	}
}

// lost adds the models that can be ranked in one of the two runs alone. Those that a client limits in one of them are left out: the figure is not theirs.
func (c *Comparison) lost(a, b findings.Sample) {
	add := func(ranked, other findings.Sample, in string) {
		for _, s := range ranked.Servers {
			why := other.Lacks[s.Name]
			known := func(l Lost) bool { return l.Model == s.Name && l.Cell == ranked.Cell && l.In == in }
			if why != nil && !slices.ContainsFunc(c.Lost, known) {
				c.Lost = append(c.Lost, Lost{Model: s.Name, Cell: ranked.Cell, In: in, Why: why})
			}
		}
	}
	add(a, b, "B")
	add(b, a, "A")
}

// behaviour compares the words that two runs have for how a model bears a scenario.
func behaviour(a, b *findings.Findings) (changed []Behaviour) {
	for _, was := range a.Expectations {
		for _, is := range b.Expectations {
			if is.Model == was.Model && is.Scenario == was.Scenario && is.Measured != was.Measured && is.Measured != "" && was.Measured != "" {
				changed = append(changed, Behaviour{is.Model, is.Scenario, was.Measured, is.Measured})
			}
		}
	}
	return changed
}

// number is v as JSON has it, in six digits; nil for what is no number.
func number(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return nil
	}
	return &short
}

// middle is the median of what is known.
func middle(figures []float64) float64 {
	return stats.Median(slices.DeleteFunc(slices.Clone(figures), func(v float64) bool { return !finite(v) }))
}

func logsOf(figures logs) (all logs) {
	for _, server := range figures {
		var row []float64
		for _, v := range server {
			row = append(row, math.Log(v))
		}
		all = append(all, row)
	}
	return all
}
