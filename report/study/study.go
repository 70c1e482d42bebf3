// Package study sorts the trials of a run into cells and keeps of each trial what a report needs. It draws no conclusions: package findings
// does.
package study

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/units"
)

// Study is a run with its trials sorted into cells.
type Study struct {
	Run      result.Run
	Cells    []*Cell  // in the order of the report
	Trials   []*Trial // those that count, in the order of the file
	Repeated []*Trial // further ones of a cell in a round, which count nowhere
	CutOff   []*Trial // of cells that lack trials in a round, which count nowhere
	Flaws    []result.Flaw
	Undrawn  []string // why portraits are not drawn; see Portraits
	Rounds   int      // that have a trial which counts

	whole  []*Trial
	groups map[group][]*Trial
	order  []group
}

// Cell holds the models that were measured under the same load.
type Cell struct {
	Key
	Models []*Model // in the order of the ladder
	Null   *Model   // the null responder; nil: it was not measured
	Twin   *Model   // the reference, measured a second time in a round; nil: it was not
	Others []*Model // models loaded by another engine than loadgen's own
}

// Model is a model in a cell.
type Model struct {
	Name   string
	Engine string   // the load generator's engine; "": loadgen's default
	Trials []*Trial // by round
}

// Key is what the trials of a cell have in common. With a Rule, RateRPS is 0: the rule gives each round its own rate.
type Key struct {
	Scenario    string  `json:"scenario"`
	Connections int     `json:"connections"`
	Idle        int     `json:"idle,omitempty"` // silent connections beside them
	RateRPS     float64 `json:"rate_rps,omitempty"`
	Rule        string  `json:"rule,omitempty"`
	Placement   string  `json:"placement"`
	Mode        string  `json:"mode,omitempty"` // of scenario download
}

// Name is the cell for a person: "hello at 64 connections, split".
func (k Key) Name() string {
	s := fmt.Sprintf("%s at %s", k.Scenario, units.Plural(k.Connections, "connection"))
	if k.Idle > 0 {
		s += " beside " + units.Count(k.Idle) + " silent"
	}
	if k.RateRPS > 0 {
		s += " and " + units.Rate(k.RateRPS) + "/s"
	}
	s += ", " + k.Placement
	if k.Mode != "" {
		s += ", " + k.Mode
	}
	return s
}

func keyOf(c result.Cell) Key {
	k := Key{c.Scenario, c.Connections, c.Idle, c.RateRPS, c.Rule, c.Placement, c.Mode}
	if s := scenario.Find(c.Scenario); k.Rule == "" && s != nil {
		k.Rule = s.RateRule
	}
	if k.Rule != "" {
		k.RateRPS = 0
	}
	return k
}

// group identifies the trials that one process of loadgen made in turns.
type group struct {
	Key
	round   int
	started time.Time
}

// place identifies a trial within a run. Models are compared within rounds, so only one trial of a place counts.
type place struct {
	Key
	model, engine string
	control       bool
	round         int
}

// Key returns the key of the trial's cell.
func (t *Trial) Key() Key { return keyOf(t.Cell) }

func (t *Trial) place() place {
	return place{t.Key(), t.Cell.Model, t.Cell.Engine, t.Cell.Control, t.Round}
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

// Begin returns a run without trials. Add them in the order of the file, then call End.
func Begin(run result.Run) *Study { return &Study{Run: run, groups: map[group][]*Trial{}} }

// Add adds a trial.
func (s *Study) Add(t *Trial) {
	t.order = len(s.Trials)
	s.Trials = append(s.Trials, t)
	if t.Turns == nil {
		s.whole = append(s.whole, t)
		return
	}
	g := group{keyOf(t.Cell), t.Round, t.Started.UTC()}
	if s.groups[g] == nil {
		s.order = append(s.order, g)
	}
	s.groups[g] = append(s.groups[g], t)
}

// End sorts the added trials; flaws are the lines of the file that hold no trial. Of several trials of one place the first counts, but trials in
// turns take precedence over whole ones. Trials in turns count only if all trials of their group are there.
func (s *Study) End(flaws []result.Flaw) {
	taken, cells, done := map[place]bool{}, map[Key]*Cell{}, map[group]bool{}
	var counted []*Trial
	take := func(t *Trial) {
		at := t.place()
		if taken[at] {
			s.Repeated = append(s.Repeated, t)
			return
		}
		taken[at] = true
		counted = append(counted, t)
	}
	for _, g := range s.order {
		trials := s.groups[g]
		once := g
		once.started = time.Time{}
		switch {
		case !complete(trials):
			s.CutOff = append(s.CutOff, trials...)
		case done[once]:
			s.Repeated = append(s.Repeated, trials...)
		default:
			done[once] = true
			for _, t := range trials {
				take(t)
			}
		}
	}
	for _, t := range s.whole {
		take(t)
	}
	slices.SortFunc(counted, byOrder)
	slices.SortFunc(s.Repeated, byOrder)
	slices.SortFunc(s.CutOff, byOrder)
	rounds := map[int]bool{}
	for _, t := range counted {
		rounds[t.Round] = true
		key := keyOf(t.Cell)
		if cells[key] == nil {
			cells[key] = &Cell{Key: key}
			s.Cells = append(s.Cells, cells[key])
		}
		cells[key].add(t)
	}
	s.Trials, s.Flaws, s.Rounds = counted, flaws, len(rounds)
	s.whole, s.groups, s.order = nil, nil, nil
	s.sort()
}

func byOrder(a, b *Trial) int { return a.order - b.order }

// complete reports whether no trial of a group is missing.
func complete(trials []*Trial) bool {
	servers, places := trials[0].Turns.Servers, map[int]bool{}
	for _, t := range trials {
		if t.Turns.Servers != servers || t.Turns.Place < 1 || t.Turns.Place > servers {
			return false
		}
		places[t.Turns.Place] = true
	}
	return len(places) == servers
}

func (c *Cell) add(t *Trial) {
	model := func(m **Model) {
		if *m == nil {
			*m = &Model{Name: t.Cell.Model, Engine: t.Cell.Engine}
		}
		(*m).Trials = append((*m).Trials, t)
	}
	switch {
	case t.Cell.Model == result.Null:
		model(&c.Null)
	case t.Cell.Control:
		model(&c.Twin)
	case t.Cell.Engine != "":
		model(find(&c.Others, t.Cell))
	default:
		model(find(&c.Models, t.Cell))
	}
}

// find returns a pointer to a model's element of the list, which it appends if it is missing.
func find(list *[]*Model, c result.Cell) **Model {
	for i, m := range *list {
		if m.Name == c.Model && m.Engine == c.Engine {
			return &(*list)[i]
		}
	}
	*list = append(*list, nil)
	return &(*list)[len(*list)-1]
}

func (s *Study) sort() {
	slices.SortStableFunc(s.Cells, func(a, b *Cell) int {
		return cmp.Or(
			cmp.Compare(scenario.Rank(a.Scenario), scenario.Rank(b.Scenario)),
			cmp.Compare(a.Scenario, b.Scenario),
			-cmp.Compare(a.Placement, b.Placement), // split before shared
			cmp.Compare(a.mode(), b.mode()),
			cmp.Compare(a.Mode, b.Mode),
			cmp.Compare(a.Connections, b.Connections),
			cmp.Compare(a.Idle, b.Idle),
			cmp.Compare(a.RateRPS, b.RateRPS),
			cmp.Compare(a.Rule, b.Rule))
	})
	models := s.Models()
	place := map[string]int{}
	for i, m := range models {
		place[m] = i
	}
	for _, c := range s.Cells {
		for _, list := range [][]*Model{c.Models, c.Others, {c.Null}, {c.Twin}} {
			slices.SortStableFunc(list, func(a, b *Model) int {
				return cmp.Or(cmp.Compare(place[a.Name], place[b.Name]), cmp.Compare(a.Engine, b.Engine))
			})
			for _, m := range list {
				if m != nil {
					slices.SortStableFunc(m.Trials, func(a, b *Trial) int { return cmp.Compare(a.Round, b.Round) })
				}
			}
		}
	}
}

// mode is the index of the cell's mode in its scenario.
func (c *Cell) mode() int {
	s := scenario.Find(c.Scenario)
	if s == nil {
		return 0
	}
	if i := slices.IndexFunc(s.Modes, func(m scenario.Mode) bool { return m.Name == c.Mode }); i >= 0 {
		return i
	}
	return len(s.Modes)
}

// Models returns the models of the run in the order of the ladder, then, by name, models that only trials name.
func (s *Study) Models() []string {
	models := slices.Clone(s.Run.Models)
	known := map[string]bool{}
	for _, m := range models {
		known[m] = true
	}
	var others []string
	for _, c := range s.Cells {
		for _, m := range slices.Concat(c.Models, c.Others) {
			if !known[m.Name] {
				known[m.Name] = true
				others = append(others, m.Name)
			}
		}
	}
	slices.Sort(others)
	return append(models, others...)
}

// Find returns the cells of a scenario in a placement, in the order of the report; an empty placement finds all.
func (s *Study) Find(scenario, placement string) []*Cell {
	var found []*Cell
	for _, c := range s.Cells {
		if c.Scenario == scenario && (placement == "" || c.Placement == placement) {
			found = append(found, c)
		}
	}
	return found
}

// Model returns the model of that name, measured by loadgen's default engine; nil if there is none.
func (c *Cell) Model(name string) *Model {
	if c == nil {
		return nil
	}
	for _, m := range c.Models {
		if m.Name == name {
			return m
		}
	}
	return nil
}
