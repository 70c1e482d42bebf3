package coro_test

import (
	"fmt"

	"carousel/internal/coro"
)

// count yields the numbers below n and returns their sum.
func count(n int) *coro.Gen[int, coro.None, int] {
	return coro.New(func(c *coro.Co[int, coro.None]) (sum int, err error) {
		for i := range n {
			if _, err := c.Yield(i); err != nil {
				return sum, err
			}
			sum += i
		}
		return sum, nil
	})
}

// What is sent comes out of the yield, and so does an error that is thrown. The lessons show more.
func ExampleGen_Send() {
	g := coro.New(func(c *coro.Co[string, string]) (last string, err error) {
		for reply := "who is there?"; ; reply = "hello " + last {
			name, err := c.Yield(reply)
			if err != nil {
				return last, nil
			}
			last = name
		}
	})
	fmt.Println(g.Next())
	fmt.Println(g.Send("Ann"))
	fmt.Println(g.Throw(coro.ErrEnded))
	fmt.Println(g.Result())
	// Output:
	// who is there? <nil>
	// hello Ann <nil>
	//  coro: the generator has ended
	// Ann <nil>
}

// A delegator makes something of the results of others, while its caller gets what they yield.
func ExampleYieldFrom() {
	g := coro.New(func(c *coro.Co[int, coro.None]) (total int, err error) {
		for n := 2; n < 4; n++ {
			sum, err := coro.YieldFrom(c, count(n))
			if err != nil {
				return total, err
			}
			total += sum
		}
		return total, nil
	})
	for i := range g.All() {
		fmt.Print(i, " ")
	}
	fmt.Println(g.Result())
	// Output: 0 1 0 1 2 4 <nil>
}

// All ranges over a generator like over any sequence.
func ExampleGen_All() {
	for i := range count(3).All() {
		fmt.Print(i, " ")
	}
	// Output: 0 1 2
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
