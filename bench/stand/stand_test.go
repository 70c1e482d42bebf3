package stand

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"carousel/bench/plan"
	"carousel/bench/protocol"
	"carousel/bench/stand/fake"
	"carousel/internal/child"
	"carousel/internal/result"
)

// TestMain lets this test binary run as the programs that a stand starts. The first argument selects the program.
func TestMain(m *testing.M) {
	switch first := append(os.Args, "")[1]; first {
	case "--model", "--list":
		fake.Servers(os.Args[1:])
	case "-o":
		fake.Loadgen(os.Args[1:])
	case "keep":
		child.Keep(os.Args[2:])
	case "guest":
		guest(os.Args[2], os.Args[3:])
	default:
		goleak.VerifyTestMain(m)
	}
}

// guest is a server of the user's own: it answers hello, on /mine "mine". With a reason it prints that and ends at once.
func guest(addr string, reason []string) {
	if len(reason) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(reason, " "))
		os.Exit(1)
	}
	go http.ListenAndServe(addr, mine())
	fake.UntilTerminated()
}

func mine() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) })
	mux.HandleFunc("/mine", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, "mine")
	})
	return mux
}

// self is the path of this test binary.
var self, _ = os.Executable()

// bench returns a stand whose programs are this test binary. After the test it checks that no process or file is left.
func bench(t *testing.T, guests ...Candidate) *Stand {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux to see what is left")
	}
	t.Setenv("GORACE", "atexit_sleep_ms=0") // or a program that was built with -race sleeps for a second as it ends
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("FAKE_LOG", filepath.Join(t.TempDir(), "log"))
	t.Cleanup(func() {
		for range 1000 {
			if len(left()) == 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if pids := left(); len(pids) > 0 {
			t.Errorf("processes are left: %v", pids)
		}
		if files, _ := os.ReadDir(temp); len(files) > 0 {
			t.Errorf("files are left: %v", files)
		}
	})
	all := []Candidate{Null(self)}
	for _, name := range []string{"epoll", "goroutine", "broken", "liar", "mortal"} {
		all = append(all, model(self, name))
	}
	placements, _ := FindPlacements()
	return New(self, append(all, guests...), placements)
}

// calls returns the command lines of loadgen so far.
func calls(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(os.Getenv("FAKE_LOG"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// apart returns split if this machine has it, else shared.
func apart(s *Stand) string {
	if s.placements.Apart() {
		return result.Split
	}
	return result.Shared
}

// job returns the first job of a plan with this entry, for models.
func job(t *testing.T, s *Stand, entry string, models ...string) protocol.Job {
	t.Helper()
	text := "rounds: 1\ncycles: 2\nwarmup: 0s\nwindow: 30ms\nscenarios:\n  - " + entry + "\n"
	for _, c := range s.candidates {
		if c.Guest {
			if !strings.Contains(text, "servers:") {
				text += "servers:\n"
			}
			text += "  - {name: " + c.Name + ", command: x}\n"
		}
	}
	p, err := plan.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	jobs := protocol.Jobs(p.Cells(models, s.placements.Apart())[:1], 1, 5)
	protocol.AllotCycles(jobs, 1, 0) // a pair of cycles
	return jobs[0]
}

func byName(trials []result.Trial) map[string]result.Trial {
	named := map[string]result.Trial{}
	for _, t := range trials {
		name := t.Cell.Model
		if t.Cell.Control {
			name = result.Twin
		}
		named[name] = t
	}
	return named
}

func failures(trials []result.Trial) map[string]string {
	failed := map[string]string{}
	for name, t := range byName(trials) {
		if t.Failed != "" {
			failed[name] = t.Failed
		}
	}
	return failed
}

func TestServersTakeTurns(t *testing.T) {
	s := bench(t)
	j := job(t, s, "{name: cost, rates: [10000], warmup: 5ms}", "epoll", "goroutine")
	trials := s.Measure(t.Context(), j)
	if failed := failures(trials); len(failed) > 0 {
		t.Fatalf("failed: %q", failed)
	}
	if len(trials) != 4 {
		t.Fatalf("%d trials, want those of two models, a twin and null", len(trials))
	}
	pids := map[string]bool{}
	for i, trial := range trials {
		name := trial.Cell.Model
		seat := s.placements[apart(s)].server
		if u := trial.Server.Usage; u == nil || u.Model != name || u.Requests != 42 {
			t.Errorf("%s: usage %+v", name, u)
		}
		if want := []string{self, "--model", name, "--addr", "127.0.0.1:0"}; !slices.Equal(trial.Server.Command, want) || !slices.Equal(trial.Server.CPUs, seat) ||
			trial.Server.GOMAXPROCS != max(1, len(seat)) {
			t.Errorf("%s: server %+v", name, trial.Server)
		}
		u, l := trial.Turns, trial.Load
		if u.Servers != 4 || u.Place != i+1 || u.Seed != j.Seed || u.Cycles != 2 || u.SliceNS != int64(protocol.Slice) || u.LeadNS != 1 || len(u.Slices) != 2 ||
			u.Effects[result.MetricSteady] != float64(i) || u.Cost.Steady != float64(i) || u.IdleShare != 0.001 || u.BesideShare != 0.02 || u.Verdict.State != result.Suspect {
			t.Errorf("%s: turns %+v", name, u)
		}
		// The host figures are of all slices, but the share of the client's threads is of the server's own slices.
		if want := (result.HostDelta{StealShare: 0.01, OwnShare: float64(i+1) / 100}); l.Host != want || l.RateRPS != 10000 || l.Connections.Answered != 64 ||
			l.Spec.Expect != result.Carousel {
			t.Errorf("%s: load %+v", name, l)
		}
		pids[l.Spec.Target] = true
	}
	if len(pids) != 4 {
		t.Errorf("the twin is no process of its own: %v", pids)
	}
	got := calls(t)
	want := fmt.Sprintf("--quiet -c 64 --rate 10000 --spin 0 --expect carousel --slice 25ms --cycles 2 --warmup %v --seed %d --grace 250ms", j.Warmup, j.Seed)
	if len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Fatalf("loadgen was called %q, want %q", got, want)
	}
	for i, name := range []string{"epoll", "goroutine", "twin", "null"} {
		if strings.Count(got[0], " --pid "+name+"=") != 1 || strings.Contains(got[0], "=auto") {
			t.Errorf("the process of %s is not named: %s", name, got[0])
		}
		if vs := strings.Contains(got[0], " --vs "+name+"=http://127.0.0.1:"); vs == (i == 0) {
			t.Errorf("%s is a rival: %v: %s", name, vs, got[0])
		}
	}
	if words := strings.Fields(got[0]); !strings.HasPrefix(words[len(words)-1], "epoll=http://127.0.0.1:") {
		t.Errorf("the target is %s", words[len(words)-1])
	}
}

// If one server fails, its trial has the reason and the others are measured.
func TestOneOfThemFails(t *testing.T) {
	t.Setenv("FAKE_SERVERS", "broken")
	s := bench(t)
	for name, message := range map[string]string{
		"broken": "broken did not start: no READY line before its output ended",
		"liar":   `liar answers GET / wrongly: the answer is status 200 with body "Hi", expected 200 with "Hello world\n"`,
		"mortal": "the server ended while it was measured: signal: killed",
	} {
		t.Run(name, func(t *testing.T) {
			trials := s.Measure(t.Context(), job(t, s, "{name: hello, connections: [64]}", name, "epoll"))
			named, failed := byName(trials), failures(trials)
			if len(failed) != 1 || !strings.HasPrefix(failed[name], message) {
				t.Errorf("failed: %q, want only %q", failed, message)
			}
			if name == "broken" && !strings.HasSuffix(failed[name], "; it printed: servers: cannot listen: nobody may") {
				t.Errorf("its output is missing: %s", failed[name])
			}
			for _, other := range []string{"epoll", "twin", "null"} {
				if l := named[other].Load; l == nil || l.Connections.Answered != 64 || named[other].Turns.Cycles != 2 {
					t.Errorf("%s was not measured", other)
				}
			}
			if l := named[name].Load; (l != nil) != (name == "mortal") {
				t.Errorf("the load of %s: %+v", name, l)
			}
			if len(named[name].Server.Command) == 0 {
				t.Error("its command line is not recorded")
			}
		})
	}
	t.Run("all", func(t *testing.T) {
		t.Setenv("FAKE_SERVERS", "all")
		for _, entry := range []string{"{name: hello, connections: [64]}", "{name: block}", "{name: thinking, connections: [8]}"} {
			for name, why := range failures(s.Measure(t.Context(), job(t, s, entry, "epoll", "goroutine"))) {
				if !strings.Contains(why, "did not start") {
					t.Errorf("%s, %s: %s", entry, name, why)
				}
			}
		}
	})
	t.Run("all but one", func(t *testing.T) {
		failed := failures(s.Measure(t.Context(), job(t, s, "{name: hello, connections: [64]}", "liar", "broken")))
		if failed["null"] != "no other server of the cell runs, so there is nothing to compare" || len(failed) != 4 {
			t.Errorf("failed: %q", failed)
		}
	})
}

func TestLoadgenFails(t *testing.T) {
	for how, message := range map[string]string{
		"wrong":   "loadgen left no record (exit status 4): loadgen: wrong answers",
		"garbage": "loadgen left no record (<nil>)",
	} {
		t.Run(how, func(t *testing.T) {
			s := bench(t)
			t.Setenv("FAKE_LOADGEN", how)
			for _, entry := range []string{"{name: hello, connections: [64]}", "{name: block}"} {
				trials := s.Measure(t.Context(), job(t, s, entry, "epoll", "goroutine"))
				for _, trial := range trials {
					if !strings.HasPrefix(trial.Failed, message) || trial.Load != nil || trial.Server.Usage == nil {
						t.Errorf("%s: failed %q, want %q; load %v, usage %v", protocol.TrialName(trial.Cell), trial.Failed, message, trial.Load, trial.Server.Usage)
					}
				}
			}
		})
	}
}

// An interrupted run does not wait for a client.
func TestInterruptedWhileMeasured(t *testing.T) {
	s := bench(t)
	t.Setenv("FAKE_LOADGEN", "slow")
	for _, entry := range []string{"{name: hello, connections: [64]}", "{name: block}"} {
		ctx, interrupt := context.WithCancelCause(t.Context())
		before := len(calls(t))
		go func() {
			for range 1000 {
				if text, _ := os.ReadFile(os.Getenv("FAKE_LOG")); strings.Count(string(text), "\n") > before {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			interrupt(errors.New("a signal"))
		}()
		began := time.Now()
		trials := s.Measure(ctx, job(t, s, entry, "epoll", "goroutine"))
		if time.Since(began) > 50*time.Second {
			t.Errorf("%s: it took %v", entry, time.Since(began))
		}
		if !slices.ContainsFunc(trials, func(t result.Trial) bool { return strings.Contains(t.Failed, "a signal") }) {
			t.Errorf("%s: no trial says why it has no load: %q", entry, failures(trials))
		}
	}
}

func TestServerDiesAlone(t *testing.T) {
	s := bench(t)
	t.Setenv("FAKE_LOADGEN", "kills")
	for _, trial := range s.Measure(t.Context(), job(t, s, "{name: block}", "epoll", "goroutine")) {
		if trial.Failed != "the server ended during the trial: signal: killed" || trial.Load == nil || trial.Server.Usage != nil {
			t.Errorf("%s: failed %q, load %v, usage %v", trial.Cell.Model, trial.Failed, trial.Load, trial.Server.Usage)
		}
	}
}

func TestWholeTrials(t *testing.T) {
	s := bench(t)
	trials := s.Measure(t.Context(), job(t, s, "{name: block, warmup: 5ms}", "epoll", "goroutine"))
	for _, trial := range trials {
		if trial.Failed != "" || trial.Turns != nil || trial.Load == nil || trial.Load.Connections.Answered != 64 || !strings.HasSuffix(trial.Load.Spec.Target, "/block/10ms") {
			t.Errorf("%+v", trial)
		}
	}
	for _, call := range calls(t) {
		if !strings.HasPrefix(call, "--quiet -c 64 --expect carousel --pid ") || !strings.Contains(call, " -d 30ms --warmup 5ms http://127.0.0.1:") {
			t.Errorf("loadgen was called %q", call)
		}
	}

	trials = s.Measure(t.Context(), job(t, s, "{name: spin}", "epoll", "goroutine"))
	if failed := failures(trials); len(trials) != 2 || len(failed) > 0 || trials[0].Cell.Model != "epoll" || trials[1].Cell.Engine != "hey" {
		t.Errorf("trials %+v", trials)
	}
	text := strings.Join(calls(t)[2:], "\n")
	if strings.Count(text, " --engine hey -d 30ms http://") != 1 || strings.Count(text, " -d 30ms --warmup 0s http://") != 1 || strings.Contains(text, "--expect") {
		t.Errorf("loadgen was called %s", text)
	}

	trials = s.Measure(t.Context(), job(t, s, "{name: thinking, connections: [8], wait: 1m}", "epoll", "goroutine"))
	for _, trial := range trials {
		if p := trial.Probe; trial.Failed != "" || trial.Load != nil || p == nil || !p.Answered || p.Silent != 8 || trial.Server.Usage == nil {
			t.Errorf("%s: probe %+v, failed %q", trial.Cell.Model, p, trial.Failed)
		}
	}
}

// Trials without turns are measured in random order; their records keep the order of the plan.
func TestWholeTrialsAreShuffled(t *testing.T) {
	s := bench(t)
	j := job(t, s, "{name: block, window: 1ms}", "epoll", "goroutine")
	first := map[bool]bool{}
	for seed := range uint64(20) {
		j.Seed = seed
		trials := s.Measure(t.Context(), j)
		if trials[0].Cell.Model != "epoll" || trials[0].Load == nil {
			t.Fatalf("%+v", trials)
		}
		all := calls(t)
		first[strings.HasSuffix(all[len(all)-2], trials[0].Load.Spec.Target)] = true
		if len(first) == 2 {
			return
		}
	}
	t.Errorf("epoll is always first: %v", first[true])
}

func TestDownload(t *testing.T) {
	s := bench(t)
	j := job(t, s, "{name: download, connections: [20]}", "epoll")
	trials := s.Measure(t.Context(), j) // the stand-in fails, so that its arguments are in the error
	want := "loadgen: 30 requests, 1 connections, 2s, 1 redirects, inline, 100 targets"
	if len(trials) != 1 || !strings.HasSuffix(trials[0].Failed, want) || trials[0].Load == nil {
		t.Errorf("%q, want %q; load %v", trials[0].Failed, want, trials[0].Load)
	}
}

func TestDownloadFlags(t *testing.T) {
	for _, c := range []struct {
		mode        string
		connections int
		window      time.Duration
		want        string
	}{
		{result.OneByOne, 1, time.Second, "-n 1000 --save-mode inline"},
		{result.AllAtOnce, 20, 250 * time.Millisecond, "-n 250 --save-mode offload"},
		{result.Inline, 20, time.Millisecond, "-n 20 --save-mode inline"}, // at least a request for each connection
	} {
		j := protocol.Job{Cell: plan.Cell{Common: result.Cell{Mode: c.mode, Connections: c.connections, RateRPS: 1000}, Window: c.window}}
		want := strings.Replace(c.want, " --", " --timeout 2s --max-redirects 1 --save dir --", 1)
		if got := strings.Join(downloadFlags(j, "dir"), " "); got != want {
			t.Errorf("%s: %s, want %s", c.mode, got, want)
		}
	}
}

var ofMine = Candidate{Name: "mine", Guest: true, Command: []string{self, "guest", "{addr}"}}

// A guest with a path of its own is measured with that path, and with no other endpoint.
func TestGuests(t *testing.T) {
	named := ofMine
	named.Path, named.Status = "/mine", http.StatusCreated
	for _, c := range []struct {
		name    string
		guest   Candidate
		target  string
		expect  string
		missing map[string]string
	}{
		{"hello", ofMine, "/", result.Carousel, map[string]string{"/sleep": "no /sleep"}},
		{"a path", named, "/mine", "", map[string]string{"/sleep": "only GET /mine is measured"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bench(t, c.guest)
			p, err := plan.Parse([]byte("rounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello}, {name: sleep}]"))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Examine(t.Context(), "mine", p); err != nil {
				t.Fatal(err)
			}
			if got := s.candidates["mine"].missing; !maps.Equal(got, c.missing) {
				t.Errorf("it lacks %v, want %v", got, c.missing)
			}
			trials := byName(s.Measure(t.Context(), job(t, s, "{name: hello, connections: [64]}", "epoll", "mine")))
			for _, name := range []string{"epoll", "mine", "twin", "null"} {
				trial := trials[name]
				target := map[bool]string{true: c.target, false: "/"}[name == "mine"]
				if trial.Failed != "" || trial.Load == nil || !strings.HasSuffix(trial.Load.Spec.Target, target) || trial.Load.Spec.Expect != c.expect ||
					(trial.Server.Usage != nil) != (name != "mine") {
					t.Errorf("%s: failed %q, load %+v, usage %v", name, trial.Failed, trial.Load, trial.Server.Usage)
				}
				if known := trial.Server.PeakRSS > 0; runtime.GOOS == "linux" && known != (name == "mine") { // models print it in their usage line
					t.Errorf("%s has %d bytes", name, trial.Server.PeakRSS)
				}
			}
			if command := trials["mine"].Server.Command; strings.Contains(strings.Join(command, " "), "{addr}") || !strings.HasPrefix(command[len(command)-1], "127.0.0.1:") {
				t.Errorf("its command is %q", command)
			}
			all := calls(t)
			if len(all) < 3 { // two warm-up windows and the comparison
				t.Errorf("loadgen was called %q", all)
			}
			for _, trial := range s.Measure(t.Context(), job(t, s, "{name: sleep}", "epoll", "mine")) {
				if guest := trial.Cell.Model == "mine"; trial.Failed != "" || guest != (trial.NA != "") || guest == (trial.Load != nil) || guest && trial.NA != c.missing["/sleep"] {
					t.Errorf("%s in sleep: NA %q, load %v, failed %q", trial.Cell.Model, trial.NA, trial.Load, trial.Failed)
				}
			}
		})
	}
}

func TestExamineRefuses(t *testing.T) {
	p, err := plan.Parse([]byte("rounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello}]"))
	if err != nil {
		t.Fatal(err)
	}
	other, early := ofMine, ofMine
	other.Path, other.Status = "/mine", http.StatusOK
	early.Command = append(slices.Clone(early.Command), "out of ink")
	old := Candidate{Name: "mine", Guest: true, addr: listen(t, once("HTTP/1.0 200 OK\r\n\r\nHi"))}
	for _, c := range []struct {
		name    string
		guest   Candidate
		wrong   bool
		message string
	}{
		{"another status", other, true, "mine answers wrongly: GET /mine twice over one connection: the answer is status 201, expected 200"},
		{"HTTP/1.0", old, true, "mine answers wrongly: GET / twice over one connection: the server speaks HTTP/1.0"},
		{"it ends", early, false, "mine did not start: it ended before it answered GET /"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bench(t, c.guest)
			err := s.Examine(t.Context(), "mine", p)
			var wrong *WrongAnswer
			if err == nil || !strings.HasPrefix(err.Error(), c.message) || errors.As(err, &wrong) != c.wrong {
				t.Errorf("%v, want %q", err, c.message)
			}
			if c.guest.addr != "" && !strings.HasSuffix(fmt.Sprint(err), "as in python3 -m http.server --protocol HTTP/1.1") {
				t.Errorf("%v: it should end in what to do", err)
			}
			if !c.wrong && !strings.HasSuffix(fmt.Sprint(err), "it printed: out of ink") {
				t.Errorf("its output is missing: %v", err)
			}
		})
	}
}

// A running server is measured but neither started nor stopped.
func TestGuestByURL(t *testing.T) {
	for name, path := range map[string]string{"hello": "", "a path": "/mine"} {
		t.Run(name, func(t *testing.T) {
			runs := httptest.NewServer(mine())
			defer runs.Close()
			c := Candidate{Name: "yours", Guest: true, Path: path, Status: http.StatusCreated, addr: runs.Listener.Addr().String()}
			s := bench(t, c)
			p, err := plan.Parse([]byte("rounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello}]"))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Examine(t.Context(), "yours", p); err != nil {
				t.Fatal(err)
			}
			trial := byName(s.Measure(t.Context(), job(t, s, "{name: hello, connections: [64]}", "epoll", "yours")))["yours"]
			if trial.Failed != "" || trial.Load == nil || trial.Load.Spec.Target != runs.URL+cmp.Or(path, "/") {
				t.Errorf("failed %q, load %+v", trial.Failed, trial.Load)
			}
			if len(trial.Server.Command) > 0 || trial.Server.Usage != nil || len(trial.Server.CPUs) > 0 {
				t.Errorf("it was started: %+v", trial.Server)
			}
			all := calls(t)
			if last := all[len(all)-1]; !strings.Contains(last, " --pid yours=auto") || !strings.Contains(last, " --pid epoll=") {
				t.Errorf("loadgen was called %q", last)
			}
			whole := byName(s.Measure(t.Context(), job(t, s, "{name: thinking, connections: [3], wait: 1m}", "epoll", "yours")))["yours"]
			if whole.Failed != "" || whole.Probe == nil || !whole.Probe.Answered {
				t.Errorf("failed %q, probe %+v", whole.Failed, whole.Probe)
			}
			reply, err := http.Get(runs.URL)
			if err != nil {
				t.Fatalf("it is gone: %v", err)
			}
			reply.Body.Close()
			http.DefaultClient.CloseIdleConnections()
		})
	}
}

// Servers that bench starts have counters, which loadgen reads, even if a script starts them. For a running server the record has the reason why not.
func TestCounts(t *testing.T) {
	runs := httptest.NewServer(mine())
	defer runs.Close()
	s := bench(t, ofMine, Candidate{Name: "yours", Guest: true, addr: runs.Listener.Addr().String()})
	trials := byName(s.Measure(t.Context(), job(t, s, "{name: calls, connections: [1]}", "epoll", "mine", "yours")))
	http.DefaultClient.CloseIdleConnections()
	for _, model := range []string{"epoll", "mine", "yours"} {
		trial := trials[model]
		if trial.Failed != "" || trial.Load == nil || trial.Load.Counters == nil {
			t.Fatalf("%s: failed %q, load %+v", model, trial.Failed, trial.Load)
		}
		c := trial.Load.Counters
		for _, name := range result.CounterNames {
			n, counted := c.Counts[name]
			why := c.Lacks[name]
			switch {
			case model == "yours" && !strings.Contains(why, "did not start this server"), counted == (why != ""):
				t.Errorf("%s, %s: counted %d (%v), lacks %q", model, name, n, counted, why)
			case !counted && model != "yours":
				t.Logf("%s, %s is not counted here: %s", model, name, why)
			case counted && n == 0 && name != result.Migrations && name != result.Switches:
				t.Errorf("%s: no %s were counted, though bench started the process", model, name)
			}
		}
	}
	for _, trial := range s.Measure(t.Context(), job(t, s, "{name: block, window: 1ms}", "epoll")) {
		if trial.Load == nil || trial.Load.Counters != nil {
			t.Errorf("a trial that is timed is counted: %+v", trial.Load)
		}
	}
}

// If a running server has ended, the others are still measured.
func TestGuestByURLIsGone(t *testing.T) {
	addr, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	s := bench(t, Candidate{Name: "yours", Guest: true, addr: addr})
	for _, entry := range []string{"{name: hello, connections: [64]}", "{name: thinking, connections: [3], wait: 1m}"} {
		failed := failures(s.Measure(t.Context(), job(t, s, entry, "epoll", "yours")))
		if want := "yours is not running: no answer to GET / at " + addr; len(failed) != 1 || !strings.HasPrefix(failed["yours"], want) {
			t.Errorf("failed: %q, want %q", failed, want)
		}
	}
}

// A guest is loaded until its rate is steady, for three seconds at most.
func TestWarm(t *testing.T) {
	for _, c := range []struct {
		name, rates string
		calls       int
	}{
		{"steady at once", "1000 1000", 2},
		{"as good as steady", "1000 1040", 2},
		{"as good as steady, falling", "1000 960", 2},
		{"it compiles for a while", "100 400 900 1000 1020", 5},
		{"ever faster", "1 2 4 8 16 32 64 128 256 512 1024", 10},
		{"to and fro", "1 2 1 2 1 2 1 2 1 2 1", 10},
		{"never answered", "0", 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bench(t)
			t.Setenv("FAKE_RATES", c.rates)
			up := &server{addr: "127.0.0.1:1", candidate: ofMine}
			if err := s.warm(t.Context(), job(t, s, "{name: hello, connections: [64]}", "epoll"), up); err != nil {
				t.Fatal(err)
			}
			got := calls(t)
			if len(got) != c.calls {
				t.Errorf("it was loaded %d times, want %d", len(got), c.calls)
			}
			for _, call := range got {
				if want := "--quiet -c 64 --expect carousel -d 300ms --grace 250ms http://127.0.0.1:1/"; call != want {
					t.Errorf("loadgen was called %q, want %q", call, want)
				}
			}
		})
	}
	if most := 10 * warmWindow; most != 3*time.Second {
		t.Errorf("ten looks take %v", most)
	}
	t.Run("without a record", func(t *testing.T) {
		s := bench(t)
		t.Setenv("FAKE_LOADGEN", "wrong")
		if err := s.warm(t.Context(), job(t, s, "{name: hello, connections: [64]}", "epoll"), &server{addr: "127.0.0.1:1", candidate: ofMine}); err == nil || len(calls(t)) != 1 {
			t.Errorf("%v after %d calls", err, len(calls(t)))
		}
	})
}

// A client that has ended is no timeout, even if the limit is over: ctrl-Z may have stopped bench.
func TestAwait(t *testing.T) {
	interrupted, interrupt := context.WithCancelCause(t.Context())
	interrupt(errors.New("a signal"))
	for _, c := range []struct {
		name    string
		ctx     context.Context
		command []string
		ended   bool // it ends before the call of await
		limit   time.Duration
		message string
	}{
		{"ended in time", t.Context(), []string{"true"}, true, 0, ""},
		{"too long", t.Context(), []string{"sleep", "60"}, false, 0, "still running after 0s: it was killed"},
		{"interrupted", interrupted, []string{"sleep", "60"}, false, time.Minute, "a signal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 20 { // select chooses at random between two ready cases
				p, err := child.Start(exec.Command(c.command[0], c.command[1:]...))
				if err != nil {
					t.Fatal(err)
				}
				defer p.Stdout.Close()
				if c.ended {
					p.Wait()
				}
				if _, err := await(c.ctx, p, c.limit); (err == nil) != (c.message == "") || err != nil && !strings.Contains(err.Error(), c.message) {
					t.Fatalf("got %v, want %q", err, c.message)
				}
			}
		})
	}
}

func TestSessionShare(t *testing.T) {
	bench(t)
	one, two := SessionShare(), SessionShare()
	if one == "" || one != two {
		t.Errorf("%q and then %q: a run could not go on", one, two)
	}
}

func TestTail(t *testing.T) {
	for output, want := range map[string]string{
		"": "", "one\ntwo\n\n": "two", strings.Repeat("x", 5000): strings.Repeat("x", 1024), strings.Repeat("x\n", 5000) + "end": "end",
		"node:net\n\n  Error: listen EADDRINUSE\n    at Server.setup\n\nNode.js v20\n": "Error: listen EADDRINUSE",
		"panic: no ink\n\ngoroutine 1:\n" + strings.Repeat("\tmain.go:1\n", 500):       "panic: no ink",
	} {
		last := new(tail)
		for _, b := range []byte(output) {
			last.Write([]byte{b})
		}
		if got := last.String(); got != want || (last.withPrefix("so: ") == "") != (want == "") {
			t.Errorf("%.20q ends with %.20q, want %.20q", output, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	list := []Model{{Name: "select", Available: true}, {Name: "epoll", Available: true}, {Name: "uring", Reason: "not today"}}
	const text = "rounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello}]\n"
	for _, c := range []struct {
		name, more string
		want       []Candidate
		missing    []string
		message    string
	}{
		{"all that there are", "", []Candidate{model("s", "select"), model("s", "epoll")}, []string{"model uring is unavailable: not today"}, ""},
		{"in the order of the ladder", "models: [epoll, select]\n", []Candidate{model("s", "select"), model("s", "epoll")}, nil, ""},
		{"none", "models: [uring]\n", nil, nil, "no model of the plan is available here"},
		{"a guest", "models: [epoll]\nservers: [{name: mine, command: \"sh -c '{addr}'\", path: /x, expect: 201}]\n",
			[]Candidate{model("s", "epoll"), {Name: "mine", Guest: true, Command: []string{"sh", "-c", "{addr}"}, Path: "/x", Status: 201}},
			[]string{"server mine answers GET /x, with any body, where models answer GET / with Hello world"}, ""},
		{"a guest alone", "models: [uring]\nservers: [{name: mine, command: sh}]\n", []Candidate{{Name: "mine", Guest: true, Command: []string{"sh"}}},
			[]string{"model uring is unavailable: not today"}, ""},
		{"guests that run", "models: [epoll]\nservers:\n  - {name: a, url: \"http://h:81\"}\n  - {name: b, url: \"http://h/x?y=z\"}\n  - {name: c, url: \"http://[::1]/?q\"}\n" +
			"  - {name: d, url: \"http://h/x\", path: /y}\n",
			[]Candidate{model("s", "epoll"), {Name: "a", Guest: true, addr: "h:81"}, {Name: "b", Guest: true, addr: "h:80", Path: "/x?y=z"},
				{Name: "c", Guest: true, addr: "[::1]:80", Path: "/?q"}, {Name: "d", Guest: true, addr: "h:80", Path: "/y"}},
			[]string{"server a is running already: it keeps its processors, and all rounds measure the same process", "server b is running already: it keeps its processors, and all rounds measure the same process",
				"server c is running already: it keeps its processors, and all rounds measure the same process", "server d is running already: it keeps its processors, and all rounds measure the same process",
				"server b answers GET /x?y=z, with any body, where models answer GET / with Hello world", "server c answers GET /?q, with any body, where models answer GET / with Hello world",
				"server d answers GET /y, with any body, where models answer GET / with Hello world"}, ""},
		{"an unknown model", "models: [epol]\n", nil, nil, `unknown model "epol": there are select, epoll, uring`},
		{"the name of a model", "models: [epoll]\nservers: [{name: uring, command: sh}]\n", nil, nil, `server "uring" has the name of a model`},
		{"no such command", "servers: [{name: mine, command: ./gone}]\n", nil, nil, "give its path from this directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.Parse([]byte(text + c.more))
			if err != nil {
				t.Fatal(err)
			}
			all, missing, err := Choose(p, list, "s")
			if (err == nil) != (c.message == "") || err != nil && !strings.Contains(err.Error(), c.message) {
				t.Fatalf("%v, want %q", err, c.message)
			}
			if d := gocmp.Diff(c.want, all, gocmp.AllowUnexported(Candidate{})); d != "" {
				t.Error(d)
			}
			if c.message == "" && !slices.Equal(missing, c.missing) {
				t.Errorf("missing: %q, want %q", missing, c.missing)
			}
		})
	}
}

func TestModelList(t *testing.T) {
	list, err := ModelList(t.Context(), self)
	if err != nil || len(list) != 3 || list[1] != (Model{"epoll", true, ""}) || list[2] != (Model{"uring", false, "not today"}) {
		t.Errorf("%+v, %v", list, err)
	}
	for _, program := range []string{"true", "false", "./gone"} {
		if list, err := ModelList(t.Context(), program); err == nil || !strings.Contains(err.Error(), program+" --list --json: ") {
			t.Errorf("%s: %+v, %v", program, list, err)
		}
	}
	if _, err := Program("no-such-program"); err == nil || !strings.Contains(err.Error(), `run "make build"`) {
		t.Errorf("%v", err)
	}
}

func TestFreePort(t *testing.T) {
	addr, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Errorf("somebody listens on %s", addr)
	}
}
