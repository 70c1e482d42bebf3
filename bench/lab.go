package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"carousel/internal/child"
	"carousel/internal/result"
	"carousel/internal/usage"
)

const (
	startLimit = 10 * time.Second // for a server to be ready
	stopGrace  = 3 * time.Second  // for a server to end after SIGTERM
	loadLimit  = 15 * time.Second // for a client, beyond warm-up and window
)

// lab does trials on real processes.
type lab struct {
	loadgen     string
	contestants map[string]contestant
	seats       seating
}

// measure does one trial: a fresh server, loaded once, stopped. It always returns a record; what went wrong stands in it.
func (l *lab) measure(ctx context.Context, j job) result.Trial {
	t := j.trial()
	by := l.contestants[j.cell.Model]
	if t.NA = by.lacks[scenarios[j.cell.Scenario].endpoint()]; t.NA != "" {
		t.Server.Command = by.command
		return t
	}
	s, err := start(ctx, by, l.seats[j.cell.Placement].server)
	t.Server = s.record
	if err != nil {
		t.Failed = err.Error()
		return t
	}
	if j.cell.Scenario == "thinking" {
		t.Probe, err = probe(ctx, s.addr, j.cell.Connections, j.wait)
	} else {
		t.Load, err = l.load(ctx, j, s)
	}
	died := s.ended()
	t.Server.Usage, t.Failed = s.stop(), describe(err)
	if died {
		t.Failed = "the server ended during the trial: " + s.lastWords()
	}
	return t
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// load runs loadgen against s and returns its record. A record may come with an error: what loadgen said was wrong.
func (l *lab) load(ctx context.Context, j job, s *server) (*result.Load, error) {
	args := []string{"--json", "--quiet", "-c", strconv.Itoa(j.cell.Connections), "--pid", strconv.Itoa(s.process.PID())}
	targets := []string{"http://" + s.addr + scenarios[j.cell.Scenario].path}
	if j.cell.Scenario == "download" {
		dir, err := os.MkdirTemp("", "carousel-download-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		args = append(args, j.downloadFlags(dir)...)
		targets = append(targets, downloadPaths()...)
	} else {
		args = append(args, "-d", j.window.String(), "--warmup", j.warmup.String())
	}
	if j.cell.RateRPS > 0 {
		args = append(args, "--rate", strconv.FormatFloat(j.cell.RateRPS, 'f', -1, 64))
	}
	if j.cell.Engine != "" {
		args = append(args, "--engine", j.cell.Engine)
	} else {
		args = append(args, "--expect", "carousel") // hey reads no bodies
	}
	args = append(args, targets...)

	var out bytes.Buffer
	said := new(tail)
	cmd := exec.Command(l.loadgen, args...)
	cmd.Stdout, cmd.Stderr = &out, said
	p, err := child.Start(cmd, l.seats[j.cell.Placement].client...)
	if err != nil {
		return nil, err
	}
	ended, err := await(ctx, p, j.warmup+j.window+loadLimit)
	if err != nil {
		return nil, fmt.Errorf("loadgen: %w", err)
	}
	load := new(result.Load)
	if err := json.Unmarshal(out.Bytes(), load); err != nil {
		return nil, fmt.Errorf("loadgen left no record (%v): %s", ended, said)
	}
	if cmd.ProcessState.ExitCode() > exitFailed { // exitFailed: nothing succeeded, which is a measurement too
		why := said.String()
		if why == "" && len(load.Verdict.Reasons) > 0 {
			why = load.Verdict.Reasons[0].String()
		}
		return load, fmt.Errorf("loadgen: %v: %s", ended, why)
	}
	return load, nil
}

// await waits for the end of p, and kills it when ctx ends or the limit is over. Whether p came to its end by itself shows in how
// it ended: after a stop of this program (ctrl-Z) both the limit and the end lie behind.
func await(ctx context.Context, p *child.Process, limit time.Duration) (ended, err error) {
	select {
	case <-p.Done():
		return p.Wait(), nil
	case <-ctx.Done():
		p.Stop(0)
		return nil, context.Cause(ctx)
	case <-time.After(limit):
	}
	ended = p.Stop(0)
	if killed := (*exec.ExitError)(nil); errors.As(ended, &killed) && !killed.Exited() {
		return nil, fmt.Errorf("still running after %v: it was killed", limit)
	}
	return ended, nil
}

// server is one that runs and accepts.
type server struct {
	process *child.Process
	addr    string
	guest   bool
	said    *tail
	record  result.Server
}

// start starts by on a free port, confined to cpus, and returns when it is ready. The record is filled in even if it fails.
func start(ctx context.Context, by contestant, cpus []int) (*server, error) {
	addr := "127.0.0.1:0"
	s := &server{guest: by.guest, said: new(tail)}
	if by.guest {
		var err error
		if addr, err = freePort(); err != nil {
			return s, err
		}
	}
	for _, word := range by.command {
		s.record.Command = append(s.record.Command, strings.ReplaceAll(word, "{addr}", addr))
	}
	s.record.CPUs, s.record.GOMAXPROCS = cpus, len(cpus)
	if len(cpus) == 0 {
		s.record.GOMAXPROCS = runtime.NumCPU()
	}
	cmd := exec.Command(s.record.Command[0], s.record.Command[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(s.record.GOMAXPROCS), "CAROUSEL_ADDR="+addr)
	cmd.Stderr = s.said
	if by.guest {
		cmd.Stdout = s.said
	}
	var err error
	if by.guest { // it may be a script that starts the server, or make itself a daemon
		s.process, err = startKept(cmd, cpus)
	} else {
		s.process, err = child.Start(cmd, cpus...)
	}
	if err != nil {
		return s, err
	}
	if by.guest {
		s.addr, err = addr, answering(ctx, addr, s.process.Done(), startLimit)
	} else {
		s.addr, err = child.Ready(s.process.Stdout, startLimit)
	}
	if err != nil {
		if s.ended() {
			err = fmt.Errorf("%w (%s)", err, s.ending())
		}
		s.process.Stop(0)
		s.close()
		return s, fmt.Errorf("%s did not start: %w%s", by.name, err, s.said.after("; it said: "))
	}
	return s, nil
}

func (s *server) ended() bool {
	select {
	case <-s.process.Done():
		return true
	default:
		return false
	}
}

// stop ends the server and returns its usage line, if it prints one.
func (s *server) stop() *usage.Line {
	defer s.close()
	if s.process.Stop(stopGrace); s.guest {
		return nil
	}
	line := new(usage.Line)
	if json.NewDecoder(s.process.Stdout).Decode(line) != nil {
		return nil
	}
	return line
}

func (s *server) close() {
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
	const most = 1 << 10
	t.text = append(t.text, p...)
	if len(t.text) > most {
		t.text = t.text[len(t.text)-most:]
	}
	return len(p), nil
}

// String is the last line with something on it.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	return lines[len(lines)-1]
}

func (t *tail) after(prefix string) string {
	if line := t.String(); line != "" {
		return prefix + line
	}
	return ""
}

// examine holds a guest to right answers before it is measured and says which endpoints it lacks.
func (l *lab) examine(ctx context.Context, c contestant, p *Plan) (lacks map[string]string, err error) {
	s, err := start(ctx, c, nil)
	if err != nil {
		return nil, exit{exitStart, err}
	}
	defer s.stop()
	if err := check(s.addr); err != nil {
		return nil, exit{exitWrong, fmt.Errorf("%s answers wrongly: %w", c.name, err)}
	}
	return lacking(s.addr, p), nil
}
