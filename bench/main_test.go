package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"carousel/internal/child"
	"carousel/internal/result"
	"carousel/internal/usage"
)

// TestMain lets this test binary be bench and, in place of the real ones, the programs it starts: runs are then short and need
// nothing built. The real programs meet in `make quick`.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", fastEnd) // of every process this test starts
	testscript.Main(leakless{m}, map[string]func(){
		"bench": main, "servers": fakeServers, "loadgen": fakeLoadgen, "report": fakeReport, "guest": fakeGuest, "daemon": fakeDaemon,
	})
}

// fastEnd keeps a program that was built with -race from sleeping for a second as it ends, its default.
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

// fakeServers is the program servers with three models, of which one is unavailable: each is net/http.
func fakeServers() {
	f := flag.NewFlagSet("servers", flag.ExitOnError)
	list, _, model, addr := f.Bool("list", false, ""), f.Bool("json", false, ""), f.String("model", "", ""), f.String("addr", "", "")
	f.Parse(os.Args[1:])
	if *list {
		fmt.Println(`[{"name":"blocking","available":true},{"name":"epoll","available":true},{"name":"uring","available":false,"reason":"not today"}]`)
		return
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil || os.Getenv("FAKE_SERVERS") == "broken" {
		fmt.Fprintln(os.Stderr, "servers: cannot listen:", err)
		os.Exit(3)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) }))
	fmt.Printf("READY %s\n", l.Addr())
	untilTerminated()
	json.NewEncoder(os.Stdout).Encode(usage.Line{Model: *model, Requests: 42})
}

// fakeGuest is a server of the user's own that has no /sleep; with an argument after the address it says that in place of hello.
func fakeGuest() {
	addr, say := os.Getenv("CAROUSEL_ADDR"), hello
	if len(os.Args) > 2 {
		say = os.Args[2]
	}
	if os.Args[1] != addr {
		fmt.Fprintf(os.Stderr, "{addr} is %q and CAROUSEL_ADDR %q\n", os.Args[1], addr)
		os.Exit(1)
	}
	go http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasPrefix(q.URL.Path, "/sleep/") {
			http.NotFound(w, q)
			return
		}
		io.WriteString(w, say)
	}))
	untilTerminated()
}

// fakeDaemon starts a guest in a session of its own and is gone.
func fakeDaemon() {
	if err := exec.Command("setsid", "--fork", "guest", os.Args[1]).Run(); err != nil {
		panic(err)
	}
}

func untilTerminated() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	select {
	case <-end:
	case <-time.After(time.Minute):
	}
}

// fakeLoadgen asks once, lets the window pass and says that it asked more.
func fakeLoadgen() {
	f := flag.NewFlagSet("loadgen", flag.ExitOnError)
	connections := f.Int64("c", 0, "")
	window, warmup := f.Duration("d", 0, ""), f.Duration("warmup", 0, "")
	pid, _ := f.Int("pid", 0, ""), f.String("engine", "", "")
	rate, _, _ := f.Float64("rate", 0, ""), f.Bool("json", false, ""), f.Bool("quiet", false, "")
	requests, timeout, redirects := f.Int("n", 0, ""), f.Duration("timeout", 0, ""), f.Int("max-redirects", 0, "")
	save, mode, expect := f.String("save", "", ""), f.String("save-mode", "", ""), f.String("expect", "", "")
	f.Parse(os.Args[1:])
	if *save != "" {
		fmt.Fprintf(os.Stderr, "loadgen: %d requests, %d connections, %v, %d redirects, %s, %d targets\n", *requests, *connections, *timeout, *redirects, *mode, f.NArg())
		if err := os.WriteFile(filepath.Join(*save, "picture"), []byte(*save), 0o644); err != nil {
			os.Exit(5)
		}
		defer os.Exit(3) // so that what was said is kept
	}
	switch os.Getenv("FAKE_LOADGEN") {
	case "wrong":
		fmt.Fprintln(os.Stderr, "loadgen: wrong answers")
		os.Exit(4)
	case "kills":
		if p, err := os.FindProcess(*pid); err == nil {
			p.Kill()
			for range 1000 { // until bench has waited for it
				if p.Signal(syscall.Signal(0)) != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	reply, err := http.Get(f.Arg(0))
	if err == nil {
		reply.Body.Close()
	}
	time.Sleep(*warmup + *window)
	l := result.Load{Schema: result.Schema, Complete: true, Spec: result.Spec{Target: f.Arg(0), Expect: *expect}, RateRPS: 80000, Connections: result.Connections{Answered: *connections}}
	if *rate > 0 {
		l.RateRPS = *rate
	}
	json.NewEncoder(os.Stdout).Encode(l)
}

// fakeReport says what it was given to draw.
func fakeReport() {
	trials, flaws, err := result.ReadTrials(os.Args[1])
	fmt.Printf("report of %d trials, %d flaws, error %v\n", len(trials), len(flaws), err)
	if os.Getenv("FAKE_REPORT") == "broken" {
		os.Exit(1)
	}
}

// The null responder is a process like any server: READY, hello whatever is asked, and a usage line at its end.
func TestNull(t *testing.T) {
	p, err := child.Start(exec.Command("bench", "null"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop(0)
	defer p.Stdout.Close()
	addr, err := child.Ready(p.Stdout, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if len(nullReply) != 77 {
		t.Errorf("the reply has %d bytes, the hello reply has 77", len(nullReply))
	}
	for range 3 {
		io.WriteString(c, "anything")
		got := make([]byte, len(nullReply))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != nullReply {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	c.Close()
	if err := p.Stop(10 * time.Second); err != nil {
		t.Errorf("it ended with %v", err)
	}
	line := new(usage.Line)
	if err := json.NewDecoder(p.Stdout).Decode(line); err != nil {
		t.Fatalf("no usage line: %v", err)
	}
	if line.Model != result.Null || line.Requests != 3 || line.Connections != 1 || line.Bytes != 3*77 {
		t.Errorf("usage line: %+v", line)
	}
}
