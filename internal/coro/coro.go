// Package coro provides generators: functions that pause. A generator yields values to its caller, is sent
// values and errors while it is paused, delegates to sub-generators, and returns a result when it ends.
//
// Such a function is a coroutine in the sense of Conway, "Design of a Separable Transition-Diagram Compiler"
// (CACM 6(7), 1963): two flows that treat each other as subroutines. Its surface is Python's: yield as an expression,
// send, throw and close (PEP 342), delegation and the return value (PEP 380). The switch itself is [iter.Pull], which
// goes from one flow to the other directly, without the scheduler.
//
//	                Gen: the outside                    Co: the inside
//	Next, Send  ->  resumes, with a value               s, err := c.Yield(y)
//	Throw       ->  resumes, with an error              err is that error
//	Close       ->  resumes, with ErrClosed             tidy up and return
//	(y, nil)    <-  it yielded y                        c.Yield(y)
//	ErrEnded    <-  it is over, see Result              return result, nil
//	err         <-  it failed                           return result, err
//
// # Rules
//
// Every misuse has a defined result:
//
//   - a value sent into a generator that waits at no yield yet: [ErrNotPrimed];
//   - resuming one that is running, or that another generator delegates to: [ErrRunning];
//   - resuming one that is over: [ErrEnded], every time;
//   - a body that returns ErrEnded as its own error: another error that says so (PEP 479);
//   - a panic in the body: the same value panics out of the call that resumed it, and the generator is over.
//     The same holds for [runtime.Goexit];
//   - a body that yields again after Close: its goroutine is unwound, deferred calls included, by [runtime.Goexit],
//     which no recover can stop, and Close returns [ErrIgnoredClose];
//   - Yield from outside the running body: a panic;
//   - a generator that is forgotten while it is paused is closed once the garbage collector finds that nothing can resume it,
//     on another goroutine, where a panic of its body ends the process. Do not rely on that: it never happens for
//     a generator that its own body refers to, nor for one that was started on a locked thread. Those stay until they
//     are closed.
//
// A generator is not safe for concurrent use. One that was started on a goroutine locked to its thread
// ([runtime.LockOSThread]) must be resumed and closed by that goroutine while it is locked: the runtime ends the
// process otherwise (go.dev/issue/65889).
package coro

import (
	"errors"
	"iter"
	"runtime"
)

var (
	// ErrEnded says that the generator has returned: Result returns what. It is Python's StopIteration.
	ErrEnded = errors.New("coro: the generator has ended")
	// ErrClosed is what the Yield of a paused body returns when the generator is closed. It is Python's GeneratorExit.
	ErrClosed = errors.New("coro: the generator is being closed")
	// ErrNotPrimed says that a value was sent before there was a yield to receive it: call Next or Primed first.
	ErrNotPrimed = errors.New("coro: value sent to a generator that has not started: prime it with Next first")
	// ErrRunning says that a generator was resumed from inside itself, or past the generator that delegates to it.
	ErrRunning = errors.New("coro: the generator is already running")
	// ErrNotEnded says that the generator has no result yet.
	ErrNotEnded = errors.New("coro: the generator has not ended, so it has no result")
	// ErrIgnoredClose says that a body, being closed, yielded again. It was unwound.
	ErrIgnoredClose = errors.New("coro: the body ignored Close and yielded again")
)

// None is the type for generators that are sent nothing, or return nothing.
type None = struct{}

// Body is the code of a generator that yields Y, is sent S and returns R.
type Body[Y, S, R any] func(c *Co[Y, S]) (R, error)

// Gen is a generator seen from outside, where it is resumed.
type Gen[Y, S, R any] struct {
	body   Body[Y, S, R]
	flow   *flow[Y, S, R] // its own, once started
	net    *net           // closes a generator that is forgotten
	lent   *Co[Y, S]      // its delegator's flow, while that delegates to it
	kept   bool           // its owner does not forget it before it ends
	over   bool           // it ended without a flow of its own, with:
	result R
	err    error
}

// New makes a generator of body, which does not run before it is first resumed. An unstarted generator is only
// a value: it may be dropped.
func New[Y, S, R any](body func(c *Co[Y, S]) (R, error)) *Gen[Y, S, R] {
	return &Gen[Y, S, R]{body: body}
}

// Kept declares that the generator is not forgotten before it ends, as a loop does for its tasks, and returns it. It then takes less
// memory; if it is forgotten all the same, it is never closed.
func (g *Gen[Y, S, R]) Kept() *Gen[Y, S, R] {
	g.kept = true
	return g
}

// Next resumes the generator, sending it the zero value, until it yields or ends. It is how a generator is started.
func (g *Gen[Y, S, R]) Next() (Y, error) {
	var none S
	if g.flow == nil && g.State() == Created {
		return g.start()
	}
	return g.resume(none, nil)
}

// Primed runs a new generator to its first yield, drops what that yields and returns the generator, which can now be
// sent values. If it ends or fails before, State and Result report that.
func (g *Gen[Y, S, R]) Primed() *Gen[Y, S, R] {
	if g.State() == Created {
		g.Next()
	}
	return g
}

// Send resumes the generator, whose Yield returns s, until it yields again, which Send returns, or ends:
// then the error is ErrEnded or the body's own.
func (g *Gen[Y, S, R]) Send(s S) (Y, error) {
	return g.resume(s, nil)
}

// Throw resumes the generator, whose Yield returns err, until it yields again or ends. A body that lets the error
// pass returns it, and so does Throw. A generator that has not started ends at once. Throw(nil) is Next.
func (g *Gen[Y, S, R]) Throw(err error) (Y, error) {
	var none S
	if err == nil {
		return g.Next()
	}
	if g.State() == Created {
		g.over, g.err = true, err
		var zero Y
		return zero, err
	}
	return g.resume(none, err)
}

// Close ends the generator: its Yield returns ErrClosed, on which the body should clean up and return. Close returns the
// body's error, nil if that is ErrClosed. A generator that has not started or is over is not resumed.
func (g *Gen[Y, S, R]) Close() error {
	switch state := g.State(); {
	case state == Created:
		g.over, g.err = true, ErrClosed
		return nil
	case state == Closed:
		return nil
	case state == Running || g.lent != nil:
		return ErrRunning
	}
	defer runtime.KeepAlive(g) // else it could count as forgotten while its body cleans up
	return g.flow.close()
}

// Result returns what the body returned; ErrNotEnded before it has, ErrEnded if it panicked.
func (g *Gen[Y, S, R]) Result() (R, error) {
	switch {
	case g.over:
		return g.result, g.err
	case g.State() == Closed:
		return g.flow.result, g.flow.err
	}
	return g.result, ErrNotEnded
}

// All ranges over what the generator yields until it ends. Whether it failed Result reports. Leaving the loop early
// leaves the generator where it is.
func (g *Gen[Y, S, R]) All() iter.Seq[Y] {
	return func(yield func(Y) bool) {
		for y, err := g.Next(); err == nil && yield(y); y, err = g.Next() {
		}
	}
}

// resume lets the body go on: its Yield returns s and thrown. It fails if the generator is not paused.
func (g *Gen[Y, S, R]) resume(s S, thrown error) (y Y, err error) {
	if g.flow == nil || g.flow.state != Suspended || g.lent != nil {
		return y, g.misuse()
	}
	y, err = g.flow.resume(s, thrown)
	runtime.KeepAlive(g)
	return y, err
}

// misuse returns why the generator cannot be resumed.
func (g *Gen[Y, S, R]) misuse() error {
	switch g.State() {
	case Created:
		return ErrNotPrimed
	case Closed:
		return ErrEnded
	}
	return ErrRunning
}
