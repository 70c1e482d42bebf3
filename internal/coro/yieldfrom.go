package coro

import "errors"

// YieldFrom hands c over to sub until sub ends, and returns sub's result: what sub yields goes to the caller of c's
// generator, and what that caller sends, throws or closes reaches sub first (PEP 380).
//
// A sub-generator that has not started is simply called, with the yield of its delegator: at any depth a switch then
// costs what it costs at none, and YieldFrom allocates nothing. A started one has a flow of its own and is passed
// through: it is resumed with the zero value, as by Next, and every further switch goes through both flows.
//
// If sub is over, the error is ErrEnded; if it is running or another generator delegates to it, ErrRunning. If sub ignores a
// Close, its delegator counts as ignoring it too.
func YieldFrom[Y, S, R any](c *Co[Y, S], sub *Gen[Y, S, R]) (R, error) {
	if c.state != Running {
		panic("coro: YieldFrom called outside the running body of its generator")
	}
	switch sub.State() {
	case Created:
		return callOn(c, sub)
	case Suspended:
		if sub.lent == nil {
			return passThrough(c, sub)
		}
		fallthrough
	case Running:
		var zero R
		return zero, ErrRunning
	}
	var zero R
	return zero, ErrEnded
}

// callOn runs sub on c's own stack.
func callOn[Y, S, R any](c *Co[Y, S], sub *Gen[Y, S, R]) (R, error) {
	sub.lent = c
	sub.err = ErrEnded                                // overwritten below, unless the body panics or calls Goexit
	defer func() { sub.lent, sub.over = nil, true }() // then too
	result, err := sub.body(c)
	err = notEnded(err)
	sub.result, sub.err = result, err
	return result, err
}

// passThrough stands between c and a sub that runs on a flow of its own.
func passThrough[Y, S, R any](c *Co[Y, S], sub *Gen[Y, S, R]) (result R, err error) {
	sub.lent = c
	defer func() { sub.lent = nil }()
	f := sub.flow
	var s, none S
	y, err := f.resume(none, nil)
	for err == nil {
		var thrown error
		s, thrown = c.Yield(y)
		switch {
		case thrown == nil:
			y, err = f.resume(s, nil)
		case errors.Is(thrown, ErrClosed):
			if err := f.close(); err != nil {
				return result, err
			}
			return result, thrown
		default:
			y, err = f.resume(none, thrown)
		}
	}
	return f.result, f.err
}
