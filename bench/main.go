// Program bench measures the server models of a plan in its scenarios, in rounds of random order, and saves every trial.
//
// It measures nothing itself: it starts the programs servers and loadgen, appends their records to a folder under results, and runs the
// program report on it. Package plan defines what is measured, protocol in which order, and stand starts the processes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"carousel/bench/stand"
	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/version"
)

func main() { os.Exit(run(context.Background(), os.Stdout, os.Stderr, os.Args[1:])) }

// exit is an error with its exit code. Every other error is a usage error.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string { return e.err.Error() }
func (e exit) Unwrap() error { return e.err }

const (
	exitFailed = 1
	exitUsage  = 2
	exitStart  = 3
	exitWrong  = 4
)

// stopped is the error of a run that a signal ended.
type stopped struct{ signal syscall.Signal }

func (s stopped) Error() string {
	if s.signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

func (s stopped) code() int { return 128 + int(s.signal) }

// planFlags are the flags that change what is measured.
var planFlags = []string{"seed", "models", "scenarios", "rounds", "budget", "server", "path", "expect"}

// minBudget is the shortest budget that bench accepts.
const minBudget = 10 * time.Second

// options are the flags.
type options struct {
	plan    string
	results string
	seed    uint64 // 0: random
	flags   result.Flags
	resume  bool
	dir     string // with resume: the folder of the run; "": the newest interrupted run
}

func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	var o options
	var budget time.Duration
	root := &cobra.Command{
		Use: "bench [PLAN]", Version: version.Of("bench"),
		Short: "compare server models under load, in rounds",
		Long: `bench measures a plan. A cell of the plan is one scenario at one load. Each round measures its cells in random order, with fresh
servers: in most scenarios all servers of a cell run at once, and one client loads them in turns; in the others one server runs at a time.
bench saves every cell to a folder under results as soon as it is measured, and runs the program report on that folder at the end.
PLAN is quick, default, full or a YAML file; without it, default.

Exit codes: 0 done; 1 nothing was measured, or the run cannot be resumed or saved; 2 usage; 3 a program or server did not start;
4 a server answers wrongly; 130 and 143 after ctrl-C and SIGTERM.`,
		Example: `  bench quick
  bench --models epoll,goroutine --budget 2m --server 'mine=./mine --addr {addr}'
  bench --server 'mine=node app.js' --path /users --expect 200
  bench --resume`,
		Args: cobra.MaximumNArgs(1), SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, args []string) error {
			o.plan = "default"
			if len(args) == 1 && o.resume {
				o.dir = args[0]
			} else if len(args) == 1 {
				o.plan = args[0]
			}
			for _, name := range planFlags {
				switch given := c.Flags().Changed(name); {
				case given && o.resume:
					return fmt.Errorf("--resume measures what the interrupted run planned: leave out --%s", name)
				case given && name == "budget" && budget < minBudget:
					return fmt.Errorf("--budget %v: it must be %v at least", budget, minBudget)
				case given && name == "rounds" && (o.flags.Rounds < 1 || o.flags.Rounds > 1000):
					return fmt.Errorf("--rounds %d: it must be 1 to 1000", o.flags.Rounds)
				}
			}
			o.flags.BudgetNS = int64(budget)
			ctx, stop := interruptible(ctx)
			defer stop()
			return o.bench(ctx, stdout, stderr)
		},
	}
	f := root.Flags()
	f.StringSliceVar(&o.flags.Models, "models", nil, "measure these models only, as 'epoll,goroutine'")
	f.StringSliceVar(&o.flags.Scenarios, "scenarios", nil, "measure these scenarios only, as 'hello,cost'")
	f.IntVar(&o.flags.Rounds, "rounds", 0, "number of rounds (default the plan's); fewer than six compare little; a portrait is played in the first one only")
	f.DurationVar(&budget, "budget", 0, "time for the whole run, 10s or more (default the plan's)")
	f.StringArrayVar(&o.flags.Servers, "server", nil, "a server of your own: 'name=command', listening on {addr} or $CAROUSEL_ADDR, or 'name=http://...' if it is running already; may be repeated")
	f.StringVar(&o.flags.Path, "path", "", "request this path from servers of your own, not /; its body may be anything")
	f.IntVar(&o.flags.Expect, "expect", 0, "status of the answers to --path (default 200)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the random order; 0 picks one")
	f.BoolVar(&o.resume, "resume", false, "resume an interrupted run: the newest, or the folder given as argument")
	f.StringVar(&o.results, "results", "results", "folder that holds the runs")
	root.AddCommand(stand.KeepCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: see bench --help", err) })
	root.SetArgs(args)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetOut(stdout)
	root.SetErr(stderr)

	err := root.ExecuteContext(ctx)
	var failed exit
	var early stopped
	switch {
	case err == nil:
		return 0
	case errors.As(err, &early):
		return early.code()
	case errors.As(err, &failed):
		printError(stderr, err)
		return failed.code
	}
	printError(stderr, err)
	return exitUsage
}

// printError prints err on one line or, with an excerpt of a plan, on several.
func printError(w io.Writer, err error) {
	fmt.Fprintln(w, printable.Text("bench: "+strings.TrimSpace(err.Error())))
}

// interruptible returns a context that ends on the first ctrl-C or SIGTERM, with the signal as its cause. The second one ends this process,
// and its children with it.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-signals:
			signal.Stop(signals)
			number, ok := s.(syscall.Signal)
			if !ok {
				number = syscall.SIGINT
			}
			cancel(stopped{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-done
	}
}
