package plan

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

// FaultAt returns an error with the message what and the line of the plan at the YAML path where.
func (p *Plan) FaultAt(where, what string) error {
	for where != "$" {
		if path, err := yaml.PathString(where); err == nil {
			if source, err := path.AnnotateSource(p.source, false); err == nil {
				return fmt.Errorf("%s\n%s", what, source)
			}
		}
		where = where[:strings.LastIndexAny(where, ".[")] // the key is missing: show what it is missing from
	}
	return errors.New(what)
}

// fault returns the first thing wrong with the plan, and the YAML path of where it is wrong.
func (p *Plan) fault() (where, what string) {
	switch {
	case p.Rounds < 1 || p.Rounds > 1000:
		return "$.rounds", fmt.Sprintf("rounds is %d: it must be 1 to 1000, such as rounds: 6", p.Rounds)
	case p.Cycles < 0 || p.Cycles > 100000 || p.Cycles%2 != 0:
		return "$.cycles", fmt.Sprintf("cycles is %d: it must be an even number up to 100000, since a short and a long cycle alternate", p.Cycles)
	case p.Cycles == 0 && p.Budget == 0:
		return "$", "give the plan a budget, such as 5m, or cycles, such as 8"
	case p.Window <= 0:
		return "$.window", "window must be longer than 0: add one, such as window: 300ms"
	case len(p.Scenarios) == 0:
		return "$.scenarios", "no scenario: name at least one of " + strings.Join(scenario.Names(), ", ")
	}
	for i, e := range p.Scenarios {
		at := fmt.Sprintf("$.scenarios[%d]", i)
		s := scenario.Find(e.Name)
		if s == nil {
			return at + ".name", fmt.Sprintf("unknown scenario %q: there are %s", e.Name, strings.Join(scenario.Names(), ", "))
		}
		if slices.ContainsFunc(p.Scenarios[:i], func(o Entry) bool { return o.Name == e.Name }) {
			return at + ".name", fmt.Sprintf("scenario %s is listed twice", e.Name)
		}
		for _, list := range []struct {
			key, unit   string
			levels      []int
			least, most int
		}{{"connections", "connections", e.Connections, 1, 60000}, {"shared", "connections", e.Shared, 1, 60000}, {"idle", "silent connections", e.Idle, 0, 60000},
			{"rates", "requests a second", e.Rates, 1, 10_000_000}} {
			for j, n := range list.levels {
				switch at := fmt.Sprintf("%s.%s[%d]", at, list.key, j); {
				case n < list.least || n > list.most:
					return at, fmt.Sprintf("%d %s: it must be %d to %d", n, list.unit, list.least, list.most)
				case slices.Contains(list.levels[:j], n):
					return at, fmt.Sprintf("%d %s are listed twice", n, list.unit)
				}
			}
		}
		paced := slices.ContainsFunc(p.Scenarios, func(e Entry) bool { return e.Name == "paced" })
		switch {
		case s.MeasuresClient && len(e.Models) > 0:
			return at + ".models", e.Name + " measures the client, against one model: leave models out"
		case len(e.SharedModels) > 0 && len(e.Shared) == 0:
			return at + ".shared_models", "no level is measured with shared processors: name one with shared"
		case e.Name == "hello" && paced && len(e.Connections) > 0 && !slices.Contains(e.Connections, scenario.ReferenceLevel):
			return at + ".connections", fmt.Sprintf("hello needs %d connections among its levels: the rate of paced follows from it", scenario.ReferenceLevel)
		case e.Name != "hello" && len(e.Shared) > 0:
			return at + ".shared", "only hello is measured with shared processors"
		case len(s.Levels) == 1 && len(e.Connections) > 1:
			return at + ".connections[1]", fmt.Sprintf("%s takes one number of connections", e.Name)
		case (len(s.Rates) == 0 || len(s.Modes) > 0) && len(e.Rates) > 0:
			return at + ".rates", fmt.Sprintf("%s takes no rates", e.Name)
		case len(s.Idle) == 0 && len(e.Idle) > 0:
			return at + ".idle", fmt.Sprintf("%s takes no silent connections: leave idle out", e.Name)
		case len(s.Modes) > 0 && len(e.Connections) > 0 && e.Connections[0] < 2:
			return at + ".connections", e.Name + " needs 2 connections or more: it is compared with one"
		case s.Traced && len(e.Connections) > 0 && !slices.Equal(e.Connections, s.Levels):
			return at + ".connections", fmt.Sprintf("%s has the %d clients of its script: leave connections out", e.Name, s.Levels[0])
		case (!s.Probe || s.Traced) && e.Wait > 0:
			return at + ".wait", "only thinking, ceiling and exhaust take wait: leave it out"
		case e.Every < 0 || e.Every > p.Rounds && e.Every > 1:
			return at + ".every", fmt.Sprintf("every is %d: it must be 1 to %d, the rounds", e.Every, p.Rounds)
		case s.Traced && e.Every != 0 && e.Every != p.Rounds: // a saved plan has every: ROUNDS
			return at + ".every", e.Name + " is played once, in the first round: leave every out"
		}
	}
	for _, l := range p.modelLists() {
		for i, model := range l.models {
			at := fmt.Sprintf("%s[%d]", l.where, i)
			switch {
			case slices.Contains(l.models[:i], model):
				return at, fmt.Sprintf("model %q is listed twice", model)
			case len(p.Models) > 0 && !slices.Contains(p.Models, model):
				return at, fmt.Sprintf("model %q is not among the models of the plan", model)
			}
		}
	}
	for i, g := range p.Servers {
		at := fmt.Sprintf("$.servers[%d]", i)
		if !guestName.MatchString(g.Name) || g.Name == result.Null || g.Name == result.Twin || slices.Contains(p.Models, g.Name) ||
			slices.ContainsFunc(p.Servers[:i], func(o Guest) bool { return o.Name == g.Name }) {
			return at + ".name", fmt.Sprintf("server name %q: it must be one word that no other model has, a letter and up to 15 letters, digits, dots, _ or -", g.Name)
		}
		target, err := url.Parse(g.URL)
		switch {
		case (g.Command == "") == (g.URL == ""):
			return at, fmt.Sprintf("server %s: give it a command that starts it, or the url where it runs already", g.Name)
		case err != nil || g.URL != "" && (target.Scheme != "http" || target.Host == ""):
			return at + ".url", fmt.Sprintf("url %q: write it as http://127.0.0.1:8080", g.URL)
		case g.Path != "" && (!strings.HasPrefix(g.Path, "/") || strings.ContainsFunc(g.Path, breaksPath)):
			return at + ".path", fmt.Sprintf("path %q: it must begin with /, and hold no blanks", g.Path)
		case g.Expect != 0 && (g.Expect < 100 || g.Expect > 599):
			return at + ".expect", fmt.Sprintf("expect is %d: it must be an HTTP status, 100 to 599", g.Expect)
		case g.Expect != 0 && g.Path == "" && target.RequestURI() == "/":
			return at + ".expect", "expect is the status of the answers to a path: give that too"
		case g.URL != "":
			continue
		}
		if _, err := Words(string(g.Command)); err != nil {
			return at + ".command", err.Error()
		}
	}
	return "", ""
}

// guestName matches the names that a guest may have: loadgen and the tables of a report use them unescaped.
var guestName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,15}$`)

// breaksPath reports whether c would end the path in a request line.
func breaksPath(c rune) bool { return c <= ' ' || c == 0x7f }

// modelList is a list of models in a plan, and its YAML path.
type modelList struct {
	where  string
	models []string
}

func (p *Plan) modelLists() []modelList {
	all := []modelList{{"$.models", p.Models}}
	for i, s := range p.Scenarios {
		at := fmt.Sprintf("$.scenarios[%d]", i)
		all = append(all, modelList{at + ".models", s.Models}, modelList{at + ".shared_models", s.SharedModels})
	}
	return all
}

// UnknownModel returns an error if the plan names a model that is not in known.
func (p *Plan) UnknownModel(known []string) error {
	for _, l := range p.modelLists() {
		for i, model := range l.models {
			if !slices.Contains(known, model) {
				return p.FaultAt(fmt.Sprintf("%s[%d]", l.where, i), fmt.Sprintf("unknown model %q: there are %s", model, strings.Join(known, ", ")))
			}
		}
	}
	return nil
}
