package cli

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// Server is a server to load.
type Server struct {
	Name   string // as given, or made from its address
	Target string // as client.Target writes it
	PID    int    // of its process; 0: not known
	Auto   bool   // its process is the one that listens on its address, found before the load
	Twin   bool   // it is the target a second time, over its own connections
}

// TwinName is the name of the target when compared with itself.
const TwinName = "twin"

// naming matches a valid name of a server. It has no ":", unlike names that loadgen makes from addresses.
var naming = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,19}$`)

// cutName splits NAME=URL; ok is false if there is no name.
func cutName(given string) (name, url string, ok bool) {
	if at := strings.IndexAny(given, "=:/?#"); at >= 0 && given[at] == '=' {
		return given[:at], given[at+1:], true
	}
	return "", given, false
}

// named reads [NAME=]URL.
func named(given string) (s Server, err error) {
	name, url, isNamed := cutName(given)
	if isNamed {
		s.Name = name
		_, _, again := cutName(url)
		switch {
		case !naming.MatchString(s.Name):
			return s, fmt.Errorf("%q is no name of a server: write a letter and up to 19 letters, digits, dots, _ or -", s.Name)
		case url == "":
			return s, fmt.Errorf("%s needs the URL of the server after it", given)
		case again:
			return s, fmt.Errorf("%s: a server has one name, NAME=URL", given)
		}
	}
	s.Target, err = client.Target(url)
	return s, err
}

// given is the text that named parses as s.
func (s Server) given() string {
	if naming.MatchString(s.Name) {
		return s.Name + "=" + s.Target
	}
	return s.Target
}

// Compares reports whether several servers are loaded, in turns.
func (o *Options) Compares() bool { return len(o.Servers) > 1 }

// Of is the load for server s.
func (o *Options) Of(s Server) result.Spec {
	spec := o.Spec
	spec.Target, spec.PID = s.Target, s.PID
	return spec
}

// usualSlice is the default of --slice. With many connections it takes longer until all of them are sending.
func usualSlice(connections int) time.Duration {
	if connections >= 256 {
		return 50 * time.Millisecond
	}
	return 25 * time.Millisecond
}

// settleServers sets the servers from the targets, --vs and --twin, with their names and processes.
func (o *Options) settleServers(targets []string) error {
	target, compares := Server{Target: o.Spec.Target}, o.twin || len(o.rivals) > 0
	if len(targets) > 0 {
		first, err := o.cutUser(targets[0])
		if err != nil {
			return err
		}
		if target, err = named(first); err != nil {
			return err
		}
		if target.Name != "" && !compares {
			return fmt.Errorf("%s: a name is for comparing servers: name another with --vs, or leave %s= out", targets[0], target.Name)
		}
		for _, further := range targets[1:] {
			if compares {
				return fmt.Errorf("%s: servers are compared with one target, %s: a further server is --vs %[1]s", further, targets[0])
			}
			next, err := client.Further(target.Target, further)
			if err != nil {
				return err
			}
			o.Spec.Paths = append(o.Spec.Paths, next)
		}
	}
	o.Servers = append([]Server{target}, o.rivals...)
	if o.twin {
		o.Servers = append(o.Servers, Server{Name: TwinName, Target: target.Target, Twin: true})
	}
	seen := map[string]bool{}
	for _, s := range o.Servers {
		switch {
		case s.Name == TwinName && !s.Twin && o.twin:
			return fmt.Errorf("--twin: %s is called twin already: give it another name", s.Target)
		case s.Name != "" && seen[s.Name]:
			return fmt.Errorf("two servers are called %s: give one of them another name", s.Name)
		}
		seen[s.Name] = true
	}
	nameServers(o.Servers)
	if err := o.assign(); err != nil {
		return err
	}
	o.Spec.Target, o.Spec.PID = o.Servers[0].Target, o.Servers[0].PID
	return nil
}

// nameServers names servers without a name as briefly as is unique: by address, plus the path if they share an address,
// plus #2, #3 ... if they share that too.
func nameServers(servers []Server) {
	host, _, _ := net.SplitHostPort(client.Addr(servers[0].Target))
	here := host == "127.0.0.1" || host == "localhost"
	paths := map[string][]string{} // by address, of servers without a name
	for _, s := range servers {
		addr := client.Addr(s.Target)
		here = here && strings.HasPrefix(addr, host+":")
		if path := client.PathOf(s.Target); s.Name == "" && !slices.Contains(paths[addr], path) {
			paths[addr] = append(paths[addr], path)
		}
	}
	times := map[string]int{}
	for i := range servers {
		s := &servers[i]
		if s.Name != "" {
			continue
		}
		s.Name = client.Addr(s.Target)
		if len(paths[s.Name]) > 1 {
			s.Name += client.PathOf(s.Target)
		}
		if here {
			s.Name = strings.TrimPrefix(s.Name, host)
		}
		if times[s.Name]++; times[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s#%d", s.Name, times[s.Name])
		}
	}
}

// assign sets the processes of the servers from --pid; the twin has that of the target.
func (o *Options) assign() error {
	var names []string
	for _, s := range o.Servers {
		if !s.Twin {
			names = append(names, s.Name)
		}
	}
	all, own := false, make([]bool, len(o.Servers))
	for _, p := range o.processes {
		at := 0
		switch {
		case p.name != "" && !o.Compares():
			return fmt.Errorf("--pid %s: a name is for comparing servers: name another with --vs, or leave %s= out", p.given, p.name)
		case p.name == TwinName && o.twin:
			return fmt.Errorf("--pid %s: the twin is the target, and so is its process: leave it out", p.given)
		case p.name != "":
			if at = slices.Index(names, p.name); at < 0 {
				return fmt.Errorf("--pid %s: no server is called %s; there are %s", p.given, p.name, strings.Join(names, " "))
			}
		case p.auto && o.Compares():
			if all {
				return errors.New("--pid auto is given twice: leave one of them out")
			}
			all = true
			continue
		}
		switch {
		case own[at] && !o.Compares():
			return fmt.Errorf("--pid %s: the target has a process already: leave one of them out", p.given)
		case own[at]:
			return fmt.Errorf("--pid %s: %s has a process already; there are %s", p.given, names[at], strings.Join(names, " "))
		}
		own[at], o.Servers[at].PID, o.Servers[at].Auto = true, p.pid, p.auto
	}
	for i := range o.Servers {
		s := &o.Servers[i]
		s.Auto = s.Auto || all && !own[i]
		if s.Twin {
			s.PID, s.Auto = o.Servers[0].PID, o.Servers[0].Auto
		}
	}
	return nil
}

// busiestAddr returns the TCP address that most servers share, and how many do.
func (o *Options) busiestAddr() (addr string, most int) {
	at := map[string]int{}
	for _, s := range o.Servers {
		this := client.Addr(s.Target)
		if client.Network(this) == "unix" {
			continue
		}
		if at[this]++; at[this] > most {
			addr, most = this, at[this]
		}
	}
	return addr, most
}
