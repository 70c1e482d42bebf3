package main

import (
	"context"
	"fmt"
	"io"
	"syscall"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/cli"
	"carousel/loadgen/engine"
	"carousel/loadgen/screen"
	"carousel/loadgen/turns"
	"carousel/loadgen/verdict"
)

// compare loads several servers in turns and says how they differ. It returns the exit code.
func compare(ctx, patience context.Context, caught func() syscall.Signal, stdout, stderr io.Writer, opts *cli.Options, say func(any)) int {
	c, err := inTurns(ctx, patience, stderr, opts, say)
	if err != nil {
		say(explain(opts.Spec, err))
		return exitCode(&result.Load{}, err, nil, caught(), false)
	}
	verdict.JudgeComparison(c)
	for _, s := range c.Servers {
		s.Load.Doubt()
	}
	var writeErr error
	wrote := func(err error) {
		if err != nil {
			say(err)
			writeErr = err
		}
	}
	wrote(show(stdout, opts, c, func(colours bool) error { return screen.Comparison(stdout, opts.Command(), c, colours) }))
	if opts.Output != "" {
		wrote(keep(opts.Output, c))
	}
	code := done
	for _, s := range c.Servers {
		var lost error
		if s.Gone {
			lost = &engine.Unreachable{}
		}
		code = worst(code, exitCode(s.Load, lost, writeErr, caught(), false))
	}
	for _, f := range verdict.Broken(opts.Gates, c) {
		say("--fail-if " + f.Text)
		if f.Untold {
			code = worst(code, failed)
		} else {
			code = worst(code, gateBroken)
		}
	}
	return code
}

// worst is the exit code that says more: a signal, then the first of those that are not 0 in the order below.
func worst(a, b int) int {
	for _, code := range []int{unreachable, failed, wrong, gateBroken} {
		if a == code || b == code {
			return code
		}
	}
	return max(a, b)
}

// inTurns carries the comparison out. The error says why none of the servers could be loaded.
func inTurns(ctx, patience context.Context, stderr io.Writer, opts *cli.Options, say func(any)) (*result.Comparison, error) {
	p := turns.Plan{
		Slice: opts.Slice, Duration: opts.Spec.Duration, Warmup: opts.Spec.Warmup, Grace: opts.Spec.Grace,
		Rate: opts.Spec.Rate, Seed: opts.Seed, Until: opts.Until,
	}
	var list []engine.Contender
	for _, s := range opts.Servers {
		p.Names = append(p.Names, s.Name)
		if s.Twin {
			p.Twin = s.Name
		}
		list = append(list, engine.Contender{Spec: opts.Of(s), Auto: s.Auto})
	}
	if !opts.Quiet {
		total := time.Duration(len(list)) * p.Duration
		say(fmt.Sprintf("%s of load for each of %s, in turns: about %v", p.Duration, units.Plural(len(list), "server"), total))
	}
	stand, err := engine.NewStand(ctx, list, p.Seed)
	if err != nil {
		return nil, err
	}
	defer stand.Close()
	defer context.AfterFunc(ctx, stand.Stop)()
	defer context.AfterFunc(patience, stand.Stop)()
	live, stop := (*turns.Live)(nil), func() {}
	if !opts.Quiet {
		live = new(turns.Live)
		stop = screen.WatchTurns(stderr, p.Names, p.Duration, live)
	}
	defer func() { stop() }()
	c, err := turns.Compare(ctx, p, stand, live)
	stop()
	stop = func() {}
	return c, err
}
