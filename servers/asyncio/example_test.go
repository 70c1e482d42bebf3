package asyncio_test

import (
	"fmt"
	"time"

	"carousel/servers/asyncio"
)

// none is the result of a task without one.
type none = struct{}

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
