// Package study is what a run shows: its trials sorted into cells and groups that may be compared, and what the
// rules of comparison allow to be said about them. It does no I/O and writes no prose for people to read; package
// text words it and package chart draws it.
package study

import (
	"cmp"
	"slices"
	"strconv"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// Study is a run, sorted.
type Study struct {
	Run      result.Run
	Groups   []*Group       // in the order of the report
	Trials   []*Trial       // one of a cell in a round
	Repeated []result.Trial // further ones, which count nowhere
	Flaws    []result.Flaw  // lines of the run's file that hold no trial
	Rounds   int            // in which anything was measured

	taken  map[place]bool
	cells  map[result.Cell]*Cell
	groups map[Key]*Group
	noises map[[2]string]reading // by scenario and metric
}

// Group is everything that was asked the same thing: cells that differ in their model, or in the client's engine.
type Group struct {
	Key
	Cells []*Cell // in the order of the ladder
	Null  *Cell   // the null responder at the same level and placement, if it was measured
	study *Study
}

// Key is what the cells of a group have in common.
type Key struct {
	Scenario    string
	Connections int
	RateRPS     float64
	Placement   string
	Mode        string // scenario download: how the client goes about it
}

// New sorts the trials of a run.
func New(run result.Run, trials []result.Trial, flaws []result.Flaw) *Study {
	s := Begin(run)
	for _, t := range trials {
		s.Add(Unpack(t))
	}
	s.End(flaws)
	return s
}

// Begin is a run without its trials: Add them in the order they were made, then End.
func Begin(run result.Run) *Study {
	return &Study{Run: run, taken: map[place]bool{}, cells: map[result.Cell]*Cell{}, groups: map[Key]*Group{}, noises: map[[2]string]reading{}}
}

// place is where a trial stands in a run. Comparisons are within rounds, so a round has one trial of a cell.
type place struct {
	cell  result.Cell
	round int
}

// Add sorts a trial into its cell; only the first of a place counts.
func (s *Study) Add(t *Trial) {
	at := place{t.Cell, t.Round}
	if s.taken[at] {
		s.Repeated = append(s.Repeated, t.Trial)
		return
	}
	s.taken[at] = true
	s.Trials = append(s.Trials, t)
	key := Key{t.Cell.Scenario, t.Cell.Connections, t.Cell.RateRPS, t.Cell.Placement, t.Cell.Mode}
	group := s.groups[key]
	if group == nil {
		group = &Group{Key: key, study: s}
		s.groups[key] = group
		s.Groups = append(s.Groups, group)
	}
	id := t.Cell
	id.Control = false
	cell := s.cells[id]
	if cell == nil {
		cell = &Cell{Key: key, Model: t.Cell.Model, Engine: t.Cell.Engine}
		s.cells[id] = cell
		if t.Cell.Model == result.Null {
			group.Null = cell
		} else {
			group.Cells = append(group.Cells, cell)
		}
	}
	cell.add(t)
}

// End finishes the sorting; flaws are the lines that held no trial.
func (s *Study) End(flaws []result.Flaw) {
	rounds := map[int]bool{}
	for at := range s.taken {
		rounds[at.round] = true
	}
	s.Flaws, s.Rounds = flaws, len(rounds)
	s.taken, s.cells, s.groups = nil, nil, nil
	s.sort()
}

func (s *Study) sort() {
	slices.SortStableFunc(s.Groups, func(a, b *Group) int {
		return cmp.Or(
			cmp.Compare(rank(scenarios, a.Scenario), rank(scenarios, b.Scenario)),
			cmp.Compare(a.Scenario, b.Scenario),
			-cmp.Compare(a.Placement, b.Placement), // split before shared
			cmp.Compare(rank(Modes, a.Mode), rank(Modes, b.Mode)),
			cmp.Compare(a.Connections, b.Connections),
			cmp.Compare(a.RateRPS, b.RateRPS))
	})
	for _, group := range s.Groups {
		slices.SortStableFunc(group.Cells, func(a, b *Cell) int {
			return cmp.Or(
				cmp.Compare(rank(s.Run.Models, a.Model), rank(s.Run.Models, b.Model)),
				cmp.Compare(a.Model, b.Model),
				cmp.Compare(a.Engine, b.Engine))
		})
		if group.Null != nil {
			group.Null.finish(nil, s.Comparable())
		}
		for _, cell := range group.Cells {
			cell.finish(group.Null, s.Comparable())
		}
	}
}

// scenarios is the order of the report; others follow by name.
var scenarios = []string{"hello", "paced", "thinking", "block", "sleep", "download", "spin"}

// Modes are those of scenario download, in the order of the report.
var Modes = []string{result.OneByOne, result.AllAtOnce, result.Inline}

func rank(order []string, name string) int {
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}

// Models are the measured models in the order of the ladder, those that the run did not announce last.
func (s *Study) Models() []string {
	models := slices.Clone(s.Run.Models)
	for _, group := range s.Groups {
		for _, cell := range group.Cells {
			if !slices.Contains(models, cell.Model) {
				models = append(models, cell.Model)
			}
		}
	}
	return models
}

// Find returns the groups of a scenario in a placement, by level; an empty placement finds all.
func (s *Study) Find(scenario, placement string) []*Group {
	var found []*Group
	for _, group := range s.Groups {
		if group.Scenario == scenario && (placement == "" || group.Placement == placement) {
			found = append(found, group)
		}
	}
	return found
}

// At returns the group of a scenario at a level and placement, or nil.
func (s *Study) At(scenario string, connections int, placement string) *Group {
	for _, group := range s.Find(scenario, placement) {
		if group.Connections == connections {
			return group
		}
	}
	return nil
}

// Cell returns a model's cell, measured by loadgen's default engine, or nil.
func (g *Group) Cell(model string) *Cell {
	if g == nil {
		return nil
	}
	for _, cell := range g.Cells {
		if cell.Model == model && cell.Engine == "" {
			return cell
		}
	}
	return nil
}

// Home is the placement that the closed loop was measured in: split where there are processors for it, else shared.
func (s *Study) Home() string {
	if len(s.Find("hello", result.Split)) > 0 {
		return result.Split
	}
	return result.Shared
}

// Baseline is `blocking` at one connection: no concurrency at all. Nil if not measured.
func (s *Study) Baseline() *Cell { return s.At("hello", 1, s.Home()).Cell("blocking") }

// Reference is the model that rates are given relative to: epoll, or without it the one measured twice a round, or the last.
func (s *Study) Reference() string {
	models := s.Models()
	if len(models) == 0 || slices.Contains(models, "epoll") {
		return "epoll"
	}
	for _, group := range s.Groups {
		for _, cell := range group.Cells {
			if cell.twice {
				return cell.Model
			}
		}
	}
	return models[len(models)-1]
}

// Main is the group that the headline is about: the closed loop at the level that is also measured twice a round, or at the
// highest. Nil if there is none.
func (s *Study) Main() *Group {
	groups := s.Find("hello", s.Home())
	for _, group := range groups {
		for _, cell := range group.Cells {
			if cell.twice {
				return group
			}
		}
	}
	if len(groups) == 0 {
		return nil
	}
	return groups[len(groups)-1]
}

// Processors is how many the machine had, or 0 if the run does not say.
func (s *Study) Processors() int {
	n, _ := strconv.Atoi(s.Run.Environment["cpus"])
	return n
}

// Partial reports whether the run ended before its plan was done.
func (s *Study) Partial() bool { return s.Run.Finished == nil }

// Comparable reports whether there are rounds enough to compare anything.
func (s *Study) Comparable() bool { return s.Rounds >= stats.MinRounds }
