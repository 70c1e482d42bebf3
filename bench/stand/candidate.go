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
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"carousel/bench/plan"
	"carousel/internal/child"
	"carousel/internal/result"
)

// Candidate is a server that can be measured: a model, the null responder, or a guest, which is a server of the user's own.
type Candidate struct {
	Name    string
	Command []string          // {addr} stands for the address to listen on; none: it is running already
	Guest   bool              // the user's own: it prints no READY line and no usage line
	Path    string            // requested from a guest, not /; "": / with the body of the models
	Status  int               // of the answers to Path; 0: 200
	addr    string            // of a running server
	missing map[string]string // by endpoint: why it cannot be measured with it
}

// path is the path that is requested from the candidate where / is requested from models.
func (c Candidate) path() string { return cmp.Or(c.Path, "/") }

// wantedAnswer is the right answer to a request for path.
func (c Candidate) wantedAnswer() answer {
	if c.Path == "" {
		return answer{http.StatusOK, hello}
	}
	return answer{cmp.Or(c.Status, http.StatusOK), ""}
}

// Model is a model as `servers --list --json` prints it.
type Model struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Reason    string `json:"reason"`
}

// Program returns the path of a program of this project: beside this one, else on the PATH.
func Program(name string) (string, error) {
	if self, err := child.Self(); err == nil {
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

// ModelList returns the models of the program servers.
func ModelList(ctx context.Context, servers string) ([]Model, error) {
	cmd := exec.CommandContext(ctx, servers, "--list", "--json")
	cmd.Stdin = strings.NewReader("") // nil would be /dev/null, which a chroot may lack
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list --json: %w", servers, err)
	}
	var list []Model
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s --list --json: %w", servers, err)
	}
	return list, nil
}

// Choose returns the models of the plan that are available, in the order of list, then the guests of the plan.
// notes name the models that are unavailable, with the reason, and the guests that are measured differently from models.
func Choose(p *plan.Plan, list []Model, servers string) (all []Candidate, notes []string, err error) {
	var names []string
	for _, l := range list {
		names = append(names, l.Name)
	}
	if err := p.UnknownModel(names); err != nil {
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
			if path := target.RequestURI(); path != "/" && c.Path == "" {
				c.Path = path
			}
			notes = append(notes, fmt.Sprintf("server %s is running already: it keeps its processors, and all rounds measure the same process", g.Name))
			all = append(all, c)
			continue
		}
		if c.Command, err = plan.Words(string(g.Command)); err != nil {
			return nil, nil, p.FaultAt(at+".command", fmt.Sprintf("server %s: %v", g.Name, err))
		}
		if _, err := exec.LookPath(c.Command[0]); err != nil {
			return nil, nil, p.FaultAt(at+".command", fmt.Sprintf("server %s: %v: give its path from this directory", g.Name, err))
		}
		all = append(all, c)
	}
	for _, c := range all {
		if c.Path != "" {
			notes = append(notes, fmt.Sprintf("server %s answers GET %s, with any body, where models answer GET / with Hello world", c.Name, c.Path))
		}
	}
	if len(all) == 0 {
		return nil, nil, errors.New("no model of the plan is available here")
	}
	return all, notes, nil
}

// Null returns the null responder, which answers without parsing: the least that a server can do.
func Null(servers string) Candidate { return model(servers, result.Null) }

func model(servers, name string) Candidate {
	return Candidate{Name: name, Command: []string{servers, "--model", name, "--addr", "{addr}"}}
}
