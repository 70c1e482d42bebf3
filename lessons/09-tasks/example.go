// Package tasks is chapter 9: futures, tasks, and the loop that steps them.
package tasks

import (
	"fmt"
	"io"
	"time"

	"carousel/servers/asyncio"
)

// none is the result of a task that has none.
type none = struct{}

// Example shows a future, two tasks under Gather, the await at the wrong place, and what blocks the loop of a server.
func Example(out io.Writer) error {
	for i, part := range []struct {
		before string
		run    func(out io.Writer) error
		after  string
	}{
		{`A future stands for a result that is not there yet. Who awaits it gives way until it is. See
the clock:`, coffee, `A task is a future around a coroutine: the loop steps it, and its result is what the coroutine
returns.`},
		{`Two tasks that would run for ever share a loop: each gives way at its await, inside its loop. See
how they alternate:`, counting, `The clock of this loop is virtual: when nobody has anything to do, it jumps to the next timer.`},
		{`What the original tutorial got wrong: its await stands below the loop, an indentation too far
left. See who is missing:`, starving, `No time had passed, and no timer could fire: the loop never got its turn back.`},
		{`And it says that a task which calls something that blocks gives way. Ten clients ask a server
at once, each for something that takes 10 ms. See when each was answered:`, blocking, `A sleep is awaited, and the loop serves the others meanwhile. A handler that blocks stops the loop,
and with it everybody: 10 ms each are 100 requests a second, on any machine. An executor gives what
blocks to threads, four more than there are processors, and the loop goes on: each of them answers
up to 100 a second.`},
	} {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s\n\n", part.before)
		if err := part.run(out); err != nil {
			return err
		}
		fmt.Fprintf(out, "\n%s\n", part.after)
	}
	return nil
}

// virtual runs main on a loop whose clock jumps to the next timer, so that seconds take no time.
func virtual(main func(c *asyncio.Co) (none, error)) error {
	_, err := asyncio.RunWith(asyncio.Options{Virtual: true}, main)
	return err
}

// coffee has a guest await what a cook has ready after three seconds.
func coffee(out io.Writer) error {
	err := virtual(func(c *asyncio.Co) (none, error) {
		coffee := asyncio.NewFuture[string](c.Loop)
		cook := asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (none, error) {
			fmt.Fprintf(out, "  second %.0f  cook:  at work\n", c.Loop.Time().Seconds())
			if err := asyncio.Sleep(c, 3*time.Second); err != nil {
				return none{}, err
			}
			fmt.Fprintf(out, "  second %.0f  cook:  sets the result\n", c.Loop.Time().Seconds())
			return none{}, coffee.SetResult("an espresso")
		})
		fmt.Fprintf(out, "  second %.0f  guest: is it done? %v\n", c.Loop.Time().Seconds(), coffee.Done())
		cup, err := asyncio.Await(c, coffee)
		if err != nil {
			return none{}, err
		}
		fmt.Fprintf(out, "  second %.0f  guest: gets %s\n", c.Loop.Time().Seconds(), cup)
		return asyncio.Await(c, cook)
	})
	return err
}

// numbers counts steps. It awaits a second after each.
func numbers(out io.Writer) func(c *asyncio.Co) (none, error) {
	return func(c *asyncio.Co) (none, error) {
		for n := 1; ; n++ {
			fmt.Fprintln(out, " ", n)
			if err := asyncio.Sleep(c, time.Second); err != nil {
				return none{}, err
			}
		}
	}
}

// seconds prints every third second.
func seconds(out io.Writer) func(c *asyncio.Co) (none, error) {
	return func(c *asyncio.Co) (none, error) {
		for s := 0; ; s++ {
			if s%3 == 0 {
				fmt.Fprintf(out, "  %d seconds have passed\n", s)
			}
			if err := asyncio.Sleep(c, time.Second); err != nil {
				return none{}, err
			}
		}
	}
}

// counting runs both under Gather, for five and a half seconds of a virtual clock.
func counting(out io.Writer) error {
	return virtual(func(c *asyncio.Co) (none, error) {
		both := asyncio.Gather(c.Loop, asyncio.CreateTask(c.Loop, numbers(out)), asyncio.CreateTask(c.Loop, seconds(out)))
		_, err := asyncio.WaitFor(c, both, 5500*time.Millisecond)
		fmt.Fprintf(out, "  and after 5.5 seconds the wait for both ends: %v\n", err)
		return none{}, nil
	})
}

// many is the number of steps after which the example stops a loop that would have no end.
const many = 5

// greedy is numbers with its await outside the loop.
func greedy(out io.Writer) func(c *asyncio.Co) (none, error) {
	return func(c *asyncio.Co) (none, error) {
		for n := 1; n <= many; n++ { // the original tutorial's has no end
			fmt.Fprintln(out, " ", n)
		}
		fmt.Fprintln(out, "  and so on for ever; stopped here, it comes to its await at last:")
		return none{}, asyncio.Sleep(c, time.Second)
	}
}

// starving runs greedy beside seconds.
func starving(out io.Writer) error {
	return virtual(func(c *asyncio.Co) (none, error) {
		both := asyncio.Gather(c.Loop, asyncio.CreateTask(c.Loop, greedy(out)), asyncio.CreateTask(c.Loop, seconds(out)))
		asyncio.WaitFor(c, both, time.Second/2)
		return none{}, nil
	})
}
