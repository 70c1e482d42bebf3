package stand

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/child"
	"carousel/internal/counters"
	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/usage"
)

const (
	startLimit = 10 * time.Second // for a server to be ready
	stopGrace  = 3 * time.Second  // for a server to end after SIGTERM
)

// server is one that runs and accepts.
type server struct {
	process *child.Process // nil: it ran already
	addr    string
	by      Candidate
	said    *tail
	record  result.Server

	counters *counters.Set // nil: nothing is counted
}

// begin starts a program of a run, where other programs of this machine hardly keep it from its processors: in a session of its own,
// whose share of them is raised where that is permitted. A nice value alone does nothing where the kernel groups by session.
func begin(cmd *exec.Cmd, cpus []int) (*child.Process, error) {
	return raised(child.Start(cmd, cpus...))
}

func raised(p *child.Process, err error) (*child.Process, error) {
	if err == nil {
		host.RaiseSession(p.PID())
	}
	return p, err
}

// SessionShare says what share of their processors the sessions of a run are given here, or why it is the usual one; "" where there is no such.
func SessionShare() string {
	p, err := child.Start(exec.Command("sleep", "10"))
	if err != nil {
		return ""
	}
	defer p.Stop(0)
	defer p.Stdout.Close()
	return host.SessionShare(p.PID())
}

// start starts by on a free port, confined to cpus, and returns when it is ready; what it asks of the kernel may be counted from then on. The
// server is never nil, and its record is filled in even if it fails.
func start(ctx context.Context, by Candidate, cpus []int, counts bool) (*server, error) {
	s := &server{by: by, said: new(tail)}
	if by.addr != "" {
		s.addr = by.addr
		if err := answering(ctx, s.addr, by.path(), nil, patience); err != nil {
			return s, fmt.Errorf("%s is not there: %w", by.Name, err)
		}
		return s, nil
	}
	addr := "127.0.0.1:0"
	if by.Guest {
		var err error
		if addr, err = freePort(); err != nil {
			return s, err
		}
	}
	for _, word := range by.Command {
		s.record.Command = append(s.record.Command, strings.ReplaceAll(word, "{addr}", addr))
	}
	s.record.CPUs, s.record.GOMAXPROCS = cpus, len(cpus)
	if len(cpus) == 0 {
		s.record.GOMAXPROCS = runtime.NumCPU()
	}
	cmd := exec.Command(s.record.Command[0], s.record.Command[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(s.record.GOMAXPROCS), "CAROUSEL_ADDR="+addr)
	cmd.Stderr = s.said
	var err error
	var keeper []string
	if by.Guest { // it may be a script that starts the server, or make itself a daemon
		cmd.Stdout = s.said
		if keeper, err = keep(); err != nil {
			return s, err
		}
	}
	switch {
	case counts:
		s.process, s.counters, err = child.StartCounted(cmd, keeper, cpus...)
	case by.Guest:
		s.process, err = child.StartTree(cmd, keeper, cpus...)
	default:
		s.process, err = child.Start(cmd, cpus...)
	}
	if _, err = raised(s.process, err); err != nil {
		return s, err
	}
	if by.Guest {
		s.addr, err = addr, answering(ctx, addr, by.path(), s.process.Done(), startLimit)
	} else {
		s.addr, err = child.Ready(s.process.Stdout, startLimit)
	}
	if err != nil {
		if s.ended() {
			err = fmt.Errorf("%w (%s)", err, s.ending())
		}
		s.process.Stop(0)
		s.close()
		s.process = nil
		return s, fmt.Errorf("%s did not start: %w%s", by.Name, err, s.said.after("; it said: "))
	}
	return s, nil
}

// greet asks the server once: it is checked before it is measured.
func (s *server) greet() error {
	if _, err := s.ask(patience); err != nil {
		return fmt.Errorf("%s answers GET %s wrongly: %w", s.by.Name, s.by.path(), err)
	}
	return nil
}

// ask asks the server once, on a connection of its own.
func (s *server) ask(limit time.Duration) (status int, err error) {
	return exchange(s.addr, limit, get(s.by.path()), 1, s.by.wants())
}

// target is the URL that loadgen asks the server for in a job.
func (s *server) target(j protocol.Job) string {
	path := j.Scenario.Path
	if path == "/" {
		path = s.by.path()
	}
	return "http://" + s.addr + path
}

func (s *server) ended() bool {
	if s.process == nil {
		return false
	}
	select {
	case <-s.process.Done():
		return true
	default:
		return false
	}
}

// stop ends the server, if it was started here, and returns its usage line or, of a server of the user's own, which prints none, the most
// memory it had.
func (s *server) stop() (line *usage.Line, peakRSS int64) {
	if s.process == nil {
		return nil, 0
	}
	defer s.close()
	if s.by.Guest {
		peakRSS = host.PeakBelow(s.process.PID()) // the keeper's
		s.process.Stop(stopGrace)
		return nil, peakRSS
	}
	s.process.Stop(stopGrace)
	line = new(usage.Line)
	if json.NewDecoder(s.process.Stdout).Decode(line) != nil {
		return nil, 0
	}
	return line, 0
}

func (s *server) close() {
	if s.counters != nil {
		s.counters.Close()
	}
	if s.process.Stdout != nil {
		s.process.Stdout.Close()
	}
}

// lastWords says how an ended server ended, and what it said.
func (s *server) lastWords() string { return s.ending() + s.said.after("; it said: ") }

func (s *server) ending() string {
	if err := s.process.Wait(); err != nil {
		return err.Error()
	}
	return "exit code 0"
}

// freePort is a port nobody listens on at this moment.
func freePort() (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// tail keeps the last of what a process says.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 16 << 10
	t.text = append(t.text, p...)
	if len(t.text) > most {
		t.text = t.text[len(t.text)-most:]
	}
	return len(p), nil
}

// told tells a line that says what went wrong: many a program writes where it was in its code after that.
var told = regexp.MustCompile(`(?i)error|exception|panic|fatal`)

// String is the last line that says what went wrong, or without such the last with something on it.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	say := lines[len(lines)-1]
	for _, line := range slices.Backward(lines) {
		if told.MatchString(line) {
			say = strings.TrimSpace(line)
			break
		}
	}
	const most = 1 << 10
	return say[max(0, len(say)-most):]
}

func (t *tail) after(prefix string) string {
	if line := t.String(); line != "" {
		return prefix + line
	}
	return ""
}
