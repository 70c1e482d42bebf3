// Program bench runs every server model of a plan under every load of it, in shuffled rounds, and keeps each trial.
//
// It measures nothing itself: it starts the programs servers and loadgen, appends what they say to a folder under results, and
// has the program report draw it. plan says what is measured, protocol in which order, stand has the processes.
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

// exit is an error with the exit code it stands for; without one an error is about usage.
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

// stopped is why a run ends early: a signal.
type stopped struct{ signal syscall.Signal }

func (s stopped) Error() string {
	if s.signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

func (s stopped) code() int { return 128 + int(s.signal) }

// changing are the flags that say what is measured.
var changing = []string{"seed", "models", "scenarios", "rounds", "budget", "server", "path", "expect"}

// shortest is the shortest budget: anything is measured in it, but little.
const shortest = 10 * time.Second

// options are the flags.
type options struct {
	plan    string
	results string
	seed    uint64 // 0: drawn
	flags   result.Flags
	resume  bool
	dir     string // with resume: the run to go on with; none: the newest interrupted one
}

func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	var o options
	var budget time.Duration
	root := &cobra.Command{
		Use: "bench [PLAN]", Version: version.Of("bench"),
		Short: "compare server models under load, in rounds",
		Long: `bench runs a plan: scenarios x loads, every cell once a round. In a cell all servers are started afresh and take turns at one client.
PLAN is quick, default, full or a YAML file. The run is kept in a folder under results, cell by cell, and drawn by report at the end.

Exit codes: 0 done; 1 a run that cannot go on or be written, or nothing was measured; 2 usage; 3 a program or server did not start;
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
			for _, name := range changing {
				switch given := c.Flags().Changed(name); {
				case given && o.resume:
					return fmt.Errorf("--resume takes all that is measured from the run it goes on with: leave out --%s", name)
				case given && name == "budget" && budget < shortest:
					return fmt.Errorf("--budget %v: it must be %v at least", budget, shortest)
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
	f.IntVar(&o.flags.Rounds, "rounds", 0, "how many rounds (default the plan's); fewer than six compare little, and a portrait is played once")
	f.DurationVar(&budget, "budget", 0, "the whole run fits into this time (default the plan's)")
	f.StringArrayVar(&o.flags.Servers, "server", nil, "a server of your own, as 'name=command with {addr}' or 'name=http://...'; may be repeated")
	f.StringVar(&o.flags.Path, "path", "", "what servers of your own are asked for in place of /, where they need not say hello")
	f.IntVar(&o.flags.Expect, "expect", 0, "status of their answers to that (default 200)")
	f.Uint64Var(&o.seed, "seed", 0, "the order of everything follows from it; 0 draws one")
	f.BoolVar(&o.resume, "resume", false, "go on with an interrupted run: the newest, or the folder given as argument")
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
		complain(stderr, err)
		return failed.code
	}
	complain(stderr, err)
	return exitUsage
}

// complain prints err, which may show lines of a plan.
func complain(w io.Writer, err error) {
	fmt.Fprintln(w, printable.Text("bench: "+strings.TrimSpace(err.Error())))
}

// interruptible ends its context on the first ctrl-C or SIGTERM, with the signal as cause; the second one has its usual effect, and
// children die with this process.
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
