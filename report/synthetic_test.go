package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/usage"
)

// invention generates a synthetic run, the same one every time, without measuring anything. Models are as fast as speed
// says, with noise of about 1 %.
type invention struct {
	models []string
	speed  map[string]float64 // requests per second of one processor
	rounds int
	rng    *rand.Rand
	order  int
	trials []result.Trial
	skips  func(result.Cell) bool // cells that are left out

	together bool   // it has the same start time as the run that it is compared with
	edit     func() // changes the trials before they are written
}

const ceiling = 62000 // the client's limit, in requests per second at 64 connections

func newInvention(rounds int, models ...string) *invention {
	v := &invention{models: models, rounds: rounds, speed: map[string]float64{}, rng: rand.New(rand.NewPCG(1, 2))}
	known := map[string]float64{"blocking": 60000, "select": 41000, "epoll": 44000, "generator": 33000, "coroutine": 42000, "asyncio": 35000,
		"asyncio-executor": 34800, "goroutine": 43900, "nethttp": 21000}
	for i, model := range models {
		v.speed[model] = known[model]
		if known[model] == 0 {
			v.speed[model] = 40000 - 1500*float64(i)
		}
	}
	return v
}

func (v *invention) noise() float64 { return 1 + 0.008*v.rng.NormFloat64() }

func (v *invention) add(round int, c result.Cell, more func(t *result.Trial)) {
	if v.skips != nil && v.skips(c) {
		return
	}
	v.order++
	t := v.trial(round, c)
	more(&t)
	if t.Load != nil {
		t.Load.Annotate()
		t.Server.Usage.Requests = t.Load.Requests.Sent + t.Load.Redirects
	}
	v.trials = append(v.trials, t)
}

func (v *invention) trial(round int, c result.Cell) result.Trial {
	seat := []int{0}
	if c.Placement == result.Shared {
		seat = []int{0, 1}
	}
	t := result.Trial{Schema: result.Schema, Round: round, Order: v.order, Cell: c,
		Started: time.Date(2026, 11, 22, 12, 0, v.order, 0, time.UTC),
		Server:  result.Server{Command: []string{"servers", "--model", c.Model}, CPUs: seat, GOMAXPROCS: len(seat)}}
	t.Server.Usage = &usage.Line{Model: c.Model, PeakRSS: int64(6+len(c.Model)) << 20}
	return t
}

// turns adds a cell of a round in which the models, the null responder and a second epoll take turns. load fills in the load of each trial, from
// which turns derives costs and effects.
func (v *invention) turns(round int, c result.Cell, load func(t *result.Trial)) {
	const cycles, short = 28, 25 * time.Millisecond
	var list []result.Trial
	add := func(model string, control bool) {
		c := c
		c.Model, c.Control = model, control
		if v.skips == nil || !v.skips(c) {
			list = append(list, v.trial(round, c))
		}
	}
	v.order++
	for _, model := range v.models {
		add(model, false)
		if model == "epoll" {
			add(model, true)
		}
	}
	add(result.Null, false)
	sums := map[string]float64{}
	for i := range list {
		t := &list[i]
		load(t)
		l := t.Load
		l.SliceNS, l.Timed = int64(3*short), l.Requests.OK // the number of values in its histogram
		l.Annotate()
		t.Server.Usage.Requests = l.Requests.Sent + 500 // with the warm-up
		whole := float64(l.TargetCPU.Total()) / float64(l.Requests.OK)
		waking := 2.4e6 * v.noise()
		steady := whole - waking*2*cycles/float64(l.Requests.OK)
		if steady < whole/2 {
			steady = whole / 2
		}
		t.Turns = &result.Turns{Servers: len(list), Place: i + 1, Cycles: cycles, SliceNS: int64(short), LeadNS: 10e6, Seed: uint64(v.order),
			Cost: &result.Cost{Steady: steady, Waking: waking, Whole: whole}, BesideShare: 0.008, IdleShare: 0.003,
			Effects: map[string]float64{}, Verdict: result.Verdict{State: result.Valid, Reasons: []result.Reason{}}}
		for cycle := range 4 {
			t.Turns.Slices = append(t.Turns.Slices, result.Slice{Cycle: cycle, Order: (i + cycle) % len(list), LengthNS: int64(short), OK: 100, WindowOK: 60})
		}
		for metric, value := range map[string]float64{result.MetricRate: l.RateRPS, result.MetricP50: float64(l.Latency.P50), result.MetricP99: float64(l.Latency.P99),
			result.MetricSteady: steady, result.MetricWhole: whole} {
			t.Turns.Effects[metric] = math.Log(value)
			sums[metric] += math.Log(value) / float64(len(list))
		}
	}
	for _, t := range list {
		for metric, mean := range sums {
			t.Turns.Effects[metric] -= mean
		}
	}
	v.trials = append(v.trials, list...)
}

// load fills in the load of a trial, as loadgen would write it, in which each of served connections is answered rate/served times a second.
func (v *invention) load(t *result.Trial, path string, rate float64, served int, serverNS float64) {
	const window = 450 * time.Millisecond
	n := t.Cell.Connections
	ok := int64(rate * window.Seconds())
	mean := float64(served) / rate * 1e9
	if t.Cell.RateRPS > 0 && served == n {
		mean = 4e9 / cmp.Or(v.speed[t.Cell.Model], 2*ceiling) * v.noise()
	}
	h := result.NewHistogram()
	for first := int64(0); first < ok; {
		n := min(ok-first, 1+(ok-first)/100) // in smaller steps towards the tail
		q := (float64(first) + float64(n)/2) / float64(ok)
		h.RecordN(int64(mean*(0.6+0.4*math.Pow(-math.Log(1-q), 1.3))*(1+0.02*v.rng.Float64())), n)
		first += n
	}
	unanswered := int64(0)
	if served < n {
		h.RecordN(int64(window), int64(n-served))
		unanswered += int64(n - served)
	}
	histogram, err := h.Encode()
	if err != nil {
		panic(err)
	}
	l := &result.Load{Schema: result.Schema, Complete: true,
		Spec:     result.Spec{Target: "http://127.0.0.1:41235" + path, Connections: n, Rate: t.Cell.RateRPS},
		Window:   result.Window{Start: t.Started, ElapsedNS: int64(window)},
		Requests: result.Requests{Planned: ok + unanswered, Sent: ok + unanswered, OK: ok, Unanswered: unanswered},
		RateRPS:  float64(ok) / window.Seconds(), Latency: h.Latency(), Service: h.Latency(),
		Connections: result.Connections{Opened: int64(n), Used: int64(n), Answered: int64(served), Most: ok / int64(served)},
		CPU:         usage.CPU{UserNS: int64(float64(ok) * 3000 * v.noise()), SystemNS: int64(float64(ok) * 8000 * v.noise())},
		TargetCPU:   &usage.CPU{UserNS: int64(float64(ok) * serverNS * 0.3), SystemNS: int64(float64(ok) * serverNS * 0.7)},
		Host:        result.HostDelta{StealShare: 0.004 * v.rng.Float64()},
		Histogram:   histogram, ServiceHistogram: histogram,
		Verdict: result.Verdict{State: "valid"},
	}
	if t.Cell.RateRPS > 0 {
		l.Lateness = result.Latency{Mean: 9000, P50: 8000, P90: 12000, P95: 15000, P99: 31000, P999: 60000, Max: 90000}
	}
	if served < n {
		l.Connections.LongestWaitNS = int64(window)
		l.Verdict = result.Verdict{State: "invalid", Reasons: []result.Reason{{Check: "starved", State: "invalid", Text: fmt.Sprintf("%d of %d connections was ever answered; the others waited 0.45 s", served, n)}}}
	}
	t.Load = l
}

// serves returns how many of n connections a model serves at once.
func serves(model string, n int) int {
	if model == "blocking" {
		return 1
	}
	return n
}

// hello returns the rate of a closed loop: latency limits it with few connections, the processor with many, and the client always.
func (v *invention) hello(model string, connections int, shared bool) float64 {
	most := float64(ceiling)
	if model != result.Null {
		most = v.speed[model]
	}
	if shared && model != "blocking" {
		most *= 1.1
	}
	c := float64(serves(model, connections))
	return most * c / (c + 2) * 1.02 * v.noise()
}

// closed fills in a trial in a closed loop.
func (v *invention) closed(t *result.Trial) {
	c := t.Cell
	rate := v.hello(c.Model, c.Connections, c.Placement == result.Shared)
	v.load(t, "/", rate, serves(c.Model, c.Connections), 0.95e9/cmp.Or(v.speed[c.Model], 2*ceiling)*v.noise())
}

// open fills in a trial at an offered rate, at which goroutine costs less than in a closed loop.
func (v *invention) open(t *result.Trial) {
	rate, served := t.Cell.RateRPS, serves(t.Cell.Model, t.Cell.Connections)
	if served < t.Cell.Connections {
		rate /= float64(t.Cell.Connections)
	}
	cost := 1.4e9 / cmp.Or(v.speed[t.Cell.Model], 2*ceiling)
	if t.Cell.Model == "goroutine" {
		cost *= 0.85
	}
	v.load(t, "/", rate, served, cost*v.noise())
}

// round adds a round whose servers take turns. Every second round also has the scenarios that are not measured in slices.
func (v *invention) round(round int) {
	for _, n := range []int{1, 16, 64, 256} {
		v.turns(round, result.Cell{Scenario: "hello", Connections: n, Placement: result.Split}, v.closed)
	}
	v.turns(round, result.Cell{Scenario: "hello", Connections: 64, Placement: result.Shared}, v.closed)
	for _, rate := range []float64{1000, 10000, 30000} {
		v.turns(round, result.Cell{Scenario: "cost", Connections: 64, RateRPS: rate, Placement: result.Split}, v.open)
	}
	paced := result.Cell{Scenario: "paced", Connections: 64, RateRPS: math.Round(10000 * v.noise()), Rule: scenario.Find("paced").RateRule, Placement: result.Split}
	v.turns(round, paced, v.open)
	if round%2 == 1 {
		v.alone(round, 5000)
		v.crowds(round)
		for _, model := range v.models {
			for _, n := range []int{1, 64} {
				v.add(round, result.Cell{Model: model, Scenario: "calls", Connections: n, Placement: result.Split}, v.counted)
			}
		}
		v.besides(round)
	}
}

// besides adds the trials of scenarios slowreader, flood, compute and churn.
func (v *invention) besides(round int) {
	v.turns(round, result.Cell{Scenario: "churn", Connections: 64, Placement: result.Split}, v.closed)
	for _, model := range v.models {
		for _, name := range []string{"slowreader", "flood"} {
			v.add(round, result.Cell{Model: model, Scenario: name, Connections: 16, Placement: result.Split}, func(t *result.Trial) {
				v.load(t, "/", 3000*v.noise(), serves(model, 16), 30000)
				t.Load.Connections.Fairness = 0.9 + 0.01*v.noise()
				t.Second = &result.Second{Load: &result.Load{Schema: result.Schema, RateRPS: 1e6 * v.noise()}, RSSBefore: 8 << 20, RSSAfter: 9 << 20}
				if name == "slowreader" {
					t.Second.Load.RateRPS = 0
				}
			})
		}
		v.add(round, result.Cell{Model: model, Scenario: "compute", Connections: 64, RateRPS: 1000, Placement: result.Split}, func(t *result.Trial) {
			v.load(t, "/spin/20ms", 1000, serves(model, 64), 230000)
			t.Load.Paths = []result.PathLatency{{Path: "/spin/20ms", Count: 5, Latency: t.Load.Latency}, {Path: "/", Count: 495, Latency: t.Load.Latency}}
		})
	}
}

// crowds adds the trials of scenarios with clients that stay connected.
func (v *invention) crowds(round int) {
	for _, model := range v.models {
		crowd := func(n, most int) result.Crowd {
			c := result.Crowd{Connections: n, Served: serves(model, n)}
			if c.Served > most {
				c.Served, c.Refused = most, n-most
			}
			if c.Broken = n - c.Served - c.Refused; c.Broken > 0 {
				c.BrokenBy = map[string]int{result.Unanswered: c.Broken}
			}
			return c
		}
		ceiling := 1 << 20
		if model == "select" || model == "generator" {
			ceiling = 1012
		}
		v.add(round, result.Cell{Model: model, Scenario: "ceiling", Connections: 4000, Placement: result.Split}, func(t *result.Trial) {
			for _, n := range scenario.CeilingSteps(4000) {
				t.Ceiling = append(t.Ceiling, crowd(n, ceiling))
			}
		})
		for _, silent := range []int{0, 1000, 5000} {
			v.add(round, result.Cell{Model: model, Scenario: "idle", Connections: 50, Idle: silent, Placement: result.Split}, func(t *result.Trial) {
				cost := 1e9 / v.speed[model]
				if model == "asyncio" { // as if it scanned all connections
					cost *= 1 + float64(silent)/1000
				}
				v.load(t, "/", 1e9/cost, serves(model, 50), cost*v.noise())
				if silent > 0 {
					refused := max(0, int64(silent-ceiling))
					t.Load.Silent = &result.Silent{Open: int64(silent) - refused, Refused: refused, Before: &result.Memory{User: 8 << 20, Kernel: 100 << 20},
						Settled: &result.Memory{User: 8<<20 + int64(silent*400), Kernel: 100<<20 + int64(silent*9000)}}
				}
			})
		}
		v.add(round, result.Cell{Model: model, Scenario: "exhaust", Connections: 200, Placement: result.Split}, func(t *result.Trial) {
			t.Exhaust = &result.Exhaust{Files: scenario.ExhaustDescriptors, Crowd: crowd(200, 53), BusyShare: 0.002 * v.noise(), Recovered: true, RecoveryNS: int64(2e6 * v.noise())}
			if model == "nethttp" {
				t.Exhaust.BusyShare, t.Exhaust.Recovered, t.Exhaust.RecoveryNS, t.Exhaust.Ended = 0, false, 0, "exit status 1; it said: too many open files"
			}
		})
	}
	for _, model := range v.models[:min(3, len(v.models))] {
		v.add(round, result.Cell{Model: model, Scenario: "portrait", Connections: 8, Placement: result.Shared}, func(t *result.Trial) {
			t.Portrait = &result.Portrait{Requests: 40, Answered: 40, EndNS: 150e6 + int64(round)*1e6, LongestWaitNS: 9e6, Waiter: 6}
			switch model {
			case "epoll": // its file is missing
				t.Portrait.File = "portraits/epoll.json.gz"
			case "blocking":
				*t.Portrait = result.Portrait{Requests: 40, Answered: 38, EndNS: 2e9, LongestWaitNS: 1999e6, Waiter: 7, Unaccepted: []int{7, 8}, Error: "client 7: not there | in time"}
			}
		})
	}
}

// oldRound adds a round of schema 1, without turns: each trial has the client to itself, that of the second epoll too, and cells have a rate, not a rule.
func (v *invention) oldRound(round int) {
	first := len(v.trials)
	for _, model := range append([]string{result.Null}, v.models...) {
		for _, n := range []int{1, 64} {
			v.add(round, result.Cell{Model: model, Scenario: "hello", Connections: n, Placement: result.Split}, v.closed)
		}
	}
	v.add(round, result.Cell{Model: "epoll", Scenario: "hello", Connections: 64, Placement: result.Split, Control: true}, v.closed)
	for _, model := range v.models {
		v.add(round, result.Cell{Model: model, Scenario: "paced", Connections: 64, RateRPS: 10000, Placement: result.Split}, v.open)
	}
	v.alone(round, 64)
	for i := range v.trials[first:] {
		t := &v.trials[first+i]
		t.Schema = 1
		if t.Load != nil {
			t.Load.Schema = 1
		}
	}
}

// alone adds the trials of a round that have the client to themselves. silent is the number of silent connections in scenario thinking.
func (v *invention) alone(round, silent int) {
	for _, model := range v.models {
		v.add(round, result.Cell{Model: model, Scenario: "thinking", Connections: silent, Placement: result.Split}, func(t *result.Trial) {
			t.Probe = &result.Probe{Silent: silent, Limit: silent, Answered: true}
			switch {
			case model == "blocking":
				t.Probe = &result.Probe{Silent: 1, Limit: silent, WaitNS: 250e6}
			case silent > 1024 && (model == "select" || model == "generator"): // descriptors end at 1024
				t.Probe = &result.Probe{Silent: 1100, Limit: silent, WaitNS: 2e6, Status: 503}
			}
		})
		for _, path := range []string{"block", "sleep"} {
			v.add(round, result.Cell{Model: model, Scenario: path, Connections: 64, Placement: result.Split}, func(t *result.Trial) {
				rate, served := 6330.0, 64
				switch {
				case model == "blocking":
					rate, served = 98, 1
				case path == "block" && model == "asyncio-executor":
					rate = 490
				case path == "block" && model != "goroutine" && model != "nethttp":
					rate = 98.5
				}
				v.load(t, "/"+path+"/10ms", rate*v.noise(), served, 30000)
			})
		}
	}
	for _, model := range v.models {
		for i, mode := range scenario.Find("download").Modes {
			c := result.Cell{Model: model, Scenario: "download", Connections: cmp.Or(mode.Connections, 20), RateRPS: 1000, Placement: result.Split, Mode: mode.Name}
			slower := []float64{40, 2, 25}[i]
			v.add(round, c, func(t *result.Trial) { v.download(t, serves(model, c.Connections), slower*v.noise()) })
		}
	}
	for _, engine := range []string{"", "hey"} {
		v.add(round, result.Cell{Model: "epoll", Scenario: "spin", Connections: 16, Placement: result.Split, Engine: engine}, func(t *result.Trial) {
			v.load(t, "/spin/200us", 4800*v.noise(), 16, 204000)
		})
	}
}

// counted fills in a trial with counted system calls: as many as expected, half a call more for coroutine, and no count for generator.
func (v *invention) counted(t *result.Trial) {
	defer func(of *rand.Rand) { v.rng = of }(v.rng)
	v.rng = rand.New(rand.NewPCG(3, uint64(v.order))) // leaves the random numbers of other trials as they are
	v.closed(t)
	l, k := t.Load, float64(max(1, t.Cell.Connections/2))
	count := func(each float64) int64 { return int64(each * l.Served()) }
	expected, waits := scenario.ExpectedCalls[t.Cell.Model], 1/k
	further := map[string]float64{"coroutine": 0.5}[t.Cell.Model]
	l.Counters = &result.Counters{Counts: map[string]int64{result.Calls: count(expected.Calls(waits) + further), result.Waits: count(waits), result.Switches: count(1 / k),
		result.Migrations: 0, result.Faults: count(0.0004)}}
	if t.Cell.Model == "generator" {
		delete(l.Counters.Counts, result.Calls)
		l.Counters.Lacks = map[string]string{result.Calls: "nobody | may: run as root"}
	}
}

// download fills in a load of a fixed number of requests, slower by a factor.
func (v *invention) download(t *result.Trial, served int, slower float64) {
	speed := v.speed[t.Cell.Model]
	v.speed[t.Cell.Model] = speed / slower
	v.load(t, "/moved/image/0", t.Cell.RateRPS, served, 250000)
	v.speed[t.Cell.Model] = speed
	l := t.Load
	l.Requests, l.Spec.Requests = result.Requests{Planned: 450, Sent: 450, OK: 450}, 450
	beside := l.Latency
	beside.P50, beside.P90 = beside.P50/2, beside.P90/2
	l.Paths = []result.PathLatency{{Path: "/moved/image/0", Count: 45, Latency: l.Latency}, {Path: "/", Count: 405, Latency: beside}}
	if t.Cell.Mode == result.OneByOne {
		l.Window.ElapsedNS += int64(20 * time.Millisecond)
	}
	l.RateRPS = 450 / time.Duration(l.Window.ElapsedNS).Seconds()
}

func (v *invention) record() result.Run {
	finished := time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC)
	run := result.Run{Schema: result.Schema, ID: "invented", Plan: "default", Seed: 42, Rounds: v.rounds,
		WarmupNS: 100e6, WindowNS: 450e6, Models: v.models,
		Started: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Finished: &finished,
		Environment: map[string]string{"cpus": "2", "kernel": "Linux 6.18", "go": "go1.26", "cpu_model": "An | invented\nprocessor"},
		Doctor:      "ok    limits\nwarn  2 processors: models that use many cannot show scaling\n",
		Notes:       []string{"paced cells are offered 10000 requests a second"},
		Expect:      map[string]map[string]string{},
	}
	for scenario, bad := range map[string]string{"hello": "degrades", "cost": "degrades", "paced": "fails", "thinking": "fails", "block": "fails", "sleep": "fails"} {
		run.Expect[scenario] = map[string]string{}
		for _, model := range v.models {
			run.Expect[scenario][model] = "fine"
			if model == "blocking" || scenario == "block" && (model == "epoll" || model == "select" || model == "goroutine") {
				run.Expect[scenario][model] = bad
			}
		}
	}
	return run
}

// each changes every trial of a cell.
func (v *invention) each(model, scenario string, connections int, change func(*result.Trial)) {
	for i := range v.trials {
		if c := v.trials[i].Cell; c.Model == model && c.Scenario == scenario && c.Connections == connections {
			change(&v.trials[i])
		}
	}
}

// write writes the run into a folder, as bench does.
func (v *invention) write(t *testing.T, dir string, run result.Run) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := result.WriteRun(dir, &run); err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer // not by result.Append, which syncs after each trial
	encoder := json.NewEncoder(&lines)
	for i := range v.trials {
		if err := encoder.Encode(&v.trials[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, result.TrialsFile), lines.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tear appends half a line, as a killed writer does.
func tear(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, result.TrialsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"schema":1,"round":6,"cell":{"mod`); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// whole writes the run of the golden files, in turns: one model starves, some tie, the client limits a cell, one model has no /sleep, two turn silent
// clients away, some scenarios lack models, one trial failed, one is invalid, some are suspect, other programs disturbed a cell, a cell was cut off
// and measured again, a line is torn.
func whole(t *testing.T, dir string) {
	v := newInvention(6, "blocking", "select", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "goroutine", "nethttp")
	v.speed["select"], v.speed["goroutine"] = 38000, 40500
	takes := map[string][]string{ // the other scenarios have all models
		"paced":    {result.Null, "blocking", "select", "epoll", "coroutine", "goroutine", "nethttp"},
		"block":    {"blocking", "select", "epoll", "asyncio", "asyncio-executor", "goroutine", "nethttp"},
		"sleep":    {"blocking", "select", "epoll", "asyncio", "asyncio-executor", "goroutine", "nethttp"},
		"download": {"blocking", "epoll", "goroutine"},
	}
	v.skips = func(c result.Cell) bool {
		scattered := c.Placement == result.Shared && c.Scenario != "portrait" && !slices.Contains([]string{result.Null, "epoll", "goroutine"}, c.Model)
		return scattered || takes[c.Scenario] != nil && !slices.Contains(takes[c.Scenario], c.Model)
	}
	for round := 1; round <= v.rounds; round++ {
		v.round(round)
		if round == 2 { // its last cell was not written whole
			v.turns(round+1, result.Cell{Scenario: "hello", Connections: 1, Placement: result.Split}, v.closed)
			v.trials = v.trials[:len(v.trials)-4]
		}
	}
	v.each("nethttp", "sleep", 64, func(t *result.Trial) { t.Load, t.NA = nil, "no /sleep" })
	v.each("epoll", "hello", 256, func(t *result.Trial) { // as fast as the client can send
		ratio := ceiling * 0.97 * v.noise() / t.Load.RateRPS
		l := t.Load
		l.RateRPS *= ratio
		t.Turns.Effects[result.MetricRate] += math.Log(ratio)
	})
	v.each("nethttp", "block", 64, func(t *result.Trial) {
		if t.Round == 3 {
			t.Load, t.Failed = nil, "the server ended during the warm-up: exit status 1"
		}
	})
	v.each("select", "hello", 16, func(t *result.Trial) {
		if t.Round == 2 {
			t.Load.Verdict = result.Verdict{State: "invalid", Reasons: []result.Reason{{Check: "errors", State: "invalid", Text: "wrong answers: 12 of 1200"}}}
		}
	})
	v.each("goroutine", "hello", 64, func(t *result.Trial) {
		t.Load.Verdict = result.Verdict{State: "suspect", Reasons: []result.Reason{{Check: "steal", State: "suspect", Text: fmt.Sprintf("the host took %.1f %% of the processors", 5+float64(t.Round)/10)}}}
		t.Load.Host.StealShare = 0.05
	})
	for i := range v.trials {
		if t := &v.trials[i]; t.Round == 4 && t.Cell.Scenario == "hello" && t.Cell.Connections == 64 && t.Turns != nil {
			t.Turns.BesideShare, t.Turns.Slices[2].Disturbed = 0.31, true
			t.Turns.Verdict = result.Verdict{State: result.Suspect, Reasons: []result.Reason{
				{Check: "beside", State: result.Suspect, Text: "other programs used 31 % of the processors", Advice: "repeat on a calmer machine"},
				{Check: "slices", State: result.Suspect, Text: "requests take too long for slices of 25 ms", Advice: "use -d 9s or longer"}}}
		}
	}
	v.write(t, dir, v.record())
	tear(t, dir)
}

// old writes a small run of schema 1, without turns.
func old(t *testing.T, dir string) {
	v := newInvention(6, "blocking", "select", "epoll", "goroutine", "nethttp")
	v.speed["select"] = 38000
	for round := 1; round <= v.rounds; round++ {
		v.oldRound(round)
	}
	record := v.record()
	record.Schema = 1
	v.write(t, dir, record)
}
