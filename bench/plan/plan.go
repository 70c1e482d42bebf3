// Package plan reads plans and lists their cells. It starts no process.
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

// Plan lists what a run measures: scenarios, their models and loads, and how many rounds.
type Plan struct {
	Rounds    Whole    `yaml:"rounds"`
	Budget    Span     `yaml:"budget,omitempty"`      // time for the whole run, from which the number of cycles follows; 0: Cycles gives it
	Cycles    Whole    `yaml:"cycles,omitempty"`      // of a cell of the usual weight, in a round, where servers take turns; even
	Warmup    Span     `yaml:"warmup"`                // load before the measured window
	Window    Span     `yaml:"window"`                // of a trial whose server does not take turns
	Models    []string `yaml:"models,omitempty,flow"` // none: every model that is available
	Scenarios []Entry  `yaml:"scenarios"`
	Servers   []Guest  `yaml:"servers,omitempty"`

	source []byte // the text of the plan, to show the place of an error
}

// Entry is a scenario of a plan; what it leaves out comes from the plan and from package scenario.
type Entry struct {
	Name         string   `yaml:"name"`
	Models       []string `yaml:"models,omitempty,flow"` // none: all of the plan's; guests are always measured
	Connections  Levels   `yaml:"connections,omitempty,flow"`
	Idle         Levels   `yaml:"idle,omitempty,flow"`          // idle: numbers of silent connections beside them
	Rates        Levels   `yaml:"rates,omitempty,flow"`         // cost: offered requests per second
	Shared       Levels   `yaml:"shared,omitempty,flow"`        // hello: levels that are measured again with the shared placement
	SharedModels []string `yaml:"shared_models,omitempty,flow"` // hello: the models of these levels; none: all of the scenario's
	Every        Whole    `yaml:"every,omitempty"`              // the scenario is measured in every n-th round, from the first on; 0 is 1
	Warmup       *Span    `yaml:"warmup,omitempty"`             // 0s is none
	Window       Span     `yaml:"window,omitempty"`
	Wait         Span     `yaml:"wait,omitempty"` // thinking, ceiling and exhaust: how long bench waits for an answer
}

// Guest is a server of the user's own: a command that listens on {addr}, which is also in $CAROUSEL_ADDR, or the URL of a running server.
type Guest struct {
	Name    string `yaml:"name"`
	Command Quoted `yaml:"command,omitempty"`
	URL     string `yaml:"url,omitempty"`
	Path    string `yaml:"path,omitempty"`   // requested from it, not /; the body may be anything
	Expect  Whole  `yaml:"expect,omitempty"` // the status of the answers to Path; 0 is 200
}

//go:embed plans/*.yaml
var builtin embed.FS

// Builtins are the names of the built-in plans, shortest first.
var Builtins = []string{"quick", "default", "full"}

// Read reads a built-in plan by name, or a file.
func Read(name string) (*Plan, error) {
	text, err := builtin.ReadFile("plans/" + name + ".yaml")
	if err != nil {
		text, err = readBounded(name)
	}
	if err != nil || !printable.Is(name) {
		return nil, fmt.Errorf("no plan %q: built in are %s; or name a YAML file", name, strings.Join(Builtins, ", "))
	}
	p, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", name, err)
	}
	return p, nil
}

// Parse reads a plan and fills in the defaults. Its errors show the line, with a caret under the place.
func Parse(text []byte) (*Plan, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, which some editors write
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

// fill sets the fields that entries leave out, and adds hello where paced needs its rate.
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
	p.playOnce()
}

// playOnce limits portraits to the first round: a second portrait would overwrite the first.
func (p *Plan) playOnce() {
	if p.OnlyPortraits() {
		p.Rounds = 1
	}
	for i := range p.Scenarios {
		if e := &p.Scenarios[i]; scenario.Find(e.Name).Traced {
			e.Every = p.Rounds
		}
	}
}

// OnlyPortraits reports whether the plan has no scenario but portrait.
func (p *Plan) OnlyPortraits() bool {
	return !slices.ContainsFunc(p.Scenarios, func(e Entry) bool { return !scenario.Find(e.Name).Traced })
}

// Text returns the plan as YAML, from which Parse reads the same plan.
func (p *Plan) Text() ([]byte, error) { return yaml.Marshal(p) }

// Apply changes the plan as the flags demand. Its errors name the wrong flag.
func (p *Plan) Apply(flags result.Flags) error {
	if len(flags.Models) > 0 || len(flags.Scenarios) > 0 || len(flags.Servers) > 0 {
		p.source = nil // flags have no place in the text
	}
	if len(flags.Scenarios) > 0 {
		for _, name := range flags.Scenarios {
			if scenario.Find(name) == nil {
				return fmt.Errorf("--scenarios: unknown scenario %q: there are %s", name, strings.Join(scenario.Names(), ", "))
			}
		}
		kept := slices.DeleteFunc(slices.Clone(p.Scenarios), func(e Entry) bool { return !slices.Contains(flags.Scenarios, e.Name) })
		for _, name := range flags.Scenarios {
			if !slices.ContainsFunc(kept, func(e Entry) bool { return e.Name == name }) {
				kept = append(kept, Entry{Name: name})
			}
		}
		p.Scenarios = kept
		p.fill()
	}
	if len(flags.Models) > 0 {
		p.Models = flags.Models
		for i := range p.Scenarios {
			e := &p.Scenarios[i]
			if e.Name != "spin" {
				e.Models = flags.Models // also those that the entry leaves out: a model that is named is wanted
			}
			if len(e.SharedModels) > 0 {
				e.SharedModels = slices.DeleteFunc(slices.Clone(e.SharedModels), func(name string) bool { return !slices.Contains(flags.Models, name) })
				if len(e.SharedModels) == 0 {
					e.Shared = nil
				}
			}
		}
	}
	if flags.Rounds > 0 {
		p.Rounds = Whole(flags.Rounds)
		for i := range p.Scenarios {
			p.Scenarios[i].Every = min(p.Scenarios[i].Every, p.Rounds)
		}
		p.playOnce()
	}
	if flags.BudgetNS > 0 {
		p.Budget = Span(flags.BudgetNS)
	}
	for _, text := range flags.Servers {
		g, err := parseGuest(text)
		if err != nil {
			return err
		}
		g.Path, g.Expect = flags.Path, Whole(flags.Expect)
		p.Servers = append(p.Servers, g)
	}
	switch {
	case flags.Path != "" && len(flags.Servers) == 0:
		return fmt.Errorf("--path %s applies to servers of your own: name one with --server", flags.Path)
	case flags.Expect != 0 && flags.Path == "":
		return fmt.Errorf("--expect %d is the status of the answers to --path: give that too", flags.Expect)
	}
	if _, what := p.fault(); what != "" { // the plan itself has none
		return fmt.Errorf("the plan with these flags: %s", what)
	}
	return nil
}

// parseGuest reads the value of --server: a name, "=" and a command or a URL.
func parseGuest(text string) (Guest, error) {
	name, rest, found := strings.Cut(text, "=")
	switch {
	case !found:
		return Guest{}, fmt.Errorf("--server %q: write it as 'mine=./mine --addr {addr}', or 'mine=http://127.0.0.1:8080' if it is running already", text)
	case strings.HasPrefix(rest, "http://"):
		return Guest{Name: name, URL: rest}, nil
	case strings.Contains(rest, "://") && !strings.ContainsAny(rest, " \t"):
		return Guest{}, fmt.Errorf("--server %q: bench speaks HTTP/1.1 without TLS: write the address as http://127.0.0.1:8080", text)
	}
	return Guest{Name: name, Command: Quoted(rest)}, nil
}

// Words splits a command into words at blanks outside quotes. It knows no other shell syntax.
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
