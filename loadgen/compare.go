package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"syscall"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/cli"
	"carousel/loadgen/engine"
	"carousel/loadgen/export"
	"carousel/loadgen/screen"
	"carousel/loadgen/trace"
	"carousel/loadgen/turns"
	"carousel/loadgen/verdict"
)

// compare loads several servers in turns and reports how they differ. It returns the exit code.
func compare(ctx, patience context.Context, caught func() syscall.Signal, stdout, stderr io.Writer, opts *cli.Options, say func(any)) int {
	traced := newTrace(opts)
	c, loadErr := inTurns(ctx, patience, stderr, opts, traced, say)
	if c == nil {
		say(loadErr)
		return failed
	}
	var traceErr error
	c.Trace, traceErr = keepTrace(opts, traced, say)
	verdict.JudgeComparison(c)
	for _, s := range c.Servers {
		s.Load.Annotate()
	}
	var loads []export.Load
	for _, s := range c.Servers {
		loads = append(loads, export.Load{Name: s.Name, Here: true, Load: s.Load})
	}
	writeErr := deliver(stdout, say, opts, loadErr, c, loads, func(colours bool) error {
		return screen.Comparison(stdout, opts.Command(), c, colours)
	})
	code := done
	for _, s := range c.Servers {
		var lost error
		if s.Gone {
			lost = &engine.Unreachable{}
		}
		code = worst(code, exitCode(s.Load, lost, cmp.Or(writeErr, traceErr), caught(), false))
	}
	code = worst(code, tell(verdict.Broken(opts.Gates, c), say))
	if signal := caught(); signal != 0 {
		return 128 + int(signal)
	}
	return code
}

// tell prints the findings of the gates of a comparison. It returns the exit code.
func tell(findings []verdict.Finding, say func(any)) int {
	code := done
	for _, f := range findings {
		say("--fail-if " + f.Text)
		if f.Undecided {
			code = worst(code, failed)
		} else {
			code = worst(code, gateBroken)
		}
	}
	return code
}

// worst is the exit code that takes precedence.
func worst(a, b int) int {
	for _, code := range []int{unreachable, failed, wrong, gateBroken} {
		if a == code || b == code {
			return code
		}
	}
	return done
}

// inTurns carries out the comparison. It returns an error if no server could be loaded; the record may still be there, and is nil if there is
// none.
func inTurns(ctx, patience context.Context, stderr io.Writer, opts *cli.Options, traced *trace.Trace, say func(any)) (*result.Comparison, error) {
	p := turns.Settings{
		Slice: opts.Slice, Duration: opts.Spec.Duration, Cycles: opts.Cycles, Warmup: opts.Spec.Warmup, Grace: opts.Spec.Grace,
		Rate: opts.Spec.Rate, Seed: opts.Seed, Until: opts.Until, Processors: host.Processors(),
	}
	var list []engine.Server
	for _, s := range opts.Servers {
		p.Names = append(p.Names, s.Name)
		if s.Twin {
			p.Twin = s.Name
		}
		list = append(list, engine.Server{Name: s.Name, Spec: opts.Of(s), Auto: s.Auto})
	}
	if !opts.Quiet {
		total := time.Duration(len(list)) * (p.Warmup + p.Duration)
		say(fmt.Sprintf("%s of load for each of %s, in turns: %v at least", p.Duration, units.Plural(len(list), "server"), total))
	}
	var live *turns.Live
	if !opts.Quiet {
		live = new(turns.Live)
		defer screen.WatchTurns(stderr, p.Names, p.Duration, live)()
	}
	stand := engine.NewStand(ctx, list, p.Seed, traced)
	defer stand.Close()
	defer context.AfterFunc(ctx, stand.Stop)()
	defer context.AfterFunc(patience, stand.Stop)()
	c, err := turns.Compare(ctx, p, stand, live)
	return c, cmp.Or(stand.Unreached(), err)
}
