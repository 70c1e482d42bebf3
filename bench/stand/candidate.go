package stand

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"carousel/bench/plan"
	"carousel/internal/result"
)

// Candidate is a server that takes part: one of the models, the null responder or a server of the user's own.
type Candidate struct {
	Name    string
	Command []string          // {addr} stands for the address to listen on; none: it runs already
	Guest   bool              // it is the user's own: it prints no READY line and no usage line
	Path    string            // what a guest is asked for in place of /; "": it says hello there, as models do
	Status  int               // of its answers to that
	addr    string            // where it runs already
	lacks   map[string]string // by endpoint, why it cannot be measured there
}

// path is what the candidate is asked for where models are asked for /.
func (c Candidate) path() string { return cmp.Or(c.Path, "/") }

// wants is what a right answer to that is.
func (c Candidate) wants() answer {
	if c.Path == "" {
		return answer{http.StatusOK, hello}
	}
	return answer{cmp.Or(c.Status, http.StatusOK), ""}
}

// Listed is a model as `servers --list --json` says it.
type Listed struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Reason    string `json:"reason"`
}

// Program finds a program of this project: beside this one, else on the PATH.
func Program(name string) (string, error) {
	if self, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), name)); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("program %s is neither beside bench nor on the PATH: run \"make build\"", name)
	}
	return filepath.Abs(path)
}

// ModelList asks the program servers what it has.
func ModelList(ctx context.Context, servers string) ([]Listed, error) {
	text, err := exec.CommandContext(ctx, servers, "--list", "--json").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list --json: %w", servers, err)
	}
	var list []Listed
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s --list --json: %w", servers, err)
	}
	return list, nil
}

// Choose picks the plan's models from those there are, in the order of the ladder, and the plan's guests after them.
// notes say which of them this system lacks, and why, and which are measured otherwise than the rest.
func Choose(p *plan.Plan, list []Listed, servers string) (all []Candidate, notes []string, err error) {
	var names []string
	for _, l := range list {
		names = append(names, l.Name)
	}
	if err := p.Unknown(names); err != nil {
		return nil, nil, err
	}
	for _, l := range list {
		switch {
		case len(p.Models) > 0 && !slices.Contains(p.Models, l.Name):
		case !l.Available:
			notes = append(notes, fmt.Sprintf("model %s is unavailable: %s", l.Name, l.Reason))
		default:
			all = append(all, model(servers, l.Name))
		}
	}
	for i, g := range p.Servers {
		at := fmt.Sprintf("$.servers[%d]", i)
		if slices.Contains(names, g.Name) {
			return nil, nil, p.FaultAt(at+".name", fmt.Sprintf("server %q has the name of a model: choose another", g.Name))
		}
		c := Candidate{Name: g.Name, Guest: true, Path: g.Path, Status: int(g.Expect)}
		if g.URL != "" {
			target, err := url.Parse(g.URL)
			if err != nil {
				return nil, nil, p.FaultAt(at+".url", err.Error())
			}
			c.addr = target.Host
			if target.Port() == "" {
				c.addr = net.JoinHostPort(target.Hostname(), "80")
			}
			if asked := target.RequestURI(); asked != "/" && c.Path == "" {
				c.Path = asked
			}
			notes = append(notes, fmt.Sprintf("server %s runs already: it stays where it is, and all rounds are of one process", g.Name))
			all = append(all, c)
			continue
		}
		if c.Command, err = plan.Words(string(g.Command)); err != nil {
			return nil, nil, p.FaultAt(at+".command", fmt.Sprintf("server %s: %v", g.Name, err))
		}
		if _, err := exec.LookPath(c.Command[0]); err != nil {
			return nil, nil, p.FaultAt(at+".command", fmt.Sprintf("server %s: %v: give its path as seen from here", g.Name, err))
		}
		all = append(all, c)
	}
	for _, c := range all {
		if c.Path != "" {
			notes = append(notes, fmt.Sprintf("server %s is asked for %s and need not say hello: what it does there is compared with the hello of the models", c.Name, c.Path))
		}
	}
	if len(all) == 0 {
		return nil, nil, errors.New("no model of the plan is available here")
	}
	return all, notes, nil
}

// Null is the null responder: the least that a server can do.
func Null(servers string) Candidate { return model(servers, result.Null) }

func model(servers, name string) Candidate {
	return Candidate{Name: name, Command: []string{servers, "--model", name, "--addr", "{addr}"}}
}
