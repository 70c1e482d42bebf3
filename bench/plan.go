package main

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"carousel/internal/printable"
)

// Plan says what a run measures: every model in every scenario, round after round.
type Plan struct {
	Rounds    whole      `yaml:"rounds"`
	Warmup    span       `yaml:"warmup"` // load before the window, outside the books
	Window    span       `yaml:"window"` // how long a trial is measured
	Gap       span       `yaml:"gap,omitempty"`
	Models    []string   `yaml:"models,omitempty,flow"` // none: every model that is available here
	Scenarios []Scenario `yaml:"scenarios"`
	Servers   []Guest    `yaml:"servers,omitempty"`

	source []byte // the text that was read, to show where it is wrong
}

// Scenario is one entry of a plan; what it leaves out comes from the plan and from the table of scenarios.
type Scenario struct {
	Name         string   `yaml:"name"`
	Models       []string `yaml:"models,omitempty,flow"` // none: all of the plan's; a server of the user's own is always measured
	Connections  levels   `yaml:"connections,omitempty,flow"`
	Shared       levels   `yaml:"shared,omitempty,flow"`        // hello: levels that are also measured with all processors for both
	SharedModels []string `yaml:"shared_models,omitempty,flow"` // hello: the models that are measured so; none: all of the scenario's
	Warmup       *span    `yaml:"warmup,omitempty"`             // 0s is none
	Window       span     `yaml:"window,omitempty"`
	Wait         span     `yaml:"wait,omitempty"` // thinking: how long a probe waits for its answer
}

// Guest is a server of the user's own: a command that listens on {addr}, which is $CAROUSEL_ADDR as well.
type Guest struct {
	Name    string `yaml:"name"`
	Command string `yaml:"command"`
}

//go:embed plans/*.yaml
var builtin embed.FS

// builtins are the plans that need no file, shortest first.
var builtins = []string{"quick", "default", "full"}

// readPlan reads a built-in plan by name, or a file.
func readPlan(name string) (*Plan, error) {
	text, err := builtin.ReadFile("plans/" + name + ".yaml")
	if err != nil {
		text, err = readBounded(name)
	}
	if err != nil || !printable.Is(name) {
		return nil, fmt.Errorf("no plan %q: built in are %s; otherwise name a YAML file", name, strings.Join(builtins, ", "))
	}
	p, err := parsePlan(text)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", name, err)
	}
	return p, nil
}

// parsePlan reads a plan and fills in what every round holds. Errors show the line, with a caret under the place.
func parsePlan(text []byte) (*Plan, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, as some editors put it
	p := &Plan{source: text}
	if err := decode(text, p); err != nil {
		return nil, err
	}
	if where, what := p.fault(); what != "" {
		return nil, p.faultAt(where, what)
	}
	for _, name := range []string{"hello", "paced", "spin"} {
		if !slices.ContainsFunc(p.Scenarios, func(s Scenario) bool { return s.Name == name }) {
			p.Scenarios = append(p.Scenarios, Scenario{Name: name})
		}
	}
	for i := range p.Scenarios {
		s := &p.Scenarios[i]
		if len(s.Connections) == 0 {
			s.Connections = scenarios[s.Name].connections
		}
		if s.Window = or(s.Window, p.Window); s.Warmup == nil {
			s.Warmup = &p.Warmup
		}
		if s.Name == "thinking" {
			s.Wait = or(s.Wait, span(time.Second))
		}
	}
	return p, nil
}

// or is a unless that is not given.
func or(a, b span) span {
	if a == 0 {
		return b
	}
	return a
}

// parseGuest reads the value of --server: a name, "=" and a command.
func parseGuest(text string) (Guest, error) {
	name, command, found := strings.Cut(text, "=")
	if !found {
		return Guest{}, fmt.Errorf("--server %q: write it as 'mine=./mine --addr {addr}'", text)
	}
	return Guest{Name: name, Command: command}, nil
}

// split cuts a command into its words; quotes keep blanks together. There is no other shell syntax.
func split(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	quote, inside := rune(0), false
	for _, c := range command {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inside = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n'):
			if inside {
				words, inside = append(words, word.String()), false
				word.Reset()
			}
		default:
			word.WriteRune(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	if quote != 0 {
		return nil, fmt.Errorf("command %q: a %c is not closed", command, quote)
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("command is empty: write it as './mine --addr {addr}'")
	}
	return words, nil
}
