//go:build exercise

package downloads

import "carousel/servers/asyncio"

// AtMost is the exercise: downloads all at once, but no more than n of them at a time, since a server may not allow a thousand.
//
// It runs the jobs, each in a task, at most n at a time, and begins them in their order. As soon as one ends the next begins; a job
// that takes long must not hold up the others. It returns the results in the order of the jobs. When a job fails, AtMost
// returns its error at once, and no further job begins, then or later.
//
// n workers that take the next job from a common counter are enough. They run on one loop, and none is interrupted between two
// awaits, so the counter needs no lock. The calls:
//
//	worker := func(c *asyncio.Co) (struct{}, error) { ... }
//	workers = append(workers, asyncio.CreateTask(c.Loop, worker))  // workers is an []asyncio.Awaitable[struct{}]
//	_, err := asyncio.Await(c, asyncio.Gather(c.Loop, workers...)) // the first error at once, else when all have returned
func AtMost(c *asyncio.Co, n int, jobs []func(c *asyncio.Co) (int, error)) ([]int, error) {
	return nil, nil
}
