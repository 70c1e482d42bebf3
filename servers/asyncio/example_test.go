package asyncio_test

import (
	"fmt"
	"time"

	"carousel/servers/asyncio"
)

// none is the result of a task that has none.
type none = struct{}

// Two tasks that would run for ever, one counting numbers and one seconds, share a loop. Each gives way at its await;
// without it the first would starve the second. The clock is virtual, so the example takes no time.
func Example_counting() {
	asyncio.RunWith(asyncio.Options{Virtual: true}, func(c *asyncio.Co) ([]none, error) {
		numbers := asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (none, error) {
			for n := 1; ; n++ {
				fmt.Println(n)
				if err := asyncio.Sleep(c, time.Second); err != nil {
					return none{}, err
				}
			}
		})
		seconds := asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (none, error) {
			for s := 0; ; s++ {
				if s%3 == 0 {
					fmt.Println(s, "seconds have passed")
				}
				if err := asyncio.Sleep(c, time.Second); err != nil {
					return none{}, err
				}
			}
		})
		v, err := asyncio.WaitFor(c, asyncio.Gather(c.Loop, numbers, seconds), 5*time.Second+time.Second/2)
		fmt.Println(err)
		return v, err
	})
	// Output:
	// 1
	// 0 seconds have passed
	// 2
	// 3
	// 4
	// 3 seconds have passed
	// 5
	// 6
	// asyncio: timeout
}

// download stands for an image that takes k tenths of a second to arrive.
func download(c *asyncio.Co, k int) (time.Duration, error) {
	began := c.Loop.Time()
	err := asyncio.Sleep(c, time.Duration(k)*100*time.Millisecond)
	return c.Loop.Time() - began, err
}

// Ten downloads one after another take the sum of their times, all at once the longest. Every line says how long the
// download itself took: the same in both.
func Example_downloads() {
	asyncio.RunWith(asyncio.Options{Virtual: true}, func(c *asyncio.Co) (none, error) {
		began := c.Loop.Time()
		var times []time.Duration
		for k := 1; k <= 10; k++ {
			took, _ := download(c, k)
			times = append(times, took)
		}
		fmt.Println(times)
		fmt.Println("one after another:", c.Loop.Time()-began)

		began = c.Loop.Time()
		var images []asyncio.Awaitable[time.Duration]
		for k := 1; k <= 10; k++ {
			images = append(images, asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (time.Duration, error) {
				return download(c, k)
			}))
		}
		times, err := asyncio.Await(c, asyncio.Gather(c.Loop, images...))
		fmt.Println(times)
		fmt.Println("all at once:", c.Loop.Time()-began)
		return none{}, err
	})
	// Output:
	// [100ms 200ms 300ms 400ms 500ms 600ms 700ms 800ms 900ms 1s]
	// one after another: 5.5s
	// [100ms 200ms 300ms 400ms 500ms 600ms 700ms 800ms 900ms 1s]
	// all at once: 1s
}

// A cancelled task finds the error where it waits, and its deferred calls run.
func ExampleTask() {
	asyncio.RunWith(asyncio.Options{Virtual: true}, func(c *asyncio.Co) (none, error) {
		task := asyncio.CreateTask(c.Loop, func(c *asyncio.Co) (string, error) {
			defer fmt.Println("tidied up")
			return "never", asyncio.Sleep(c, time.Hour)
		})
		asyncio.Sleep(c, time.Second)
		task.Cancel()
		_, err := asyncio.Await(c, task)
		fmt.Println(err, "-", task.Cancelled())
		return none{}, nil
	})
	// Output:
	// tidied up
	// asyncio: cancelled - true
}
