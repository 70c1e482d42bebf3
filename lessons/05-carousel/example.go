// Package carousel is chapter 5: generators on a carousel.
package carousel

import (
	"fmt"
	"io"

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

// same is the original tutorial's count: it yields n, n times.
func same(n int) *coro.Gen[string, coro.None, coro.None] {
	return coro.New(func(c *coro.Co[string, coro.None]) (none coro.None, err error) {
		for range n {
			if _, err = c.Yield(fmt.Sprint(n)); err != nil {
				return
			}
		}
		return
	})
}

// ride is the carousel: the first of the queue takes one step and goes to the end. A generator that is done does not come back.
func ride(out io.Writer, queue ...*coro.Gen[string, coro.None, coro.None]) {
	for len(queue) > 0 {
		first := queue[0]
		queue = queue[1:]
		if value, err := first.Next(); err == nil {
			fmt.Fprint(out, " ", value)
			queue = append(queue, first)
		}
	}
	fmt.Fprintln(out)
}

// carrier is a person with a bucket at a pool that is full at some height. Each step pours one bucket.
func carrier(pool *int, full int, name string, bucket int) *coro.Gen[string, coro.None, string] {
	return coro.New(func(c *coro.Co[string, coro.None]) (string, error) {
		carried := 0
		for *pool < full {
			poured := min(bucket, full-*pool)
			*pool += poured
			carried += poured
			if _, err := c.Yield(fmt.Sprintf("%s pours %d, the pool holds %d", name, poured, *pool)); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%s goes home, having carried %d", name, carried), nil
	})
}

// brigade has the carriers take turns until each has gone home.
func brigade(out io.Writer, line ...*coro.Gen[string, coro.None, string]) error {
	for len(line) > 0 {
		first := line[0]
		line = line[1:]
		if words, err := first.Next(); err == nil {
			fmt.Fprintln(out, " ", words)
			line = append(line, first)
			continue
		}
		farewell, err := first.Result()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, " ", farewell)
	}
	return nil
}

// Example shows two generators on a carousel, and the bucket brigade.
func Example(out io.Writer) error {
	fmt.Fprint(out, `Two generators stand in a queue: one yields the letters of the word "round", one the numbers from
0 to 2. Each step gives one value, and control back. See how they alternate:

 `)
	ride(out, letters("round"), count(3))
	fmt.Fprint(out, `
No thread, no lock: only a queue. The numbers end first, and the letters go on alone.

Three people with buckets of 1, 3 and 2 fill a pool that has room for 7. Whoever has poured goes to
the end of the line:

`)
	pool := 0
	if err := brigade(out, carrier(&pool, 7, "Ann", 1), carrier(&pool, 7, "Bob", 3), carrier(&pool, 7, "Cid", 2)); err != nil {
		return err
	}
	fmt.Fprint(out, `
Nobody is stopped while pouring: a step is as long as whoever takes it makes it. That is
cooperative multitasking.

What the original tutorial got wrong: its second generator is to yield the numbers below 3 as well,
and yields 3 three times:

 `)
	ride(out, letters("abc"), same(3))
	fmt.Fprint(out, `
And it takes the first from the front of a Python list, which moves all that stand behind it: with
n tasks a turn costs n steps. A queue moves nobody (collections.deque in Python, here a slice whose
beginning moves on).
`)
	return nil
}
