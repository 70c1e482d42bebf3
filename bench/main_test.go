package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"carousel/bench/stand/fake"
	"carousel/internal/portrait"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// TestMain lets this test binary run as bench and as stand-ins for the programs that bench starts, so that runs are short and need no built
// programs. `make quick` runs the real ones.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", fastEnd) // of every process this test starts
	testscript.Main(leakless{m}, map[string]func(){
		"bench": main, "report": fakeReport, "guest": fakeGuest, "daemon": fakeDaemon,
		"servers": func() { fake.Servers(os.Args[1:]) }, "loadgen": func() { fake.Loadgen(os.Args[1:]) },
	})
}

// fastEnd turns off the sleep of a second with which a program built with -race ends.
const fastEnd = "atexit_sleep_ms=0"

type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireUniqueNames: true, Setup: func(e *testscript.Env) error {
		e.Setenv("GORACE", fastEnd)
		return nil
	}})
}

// fakeGuest is a server of the user's own without /sleep. An argument after the address replaces the body hello.
func fakeGuest() {
	addr, say := os.Getenv("CAROUSEL_ADDR"), "Hello world\n"
	if len(os.Args) > 2 {
		say = os.Args[2]
	}
	if os.Args[1] != addr {
		fmt.Fprintf(os.Stderr, "{addr} is %q and CAROUSEL_ADDR %q\n", os.Args[1], addr)
		os.Exit(1)
	}
	go http.ListenAndServe(addr, guest(say))
	fake.UntilTerminated()
}

func guest(say string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case strings.HasPrefix(q.URL.Path, "/sleep/"):
			http.NotFound(w, q)
		case q.URL.Path == "/users":
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "whoever")
		default:
			io.WriteString(w, say)
		}
	})
}

// fakeDaemon starts a guest in a session of its own and ends.
func fakeDaemon() {
	if err := exec.Command("setsid", "--fork", "guest", os.Args[1]).Run(); err != nil {
		panic(err)
	}
}

// fakeReport prints how many trials it read.
func fakeReport() {
	trials, flaws, err := result.ReadTrials(os.Args[1])
	fmt.Printf("report of %d trials, %d flaws, error %v\n", len(trials), len(flaws), err)
	if os.Getenv("FAKE_REPORT") == "broken" {
		os.Exit(1)
	}
}

// The exit code tells the kind of error. If nothing can be measured, no folder is created.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args    string
		code    int
		message string
	}{
		{"--help", 0, "Exit codes: 0 done;"},
		{"gone.yaml", exitUsage, `no plan "gone.yaml"`},
		{"--fast", exitUsage, "unknown flag: --fast: see bench --help"},
		{"--rounds 0 short.yaml", exitUsage, "--rounds 0: it must be 1 to 1000"},
		{"--rounds 1001 short.yaml", exitUsage, "--rounds 1001: it must be 1 to 1000"},
		{"--rounds some short.yaml", exitUsage, `invalid argument "some"`},
		{"--budget 9s short.yaml", exitUsage, "--budget 9s: it must be 10s at least"},
		{"--budget -1m short.yaml", exitUsage, "--budget -1m0s: it must be 10s at least"},
		{"--budget 5 short.yaml", exitUsage, `invalid argument "5"`},
		{"--budget 12s short.yaml", exitUsage, "a budget of 12s is too short for 2 rounds of any cell"},
		{"--models epol short.yaml", exitUsage, `unknown model "epol": there are blocking, epoll, uring`},
		{"--models uring short.yaml", exitUsage, "no model of the plan is available here"},
		{"--models epoll,epoll short.yaml", exitUsage, `the plan with these flags: model "epoll" is listed twice`},
		{"--models null short.yaml", exitUsage, `unknown model "null"`},
		{"--scenarios helo short.yaml", exitUsage, `--scenarios: unknown scenario "helo"`},
		{"--path /x short.yaml", exitUsage, "name one with --server"},
		{"--expect 200 short.yaml", exitUsage, "give that too"},
		{"--expect 200 --server a=guest short.yaml", exitUsage, "give that too"},
		{"--server twin=guest short.yaml", exitUsage, `server name "twin"`},
		{"--server a=http:// short.yaml", exitUsage, "write it as http://"},
		{"--server a=https://127.0.0.1 short.yaml", exitUsage, "without TLS: write the address as http://127.0.0.1:8080"},
		{"--results short.yaml/x short.yaml", exitFailed, "no run can be kept in short.yaml/x: mkdir short.yaml: not a directory; name another folder with --results"},
		{"--resume nowhere", exitFailed, "cannot resume nowhere: there is no such folder"},
		{"--resume --models epoll", exitUsage, "leave out --models"},
		{"--resume --budget 1m", exitUsage, "leave out --budget"},
		{"--resume", exitFailed, "no interrupted run in results"},
		{"--server a=false short.yaml", exitStart, "a did not start: it ended before it answered GET /"},
		{"--server a=http://127.0.0.1:1 short.yaml", exitStart, "a is not running: no answer to GET / at 127.0.0.1:1 within 2s: "},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.start(strings.Fields(c.args)...)
			if code := h.end(); code != c.code || !strings.Contains(h.stderr.String()+h.out.String(), c.message) {
				t.Errorf("code %d, want %d and %q:\n%s%s", code, c.code, c.message, &h.stderr, &h.out)
			}
			if found, _ := filepath.Glob(filepath.Join(h.dir, "results", "*", "*")); len(found) > 0 {
				t.Errorf("a run was begun: %v", found)
			}
		})
	}
}

func TestProgramsAreMissing(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	h := newHarness(t)
	lonely := filepath.Join(h.dir, "bench")
	if err := os.WriteFile(lonely, program, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	h.program = lonely
	h.start("short.yaml")
	want := `bench: program servers is neither beside bench nor on the PATH: run "make build"`
	if code := h.end(); code != exitStart || !strings.Contains(h.stderr.String(), want) {
		t.Errorf("code %d, want %d and %q:\n%s", code, exitStart, want, h.stderr.String())
	}
}

// Every scenario of a built-in plan works with the stand-ins.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("it opens thousands of connections")
	}
	h := newHarness(t)
	h.start("quick", "--models", "epoll")
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.stderr.String())
	}
	h.noProcessLeft()
	r, trials, flaws := h.trials()
	scenarios := map[string]int{}
	for _, trial := range trials {
		scenarios[trial.Cell.Scenario]++
		if trial.Failed != "" && trial.Cell.Scenario != "download" { // there the stand-in fails on purpose
			t.Errorf("%+v: %s", trial.Cell, trial.Failed)
		}
	}
	for _, trial := range trials {
		if p := trial.Portrait; p != nil {
			if _, err := portrait.ReadTrace(filepath.Join(h.run(), p.File)); err != nil || p.File != "portraits/epoll.json.gz" || p.Answered != p.Requests {
				t.Errorf("%+v: %v", p, err)
			}
		}
	}
	apart := scenarios["hello"] == 5*3
	if len(scenarios) != len(scenario.All) || scenarios["portrait"] != 1 || scenarios["slowreader"] != 1 || scenarios["flood"] != 1 || scenarios["compute"] != 1 || scenarios["churn"] != 2 || scenarios["calls"] != 2 || scenarios["ceiling"] != 1 || scenarios["idle"] != 2 || scenarios["exhaust"] != 1 || !apart && scenarios["hello"] != 4*3 || scenarios["cost"] != 3*3 || scenarios["paced"] != 3 || scenarios["spin"] != 2 ||
		scenarios["download"] != 3 || scenarios["thinking"] != 1 || len(flaws) > 0 || r.Finished == nil {
		t.Errorf("%v, flaws %v, finished %v", scenarios, flaws, r.Finished)
	}
	if !slices.Contains(r.Notes, "one round compares nothing: it shows that everything works") {
		t.Errorf("notes: %q", r.Notes)
	}
}

// Flags change what is measured; run.json has them, plan.yaml the changed plan.
func TestFlagsChangeThePlan(t *testing.T) {
	h := newHarness(t)
	h.start("--models", "epoll", "--scenarios", "sleep,cost", "--rounds", "3", "--budget", "18s", "--seed", "8", "short.yaml")
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.stderr.String())
	}
	r, trials, _ := h.trials()
	have := map[string]int{}
	for _, trial := range trials {
		have[fmt.Sprint(trial.Round, " ", trial.Cell.Scenario, " ", trial.Cell.Model)]++
	}
	if fmt.Sprint(have) != "map[1 cost epoll:2 1 cost null:1 1 sleep epoll:1 2 cost epoll:2 2 cost null:1 2 sleep epoll:1 3 cost epoll:2 3 cost null:1 3 sleep epoll:1]" {
		t.Errorf("measured: %v", have)
	}
	want := result.Flags{Models: []string{"epoll"}, Scenarios: []string{"sleep", "cost"}, Rounds: 3, BudgetNS: 18e9}
	if fmt.Sprint(r.Flags) != fmt.Sprint(want) || r.Rounds != 3 || r.BudgetNS != 18e9 || r.Seed != 8 || !slices.Equal(r.Models, want.Models) {
		t.Errorf("the record is %+v", r)
	}
	text, err := os.ReadFile(filepath.Join(h.run(), planFile))
	if err != nil || !strings.Contains(string(text), "rounds: 3\nbudget: 18s\n") || strings.Contains(string(text), "paced") {
		t.Errorf("%v\n%s", err, text)
	}
}

// Cells that the budget has no time for are left out, and a note names them.
func TestShortBudget(t *testing.T) {
	h := newHarness(t)
	h.start("--budget", "15s", "--seed", "8", "short.yaml")
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.stderr.String())
	}
	r, trials, _ := h.trials()
	left := "15s is too short for the whole plan, so these are left out: "
	i := slices.IndexFunc(r.Notes, func(note string) bool { return strings.HasPrefix(note, left) })
	if i < 0 || !strings.Contains(h.stderr.String(), left) {
		t.Fatalf("notes: %q", r.Notes)
	}
	for _, name := range strings.Split(strings.TrimPrefix(r.Notes[i], left), "; ") {
		scenario, _, _ := strings.Cut(name, " ")
		if slices.ContainsFunc(trials, func(t result.Trial) bool { return t.Cell.Scenario == scenario }) {
			t.Errorf("%s is left out, and was measured", name)
		}
	}
	if len(trials) == 0 {
		t.Error("nothing was measured")
	}
}

// A running server is measured beside the models, and bench does not stop it.
func TestGuestByURL(t *testing.T) {
	s := httptest.NewServer(guest("Hello world\n"))
	defer s.Close()
	h := newHarness(t)
	h.start("--server", "yours="+s.URL, "--path", "/users", "--expect", "201", "--scenarios", "hello,sleep", "short.yaml")
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.stderr.String())
	}
	h.noProcessLeft()
	r, trials, _ := h.trials()
	hello, sleep := 0, 0
	for _, trial := range trials {
		switch {
		case trial.Failed != "":
			t.Errorf("%+v: %s", trial.Cell, trial.Failed)
		case trial.Cell.Model != "yours":
		case trial.Cell.Scenario == "hello" && trial.Load.Spec.Target == s.URL+"/users":
			hello++
		case trial.NA == "only GET /users is measured":
			sleep++
		}
	}
	if hello != 2 || sleep != 2 {
		t.Errorf("it was measured in %d rounds of hello and %d of sleep", hello, sleep)
	}
	if !slices.Contains(r.Notes, "server yours is running already: it keeps its processors, and all rounds measure the same process") {
		t.Errorf("notes: %q", r.Notes)
	}
	if reply, err := s.Client().Get(s.URL); err != nil {
		t.Errorf("it is gone: %v", err)
	} else {
		reply.Body.Close()
	}
	h.start("--server", "yours="+s.URL, "--path", "/users", "short.yaml")
	if code := h.end(); code != exitWrong || !strings.Contains(h.stderr.String(), "yours answers wrongly: GET /users twice over one connection: the answer is status 201, expected 200") {
		t.Errorf("code %d:\n%s", code, h.stderr.String())
	}
}

func TestInterruptedBeforeTheRun(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(stopped{syscall.SIGINT})
	var stderr strings.Builder
	o := options{plan: "quick", results: t.TempDir()}
	if err := o.bench(ctx, io.Discard, &stderr); err != (stopped{syscall.SIGINT}) || stderr.String() != "interrupted before the run began: nothing is saved\n" {
		t.Errorf("%v, %q", err, stderr.String())
	}
}

// A guest that becomes a daemon, in a session of its own, is measured like any other. It ends with its cell, or with bench.
func TestDaemonIsEnded(t *testing.T) {
	h := newHarness(t)
	args := []string{"--server", "mine=daemon {addr}", "--scenarios", "hello,sleep", "short.yaml"}
	h.start(args...)
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.stderr.String())
	}
	h.noProcessLeft()
	_, trials, _ := h.trials()
	if !slices.ContainsFunc(trials, func(s result.Trial) bool { return s.Cell.Model == "mine" && s.Failed == "" && s.Load != nil }) {
		t.Errorf("the daemon was not measured:\n%s", h.stderr.String())
	}

	h = newHarness(t)
	h.start(args...)
	h.until(1)
	h.command.Process.Kill()
	h.end()
	h.noProcessLeft()
}

// Control characters in names and in the output of servers do not reach the terminal.
func TestTerminalIsLeftAlone(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		args    []string
		message string
	}{
		{[]string{"--server", `mine=sh -c 'printf "\033[2Jwi\rped" >&2; exit 1'`, "short.yaml"}, `it printed: \x1b[2Jwi\rped`},
		{[]string{"--server", "mi\x1b[2Jne=sh", "short.yaml"}, `server name "mi\x1b[2Jne": it must be one word`},
		{[]string{"--server", "mi\nne=sh", "short.yaml"}, `server name "mi\nne": it must be one word`},
		{[]string{"--models", "\x1b[2J", "short.yaml"}, `unknown model "\x1b[2J"`},
		{[]string{"--scenarios", "\x1b[2J", "short.yaml"}, `unknown scenario "\x1b[2J"`},
		{[]string{"--server", "mine=sh", "--path", "/\x1b[2J", "short.yaml"}, `path "/\x1b[2J"`},
		{[]string{"\x1b[2J.yaml"}, `no plan "\x1b[2J.yaml"`},
	} {
		h.start(c.args...)
		if code, stderr := h.end(), h.stderr.String(); code == 0 || strings.ContainsAny(stderr, "\x1b\r") || !strings.Contains(stderr, c.message) {
			t.Errorf("bench %q ended with %d and printed %q, want %q", c.args, code, stderr, c.message)
		}
	}
}

// A load of other programs is reported before the run, at its end, and in its record.
func TestNeighboursAreReported(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	for range runtime.NumCPU() { // no child of bench
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
	}
	h := newHarness(t)
	h.start("--scenarios", "sleep", "short.yaml")
	if code := h.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, h.stderr.String())
	}
	r, _, _ := h.trials()
	for _, when := range []string{"just before the run", "while it was measured"} {
		want := "% of the processors' time " + when
		if !strings.Contains(h.stderr.String(), want) || !strings.Contains(strings.Join(r.Notes, "\n"), want) {
			t.Errorf("%q is not printed and saved:\n%s%q", want, h.stderr.String(), r.Notes)
		}
	}
}
