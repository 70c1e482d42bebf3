package plan

import (
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// Cell is what is measured in one go in a round: a scenario at a level and placement, with all its models.
type Cell struct {
	Scenario *scenario.Scenario
	Common   result.Cell // what its trials have in common; a rate that a rule gives is not known yet
	Models   []string    // that take part, in the order of the ladder
	Guests   int         // of them, those of the user's own
	Twin     string      // the model that is measured twice; "": none
	Null     bool        // the null responder takes part
	Engines  []string    // where each model is loaded by several of loadgen's; none: by the usual one
	Every    int         // it is measured in every n-th round, from the first on
	Warmup   time.Duration
	Window   time.Duration // of a trial that has the client for itself
	Wait     time.Duration
	Weight   int // its share of a round's cycles
}

// InTurns reports whether the servers take turns; else each trial has the client for itself.
func (c Cell) InTurns() bool { return c.Scenario.NotSliced == "" }

// Trials are the cells of its trials, the twin and the null responder last.
func (c Cell) Trials() (all []result.Cell) {
	of := func(model string) result.Cell {
		cell := c.Common
		cell.Model = model
		return cell
	}
	for _, model := range c.Models {
		if len(c.Engines) == 0 {
			all = append(all, of(model))
		}
		for _, engine := range c.Engines {
			cell := of(model)
			cell.Engine = engine
			all = append(all, cell)
		}
	}
	if c.Twin != "" {
		cell := of(c.Twin)
		cell.Control = true
		all = append(all, cell)
	}
	if c.Null {
		all = append(all, of(result.Null))
	}
	return all
}

// Cells are those of a plan for the models there are, in its order. Where server and client cannot be kept apart everything is shared.
func (p *Plan) Cells(names []string, apart bool) (cells []Cell) {
	for _, e := range p.Scenarios {
		models := p.listed(e.Models, names)
		if len(models) == 0 {
			continue
		}
		s := scenario.Find(e.Name)
		home := result.Split
		if !apart || s.Shared {
			home = result.Shared
		}
		add := func(common result.Cell, models []string) {
			if len(models) == 0 {
				return
			}
			common.Scenario = s.Name
			placement := common.Placement
			if !apart { // or nothing would weigh more than the rest
				placement = result.Split
			}
			c := Cell{Scenario: s, Common: common, Models: models, Every: int(e.Every), Warmup: time.Duration(*e.Warmup), Window: time.Duration(e.Window),
				Wait: time.Duration(e.Wait), Weight: s.WeightAt(common.Connections, common.RateRPS, placement)}
			c.Guests = len(slices.DeleteFunc(slices.Clone(models), func(m string) bool { return !p.own(m) }))
			if c.InTurns() {
				c.Twin = Reference(models)
				c.Null = !slices.Contains(s.Flags, "--no-keepalive") // it looks at nothing, so it would not close
			}
			if s.MeasuresClient {
				c.Models, c.Engines = []string{Reference(models)}, []string{"", "hey"}
			}
			cells = append(cells, c)
		}
		for _, n := range e.Connections {
			switch {
			case len(s.Modes) > 0:
				for _, mode := range s.Modes {
					common := result.Cell{Connections: n, RateRPS: s.Rates[0], Placement: home, Mode: mode.Name}
					if mode.Connections > 0 {
						common.Connections = mode.Connections
					}
					add(common, models)
				}
			case len(e.Idle) > 0:
				for _, silent := range e.Idle {
					add(result.Cell{Connections: n, Idle: silent, Placement: home}, models)
				}
			case len(e.Rates) > 0:
				for _, rate := range e.Rates {
					add(result.Cell{Connections: n, RateRPS: float64(rate), Placement: home}, models)
				}
			default:
				add(result.Cell{Connections: n, Rule: s.RateRule, Placement: home}, models)
			}
		}
		if len(e.SharedModels) > 0 {
			models = p.listed(e.SharedModels, names)
		}
		if apart {
			for _, n := range e.Shared {
				add(result.Cell{Connections: n, Placement: result.Shared}, models)
			}
		}
	}
	return cells
}

// listed filters names by list; an empty list keeps all, and the servers of the user's own always stay.
func (p *Plan) listed(list, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return len(list) > 0 && !p.own(name) && !slices.Contains(list, name)
	})
}

// own reports whether a server is the user's own.
func (p *Plan) own(name string) bool {
	return slices.ContainsFunc(p.Servers, func(g Guest) bool { return g.Name == name })
}

// Reference is the model that is measured against itself: epoll where it is, else one that serves many at once.
func Reference(names []string) string {
	for _, model := range []string{"epoll", "goroutine"} {
		if slices.Contains(names, model) {
			return model
		}
	}
	return names[len(names)-1]
}

// Expectations are those of a run: by scenario, for the models that take part.
func (p *Plan) Expectations(names []string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, e := range p.Scenarios {
		stated := map[string]string{}
		for _, model := range p.listed(e.Models, names) {
			if word, ok := scenario.Find(e.Name).Expect[model]; ok {
				stated[model] = word
			}
		}
		if len(stated) > 0 {
			all[e.Name] = stated
		}
	}
	return all
}
