package plan

import (
	"slices"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// Cell is a scenario at one level and placement, with all its models. A round measures a cell as a whole.
type Cell struct {
	Scenario *scenario.Scenario
	Common   result.Cell // the fields that its trials share; RateRPS is 0 where a rule gives the rate
	Models   []string    // in the order of the ladder, guests last
	Guests   int         // how many of Models are servers of the user's own
	Twin     string      // the model that is measured twice, as a control; "": none
	Null     bool        // the null responder takes part
	Engines  []string    // engines of loadgen that load each model one after another; none: the usual one
	Every    int         // the cell is measured in every n-th round, from the first on
	Warmup   time.Duration
	Window   time.Duration // of a trial whose server does not take turns
	Wait     time.Duration
	Weight   int // its share of a round's cycles
}

// InTurns reports whether the servers take turns at one client; if not, each trial has a client of its own.
func (c Cell) InTurns() bool { return c.Scenario.NotSliced == "" }

// Trials returns the cells of its trials, the twin and the null responder last.
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

// Cells returns the cells of the plan, in its order, for the models in names. apart is whether server and client can have a processor each;
// if not, every cell has the shared placement.
func (p *Plan) Cells(names []string, apart bool) (cells []Cell) {
	for _, e := range p.Scenarios {
		models := p.selectModels(e.Models, names)
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
			if !apart { // a shared cell has a small weight, but here there are no others
				placement = result.Split
			}
			c := Cell{Scenario: s, Common: common, Models: models, Every: int(e.Every), Warmup: time.Duration(*e.Warmup), Window: time.Duration(e.Window),
				Wait: time.Duration(e.Wait), Weight: s.WeightAt(common.Connections, common.RateRPS, placement)}
			c.Guests = len(slices.DeleteFunc(slices.Clone(models), func(m string) bool { return !p.isGuest(m) }))
			if c.InTurns() {
				c.Twin = ReferenceModel(models)
				c.Null = s.Path == "/" && !slices.Contains(s.Flags, "--no-keepalive") // null answers as if to GET / and never closes
			}
			if s.MeasuresClient {
				c.Models, c.Engines = []string{ReferenceModel(models)}, []string{"", "hey"}
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
			models = p.selectModels(e.SharedModels, names)
		}
		if apart {
			for _, n := range e.Shared {
				add(result.Cell{Connections: n, Placement: result.Shared}, models)
			}
		}
	}
	return cells
}

// selectModels filters names by list. An empty list keeps all; guests are always kept.
func (p *Plan) selectModels(list, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return len(list) > 0 && !p.isGuest(name) && !slices.Contains(list, name)
	})
}

// isGuest reports whether name is a server of the user's own.
func (p *Plan) isGuest(name string) bool {
	return slices.ContainsFunc(p.Servers, func(g Guest) bool { return g.Name == name })
}

// ReferenceModel returns the model that is measured twice, and the one on which the client is measured: epoll, else goroutine, else the last of
// names, which must not be empty.
func ReferenceModel(names []string) string {
	for _, model := range []string{"epoll", "goroutine"} {
		if slices.Contains(names, model) {
			return model
		}
	}
	return names[len(names)-1]
}

// Expectations returns what the scenarios expect of the models in names, by scenario and model.
func (p *Plan) Expectations(names []string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, e := range p.Scenarios {
		stated := map[string]string{}
		for _, model := range p.selectModels(e.Models, names) {
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
