// Command servers runs one server model in one process.
//
// Every folder beside this file is a model; README.md has them in order, with the lesson of each. One, null, is not listed:
// it answers without parsing, and so measures the client.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/internal/sock"
	"carousel/internal/version"
	"carousel/internal/wire"
	"carousel/servers/asyncio"
	"carousel/servers/blocking"
	"carousel/servers/coroutine"
	"carousel/servers/epoll"
	"carousel/servers/fasthttp"
	"carousel/servers/generator"
	"carousel/servers/gnet"
	"carousel/servers/goroutine"
	"carousel/servers/nethttp"
	"carousel/servers/null"
	"carousel/servers/poll"
	"carousel/servers/pool"
	"carousel/servers/prefork"
	"carousel/servers/reactors"
	"carousel/servers/selectloop"
	"carousel/servers/thread"
	"carousel/servers/uring"
)

// model is one way to take turns.
type model struct {
	name   string
	lesson string
	serve  serveFunc
	raw    bool // made of raw socket calls: it needs Linux
	hidden bool // it runs by its name, and --list leaves it out
}

// serveFunc is a model's Serve. count is the number of its threads, workers or loops; it calls ready when it is about to accept.
type serveFunc func(ln int, open func() *wire.Talk, count int, ready func()) error

// one makes a serveFunc of a Serve without a count.
func one(serve func(ln int, open func() *wire.Talk) error) serveFunc {
	return func(ln int, open func() *wire.Talk, _ int, ready func()) error {
		ready()
		return serve(ln, open)
	}
}

// some makes a serveFunc of a Serve with a count, in one process.
func some(serve func(ln int, open func() *wire.Talk, count int) error) serveFunc {
	return func(ln int, open func() *wire.Talk, count int, ready func()) error {
		ready()
		return serve(ln, open, count)
	}
}

// models is the ladder, in its order.
var models = []model{
	{"blocking", "one thinking client stops everybody: accept, recv and send block", one(blocking.Serve), true, false},
	{"select", "hand over control: watch many descriptors, act on the ready ones", one(selectloop.Serve), true, false},
	{"poll", "the same without a limit: the list stays, and is still scanned on every turn", one(poll.Serve), true, false},
	{"epoll", "callbacks: a descriptor is registered with the function to call", one(epoll.Serve), true, false},
	{"generator", "a function that yields the reason it stops, and a carousel that gives each its turn", one(generator.Serve), true, false},
	{"coroutine", "values and errors travel into a paused function; yield from delegates", one(coroutine.Serve), true, false},
	{"asyncio", "a task is a future around a coroutine, and a loop steps tasks", one(asyncio.Serve), true, false},
	{"asyncio-executor", "the same, with blocking work handed to an executor", one(asyncio.ServeExecutor), true, false},
	{"goroutine", "write blocking code, the runtime does the callbacks", one(goroutine.Serve), false, false},
	{"thread", "write blocking code, the kernel takes the turns: a thread for every connection", some(thread.Serve), true, false},
	{"pool", "a fixed number of threads, a connection each; the others wait", some(pool.Serve), true, false},
	{"prefork", "a fixed number of processes, a connection each, on one inherited socket", prefork.Serve, true, false},
	{"reactors", "a loop per processor, each with a listening socket of its own", reactors.Serve, true, false},
	{"uring", "completions instead of readiness: the kernel takes requests by the dozen and reports the result of each", one(uring.Serve), true, false},
	{"nethttp", "the yardstick: net/http, which speaks HTTP only", one(nethttp.Serve), false, false},
	{"fasthttp", "another yardstick: fasthttp, which reuses requests, replies and buffers, and speaks HTTP only", one(fasthttp.Serve), false, false},
	{"gnet", "another yardstick: gnet, a framework that owns the loop and calls the callbacks", one(gnet.Serve), true, false},
	{"null", "no server can do less: it answers without parsing, so a client finds its own limit", one(null.Serve), false, true},
}

// counts names the flag of a model's number of threads, workers or loops.
var counts = map[string]string{"thread": "threads", "pool": "workers", "prefork": "workers", "reactors": "loops"}

// count returns the value of the model's own flag. Another model's flag is an error.
func (m model) count(flags *pflag.FlagSet) (n int, err error) {
	for _, name := range []string{"threads", "workers", "loops"} {
		value, _ := flags.GetInt(name)
		switch {
		case counts[m.name] == name && value < 1:
			return 0, fmt.Errorf("--%s is %d: it must be at least 1", name, value)
		case counts[m.name] == name:
			n = value
		case flags.Changed(name):
			return 0, fmt.Errorf("model %s has no %s: leave --%s out (servers --help says which models have it)", m.name, name, name)
		}
	}
	return n, nil
}

// supported has a check for each model that needs more than Linux; the error says why it cannot run here.
var supported = map[string]func() error{"uring": uring.Supported}

// unavailable returns why the model cannot run on this system, "" if it can.
func (m model) unavailable() string {
	if m.raw && !sock.Linux {
		return "needs Linux's socket calls, this is " + runtime.GOOS
	}
	if try := supported[m.name]; try != nil {
		if err := try(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// Exit codes, as in all programs of Carousel.
const (
	exitFailed = 1
	exitUsage  = 2
	exitStart  = 3
)

func main() { os.Exit(run(os.Stdout, os.Stderr, os.Args[1:])) }

func run(stdout, stderr io.Writer, args []string) int {
	var name string
	var list, asJSON bool
	var o options
	code := 0
	cmd := &cobra.Command{
		Use:     "servers --model NAME",
		Version: version.Of("servers"),
		Short:   "Run one server model until SIGTERM or ctrl-C",
		Long: "Run one server model until SIGTERM or ctrl-C.\n" +
			"It prints READY and its address when it listens, and its usage, a line of JSON, when it ends.",
		Example: "  servers --model epoll\n  servers --list\n  servers lesson 5",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("argument %q: a model is named by --model, a chapter of the tutorial by lesson", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				return printList(stdout, asJSON)
			}
			m, err := find(name)
			if err != nil {
				return err
			}
			if o.idle < 0 {
				return fmt.Errorf("--idle-timeout is %v: it must not be negative", o.idle)
			}
			if o.count, err = m.count(cmd.Flags()); err != nil {
				return err
			}
			if cmd.Flags().Changed("trace") {
				if err := writable(o.trace); err != nil {
					return err
				}
			}
			code = serve(stdout, stderr, m, o)
			return nil
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := cmd.Flags()
	flags.StringVarP(&name, "model", "m", "", "the model to run, one of --list")
	flags.StringVarP(&o.addr, "addr", "a", "127.0.0.1:5000", "the address to listen on; port 0 is any free port")
	flags.BoolVarP(&list, "list", "l", false, "list the models and exit")
	flags.BoolVar(&asJSON, "json", false, "with --list: as JSON")
	processors := runtime.GOMAXPROCS(0)
	flags.Int("threads", 8000, "model thread: most threads, and so most clients, at once; further clients are refused")
	flags.Int("workers", 2*processors, "models pool and prefork: number of workers, and so of clients served at once; further clients wait")
	flags.Int("loops", processors, "model reactors: number of loops, one thread each")
	flags.DurationVar(&o.idle, "idle-timeout", 0, "close a connection whose peer neither sends nor reads anything for this long (0: never)")
	flags.BoolVar(&o.narrate, "narrate", false, "print to standard error what the server does: whose turn it is and why, who waits for what")
	flags.StringVar(&o.trace, "trace", "", "write what --narrate prints to this file when the server ends, as trace events for ui.perfetto.dev (.gz: compressed)")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: see servers --help", err) })
	cmd.AddCommand(lessonCommand(stdout, stderr, &code))
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.SetArgs(args)
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "servers: %v\n", err)
		return exitUsage
	}
	return code
}

func find(name string) (model, error) {
	var names []string
	for _, m := range models {
		if m.name == name {
			if why := m.unavailable(); why != "" {
				return m, fmt.Errorf("model %s is unavailable: %s", name, why)
			}
			return m, nil
		}
		if !m.hidden {
			names = append(names, m.name)
		}
	}
	if name == "" {
		return model{}, fmt.Errorf("which model? --model takes one of %s", strings.Join(names, ", "))
	}
	return model{}, fmt.Errorf("unknown model %q: --model takes one of %s", name, strings.Join(names, ", "))
}

func printList(w io.Writer, asJSON bool) error {
	type row struct {
		Name      string `json:"name"`
		Lesson    string `json:"lesson"`
		Available bool   `json:"available"`
		Reason    string `json:"reason,omitempty"`
	}
	var rows []row
	for _, m := range models {
		if m.hidden {
			continue
		}
		rows = append(rows, row{m.name, m.lesson, m.unavailable() == "", m.unavailable()})
	}
	if asJSON {
		return json.NewEncoder(w).Encode(rows)
	}
	for _, r := range rows {
		if !r.Available {
			r.Lesson = "unavailable: " + r.Reason
		}
		if _, err := fmt.Fprintf(w, "%-17s %s\n", r.Name, r.Lesson); err != nil {
			return err
		}
	}
	return nil
}
