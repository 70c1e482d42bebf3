// Package plan says what a run measures: it reads a plan and lists its cells. It starts nothing.
package plan

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// Plan is what a run measures: every model in every scenario, round after round.
type Plan struct {
	Rounds    Whole    `yaml:"rounds"`
	Budget    Span     `yaml:"budget,omitempty"`      // the whole run fits into it, which decides on the cycles; 0: Cycles decides
	Cycles    Whole    `yaml:"cycles,omitempty"`      // of a cell of the usual weight in a round, where servers take turns; even
	Warmup    Span     `yaml:"warmup"`                // load before what counts
	Window    Span     `yaml:"window"`                // how long a trial is measured that has the client for itself
	Models    []string `yaml:"models,omitempty,flow"` // none: every model that is available here
	Scenarios []Entry  `yaml:"scenarios"`
	Servers   []Guest  `yaml:"servers,omitempty"`

	source []byte // the text that was read, to show where it is wrong
}

// Entry is a scenario of a plan; what it leaves out comes from the plan and from package scenario.
type Entry struct {
	Name         string   `yaml:"name"`
	Models       []string `yaml:"models,omitempty,flow"` // none: all of the plan's; a server of the user's own is always measured
	Connections  Levels   `yaml:"connections,omitempty,flow"`
	Idle         Levels   `yaml:"idle,omitempty,flow"`          // idle: silent connections beside them
	Rates        Levels   `yaml:"rates,omitempty,flow"`         // cost: offered requests per second
	Shared       Levels   `yaml:"shared,omitempty,flow"`        // hello: levels that are also measured with all processors for both
	SharedModels []string `yaml:"shared_models,omitempty,flow"` // hello: the models that are measured so; none: all of the scenario's
	Every        Whole    `yaml:"every,omitempty"`              // it is measured in every n-th round, from the first on; 0 is 1
	Warmup       *Span    `yaml:"warmup,omitempty"`             // 0s is none
	Window       Span     `yaml:"window,omitempty"`
	Wait         Span     `yaml:"wait,omitempty"` // what bench asks by itself: how long it waits for an answer
}

// Guest is a server of the user's own: a command that listens on {addr}, which is $CAROUSEL_ADDR as well, or a URL where it runs already.
type Guest struct {
	Name    string `yaml:"name"`
	Command Quoted `yaml:"command,omitempty"`
	URL     string `yaml:"url,omitempty"`
	Path    string `yaml:"path,omitempty"`   // what it is asked for in place of /; it need not say hello there
	Expect  Whole  `yaml:"expect,omitempty"` // the status of its answers there; 0 is 200
}

//go:embed plans/*.yaml
var builtin embed.FS

// Builtins are the plans that need no file, shortest first.
var Builtins = []string{"quick", "default", "full"}

// Read reads a built-in plan by name, or a file.
func Read(name string) (*Plan, error) {
	text, err := builtin.ReadFile("plans/" + name + ".yaml")
	if err != nil {
		text, err = readBounded(name)
	}
	if err != nil || !printable.Is(name) {
		return nil, fmt.Errorf("no plan %q: built in are %s; otherwise name a YAML file", name, strings.Join(Builtins, ", "))
	}
	p, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", name, err)
	}
	return p, nil
}

// Parse reads a plan and fills in what every round holds. Errors show the line, with a caret under the place.
func Parse(text []byte) (*Plan, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, as some editors put it
	p := &Plan{source: text}
	if err := decode(text, p); err != nil {
		return nil, err
	}
	if where, what := p.fault(); what != "" {
		return nil, p.FaultAt(where, what)
	}
	p.fill()
	return p, nil
}

// fill puts in what entries leave out. A rate that follows from the closed loop needs that loop.
func (p *Plan) fill() {
	named := func(name string) bool {
		return slices.ContainsFunc(p.Scenarios, func(e Entry) bool { return e.Name == name })
	}
	if named("paced") && !named("hello") {
		p.Scenarios = append(p.Scenarios, Entry{Name: "hello", Connections: Levels{scenario.ReferenceLevel}})
	}
	for i := range p.Scenarios {
		e := &p.Scenarios[i]
		s := scenario.Find(e.Name)
		if len(e.Connections) == 0 {
			e.Connections = s.Levels
		}
		if len(e.Idle) == 0 {
			e.Idle = s.Idle
		}
		if len(e.Rates) == 0 && len(s.Modes) == 0 {
			for _, rate := range s.Rates {
				e.Rates = append(e.Rates, int(rate))
			}
		}
		if e.Window = cmp.Or(e.Window, p.Window); e.Warmup == nil {
			e.Warmup = &p.Warmup
		}
		if s.Probe && !s.Traced {
			e.Wait = cmp.Or(e.Wait, Span(time.Second))
		}
		e.Every = max(1, e.Every)
	}
	p.once()
}

// once has a script played in the first round alone: a second portrait would only take the place of the first.
func (p *Plan) once() {
	if p.Drawn() {
		p.Rounds = 1
	}
	for i := range p.Scenarios {
		if e := &p.Scenarios[i]; scenario.Find(e.Name).Traced {
			e.Every = p.Rounds
		}
	}
}

// Drawn reports whether the plan has portraits alone.
func (p *Plan) Drawn() bool {
	return !slices.ContainsFunc(p.Scenarios, func(e Entry) bool { return !scenario.Find(e.Name).Traced })
}

// Text is the plan as YAML, from which Parse reads the same plan.
func (p *Plan) Text() ([]byte, error) { return yaml.Marshal(p) }

// Apply has flags change the plan; the error says which of the flags is wrong.
func (p *Plan) Apply(c result.Flags) error {
	if len(c.Models) > 0 || len(c.Scenarios) > 0 || len(c.Servers) > 0 {
		p.source = nil // a fault has another place there, or none
	}
	if len(c.Scenarios) > 0 {
		for _, name := range c.Scenarios {
			if scenario.Find(name) == nil {
				return fmt.Errorf("--scenarios: unknown scenario %q: there are %s", name, strings.Join(scenario.Names(), ", "))
			}
		}
		kept := slices.DeleteFunc(slices.Clone(p.Scenarios), func(e Entry) bool { return !slices.Contains(c.Scenarios, e.Name) })
		for _, name := range c.Scenarios {
			if !slices.ContainsFunc(kept, func(e Entry) bool { return e.Name == name }) {
				kept = append(kept, Entry{Name: name})
			}
		}
		p.Scenarios = kept
		p.fill()
	}
	if len(c.Models) > 0 {
		p.Models = c.Models
		for i := range p.Scenarios {
			e := &p.Scenarios[i]
			if e.Name != "spin" {
				e.Models = c.Models // whatever the plan leaves out: who names a model wants to see it
			}
			if len(e.SharedModels) > 0 {
				e.SharedModels = slices.DeleteFunc(slices.Clone(e.SharedModels), func(name string) bool { return !slices.Contains(c.Models, name) })
				if len(e.SharedModels) == 0 {
					e.Shared = nil
				}
			}
		}
	}
	if c.Rounds > 0 {
		p.Rounds = Whole(c.Rounds)
		for i := range p.Scenarios {
			p.Scenarios[i].Every = min(p.Scenarios[i].Every, p.Rounds)
		}
		p.once()
	}
	if c.BudgetNS > 0 {
		p.Budget = Span(c.BudgetNS)
	}
	for _, text := range c.Servers {
		g, err := parseGuest(text)
		if err != nil {
			return err
		}
		g.Path, g.Expect = c.Path, Whole(c.Expect)
		p.Servers = append(p.Servers, g)
	}
	switch {
	case c.Path != "" && len(c.Servers) == 0:
		return fmt.Errorf("--path %s is what a server of your own is asked for: name it with --server", c.Path)
	case c.Expect != 0 && c.Path == "":
		return fmt.Errorf("--expect %d is the status of the answers to --path: give that too", c.Expect)
	}
	if _, what := p.fault(); what != "" { // the plan itself is right: it is one of the flags
		return fmt.Errorf("what the flags make of the plan: %s", what)
	}
	return nil
}

// parseGuest reads the value of --server: a name, "=" and a command or a URL.
func parseGuest(text string) (Guest, error) {
	name, rest, found := strings.Cut(text, "=")
	switch {
	case !found:
		return Guest{}, fmt.Errorf("--server %q: write it as 'mine=./mine --addr {addr}', or 'mine=http://127.0.0.1:8080' where it runs already", text)
	case strings.HasPrefix(rest, "http://"):
		return Guest{Name: name, URL: rest}, nil
	case strings.Contains(rest, "://") && !strings.ContainsAny(rest, " \t"):
		return Guest{}, fmt.Errorf("--server %q: bench speaks HTTP/1.1 without TLS: write the address as http://127.0.0.1:8080", text)
	}
	return Guest{Name: name, Command: Quoted(rest)}, nil
}

// Words cuts a command into its words; quotes keep blanks together. There is no other shell syntax.
func Words(command string) ([]string, error) {
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
