package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/cli"
	"carousel/loadgen/export"
	"carousel/loadgen/metrics"
	"carousel/loadgen/screen"
	"carousel/loadgen/search"
	"carousel/loadgen/verdict"
)

// find looks for the highest level at which the conditions of --find-max hold. It returns the exit code.
func find(ctx, patience context.Context, caught func() syscall.Signal, stdout, stderr io.Writer, opts *cli.Options, say func(any), served *metrics.Server) int {
	f := finder{ctx, patience, stderr, opts, say, served, &result.Search{Schema: result.Schema, Over: opts.Over, Steps: []result.Step{}}}
	for _, condition := range opts.FindMax {
		f.Conditions = append(f.Conditions, condition.Expr)
	}
	loadErr := f.find()
	if ctx.Err() != nil {
		loadErr = nil // what was found so far is the answer
	}
	unsaid := loadErr
	if loadErr != nil && len(f.Steps) > 0 {
		say(explain(opts.Spec, loadErr))
		unsaid = nil
	}
	var loads []export.Load // of the step that confirms
	confirming, broken := f.Confirming(), false
	if confirming != nil {
		loads = []export.Load{{Here: true, Load: confirming.Load}}
	}
	writeErr := deliver(stdout, say, opts, unsaid, f.Search, loads, func(colours bool) error {
		return screen.Search(stdout, opts.Command(), cli.Command, f.Search, colours)
	})
	if confirming == nil {
		return exitCode(&result.Load{Complete: true}, loadErr, writeErr, caught(), false)
	}
	for _, gate := range opts.Gates {
		if is, why := gate.Broken(confirming.Load); is {
			say("--fail-if " + why)
			broken = true
		}
	}
	code := exitCode(confirming.Load, loadErr, writeErr, caught(), broken)
	if code == done && f.Answer.Outcome == result.NoAnswer {
		return failed
	}
	return code
}

// firstShare is the first rate over that of a closed loop. At a half the second step would be at the edge itself, where it is chance whether a
// level holds.
const firstShare = 0.4

// finder carries out the steps of a search.
type finder struct {
	ctx, patience context.Context
	stderr        io.Writer
	opts          *cli.Options
	say           func(any)
	served        *metrics.Server
	*result.Search
}

func (f *finder) find() error {
	plan := f.opts.Levels()
	if plan.First == 0 {
		l, err := f.load(f.opts.Closed())
		if err != nil {
			f.Answer = search.Conclude(search.Answer{}, err, nil, "")
			return err
		}
		f.Probe = l
		if l.RateRPS == 0 {
			f.Complete = true
			f.Answer = result.Answer{Outcome: result.NoAnswer, Why: fmt.Sprintf("a closed loop over %d connections got no good reply in %v: give the first rate with -r", l.Spec.Connections, l.Spec.Duration)}
			return nil
		}
		plan.First = max(search.Round(firstShare*l.RateRPS), plan.Least)
		f.tell(fmt.Sprintf("a closed loop over %d connections gets %s", l.Spec.Connections, screen.Level(f.Over, l.RateRPS)))
	}
	usual := plan.First
	if f.Probe != nil {
		usual = max(usual, f.Probe.RateRPS) // few steps are far from there
	}
	each, few, many := f.opts.Takes(usual)
	f.tell(fmt.Sprintf("a step takes %s, a search %s to %s as a rule", units.Short(float64(each)), units.Short(float64(few)), units.Short(float64(many))))
	rate := 0.0 // that the step before served
	again := 0  // how often what was tried last did not count
	a, err := search.Find(plan, func(level float64, confirms bool) (string, float64, error) {
		if f.starves() {
			f.tell("connections are not answered at two rates: no lower one is tried")
			return "", 0, errStarves
		}
		f.rest(time.Duration(again) * f.opts.Spec.Duration / 2) // what disturbed it may be over then
		l, err := f.load(f.opts.At(level, rate, confirms))
		if err != nil {
			return "", 0, err
		}
		step := result.Step{Level: level, Confirms: confirms, Load: l}
		step.Outcome, step.Why = search.Judge(l, f.opts.FindMax)
		f.Steps = append(f.Steps, step)
		f.tell(screen.Step(f.Over, step))
		if again++; step.Outcome != result.Void {
			again = 0
		}
		rate = l.RateRPS
		if f.Over == result.OverRate && result.Overloaded(l) {
			return step.Outcome, l.RateRPS, nil
		}
		return step.Outcome, 0, nil
	})
	if errors.Is(err, errStarves) {
		err = nil
	}
	f.Complete = err == nil
	f.Answer = search.Conclude(a, err, f.Steps, f.opts.Limit())
	return err
}

var errStarves = errors.New("connections are not answered at any rate")

// starves reports whether connections were left without an answer at the last two rates, and none held before: a lower one will not do
// where the server has no place for them.
func (f *finder) starves() bool {
	if f.Over != result.OverRate || slices.ContainsFunc(f.Steps, func(s result.Step) bool { return s.Outcome != result.Fails || result.Starved(s.Load) == "" }) {
		return false
	}
	return len(f.Steps) > 1 && f.Steps[0].Level != f.Steps[len(f.Steps)-1].Level
}

// rest waits for so long, or until the search is interrupted.
func (f *finder) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-f.ctx.Done():
	}
}

// load carries out one load. What is cut short tells nothing and is an error.
func (f *finder) load(s result.Spec) (*result.Load, error) {
	opts := *f.opts
	opts.Spec = s
	l, err := measure(f.ctx, f.patience, f.stderr, &opts, nil, f.served)
	if f.ctx.Err() != nil {
		err = errors.New("it was interrupted")
	}
	if err != nil {
		return nil, err
	}
	l.Verdict = verdict.Judge(l)
	l.Annotate()
	return l, nil
}

// tell shows progress.
func (f *finder) tell(what string) {
	if !f.opts.Quiet {
		f.say(what)
	}
}
