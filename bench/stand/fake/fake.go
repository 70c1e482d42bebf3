// Package fake has stand-ins for the programs servers and loadgen. A test binary runs as either, so tests need no built programs and are short.
package fake

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carousel/internal/counters"
	"carousel/internal/result"
	"carousel/internal/traceevent"
	"carousel/internal/usage"
)

const hello = "Hello world\n"

// models is the list that Servers prints. One of them is unavailable; null is not listed.
const models = `[{"name":"blocking","available":true},{"name":"epoll","available":true},{"name":"uring","available":false,"reason":"not today"}]`

// Servers is the program servers: each model is net/http. The model that FAKE_SERVERS names cannot listen ("all": none can). The model liar
// answers Hi. With --trace it writes a trace without clients when it ends; the model broken writes half of one.
func Servers(args []string) {
	f := flag.NewFlagSet("servers", flag.ExitOnError)
	list, _, model, addr := f.Bool("list", false, ""), f.Bool("json", false, ""), f.String("model", "", ""), f.String("addr", "", "")
	trace := f.String("trace", "", "")
	f.Parse(args)
	if *list {
		fmt.Println(models)
		return
	}
	if broken := os.Getenv("FAKE_SERVERS"); broken == "all" || broken == *model {
		fmt.Fprintln(os.Stderr, "servers: cannot listen: nobody may")
		os.Exit(3)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(3)
	}
	if *model == "frail" {
		l = frail{l}
	}
	say := hello
	if *model == "liar" {
		say = "Hi"
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, say) }))
	began := traceevent.Now()
	fmt.Printf("READY %s\n", l.Addr())
	UntilTerminated()
	if *trace != "" {
		var text bytes.Buffer
		w := traceevent.NewWriter(&text, map[string]any{"monotonic_ns": began, "model": *model})
		w.Process(1, 1, "servers "+*model)
		w.Close()
		if *model == "broken" {
			text.Truncate(text.Len() / 2)
		}
		if err := os.WriteFile(*trace, text.Bytes(), 0o644); err != nil {
			panic(err)
		}
	}
	json.NewEncoder(os.Stdout).Encode(usage.Line{Model: *model, Requests: 42})
}

// frail is a listener that ends the program when descriptors run out.
type frail struct{ net.Listener }

func (f frail) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
	return c, err
}

// UntilTerminated returns on SIGTERM, or after two minutes, when any test is over.
func UntilTerminated() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	select {
	case <-end:
	case <-time.After(2 * time.Minute):
	}
}

// words are the values of a repeatable flag.
type words []string

func (w *words) String() string         { return strings.Join(*w, " ") }
func (w *words) Set(value string) error { *w = append(*w, value); return nil }

// Loadgen is the program loadgen: it sends one request to each server, waits for the time of its load and writes a record with invented figures.
// It appends its arguments to the file FAKE_LOG. FAKE_LOADGEN makes it fail: "wrong" and "garbage" write no record, "kills" kills the server
// that it loads alone, "slow" takes a minute, "deserted" cannot connect. It always kills a server with the name mortal. FAKE_RATES are the
// rates of successive calls, which then take no time. With --ready it is a second client, which FAKE_SECOND makes "late" or "refused".
func Loadgen(args []string) {
	f := flag.NewFlagSet("loadgen", flag.ExitOnError)
	connections, cycles, seed := f.Int64("c", 0, ""), f.Int("cycles", 0, ""), f.Uint64("seed", 0, "")
	window, warmup, slice := f.Duration("d", 0, ""), f.Duration("warmup", 0, ""), f.Duration("slice", 0, "")
	rate, record, _, _, _ := f.Float64("rate", 0, ""), f.String("o", "", ""), f.Bool("quiet", false, ""), f.String("engine", "", ""), f.Duration("grace", 0, "")
	requests, timeout, redirects := f.Int("n", 0, ""), f.Duration("timeout", 0, ""), f.Int("max-redirects", 0, "")
	idle := f.Int("idle", 0, "")
	save, mode, expect := f.String("save", "", ""), f.String("save-mode", "", ""), f.String("expect", "", "")
	descriptors := f.String("counters", "", "")
	ready, _, _ := f.Bool("ready", false, ""), f.Bool("no-keepalive", false, ""), f.Duration("think", 0, "")
	_, _ = f.Int("pipeline", 0, ""), f.String("read-rate", "", "")
	_ = f.Duration("spin", 0, "")
	var rivals, processes words
	f.Var(&rivals, "vs", "")
	f.Var(&processes, "pid", "")
	f.Parse(args)
	earlier := logged(args[2:])
	os.Stdout, _ = os.Create(*record) // the record file; nothing is printed
	if *save != "" {
		fmt.Fprintf(os.Stderr, "loadgen: %d requests, %d connections, %v, %d redirects, %s, %d targets\n", *requests, *connections, *timeout, *redirects, *mode, f.NArg())
		if err := os.WriteFile(filepath.Join(*save, "picture"), []byte(*save), 0o644); err != nil {
			os.Exit(5)
		}
		defer os.Exit(3) // so that stderr is in the error
	}
	switch os.Getenv("FAKE_LOADGEN") {
	case "wrong":
		fmt.Fprintln(os.Stderr, "loadgen: wrong answers")
		os.Exit(4)
	case "garbage":
		fmt.Println(`{"schema":`)
		return
	case "slow":
		time.Sleep(time.Minute)
	case "deserted":
		json.NewEncoder(os.Stdout).Encode(result.Load{Schema: result.Schema, Spec: result.Spec{Target: f.Arg(0), Idle: *idle}, Verdict: result.Verdict{State: result.Invalid}})
		os.Exit(3)
	case "kills":
		if len(rivals) == 0 {
			kill(processes[0])
		}
	}
	load := func(target string) *result.Load {
		l := &result.Load{Schema: result.Schema, Complete: true, Spec: result.Spec{Target: target, Expect: *expect, Rate: *rate},
			RateRPS: 80000, Connections: result.Connections{Answered: *connections}, Verdict: result.Verdict{State: result.Valid}}
		if *rate > 0 {
			l.RateRPS = *rate
		}
		if rates := strings.Fields(os.Getenv("FAKE_RATES")); len(rates) > 0 {
			l.RateRPS, _ = strconv.ParseFloat(rates[min(earlier, len(rates)-1)], 64)
		}
		if reply, err := http.Get(target); err == nil {
			reply.Body.Close()
		} else {
			l.Complete, l.Connections.Answered = false, 0
		}
		if *descriptors != "" {
			l.Counters = counted(*descriptors)
		}
		return l
	}
	out := json.NewEncoder(os.Stdout)
	if *ready { // a second client
		l := load(f.Arg(0))
		if l.Window.Start = time.Now(); os.Getenv("FAKE_SECOND") == "late" {
			l.Window.Start = l.Window.Start.Add(time.Minute)
		}
		l.Requests.Sent = 1
		if os.Getenv("FAKE_SECOND") == "refused" {
			l.Requests.Errors, l.Errors = 1, map[string]int64{"status-503": 1}
		}
		fmt.Fprintln(os.Stderr, "READY 127.0.0.1:1")
		UntilTerminated()
		l.Window.ElapsedNS = int64(time.Since(l.Window.Start))
		out.Encode(l)
		return
	}
	if len(rivals) == 0 {
		l := load(f.Arg(0))
		l.Window.Start = time.Now().Add(*warmup)
		l.Window.ElapsedNS = int64(*window)
		if os.Getenv("FAKE_RATES") == "" {
			time.Sleep(*warmup + *window)
		}
		out.Encode(l)
		return
	}
	c := result.Comparison{Schema: result.Schema, Complete: true, Cycles: *cycles, SliceNS: int64(*slice), LeadNS: 1, Seed: *seed, BesideShare: 0.02,
		Host: result.HostDelta{StealShare: 0.01, OwnShare: 0.9}, Verdict: result.Verdict{State: result.Suspect}}
	for i, given := range append([]string{f.Arg(0)}, rivals...) {
		name, target, _ := strings.Cut(given, "=")
		one := result.Compared{Name: name, Target: target, Load: load(target), Effects: map[string]float64{result.MetricSteady: float64(i)},
			Cost: &result.Cost{Steady: float64(i)}, IdleShare: 0.001}
		one.Load.Host.OwnShare = float64(i+1) / 100
		for cycle := range *cycles {
			one.Slices = append(one.Slices, result.Slice{Cycle: cycle, Order: i, OK: 1})
		}
		if own := slices.IndexFunc(processes, func(p string) bool { return strings.HasPrefix(p, "mortal=") }); name == "mortal" && own >= 0 {
			kill(strings.TrimPrefix(processes[own], "mortal="))
			one.Gone, one.Trouble = true, "died"
		}
		c.Servers = append(c.Servers, one)
	}
	time.Sleep(time.Duration(*cycles) * *slice)
	out.Encode(c)
}

// counted reads inherited counters, given as "calls=3,faults=4".
func counted(descriptors string) *result.Counters {
	all := map[string]int{}
	for one := range strings.SplitSeq(descriptors, ",") {
		name, fd, _ := strings.Cut(one, "=")
		all[name], _ = strconv.Atoi(fd)
	}
	set, err := counters.Inherited(all)
	if err != nil {
		panic(err)
	}
	defer set.Close()
	return set.Read()
}

// logged appends args to FAKE_LOG and returns how many calls there were before.
func logged(args []string) (earlier int) {
	path := os.Getenv("FAKE_LOG")
	if path == "" {
		return 0
	}
	before, _ := os.ReadFile(path)
	line := strings.Join(args, " ") + "\n"
	if err := os.WriteFile(path, append(before, line...), 0o644); err != nil {
		panic(err)
	}
	return strings.Count(string(before), "\n")
}

// kill kills a process and returns after its parent has waited for it.
func kill(pid string) {
	n, _ := strconv.Atoi(pid)
	p, err := os.FindProcess(n)
	if err != nil || n == 0 {
		return
	}
	p.Kill()
	for range 2000 {
		if p.Signal(syscall.Signal(0)) != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
