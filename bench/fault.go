package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"carousel/internal/printable"
	"carousel/internal/result"
)

// faultAt shows where in the plan the fault is.
func (p *Plan) faultAt(where, what string) error {
	for where != "$" {
		if path, err := yaml.PathString(where); err == nil {
			if source, err := path.AnnotateSource(p.source, false); err == nil {
				return fmt.Errorf("%s\n%s", what, source)
			}
		}
		where = where[:strings.LastIndexAny(where, ".[")] // it is missing: show what it is missing from
	}
	return errors.New(what)
}

// fault returns the first thing wrong with the plan, and the YAML path of where it is wrong.
func (p *Plan) fault() (where, what string) {
	switch {
	case p.Rounds < 1 || p.Rounds > 1000:
		return "$.rounds", fmt.Sprintf("rounds is %d: it must be 1 to 1000", p.Rounds)
	case p.Window <= 0:
		return "$.window", "window must be longer than 0, such as 500ms"
	case len(p.Scenarios) == 0:
		return "$.scenarios", "no scenario: name at least one of " + strings.Join(scenarioNames(), ", ")
	}
	for i, s := range p.Scenarios {
		at := fmt.Sprintf("$.scenarios[%d]", i)
		if _, known := scenarios[s.Name]; !known {
			return at + ".name", fmt.Sprintf("unknown scenario %q: there are %s", s.Name, strings.Join(scenarioNames(), ", "))
		}
		if slices.ContainsFunc(p.Scenarios[:i], func(o Scenario) bool { return o.Name == s.Name }) {
			return at + ".name", fmt.Sprintf("scenario %s is there twice", s.Name)
		}
		for _, list := range []struct {
			key    string
			levels []int
		}{{"connections", s.Connections}, {"shared", s.Shared}} {
			for j, n := range list.levels {
				switch at := fmt.Sprintf("%s.%s[%d]", at, list.key, j); {
				case n < 1 || n > 60000:
					return at, fmt.Sprintf("%d connections: it must be 1 to 60000", n)
				case slices.Contains(list.levels[:j], n):
					return at, fmt.Sprintf("%d connections are there twice", n)
				}
			}
		}
		switch {
		case s.Name == "spin" && len(s.Models) > 0:
			return at + ".models", "spin measures the client, against one model: leave models out"
		case len(s.SharedModels) > 0 && len(s.Shared) == 0:
			return at + ".shared_models", "no level is measured with shared processors: name one with shared"
		case s.Name == "hello" && len(s.Connections) > 0 && !slices.Contains(s.Connections, reference):
			return at + ".connections", fmt.Sprintf("hello needs %d connections among its levels: the control and the paced rate are measured there", reference)
		case s.Name != "hello" && len(s.Shared) > 0:
			return at + ".shared", "only hello is measured with shared processors"
		case s.Name != "hello" && len(s.Connections) > 1:
			return at + ".connections[1]", fmt.Sprintf("%s takes one number of connections", s.Name)
		case s.Name == "download" && len(s.Connections) > 0 && s.Connections[0] < 2:
			return at + ".connections", "download needs 2 connections or more: one by one is measured beside them"
		case s.Name != "thinking" && s.Wait > 0:
			return at + ".wait", "only thinking waits for a probe"
		}
	}
	for _, l := range p.lists() {
		for i, model := range l.models {
			at := fmt.Sprintf("%s[%d]", l.where, i)
			switch {
			case slices.Contains(l.models[:i], model):
				return at, fmt.Sprintf("model %q is there twice", model)
			case len(p.Models) > 0 && !slices.Contains(p.Models, model):
				return at, fmt.Sprintf("model %q is not among the models of the plan", model)
			}
		}
	}
	for i, g := range p.Servers {
		at := fmt.Sprintf("$.servers[%d]", i)
		if g.Name == "" || g.Name == result.Null || !printable.Is(g.Name) || strings.ContainsAny(g.Name, " /|,=") || slices.Contains(p.Models, g.Name) ||
			slices.ContainsFunc(p.Servers[:i], func(o Guest) bool { return o.Name == g.Name }) {
			return at + ".name", fmt.Sprintf("server name %q: it must be one word that no other model has", g.Name)
		}
		if _, err := split(g.Command); err != nil {
			return at + ".command", err.Error()
		}
	}
	return "", ""
}

// list is a list of models in a plan, and the YAML path of where it stands.
type list struct {
	where  string
	models []string
}

func (p *Plan) lists() []list {
	all := []list{{"$.models", p.Models}}
	for i, s := range p.Scenarios {
		at := fmt.Sprintf("$.scenarios[%d]", i)
		all = append(all, list{at + ".models", s.Models}, list{at + ".shared_models", s.SharedModels})
	}
	return all
}

// unknown says where the plan names a model that is not among those there are.
func (p *Plan) unknown(there []string) error {
	for _, l := range p.lists() {
		for i, model := range l.models {
			if !slices.Contains(there, model) {
				return p.faultAt(fmt.Sprintf("%s[%d]", l.where, i), fmt.Sprintf("unknown model %q: there are %s", model, strings.Join(there, ", ")))
			}
		}
	}
	return nil
}
