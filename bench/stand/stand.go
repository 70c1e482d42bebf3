// Package stand measures the jobs of a run on real processes: it starts servers and loadgen on their processors and stops them. No process
// outlives its job.
package stand

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/child"
	"carousel/internal/host"
	"carousel/internal/result"
)

// loadLimit is how much longer than the length of its load a client may run.
const loadLimit = 15 * time.Second

// Stand starts and stops the processes of a run. It implements protocol.Stand.
type Stand struct {
	loadgen    string
	candidates map[string]Candidate
	placements Placements
	priced     bool // the processor time of servers can be read

	Folder string // of the run, for its portraits; "": they are not saved
}

// New returns a stand that measures candidates with the program at the path loadgen.
func New(loadgen string, candidates []Candidate, placements Placements) *Stand {
	s := &Stand{loadgen: loadgen, candidates: map[string]Candidate{}, placements: placements, priced: priced()}
	for _, c := range candidates {
		s.candidates[c.Name] = c
	}
	return s
}

// priced reports whether the processor time of a process can be read here. Linux has it in /proc.
func priced() bool {
	_, err := host.TreeCPU(os.Getpid())
	return err == nil
}

// UnpricedNote says what a run lacks where the processor time of servers cannot be read; it is "" where it can.
func UnpricedNote() string {
	if priced() {
		return ""
	}
	return "the processor time of servers cannot be read here, which needs Linux and /proc: models are compared by rate and latency, not by cost"
}

// Measure starts the servers of a job, loads them and stops them. A trial that failed has the reason in its record.
func (s *Stand) Measure(ctx context.Context, j protocol.Job) []result.Trial {
	trials := j.Trials(time.Now())
	if j.InTurns() {
		s.measureInTurns(ctx, j, trials)
		return trials
	}
	random := rand.New(rand.NewPCG(j.Seed, 0))
	for _, i := range random.Perm(len(trials)) {
		if context.Cause(ctx) == nil {
			s.measureAlone(ctx, j, &trials[i])
		}
	}
	return trials
}

// unavailable returns why a candidate cannot be measured in a job; "" if it can.
func (c Candidate) unavailable(j protocol.Job) string {
	return c.missing[j.Scenario.Endpoint()]
}

// measureInTurns starts all servers of a job and measures them in turns.
func (s *Stand) measureInTurns(ctx context.Context, j protocol.Job, trials []result.Trial) {
	servers := make([]*server, len(trials))
	var starting sync.WaitGroup
	for i := range trials {
		t := &trials[i]
		candidate := s.candidates[t.Cell.Model]
		if t.NA = candidate.unavailable(j); t.NA != "" {
			t.Server.Command = candidate.Command
			continue
		}
		starting.Go(func() {
			up, err := start(ctx, candidate, s.placements[j.Common.Placement].server, j.Scenario.CountCalls)
			t.Server = up.record
			if err == nil {
				err = up.checkOnce()
			}
			if err != nil {
				t.Failed = err.Error()
				up.stop()
				return
			}
			servers[i] = up
		})
	}
	starting.Wait()
	for i, up := range servers {
		if up != nil && up.candidate.Guest {
			if err := s.warm(ctx, j, up); err != nil {
				trials[i].Failed = err.Error()
			}
		}
	}
	if context.Cause(ctx) == nil {
		s.compare(ctx, j, trials, servers)
	}
	var stopping sync.WaitGroup
	for i, up := range servers {
		if up == nil {
			continue
		}
		t := &trials[i]
		stopping.Go(func() {
			if up.ended() {
				t.Failed = "the server ended while it was measured: " + up.lastWords()
			}
			t.Server.Usage, t.Server.PeakRSS = up.stop()
		})
	}
	stopping.Wait()
}

// compare runs one loadgen against the servers that are up and copies its record to their trials.
func (s *Stand) compare(ctx context.Context, j protocol.Job, trials []result.Trial, servers []*server) {
	fail := func(err error) {
		for i, up := range servers {
			if up != nil && trials[i].Failed == "" {
				trials[i].Failed = err.Error()
			}
		}
	}
	args := []string{"--slice", protocol.Slice.String(), "--cycles", strconv.Itoa(j.Cycles), "--warmup", j.Warmup.String(), "--seed", strconv.FormatUint(j.Seed, 10), "--grace", "250ms"}
	named := map[string]int{}
	var targets, rivals []string
	for i, up := range servers {
		if up == nil || trials[i].Failed != "" {
			continue
		}
		name := trials[i].Cell.Model
		if trials[i].Cell.Control {
			name = result.Twin
		}
		named[name] = i
		process := "auto"
		if up.process != nil {
			process = strconv.Itoa(up.process.PID())
		}
		if s.priced {
			args = append(args, "--pid", name+"="+process)
		}
		target := name + "=" + up.target(j)
		if len(targets) == 0 {
			targets = append(targets, target)
		} else {
			rivals = append(rivals, "--vs", target)
		}
	}
	if len(named) < 2 {
		fail(errors.New("no other server of the cell runs, so there is nothing to compare"))
		return
	}
	load := time.Duration(j.Cycles/2) * 4 * protocol.Slice * time.Duration(len(named))
	var c result.Comparison
	if err := s.runLoadgen(ctx, j, append(append(args, rivals...), targets...), 2*load, &c); err != nil {
		fail(err)
		return
	}
	for _, one := range c.Servers {
		i, ours := named[one.Name]
		if !ours {
			continue
		}
		t := &trials[i]
		t.Load = one.Load
		t.Turns.Cycles, t.Turns.SliceNS, t.Turns.LeadNS = c.Cycles, c.SliceNS, c.LeadNS
		t.Turns.Slices, t.Turns.Cost, t.Turns.Effects = one.Slices, one.Cost, one.Effects
		t.Turns.IdleShare, t.Turns.Trouble, t.Turns.BesideShare, t.Turns.Verdict = one.IdleShare, one.Trouble, c.BesideShare, c.Verdict
		own := one.Load.Host.OwnShare // of its own slices; the other fields are of all servers together
		t.Load.Host = c.Host
		t.Load.Host.OwnShare = own
		if one.Gone {
			t.Failed = one.Trouble
		}
	}
}

// measureAlone measures a trial whose server does not take turns.
func (s *Stand) measureAlone(ctx context.Context, j protocol.Job, t *result.Trial) {
	candidate := s.candidates[t.Cell.Model]
	if t.NA = candidate.unavailable(j); t.NA != "" {
		t.Server.Command = candidate.Command
		return
	}
	if j.Scenario.Traced {
		s.measurePortrait(ctx, j, t, candidate)
		return
	}
	up, err := start(ctx, candidate, s.placements[j.Common.Placement].server, j.Scenario.CountCalls)
	t.Server = up.record
	if err != nil {
		t.Failed = err.Error()
		return
	}
	switch {
	case len(j.Scenario.SecondClient) > 0:
		err = s.besideSecond(ctx, j, t, up)
	case j.Scenario.Probe:
		err = probes[j.Scenario.Name](ctx, up, j, t)
	default:
		t.Load, err = s.loadOne(ctx, j, t.Cell, up)
	}
	if err != nil {
		t.Failed = err.Error()
	}
	died := up.ended()
	t.Server.Usage, t.Server.PeakRSS = up.stop()
	switch {
	case died && t.Exhaust != nil: // that is a result of exhaust, not a failure
		t.Exhaust.Ended = up.lastWords()
	case died:
		t.Failed = "the server ended during the trial: " + up.lastWords()
	}
}

// loadOne runs loadgen against one server and returns its record. An error from loadgen may come with a record.
func (s *Stand) loadOne(ctx context.Context, j protocol.Job, c result.Cell, up *server) (*result.Load, error) {
	var args, targets []string
	if up.process != nil && s.priced {
		args = append(args, "--pid", strconv.Itoa(up.process.PID()))
	}
	targets = append(targets, up.target(j))
	targets = append(targets, j.Scenario.Paths...)
	warmup := j.Warmup
	switch {
	case len(j.Scenario.Modes) > 0:
		dir, err := os.MkdirTemp("", "carousel-download-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		args = append(args, downloadFlags(j, dir)...)
	case len(j.Scenario.Idle) > 0:
		args = append(args, "-d", j.Window.String(), "--warmup", warmup.String(), "--idle", strconv.Itoa(c.Idle), "--timeout", idleWait.String())
	case c.Engine != "": // another engine cannot exclude a warm-up
		warmup = 0
		args = append(args, "--engine", c.Engine, "-d", j.Window.String())
	default:
		args = append(args, "-d", j.Window.String(), "--warmup", warmup.String())
	}
	flag, files := counting(up)
	load := new(result.Load)
	err := s.runLoadgen(ctx, j, append(append(args, flag...), targets...), warmup+j.Window, load, files...)
	if err != nil && load.Schema == 0 {
		return nil, err
	}
	if j.Scenario.CountCalls {
		load.Counters = withReasons(load.Counters, up)
	}
	return load, err
}

// counting returns how loadgen reads the counters of a server: a flag, and the files that it inherits.
func counting(up *server) (flag []string, files []*os.File) {
	if up.counters == nil {
		return nil, nil
	}
	names, files := up.counters.Files()
	var each []string
	for i, name := range names {
		each = append(each, fmt.Sprintf("%s=%d", name, 3+i)) // as exec.Cmd numbers them
	}
	if len(each) > 0 {
		flag = []string{"--counters", strings.Join(each, ",")}
	}
	return flag, files
}

// withReasons adds to the counts of loadgen why the others are missing.
func withReasons(c *result.Counters, up *server) *result.Counters {
	if c == nil {
		c = &result.Counters{Counts: map[string]int64{}}
	}
	if c.Lacks == nil {
		c.Lacks = map[string]string{}
	}
	for _, name := range result.CounterNames {
		if _, counted := c.Counts[name]; !counted && c.Lacks[name] == "" {
			c.Lacks[name] = "bench did not start this server, so it has no counters"
			if up.counters != nil {
				c.Lacks[name] = cmp.Or(up.counters.Lacks()[name], "loadgen measured no window")
			}
		}
	}
	return c
}

// runLoadgen runs loadgen, which takes about length, and reads its record into to. An error from loadgen may come with a record.
func (s *Stand) runLoadgen(ctx context.Context, j protocol.Job, args []string, length time.Duration, to any, files ...*os.File) error {
	recordFile, err := newRecord()
	if err != nil {
		return err
	}
	defer recordFile.remove()
	all := append([]string{"-o", recordFile.file, "--quiet", "-c", strconv.Itoa(j.Common.Connections)}, j.Scenario.Flags...)
	if rate := max(j.Rate, j.Common.RateRPS); rate > 0 {
		all = append(all, "--rate", strconv.FormatFloat(rate, 'f', -1, 64), "--spin", "0") // do not spin: the processor time of the client is measured too, and its processors may be the server's
	}
	if s.checksBodies(j) {
		all = append(all, "--expect", "carousel")
	}
	output := new(tail)
	cmd := exec.Command(s.loadgen, append(all, args...)...)
	cmd.Stderr, cmd.ExtraFiles = output, files
	p, err := startRaised(cmd, s.placements[j.Common.Placement].client)
	if err != nil {
		return err
	}
	ended, err := await(ctx, p, length+loadLimit)
	if err != nil {
		return fmt.Errorf("loadgen: %w", err)
	}
	if recordFile.read(to) != nil {
		return fmt.Errorf("loadgen left no record (%v): %s", ended, output)
	}
	one, single := to.(*result.Load)
	code := cmd.ProcessState.ExitCode()
	if code == exitUnreachable && one != nil && one.Spec.Idle > 0 { // silent connections hold the server: a result, though no connection could be opened
		code = 1
	}
	if single && code > 1 { // 1: nothing succeeded, which is a result too
		why := output.String()
		if why == "" && len(one.Verdict.Reasons) > 0 {
			why = one.Verdict.Reasons[0].String()
		}
		return fmt.Errorf("loadgen: %v: %s", ended, why)
	}
	return nil
}

// record is a temporary file for the record of loadgen: its output on stdout has no histograms.
type record struct{ dir, file string }

func newRecord() (*record, error) {
	dir, err := os.MkdirTemp("", "bench-")
	return &record{dir, filepath.Join(dir, "record.json")}, err
}

// read decodes the record into to.
func (r *record) read(to any) error {
	text, err := os.ReadFile(r.file)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	return err
}

func (r *record) remove() { os.RemoveAll(r.dir) }

// checksBodies reports whether loadgen can check all bodies of a job: hey reads none, and a guest with a path of its own may send any.
func (s *Stand) checksBodies(j protocol.Job) bool {
	if len(j.Engines) > 0 {
		return false
	}
	for _, model := range j.Models {
		if s.candidates[model].Path != "" {
			return false
		}
	}
	return true
}

// await waits until p ends, and kills it when ctx ends or the limit is over. ended is how p ended; err is why await killed it. A
// process that was not killed has ended in time: if ctrl-Z stopped bench, the limit may be over as well.
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

// warmWindow is the length of a load in which the rate of a guest is measured until it is steady.
const warmWindow = 300 * time.Millisecond

// warm loads a guest until its rates in two successive windows differ by at most a twentieth, for three seconds at most: a just-in-time
// compiler is slower at first.
func (s *Stand) warm(ctx context.Context, j protocol.Job, up *server) error {
	last := 0.0
	for range 10 {
		load := new(result.Load)
		args := []string{"-d", warmWindow.String(), "--grace", "250ms", up.target(j)}
		err := s.runLoadgen(ctx, j, args, warmWindow, load)
		switch {
		case context.Cause(ctx) != nil || err != nil && load.Schema == 0:
			return err
		case last > 0 && load.RateRPS < 1.05*last && load.RateRPS > last/1.05:
			return nil
		}
		last = load.RateRPS
	}
	return nil
}

// downloadFlags returns flags by which loadgen sends the requests that are due in the job's window and saves their bodies to dir.
func downloadFlags(j protocol.Job, dir string) []string {
	mode := result.Offload
	if j.Common.Mode != result.AllAtOnce {
		mode = result.Inline
	}
	requests := max(j.Common.Connections, int(j.Common.RateRPS*j.Window.Seconds()))
	return []string{"-n", strconv.Itoa(requests), "--timeout", downloadWait.String(), "--max-redirects", "1", "--save", dir, "--save-mode", mode}
}

// exitUnreachable is the exit code of loadgen when no connection could be opened.
const exitUnreachable = 3

const downloadWait = 2 * time.Second

// idleWait is how long loadgen waits for a connection, or an answer, beside silent ones. It is longer than the second after which the
// kernel repeats a SYN that a full backlog dropped.
const idleWait = 2 * time.Second
