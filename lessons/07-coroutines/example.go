// Package coroutines is chapter 7: what travels into a paused function, and what comes out at its end.
package coroutines

import (
	"fmt"
	"io"

	"carousel/internal/coro"
)

// Example shows a coroutine's states, the order of a yield, priming, and a running average that ends by an error.
func Example(out io.Writer) error {
	states(out)
	corner(out)
	decorator(out)
	if err := running(out); err != nil {
		return err
	}
	wrong(out)
	return nil
}

// listen waits for one message and prints it.
func listen(out io.Writer) coro.Body[coro.None, string, coro.None] {
	return func(c *coro.Co[coro.None, string]) (none coro.None, err error) {
		message, err := c.Yield(none)
		if err == nil {
			fmt.Fprintf(out, "  inside:    got %q\n", message)
		}
		return none, err
	}
}

// states sends to a coroutine too early, in time, and too late.
func states(out io.Writer) {
	fmt.Fprint(out, `A coroutine is a generator that is sent values. To get one it has to stand at a yield. See its
state:

`)
	g := coro.New(listen(out))
	fmt.Fprintln(out, "  made:     ", g.State())
	_, err := g.Send("too early")
	fmt.Fprintf(out, "  too early: Send says\n             %q\n", err)
	g.Next()
	fmt.Fprintln(out, "  primed:   ", g.State())
	_, err = g.Send("hello")
	fmt.Fprintf(out, "  over:      %v, and Send says %q\n", g.State(), err)
}

// corner shows what a yield in an assignment does first and last.
func corner(out io.Writer) {
	fmt.Fprint(out, `
x := yield y is read round a corner: first y goes out, and only when a value comes back there is
an x. See the order:

`)
	g := coro.New(func(c *coro.Co[string, string]) (none coro.None, err error) {
		fmt.Fprintln(out, "  1  inside: everything above the yield")
		x, err := c.Yield("2  outside: what was yielded has come")
		if err != nil {
			return none, err
		}
		fmt.Fprintln(out, "  4  inside: x is", x)
		_, err = c.Yield("5  outside: what the next yield gave")
		return none, err
	})
	y, _ := g.Next()
	fmt.Fprintln(out, " ", y)
	fmt.Fprintln(out, "  3  outside: the assignment is half done, and the coroutine waits")
	y, _ = g.Send("what was sent")
	fmt.Fprintln(out, " ", y)
	g.Close()
}

// primed decorates the maker of a coroutine: what it makes waits for its first message already.
func primed[Y, S, R any](body coro.Body[Y, S, R]) func() *coro.Gen[Y, S, R] {
	return func() *coro.Gen[Y, S, R] {
		g := coro.New(body)
		g.Next()
		return g
	}
}

// decorator leaves priming to a function that makes functions.
func decorator(out io.Writer) {
	fmt.Fprint(out, `
Priming is easily forgotten. A decorator does it for every coroutine it makes, and the first Send
arrives:

`)
	listener := primed(listen(out))
	listener().Send("the first message")
}

// average is sent numbers and yields their mean so far. ErrEnded, thrown in, ends it, and its result is the last mean.
func average(c *coro.Co[float64, float64]) (float64, error) {
	sum, n, mean := 0.0, 0.0, 0.0
	for {
		x, err := c.Yield(mean)
		if err == coro.ErrEnded {
			return mean, nil
		}
		if err != nil {
			return mean, err
		}
		sum += x
		n++
		mean = sum / n
	}
}

// running sends numbers to average, then the end.
func running(out io.Writer) error {
	fmt.Fprint(out, `
A running average keeps its sum in plain variables. Errors go in as values do, at the yield, and
a result comes out at the end:

`)
	g := coro.New(average).Primed()
	for _, x := range []float64{5, 6, 10} {
		mean, _ := g.Send(x)
		fmt.Fprintf(out, "  sent %2v, the mean is %v\n", x, mean)
	}
	g.Throw(coro.ErrEnded)
	mean, err := g.Result()
	fmt.Fprintf(out, "  thrown the end, it returns %v\n", mean)
	return err
}

// wrong does what the original tutorial does: it throws the end into a body that does not catch it.
func wrong(out io.Writer) {
	fmt.Fprint(out, `
What the original tutorial got wrong: it takes a StopIteration that was thrown in for a good end,
caught or not. One that a body lets out is an error, or nobody could tell a loop that is done from
one that broke (PEP 479):

`)
	g := coro.New(listen(out)).Primed()
	_, err := g.Throw(coro.ErrEnded)
	fmt.Fprintf(out, "  Throw says\n  %q\n", err)
}
