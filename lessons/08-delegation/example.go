// Package delegation is chapter 8: a generator that hands its caller over to another.
package delegation

import (
	"errors"
	"fmt"
	"io"

	"carousel/internal/coro"
)

// Example shows the same delegator by hand and with yield from, one that collects results, and a connection.
func Example(out io.Writer) error {
	fmt.Fprint(out, `The caller talks to a delegator, which has to carry everything to its sub-generator. By hand,
values, errors, closing and results each need lines of their own. See what the sub-generator hears:

`)
	if err := talkTo(out, coro.New(byHand(out)).Primed()); err != nil {
		return err
	}
	fmt.Fprint(out, "\nYield from does all of that. The same conversation, and it hears the same:\n\n")
	if err := talkTo(out, coro.New(yieldFrom(out)).Primed()); err != nil {
		return err
	}
	if err := collecting(out); err != nil {
		return err
	}
	if err := connection(out); err != nil {
		return err
	}
	wrong(out)
	return nil
}

var errCustom = errors.New("custom error")

// listener is the sub-generator: it prints messages and custom errors, and returns how many messages there were.
func listener(out io.Writer) *coro.Gen[coro.None, string, int] {
	return coro.New(func(c *coro.Co[coro.None, string]) (messages int, err error) {
		for {
			message, err := c.Yield(coro.None{})
			switch err {
			case nil:
				fmt.Fprintf(out, "  sub-generator: message %q\n", message)
				messages++
			case errCustom:
				fmt.Fprintf(out, "  sub-generator: caught the %v\n", err)
			case coro.ErrEnded:
				return messages, nil
			default:
				return messages, err
			}
		}
	})
}

// talkTo is the caller: it sends, throws, sends, and ends.
func talkTo(out io.Writer, delegator *coro.Gen[coro.None, string, string]) error {
	delegator.Send("one")
	delegator.Throw(errCustom)
	delegator.Send("two")
	delegator.Throw(coro.ErrEnded)
	result, err := delegator.Result()
	fmt.Fprintf(out, "  delegator: %s\n", result)
	return err
}

// byHand passes on values, errors and closing, each in its own way, and returns the result. It needs every line: without one of them, one
// of these gets lost.
func byHand(out io.Writer) coro.Body[coro.None, string, string] {
	return func(c *coro.Co[coro.None, string]) (string, error) {
		sub := listener(out).Primed()
		for {
			message, err := c.Yield(coro.None{})
			switch {
			case errors.Is(err, coro.ErrClosed):
				return "", sub.Close()
			case err != nil:
				_, err = sub.Throw(err)
			default:
				_, err = sub.Send(message)
			}
			if err == coro.ErrEnded {
				messages, _ := sub.Result()
				return fmt.Sprint("its result is ", messages), nil
			}
			if err != nil {
				return "", err
			}
		}
	}
}

// yieldFrom does the same.
func yieldFrom(out io.Writer) coro.Body[coro.None, string, string] {
	return func(c *coro.Co[coro.None, string]) (string, error) {
		messages, err := coro.YieldFrom(c, listener(out))
		return fmt.Sprint("its result is ", messages), err
	}
}

// average is sent numbers, and returns their mean when it is thrown the end.
func average(c *coro.Co[coro.None, float64]) (mean float64, err error) {
	sum := 0.0
	for n := 1.0; ; n++ {
		x, err := c.Yield(coro.None{})
		if err == coro.ErrEnded {
			return mean, nil
		}
		if err != nil {
			return mean, err
		}
		sum += x
		mean = sum / n
	}
}

// collecting is what a delegator is for: it runs sub-generators one after another and makes something of their results.
func collecting(out io.Writer) error {
	fmt.Fprint(out, `
Why a delegator at all, when the sub-generator does the work? It makes something of the results.
Here, a list of the means of two classes:

`)
	g := coro.New(func(c *coro.Co[coro.None, float64]) (means []float64, err error) {
		for range 2 {
			mean, err := coro.YieldFrom(c, coro.New(average))
			if err != nil {
				return means, err
			}
			means = append(means, mean)
		}
		return means, nil
	}).Primed()
	for _, class := range [][]float64{{1, 2, 3}, {10, 20}} {
		for _, mark := range class {
			g.Send(mark)
		}
		g.Throw(coro.ErrEnded)
	}
	means, err := g.Result()
	fmt.Fprintln(out, "  means:", means)
	return err
}

// wrong makes two mistakes of the original tutorial: it throws into a delegator that was not primed, and swallows whatever is thrown.
func wrong(out io.Writer) {
	fmt.Fprint(out, `
What the original tutorial got wrong: it throws into a delegator that was never primed, and shows
a result that cannot have come. What has not started stands at no yield. It is over at once, and
its sub-generator never runs:

`)
	g := coro.New(yieldFrom(out))
	_, err := g.Throw(errCustom)
	fmt.Fprintf(out, "  Throw says %q, the delegator is %v\n", err, g.State())
	fmt.Fprint(out, `
And its "except: pass" catches everything, the request to close as well, so it cannot be closed:

`)
	deaf := coro.New(func(c *coro.Co[coro.None, string]) (none coro.None, err error) {
		for {
			c.Yield(none) // whatever is thrown in, it goes on
		}
	}).Primed()
	fmt.Fprintf(out, "  Close says %q\n", deaf.Close())
}
