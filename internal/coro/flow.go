package coro

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"runtime"
)

// Co is a running generator seen from inside: what its body yields through. It belongs to the goroutine of that body.
type Co[Y, S any] struct {
	yield   func(Y) bool
	sent    S
	thrown  error
	state   State
	closing bool // Close has been called
	ignored bool // and the body yielded all the same
}

// Yield pauses the generator and gives y to the caller that resumed it. When the generator is resumed again, Yield returns what was sent, or
// the error that was thrown in: on ErrClosed clean up and return.
func (c *Co[Y, S]) Yield(y Y) (S, error) {
	if c.state != Running {
		panic("coro: Yield called outside the running body of its generator")
	}
	if c.closing {
		c.ignored = true
		runtime.Goexit() // runs the deferred calls, and nothing can recover from it
	}
	c.state = Suspended
	c.yield(y)
	return c.sent, c.thrown
}

// flow is a started generator. Its goroutine refers to the flow and not to the Gen, so that the Gen can become garbage.
type flow[Y, S, R any] struct {
	Co[Y, S]
	next   func() (Y, bool)
	result R
	err    error
	body   Body[Y, S, R]
	net    runtime.Cleanup
	locked bool // its goroutine is locked to a thread, as its creator was
}

// net is reachable from the Gen and from nowhere else: when it is garbage, nothing can resume the flow any more.
type net struct{ _ *net }

// start runs the body up to its first yield.
func (g *Gen[Y, S, R]) start() (Y, error) {
	f := &flow[Y, S, R]{body: g.body}
	f.next, _ = iter.Pull(f.run)
	g.flow, g.body = f, nil
	var none S
	y, err := f.resume(none, nil)
	if f.state == Suspended && !f.locked && !g.kept {
		g.net = new(net)
		f.net = runtime.AddCleanup(g.net, (*flow[Y, S, R]).forget, f)
	}
	return y, err
}

// forget closes a flow that nothing can resume. No caller can receive the error of its body.
func (f *flow[Y, S, R]) forget() {
	if f.state == Suspended {
		go f.close()
	}
}

// run is the flow's goroutine, from start to end.
func (f *flow[Y, S, R]) run(yield func(Y) bool) {
	f.yield = yield
	f.locked = threadLocked()
	f.err = ErrEnded // overwritten below, unless the body panics or calls Goexit
	defer func() {
		f.state = Closed
		if f.ignored {
			panic(ErrIgnoredClose) // close recovers this panic; iter.Pull would pass the Goexit on and end the goroutine of close
		}
	}()
	result, err := f.body(&f.Co)
	f.result, f.err = result, notEnded(err)
}

// resume switches to the flow and back.
func (f *flow[Y, S, R]) resume(s S, thrown error) (Y, error) {
	f.sent, f.thrown = s, thrown
	f.state = Running
	y, paused := f.next()
	if paused {
		return y, nil
	}
	f.net.Stop()
	f.body, f.next, f.yield = nil, nil, nil
	if f.err != nil {
		return y, f.err
	}
	return y, ErrEnded
}

// close throws ErrClosed into the flow, and ends it if it yields again.
func (f *flow[Y, S, R]) close() (err error) {
	defer func() {
		if f.ignored {
			recover() // the panic of run, which sets ignored; a panic of the body is not recovered
			err = ErrIgnoredClose
			f.err = err
		}
	}()
	var none S
	f.closing = true
	_, err = f.resume(none, ErrClosed)
	if err == ErrEnded || errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// notEnded makes another error of a body's ErrEnded, which would look like its regular end (PEP 479).
func notEnded(err error) error {
	if err != nil && errors.Is(err, ErrEnded) {
		return fmt.Errorf("coro: a body returned the end of another generator as its error: %v", err)
	}
	return err
}

// threadLocked reports whether the calling goroutine is locked to its thread. The runtime shows that only in stack traces.
func threadLocked() bool {
	var head [64]byte
	n := runtime.Stack(head[:], false)
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	return bytes.Contains(line, []byte("locked"))
}
