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

// server is a running server.
type server struct {
	process   *child.Process // nil: bench did not start it
	addr      string
	candidate Candidate
	output    *tail
	record    result.Server

	counters *counters.Set // nil: no counters
}

// startRaised starts a program in a session of its own and raises the share of the processors of that session, where permitted, so that other
// programs hardly delay it. A nice value alone does nothing where the kernel schedules by session.
func startRaised(cmd *exec.Cmd, cpus []int) (*child.Process, error) {
	return raiseShare(child.Start(cmd, cpus...))
}

func raiseShare(p *child.Process, err error) (*child.Process, error) {
	if err == nil {
		host.RaiseSession(p.PID())
	}
	return p, err
}

// SessionShare describes the share of the processors that the sessions of a run get on this machine, or why it is the usual one; "" where the
// kernel does not schedule by session.
func SessionShare() string {
	p, err := child.Start(exec.Command("sleep", "10"))
	if err != nil {
		return ""
	}
	defer p.Stop(0)
	defer p.Stdout.Close()
	return host.SessionShare(p.PID())
}

// start starts candidate on a free port, confined to cpus, and returns when it is ready. With counts it opens the
// kernel counters of the process. The server is never nil, and its record is filled in even if it fails.
func start(ctx context.Context, candidate Candidate, cpus []int, counts bool) (*server, error) {
	s := &server{candidate: candidate, output: new(tail)}
	if candidate.addr != "" {
		s.addr = candidate.addr
		if err := waitForAnswer(ctx, s.addr, candidate.path(), nil, answerLimit); err != nil {
			return s, fmt.Errorf("%s is not running: %w", candidate.Name, err)
		}
		return s, nil
	}
	addr := "127.0.0.1:0"
	if candidate.Guest {
		var err error
		if addr, err = freePort(); err != nil {
			return s, err
		}
	}
	for _, word := range candidate.Command {
		s.record.Command = append(s.record.Command, strings.ReplaceAll(word, "{addr}", addr))
	}
	s.record.CPUs, s.record.GOMAXPROCS = cpus, len(cpus)
	if len(cpus) == 0 {
		s.record.GOMAXPROCS = runtime.NumCPU()
	}
	cmd := exec.Command(s.record.Command[0], s.record.Command[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(s.record.GOMAXPROCS), "CAROUSEL_ADDR="+addr)
	cmd.Stderr = s.output
	var err error
	var keeper []string
	if candidate.Guest { // it may be a script that starts the server, or a daemon
		cmd.Stdout = s.output
		if keeper, err = keeperCommand(); err != nil {
			return s, err
		}
	}
	switch {
	case counts:
		s.process, s.counters, err = child.StartCounted(cmd, keeper, cpus...)
	case candidate.Guest:
		s.process, err = child.StartTree(cmd, keeper, cpus...)
	default:
		s.process, err = child.Start(cmd, cpus...)
	}
	if _, err = raiseShare(s.process, err); err != nil {
		return s, err
	}
	if candidate.Guest {
		s.addr, err = addr, waitForAnswer(ctx, addr, candidate.path(), s.process.Done(), startLimit)
	} else {
		s.addr, err = child.Ready(s.process.Stdout, startLimit)
	}
	if err != nil {
		if s.ended() {
			err = fmt.Errorf("%w (%s)", err, s.exitText())
		}
		s.process.Stop(0)
		s.close()
		s.process = nil
		return s, fmt.Errorf("%s did not start: %w%s", candidate.Name, err, s.output.withPrefix("; it printed: "))
	}
	return s, nil
}

// checkOnce checks one answer of the server before it is measured.
func (s *server) checkOnce() error {
	if _, err := s.request(answerLimit); err != nil {
		return fmt.Errorf("%s answers GET %s wrongly: %w", s.candidate.Name, s.candidate.path(), err)
	}
	return nil
}

// request checks one answer of the server, on a new connection.
func (s *server) request(limit time.Duration) (status int, err error) {
	return exchange(s.addr, limit, get(s.candidate.path()), 1, s.candidate.wantedAnswer())
}

// target is the URL that loadgen requests in a job.
func (s *server) target(j protocol.Job) string {
	path := j.Scenario.Path
	if path == "/" {
		path = s.candidate.path()
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

// stop ends the server if bench started it. It returns the usage line of a model, or the peak memory of a guest in bytes, which prints no
// usage line.
func (s *server) stop() (line *usage.Line, peakRSS int64) {
	if s.process == nil {
		return nil, 0
	}
	defer s.close()
	if s.candidate.Guest {
		peakRSS = host.PeakBelow(s.process.PID()) // the process is the keeper
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

// lastWords describes how the server ended, with its last output.
func (s *server) lastWords() string { return s.exitText() + s.output.withPrefix("; it printed: ") }

func (s *server) exitText() string {
	if err := s.process.Wait(); err != nil {
		return err.Error()
	}
	return "exit code 0"
}

// freePort returns an address on a port that is free at this moment.
func freePort() (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// tail keeps the last 16 KiB that a process prints.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 16 << 10
	t.text = append(t.text, p...)
	if len(t.text) > most {
		t.text = t.text[len(t.text)-most:]
	}
	return len(p), nil
}

// errorLine matches a line that names an error. Many programs print a stack trace below it.
var errorLine = regexp.MustCompile(`(?i)error|exception|panic|fatal`)

// String returns the last line that matches errorLine, else the last line that is not blank.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	last := lines[len(lines)-1]
	for _, line := range slices.Backward(lines) {
		if errorLine.MatchString(line) {
			last = strings.TrimSpace(line)
			break
		}
	}
	const most = 1 << 10
	return last[max(0, len(last)-most):]
}

func (t *tail) withPrefix(prefix string) string {
	if line := t.String(); line != "" {
		return prefix + line
	}
	return ""
}
