package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"carousel/internal/forbid"
	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/engine"
)

// commands are the programs that tests start. All of them are this test binary.
var commands = map[string]func(){
	"loadgen":          main,
	"ringless-loadgen": func() { forbid.Rings(); main() }, // loadgen with io_uring forbidden
	"nethttp-server":   serveNetHTTP,
	"fasthttp-server":  serveFastHTTP,
}

func TestMain(m *testing.M) { testscript.Main(leakless{m}, commands) }

// leakless fails the tests if they leak a goroutine.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScripts runs the command in scripts, as users do. Variables have the addresses of servers: $HELLO serves HTTP, $LINES serves lines, $CROWDED
// serves one connection at a time and so starves the others, $SEATS serves as long as it has 12 connections or fewer, and at $DEAD no server listens.
func TestScripts(t *testing.T) {
	hello, spoken, crowded := serve(t, answer), serve(t, lines), serve(t, oneByOne())
	seats := serve(t, seated(12))
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HELLO", hello.addr)
			env.Setenv("LINES", spoken.addr)
			env.Setenv("CROWDED", crowded.addr)
			env.Setenv("SEATS", seats.addr)
			env.Setenv("DEAD", deadAddr(t))
			env.Setenv("PID", strconv.Itoa(os.Getpid()))
			return nil
		},
		Condition: func(name string) (bool, error) {
			return name == "epoll" && sock.Linux || name == "uring" && engine.CheckUring() == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"pictures": pictures,
			"traced":   traced,
			"brief":    brief,
			"code": func(ts *testscript.TestScript, _ bool, args []string) {
				want, got := args[0], "0"
				var exit *exec.ExitError
				if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
					got = strconv.Itoa(exit.ExitCode())
				} else if err != nil {
					ts.Fatalf("%s: %v", args[1], err)
				}
				if got != want {
					ts.Fatalf("exit code %s, want %s", got, want)
				}
			},
		},
	})
}

// brief is a script's command that removes the histograms from a record, so that it equals what --json prints.
func brief(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	text, err := os.ReadFile(file)
	ts.Check(err)
	ts.Check(os.WriteFile(file, regexp.MustCompile(`"HIST[^"]+"`).ReplaceAll(text, []byte(`""`)), 0o644))
}

// recordOf runs the command in this process, and returns its record from -o and the parsed output of --json.
func recordOf(t *testing.T, want int, args ...string) (*result.Load, map[string]any) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	file := filepath.Join(t.TempDir(), "record.json")
	if code := run(&stdout, &stderr, append(args, "--json", "-o", file, "-q")); code != want {
		t.Fatalf("exit code %d, want %d: %s", code, want, &stderr)
	}
	var keys map[string]any
	l, err := result.ReadLoad(file)
	if err := errors.Join(err, json.Unmarshal(stdout.Bytes(), &keys)); err != nil {
		t.Fatalf("%v: %s", err, &stdout)
	}
	return l, keys
}

// Other programs rely on these keys: keys may be added, but none removed.
func TestRecordKeys(t *testing.T) {
	s := serve(t, answer)
	for _, e := range []string{"auto", "net", "hey"} {
		t.Run(e, func(t *testing.T) {
			l, got := recordOf(t, 0, "-c", "4", "-n", "400", "--engine", e, "--pid", strconv.Itoa(os.Getpid()), s.addr)
			latency := []string{"mean", "p50", "p90", "p95", "p99", "p999", "max"}
			for key, inner := range map[string][]string{
				"complete": nil, "spec": {"target", "connections", "engine"}, "window": {"start", "elapsed_ns"},
				"requests":  {"planned", "sent", "unsent", "ok", "errors", "unanswered"},
				"unsent_by": nil, "errors": nil, "rate_rps": nil, "bytes_read": nil, "latency_ns": latency, "service_ns": latency,
				"connections": {"opened", "failed", "answered", "fewest", "most", "longest_wait_ns"},
				"cpu":         {"user_ns", "system_ns"}, "target_cpu": {"user_ns", "system_ns"}, "lateness_ns": nil,
				"histogram": nil, "service_histogram": nil, "verdict": {"state", "reasons"},
			} {
				value, ok := got[key]
				if !ok {
					t.Errorf("%s is missing", key)
				}
				for _, k := range inner {
					if _, ok := value.(map[string]any)[k]; !ok {
						t.Errorf("%s.%s is missing", key, k)
					}
				}
			}
			balanced(t, l)
			if l.Requests.OK != 400 || l.Requests.Planned != 400 || !l.Complete || l.RateRPS <= 0 || l.BytesRead <= 0 {
				t.Errorf("%+v", l.Requests)
			}
			if h, err := result.Decode(l.Histogram); err != nil || h.Count() != 400 {
				t.Errorf("the histogram holds %v of 400 (%v)", h, err)
			}
			if got["histogram"] != "" || got["service_histogram"] != "" {
				t.Error("--json prints histograms")
			}
			for _, i := range got["intervals"].(map[string]any)["list"].([]any) {
				if i := i.(map[string]any); i["histogram"] != "" || i["ok"].(float64) > 400 {
					t.Errorf("--json prints the interval %v", i)
				}
			}
			busiest := int64(100) // the least that the busiest of 4 connections must have of 400 requests
			if e == "hey" {       // it may open more connections, and its workers share them
				busiest = 400 / max(4, l.Connections.Opened)
			}
			if l.Connections.Opened < 4 || l.Connections.Answered != 4 || l.Connections.Most < busiest {
				t.Errorf("%+v", l.Connections)
			}
		})
	}
}

func balanced(t *testing.T, l *result.Load) {
	t.Helper()
	r := l.Requests
	sum := func(m map[string]int64) (n int64) {
		for v := range maps.Values(m) {
			n += v
		}
		return n
	}
	if r.Planned != r.Sent+r.Unsent || r.Sent != r.OK+r.Errors+r.Unanswered || sum(l.Errors) != r.Errors || sum(l.UnsentBy) != r.Unsent {
		t.Errorf("the books do not balance: %+v, unsent %v, errors %v", r, l.UnsentBy, l.Errors)
	}
}

func TestStarvedSaysSoFirst(t *testing.T) {
	for engine, few := range map[string]string{"auto": "1", "net": "1", "hey": "[1-4]"} { // hey's workers share connections
		t.Run(engine, func(t *testing.T) {
			s := serve(t, oneByOne()) // a new server for each engine: hey leaves an unused connection open, and only that one would be served
			var stdout, stderr bytes.Buffer
			if code := run(&stdout, &stderr, []string{"-c", "5", "-d", "2s", "-q", "--engine", engine, s.addr}); code != 0 {
				t.Fatalf("exit code %d: %s", code, &stderr)
			}
			first := regexp.MustCompile(`^.*\n  ` + few + ` of 5 connections (was|were) ever answered; the others? waited (2\.[0-9]+|3) s\n`)
			if !first.MatchString(stdout.String()) {
				t.Errorf("the first line after the command must say who was served:\n%s", &stdout)
			}
			matched := regexp.MustCompile(`\n  latency +of the 1 of 5 connections that was answered; the others have none\n +p50 .*\n  response time +[0-9]`).MatchString(stdout.String())
			if want := engine != "hey"; matched != want || strings.Contains(stdout.String(), "p99") != want {
				t.Errorf("percentiles are those of the connections that were answered: %v, want %v:\n%s", matched, want, &stdout)
			}
		})
	}
}

// If the server dies during a run, the summary reports it, and the exit code is that of an unreachable target. A run with -n is incomplete.
func TestServerDies(t *testing.T) {
	byTime := []string{"-d", "300ms"}
	for _, c := range []struct {
		engine string
		run    []string
		want   []string
	}{
		{"auto", []string{"-n", "1000"}, []string{"INCOMPLETE", "the run was given up after"}},
		{"net", []string{"-n", "1000"}, []string{"INCOMPLETE", "the run was given up after"}},
		{"auto", byTime, []string{"and at the end nothing listened any more: look why the target ended"}},
		{"net", byTime, []string{"and at the end nothing listened any more"}},
		{"hey", byTime, []string{"and at the end nothing listened any more"}},
	} {
		s := serve(t, func(s *server, conn net.Conn) {
			in := bufio.NewReader(conn)
			for s.answered.Add(1) < 10 {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				io.WriteString(conn, helloReply)
			}
			s.close()
		})
		args := append([]string{"-q", "-c", "2", "--engine", c.engine}, c.run...)
		if c.engine != "hey" {
			args = append(args, "--timeout", "100ms")
		}
		var stdout, stderr bytes.Buffer
		code := run(&stdout, &stderr, append(args, s.addr))
		for _, want := range c.want {
			if code != unreachable || !strings.Contains(stdout.String(), want) {
				t.Errorf("%q: exit code %d, want %d and %q:\n%s%s", args, code, unreachable, want, &stdout, &stderr)
			}
		}
	}
}

// Any error in the arguments is printed in one line, even if there are several.
func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-c", "5\n\x1b[31m"}, `-c 5\n\x1b[31m: it takes a whole number`},
		{[]string{"--no\r\nne"}, `--no\r\nne is not a flag here: loadgen --help lists them all`},
		{[]string{"--fail-if", "p99>\n"}, `--fail-if p99>\n: it takes a metric`},
		{[]string{"-o", "no/such/record.json", "--pid", "2147483000"}, "--pid 2147483000: "},
	} {
		var stdout, stderr bytes.Buffer
		code := run(&stdout, &stderr, c.args)
		if got := stderr.String(); code != usage || !strings.HasPrefix(got, "loadgen: "+c.want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%q: exit code %d, %s", c.args, code, got)
		}
	}
}

// If the record cannot be written at the end, the summary is printed all the same, and the exit code shows the failure.
func TestOutputGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(s *server, conn net.Conn) {
		os.RemoveAll(dir)
		answer(s, conn)
	})
	var stdout, stderr bytes.Buffer
	if code := run(&stdout, &stderr, []string{"-c", "1", "-n", "10", "-q", "-o", filepath.Join(dir, "record.json"), s.addr}); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !strings.Contains(stderr.String(), "record.json was not written: ") || !strings.Contains(stdout.String(), "10 ok") {
		t.Errorf("stderr %q, stdout:\n%s", &stderr, &stdout)
	}
}

// It is not a failure if the reader of standard output closes early, as head does.
func TestClosedStdout(t *testing.T) {
	s := serve(t, answer)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := exec.Command("loadgen", "-c", "1", "-n", "10", "-q", s.addr)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v: %s", err, &stderr)
	}
}

func TestExitCodes(t *testing.T) {
	ok := func(n int64) *result.Load { return &result.Load{Complete: true, Requests: result.Requests{OK: n}} }
	bad := func(n int64) *result.Load {
		return &result.Load{Complete: true, Requests: result.Requests{OK: n, Errors: 1}, Errors: map[string]int64{"body-content": 1}}
	}
	gone := &engine.Unreachable{Err: errors.New("refused")}
	for i, c := range []struct {
		load          *result.Load
		loadErr, save error
		caught        syscall.Signal
		broken        bool
		want          int
	}{
		{load: ok(1), want: 0},
		{load: &result.Load{Requests: result.Requests{OK: 1}}, broken: true, want: 3}, // a run with -n that ended early
		{load: &result.Load{Complete: true, Gone: true, Requests: result.Requests{OK: 1}}, save: io.ErrShortWrite, broken: true, want: 3},
		{load: &result.Load{Complete: true, Gone: true}, want: 3},
		{load: ok(0), want: 1},
		{load: ok(1), save: io.ErrShortWrite, want: 1},
		{load: ok(0), loadErr: io.ErrUnexpectedEOF, want: 1},
		{load: ok(0), loadErr: fmt.Errorf("wrapped: %w", gone), want: 3},
		{load: ok(0), loadErr: fmt.Errorf("look up: %w", new(net.DNSError)), want: 3},
		{load: bad(1), want: 4},
		{load: bad(0), want: 4},
		{load: bad(1), broken: true, want: 4},
		{load: ok(1), broken: true, want: 99},
		{load: ok(0), broken: true, want: 1},
		{load: ok(1), caught: syscall.SIGINT, broken: true, want: 130},
		{load: ok(0), caught: syscall.SIGTERM, loadErr: gone, want: 143},
	} {
		if got := exitCode(c.load, c.loadErr, c.save, c.caught, c.broken); got != c.want {
			t.Errorf("case %d: exit code %d, want %d", i, got, c.want)
		}
	}
	if slices.Contains([]int{done, failed, usage, unreachable, wrong}, gateBroken) {
		t.Error("a broken gate has the code of something else")
	}
}
