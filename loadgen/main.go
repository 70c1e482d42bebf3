// Program loadgen loads a server over many connections and reports what happened: loadgen -c 500 -d 30s
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/loadgen/cli"
	"carousel/loadgen/client"
	"carousel/loadgen/engine"
	"carousel/loadgen/export"
	"carousel/loadgen/metrics"
	"carousel/loadgen/record"
	"carousel/loadgen/screen"
	"carousel/loadgen/trace"
	"carousel/loadgen/verdict"
)

func main() { os.Exit(run(os.Stdout, os.Stderr, os.Args[1:])) }

// The exit codes, besides 128 + the number of a signal.
const (
	done        = 0
	failed      = 1
	usage       = 2
	unreachable = 3
	wrong       = 4
	gateBroken  = 99
)

func run(stdout, stderr io.Writer, args []string) int {
	say := func(what any) { fmt.Fprintf(stderr, "loadgen: %s\n", printable.Line(fmt.Sprint(what))) }
	opts, err := cli.Parse(stdout, stderr, args)
	if errors.Is(err, cli.ErrAnswered) {
		return done
	}
	if err == nil && opts.Kept == nil {
		err = opts.Ready()
	}
	if err != nil {
		say(err)
		return usage
	}
	if opts.Kept != nil {
		return withKept(stdout, opts, say)
	}
	for _, note := range opts.Notes {
		say(note)
	}

	ctx, patience, caught, stop := untilSignal()
	defer stop()
	if opts.Compares() {
		return compare(ctx, patience, caught, stdout, stderr, opts, say)
	}
	served, err := serveMetrics(opts, say)
	if err != nil {
		say(err)
		return usage
	}
	defer served.Close()
	if opts.Searches() {
		return find(ctx, patience, caught, stdout, stderr, opts, say, served)
	}
	traced := newTrace(opts)
	l, loadErr := measure(ctx, patience, stderr, opts, traced, served)
	var traceErr error
	l.Trace, traceErr = keepTrace(opts, traced, say)
	l.Verdict = verdict.Judge(l)
	l.Annotate()
	writeErr := deliver(stdout, say, opts, loadErr, l, []export.Load{{Here: true, Load: l}}, func(colours bool) error {
		return screen.Summary(stdout, opts.Command(), l, colours)
	})
	broken := false
	for _, gate := range opts.Gates {
		if is, why := gate.Broken(l); is && loadErr == nil {
			say("--fail-if " + why)
			broken = true
		}
	}
	return exitCode(l, loadErr, cmp.Or(writeErr, traceErr), caught(), broken)
}

// serveMetrics serves figures at the address of --metrics, if given, and prints it.
func serveMetrics(opts *cli.Options, say func(any)) (*metrics.Server, error) {
	if opts.Metrics == "" {
		return nil, nil
	}
	s, err := metrics.Serve(opts.Metrics)
	if err == nil && !opts.Quiet {
		say("figures are at http://" + s.Addr + "/metrics")
	}
	return s, err
}

// deliver prints loadErr, if there is one, and writes the summary or record, the file of -o, and the files for other tools. It prints errors of writing, and
// returns the last.
func deliver(stdout io.Writer, say func(any), opts *cli.Options, loadErr error, of any, loads []export.Load, summary func(colours bool) error) (writeErr error) {
	if loadErr != nil {
		say(explain(opts.Spec, loadErr))
	}
	wrote := func(err error) {
		if err != nil {
			say(err)
			writeErr = err
		}
	}
	if (loadErr == nil || opts.JSON) && !opts.Exports.ToStdout() && !(opts.Kept != nil && opts.Quiet) {
		wrote(show(stdout, opts, of, summary))
	}
	if opts.Output != "" {
		wrote(keep(opts.Output, of))
	}
	for _, e := range opts.Exports.Asked() {
		if loadErr == nil {
			wrote(exported(stdout, e, loads))
		}
	}
	return writeErr
}

// exitCode weighs what went wrong: a signal explains everything after it, and a gate means little where nothing was
// served or served right. A file that is missing is a failure, however well its reply was served.
func exitCode(l *result.Load, loadErr, writeErr error, caught syscall.Signal, broken bool) int {
	var gone *engine.Unreachable
	var nameless *net.DNSError
	switch {
	case caught != 0:
		return 128 + int(caught)
	case errors.As(loadErr, &gone), errors.As(loadErr, &nameless):
		return unreachable
	case loadErr == nil && (!l.Complete || l.Gone): // any more
		return unreachable
	case loadErr != nil || writeErr != nil || l.Requests.OK == 0 && wrongAnswers(l) == 0:
		return failed
	case wrongAnswers(l) > 0:
		return wrong
	case l.Unsaved() > 0:
		return failed
	case broken:
		return gateBroken
	}
	return done
}

// wrongAnswers is how many replies were malformed or not as expected.
func wrongAnswers(l *result.Load) (n int64) {
	for class, count := range l.Errors {
		switch class {
		case record.Malformed.String(), record.BodyLength.String(), record.BodyContent.String(), record.BodyDigest.String():
			n += count
		default:
			if l.Spec.ExpectsStatus() && strings.HasPrefix(class, "status-") {
				n += count
			}
		}
	}
	return n
}

// measure carries out the request and shows its progress. The record is never nil.
func measure(ctx, patience context.Context, stderr io.Writer, opts *cli.Options, traced *trace.Trace, served *metrics.Server) (*result.Load, error) {
	live := new(record.Live)
	if opts.Announce {
		live.Began = func() { fmt.Fprintln(stderr, "READY", client.Addr(opts.Spec.Target)) }
	}
	stop := func() {}
	if !opts.Quiet {
		stop = screen.Watch(stderr, opts.Spec, live)
	}
	var lacks error
	if opts.Servers[0].Auto {
		opts.Spec.PID, lacks = engine.Process(ctx, opts.Spec)
	}
	var l *result.Load
	ceiling, err := 0.0, error(nil)
	if opts.Ceiling {
		ceiling, err = engine.Ceiling(ctx, patience, opts.Spec)
	}
	if err == nil {
		served.Watch(live, opts.Spec.Rate)
		l, err = engine.Traced(ctx, patience, opts.Spec, live, traced)
	}
	stop()
	if l == nil {
		l = &result.Load{Schema: result.Schema, UnsentBy: map[string]int64{}, Errors: map[string]int64{}, ConnectErrors: map[string]int64{}}
	}
	l.CeilingRPS = ceiling
	if l.Spec = opts.Spec; lacks != nil {
		l.TargetCPULacks = lacks.Error()
	}
	return l, err
}

// explain is one line that says why nothing could be measured, and what to do.
func explain(s result.Spec, err error) string {
	var by signalled
	if errors.As(err, &by) {
		return fmt.Sprintf("it was ended (%v) before anything was measured", by)
	}
	var gone *engine.Unreachable
	if !errors.As(err, &gone) || gone.Class != record.ConnectRefused {
		return err.Error()
	}
	addr := client.Addr(s.Target)
	if s.SeveralHosts() {
		addr = gone.Addr
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("there is no socket %s: is its server running?", addr)
	case client.Network(addr) == "unix" || client.Secure(s.Target):
		return fmt.Sprintf("nothing listens on %s: is its server running?", addr)
	}
	return fmt.Sprintf("nothing listens on %s: start a server there, such as \"servers --model epoll --addr %[1]s\"%s", addr, airPlay(s))
}

// airPlay names what often holds the default port on a Mac.
func airPlay(s result.Spec) string {
	if runtime.GOOS == "darwin" && strings.HasSuffix(client.Addr(s.Target), ":5000") {
		return " (macOS may hold port 5000 for its AirPlay receiver: then use another, such as :5001)"
	}
	return ""
}

// show writes the result to stdout: the record without its histograms as one JSON document, or what summary writes. A reader that closed the pipe early is no
// failure.
func show(stdout io.Writer, opts *cli.Options, of any, summary func(colours bool) error) error {
	var err error
	if opts.JSON {
		err = json.NewEncoder(stdout).Encode(result.Brief(of))
	} else {
		f, ok := stdout.(*os.File)
		err = summary(ok && screen.Colours(f))
	}
	return wanted(err)
}

// wanted is err, or nil if the reader of stdout closed it.
func wanted(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// exported writes loads in the format of another tool.
func exported(stdout io.Writer, e export.Export, loads []export.Load) error {
	text, err := e.Text(loads)
	switch {
	case err != nil:
		return fmt.Errorf("--%s %s was not written: %w", e.Flag, e.File, err)
	case e.File == export.Stdout:
		_, err = stdout.Write(text)
		return wanted(err)
	}
	return put("--"+e.Flag, e.File, text)
}

// keep writes the record to path, whole or not at all.
func keep(path string, of any) error {
	text, err := json.Marshal(of)
	if err != nil {
		return err
	}
	return put("-o", path, append(text, '\n'))
}

// put makes text the content of the file that a flag names, whole or not at all.
func put(flag, path string, text []byte) error {
	return replace(flag, path, func(path string) error { return result.WriteFile(path, text) })
}

// replace has write write the file that a flag names.
func replace(flag, path string, write func(path string) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the file is replaced, not the link to it
	}
	err := write(path)
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err // its path is that of a temporary file
	}
	if err != nil {
		return fmt.Errorf("%s %s was not written: %w", flag, path, err)
	}
	return nil
}

// untilSignal returns two contexts: ctx ends at the first interrupt or termination signal, patience at the second. caught returns the
// first, 0 if there was none. A third signal ends the process at once. stop ends the handling of signals.
func untilSignal() (ctx, patience context.Context, caught func() syscall.Signal, stop func()) {
	signal.Ignore(syscall.SIGPIPE) // a closed stdout is an error of the write, not a death
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	ctx, first := context.WithCancelCause(context.Background())
	patience, second := context.WithCancel(context.Background())
	quit := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				switch {
				case ctx.Err() == nil:
					first(signalled(s.(syscall.Signal)))
				case patience.Err() == nil:
					second()
				default:
					os.Exit(128 + int(s.(syscall.Signal)))
				}
			case <-quit:
				return
			}
		}
	}()
	caught = func() syscall.Signal {
		var s signalled
		if errors.As(context.Cause(ctx), &s) {
			return syscall.Signal(s)
		}
		return 0
	}
	return ctx, patience, caught, func() {
		signal.Stop(signals)
		close(quit)
		second()
	}
}

// signalled is the signal that ended a run.
type signalled syscall.Signal

func (s signalled) Error() string { return syscall.Signal(s).String() }
