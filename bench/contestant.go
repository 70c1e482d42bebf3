package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"carousel/internal/result"
)

// contestant is a server that takes part: one of the models, the null responder or a guest.
type contestant struct {
	name    string
	command []string          // {addr} stands for the address to listen on
	guest   bool              // prints no READY line and no usage line
	lacks   map[string]string // by endpoint, why it cannot be measured there
}

// listed is a model as `servers --list --json` says it.
type listed struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Reason    string `json:"reason"`
}

// program finds a program of this project: beside this one, else on the PATH.
func program(name string) (string, error) {
	if self, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), name)); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", exit{3, fmt.Errorf("program %s is neither beside bench nor on the PATH: run \"make build\"", name)}
	}
	return filepath.Abs(path)
}

// modelList asks the program servers what it has.
func modelList(ctx context.Context, servers string) ([]listed, error) {
	text, err := exec.CommandContext(ctx, servers, "--list", "--json").Output()
	if err != nil {
		return nil, exit{3, fmt.Errorf("%s --list --json: %w", servers, err)}
	}
	var list []listed
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, exit{3, fmt.Errorf("%s --list --json: %w", servers, err)}
	}
	return list, nil
}

// choose picks the plan's models from those there are, in the order of the ladder, and the plan's guests after them.
// missing says which of them this system lacks, and why.
func choose(p *Plan, list []listed, servers string) (all []contestant, missing []string, err error) {
	if err := p.unknown(modelNames(list)); err != nil {
		return nil, nil, err
	}
	for _, l := range list {
		switch {
		case len(p.Models) > 0 && !slices.Contains(p.Models, l.Name):
		case !l.Available:
			missing = append(missing, fmt.Sprintf("%s is unavailable: %s", l.Name, l.Reason))
		default:
			all = append(all, contestant{name: l.Name, command: []string{servers, "--model", l.Name, "--addr", "{addr}"}})
		}
	}
	for i, g := range p.Servers {
		at := fmt.Sprintf("$.servers[%d]", i)
		if slices.ContainsFunc(list, func(l listed) bool { return l.Name == g.Name }) {
			return nil, nil, p.faultAt(at+".name", fmt.Sprintf("server %q has the name of a model: choose another", g.Name))
		}
		command, err := split(g.Command)
		if err != nil {
			return nil, nil, p.faultAt(at+".command", fmt.Sprintf("server %s: %v", g.Name, err))
		}
		if _, err := exec.LookPath(command[0]); err != nil {
			return nil, nil, p.faultAt(at+".command", fmt.Sprintf("server %s: %v: give its path as seen from here", g.Name, err))
		}
		all = append(all, contestant{name: g.Name, command: command, guest: true})
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("no model of the plan is available here")
	}
	return all, missing, nil
}

// nullResponder is this very program, which answers without reading.
func nullResponder() (contestant, error) {
	self, err := os.Executable()
	return contestant{name: result.Null, command: []string{self, "null", "--addr", "{addr}"}}, err
}

func modelNames(list []listed) []string {
	var names []string
	for _, l := range list {
		names = append(names, l.Name)
	}
	return names
}
