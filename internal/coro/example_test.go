package coro_test

import (
	"errors"
	"fmt"

	"carousel/internal/coro"
)

// letters yields the letters of a word.
func letters(word string) *coro.Gen[string, coro.None, coro.None] {
	return coro.New(func(c *coro.Co[string, coro.None]) (none coro.None, err error) {
		for _, letter := range word {
			if _, err = c.Yield(string(letter)); err != nil {
				return
			}
		}
		return
	})
}

// count yields the numbers below n.
func count(n int) *coro.Gen[string, coro.None, coro.None] {
	return coro.New(func(c *coro.Co[string, coro.None]) (none coro.None, err error) {
		for i := range n {
			if _, err = c.Yield(fmt.Sprint(i)); err != nil {
				return
			}
		}
		return
	})
}

// Two generators take turns: whoever was served goes to the end of the queue, and whoever is done does not come back.
// A generator gives away not only its value but control.
func Example_carousel() {
	queue := []*coro.Gen[string, coro.None, coro.None]{letters("round"), count(3)}
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		if y, err := g.Next(); err == nil {
			fmt.Print(y, " ")
			queue = append(queue, g)
		}
	}
	// Output: r 0 o 1 u 2 n d
}

// The picture behind round robin: a line of people carries water from a full pool to an empty one. Whoever has
// emptied a bucket goes to the end of the line, until the pool is full.
func Example_bucketBrigade() {
	const full = 7
	pool := 0
	carrier := func(name string, bucket int) *coro.Gen[string, coro.None, int] {
		return coro.New(func(c *coro.Co[string, coro.None]) (carried int, err error) {
			for pool < full {
				poured := min(bucket, full-pool)
				pool += poured
				carried += poured
				if _, err := c.Yield(fmt.Sprintf("%s pours %d, the pool holds %d", name, poured, pool)); err != nil {
					return carried, err
				}
			}
			return carried, nil
		})
	}
	line := []*coro.Gen[string, coro.None, int]{carrier("Ann", 1), carrier("Bob", 3), carrier("Cid", 2)}
	for len(line) > 0 {
		first := line[0]
		line = line[1:]
		said, err := first.Next()
		if err != nil {
			carried, _ := first.Result()
			fmt.Println("carried", carried)
			continue
		}
		fmt.Println(said)
		line = append(line, first)
	}
	// Output:
	// Ann pours 1, the pool holds 1
	// Bob pours 3, the pool holds 4
	// Cid pours 2, the pool holds 6
	// Ann pours 1, the pool holds 7
	// carried 3
	// carried 2
	// carried 2
}

// listen waits for one message and prints it.
func listen(c *coro.Co[coro.None, string]) (none coro.None, err error) {
	message, err := c.Yield(none)
	if err == nil {
		fmt.Println("got", message)
	}
	return none, err
}

// A coroutine is a generator that is sent messages. Before the first it has to be brought to the yield that takes it.
func Example_messages() {
	g := coro.New(listen)
	fmt.Println(g.State())
	_, err := g.Send("too early")
	fmt.Println(err)

	g.Next()
	fmt.Println(g.State())
	_, err = g.Send("hello")
	fmt.Println(err)

	fmt.Println(g.State())
	_, err = g.Send("too late")
	fmt.Println(err)
	// Output:
	// created
	// coro: value sent to a generator that has not started: prime it with Next first
	// suspended
	// got hello
	// coro: the generator has ended
	// closed
	// coro: the generator has ended
}

// An assignment whose right side is a yield is read round a corner: first all above it, then its right side goes out,
// and only when a value comes back its left side and all below.
func Example_corner() {
	g := coro.New(func(c *coro.Co[string, string]) (none coro.None, err error) {
		fmt.Println("1: everything above the yield")
		x, err := c.Yield("2: the right side")
		if err != nil {
			return none, err
		}
		fmt.Println("4: the left side is", x)
		_, err = c.Yield("5: the next right side")
		return none, err
	})
	y, _ := g.Next()
	fmt.Println(y)
	fmt.Println("3: outside, while the assignment is half done")
	y, _ = g.Send("what was sent")
	fmt.Println(y)
	g.Close()
	// Output:
	// 1: everything above the yield
	// 2: the right side
	// 3: outside, while the assignment is half done
	// 4: the left side is what was sent
	// 5: the next right side
}

// primed decorates the maker of a coroutine: what it makes waits for its first message already. The method Primed
// does the same for one generator.
func primed[Y, S, R any](body func(*coro.Co[Y, S]) (R, error)) func() *coro.Gen[Y, S, R] {
	return func() *coro.Gen[Y, S, R] {
		g := coro.New(body)
		g.Next()
		return g
	}
}

// Priming can be left to a decorator.
func Example_decorator() {
	listener := primed(listen)
	g := listener()
	fmt.Println(g.State())
	g.Send("the first message")
	// Output:
	// suspended
	// got the first message
}

// average is sent numbers and yields their mean so far. An error that is thrown in ends it, and its result is the
// last mean.
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

// Errors go in as values do, at the yield, and a result comes out at the end.
func Example_runningAverage() {
	g := coro.New(average).Primed()
	for _, x := range []float64{5, 6, 10} {
		mean, _ := g.Send(x)
		fmt.Println(mean)
	}
	_, err := g.Throw(coro.ErrEnded)
	fmt.Println(err)
	fmt.Println(g.Result())
	// Output:
	// 5
	// 5.5
	// 7
	// coro: the generator has ended
	// 7 <nil>
}

var errCustom = errors.New("custom error")

// listener prints messages and custom errors, and returns how many messages it got when it is told the end.
func listener(c *coro.Co[coro.None, string]) (messages int, err error) {
	for {
		message, err := c.Yield(coro.None{})
		switch err {
		case nil:
			fmt.Println("message", message)
			messages++
		case errCustom:
			fmt.Println("caught the", err)
		case coro.ErrEnded:
			return messages, nil
		default:
			return messages, err
		}
	}
}

// A delegating generator by hand: everything that comes in must be passed on in its own way, and the result fetched.
// Forget one line and values, errors, closing or the result get lost.
func Example_delegatorByHand() {
	delegator := coro.New(func(c *coro.Co[coro.None, string]) (string, error) {
		sub := coro.New(listener).Primed()
		for {
			message, err := c.Yield(coro.None{})
			switch {
			case errors.Is(err, coro.ErrClosed):
				return "closed", sub.Close()
			case err != nil:
				_, err = sub.Throw(err)
			default:
				_, err = sub.Send(message)
			}
			if err == coro.ErrEnded {
				messages, _ := sub.Result()
				return fmt.Sprint("it got ", messages), nil
			}
			if err != nil {
				return "", err
			}
		}
	}).Primed()
	delegator.Send("one")
	delegator.Throw(errCustom)
	delegator.Send("two")
	delegator.Throw(coro.ErrEnded)
	fmt.Println(delegator.Result())
	// Output:
	// message one
	// caught the custom error
	// message two
	// it got 2 <nil>
}

// The same delegating generator with YieldFrom.
func ExampleYieldFrom() {
	delegator := coro.New(func(c *coro.Co[coro.None, string]) (string, error) {
		messages, err := coro.YieldFrom(c, coro.New(listener))
		return fmt.Sprint("it got ", messages), err
	}).Primed()
	delegator.Send("one")
	delegator.Throw(errCustom)
	delegator.Send("two")
	delegator.Throw(coro.ErrEnded)
	fmt.Println(delegator.Result())
	// Output:
	// message one
	// caught the custom error
	// message two
	// it got 2 <nil>
}

// What a delegating generator is for: it runs its sub-generators one after another and makes something of their
// results, while its caller talks to whichever is at work.
func ExampleYieldFrom_collect() {
	g := coro.New(func(c *coro.Co[float64, float64]) (means []float64, err error) {
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
	fmt.Println(g.Result())
	// Output: [2 15] <nil>
}

// All ranges over a generator like over any sequence.
func ExampleGen_All() {
	for letter := range letters("range").All() {
		fmt.Print(letter, " ")
	}
	// Output: r a n g e
}

// A body that tidies up when it is closed.
func ExampleGen_Close() {
	g := coro.New(func(c *coro.Co[int, coro.None]) (none coro.None, err error) {
		defer fmt.Println("tidied up")
		for i := 0; err == nil; i++ {
			_, err = c.Yield(i)
		}
		return none, err
	})
	fmt.Println(g.Next())
	fmt.Println(g.Close())
	fmt.Println(g.Next())
	// Output:
	// 0 <nil>
	// tidied up
	// <nil>
	// 0 coro: the generator has ended
}
