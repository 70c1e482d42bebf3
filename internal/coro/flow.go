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

// Yield gives y to whoever resumed the generator and pauses. When it is resumed again it returns what was sent,
// or the error that was thrown in: ErrClosed means to tidy up and return.
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

// flow is a started generator: what its goroutine knows. It does not know the Gen, nor the handle.
type flow[Y, S, R any] struct {
	Co[Y, S]
	body   Body[Y, S, R]
	next   func() (Y, bool)
	result R
	err    error
}

// handle is all by which a flow can be resumed: when it is garbage, nobody ever will.
type handle[Y, S, R any] struct {
	*flow[Y, S, R]
	cleanup runtime.Cleanup
}

// start makes the flow, paused at the top of the body. The flow belongs to the thread of its creator if that is
// locked, and the goroutine of clean-ups must not touch it then.
func (g *Gen[Y, S, R]) start() {
	f := &flow[Y, S, R]{body: g.body}
	f.next, _ = iter.Pull(f.run)
	f.state = Suspended
	g.handle = &handle[Y, S, R]{flow: f}
	if !threadLocked() {
		g.handle.cleanup = runtime.AddCleanup(g.handle, (*flow[Y, S, R]).forget, f)
	}
}

// resume switches to the flow and back.
func (h *handle[Y, S, R]) resume(s S, thrown error) (Y, error) {
	h.sent, h.thrown = s, thrown
	h.state = Running
	y, paused := h.next()
	runtime.KeepAlive(h)
	if paused {
		return y, nil
	}
	h.cleanup.Stop()
	h.body, h.next, h.yield = nil, nil, nil
	if h.err != nil {
		return y, h.err
	}
	return y, ErrEnded
}

// close throws ErrClosed into the flow and sees to it that this was the last time it was resumed.
func (h *handle[Y, S, R]) close() (err error) {
	defer func() {
		if h.ignored {
			recover() // what run panicked with; a panic of the body itself passes
			err = ErrIgnoredClose
			h.err = err
		}
	}()
	var none S
	h.closing = true
	_, err = h.resume(none, ErrClosed)
	if err == ErrEnded || errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// forget closes a flow that nobody can resume. What the body makes of it, nobody can be told.
func (f *flow[Y, S, R]) forget() {
	if f.state == Suspended {
		go (&handle[Y, S, R]{flow: f}).close()
	}
}

// run is the flow's whole life, on its own goroutine.
func (f *flow[Y, S, R]) run(yield func(Y) bool) {
	f.yield = yield
	defer func() {
		f.state = Closed
		if f.ignored {
			panic(ErrIgnoredClose) // for Close, in place of the Goexit, which iter.Pull would pass on to it
		}
	}()
	f.err = ErrEnded // stands only if the body does not return
	result, err := f.body(&f.Co)
	f.result, f.err = result, notEnded(err)
}

// notEnded keeps a body's error from passing for its regular end (PEP 479).
func notEnded(err error) error {
	if err != nil && errors.Is(err, ErrEnded) {
		return fmt.Errorf("coro: a body returned the end of another generator as its error: %v", err)
	}
	return err
}

// threadLocked tells whether the calling goroutine is locked to its thread. The runtime says so only in its traces.
func threadLocked() bool {
	var head [64]byte
	n := runtime.Stack(head[:], false)
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	return bytes.Contains(line, []byte("locked"))
}
