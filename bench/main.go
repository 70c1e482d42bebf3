// Program bench runs every server model of a plan under every load of it, in shuffled rounds, and keeps each trial.
//
// It measures nothing itself: it starts the programs servers and loadgen, appends what they say to a folder under results, and
// has the program report draw it. Every trial is a fresh server process; between two trials nothing is left over.
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

	"github.com/spf13/cobra"

	"carousel/internal/printable"
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

// options are the flags.
type options struct {
	plan    string
	results string
	seed    uint64 // 0: drawn
	guests  []string
	resume  bool
	dir     string // with resume: the run to go on with; none: the newest interrupted one
}

func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	var o options
	root := &cobra.Command{
		Use:   "bench [PLAN]",
		Short: "measure server models under load, in shuffled rounds",
		Long: `bench runs a plan: server models x scenarios x loads, every cell once a round, each in a fresh process. PLAN is quick, default, full or
a YAML file. The run is kept in a folder under results, trial by trial, and drawn by report at the end.`,
		Example: `  bench quick
  bench --server 'mine=./mine --addr {addr}'
  bench --resume`,
		Args: cobra.MaximumNArgs(1), SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, args []string) error {
			o.plan = "default"
			if len(args) == 1 && o.resume {
				o.dir = args[0]
			} else if len(args) == 1 {
				o.plan = args[0]
			}
			if o.resume && (c.Flags().Changed("seed") || c.Flags().Changed("server")) {
				return errors.New("--resume takes the seed and the servers from the run it goes on with: leave out --seed and --server")
			}
			ctx, stop := interruptible(ctx)
			defer stop()
			return o.bench(ctx, stdout, stderr)
		},
	}
	f := root.Flags()
	f.Uint64Var(&o.seed, "seed", 0, "the order of trials follows from it; 0 draws one")
	f.StringArrayVar(&o.guests, "server", nil, "a server of your own, as 'name=command with {addr}'; may be repeated")
	f.BoolVar(&o.resume, "resume", false, "go on with an interrupted run: the newest, or the folder given as argument")
	f.StringVar(&o.results, "results", "results", "folder that holds the runs")
	root.AddCommand(nullCommand(stdout), keepCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: see bench --help", err) })
	root.SetArgs(args)
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

// say prints a line, which may hold words of others.
func say(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, printable.Line(fmt.Sprintf(format, args...)))
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
