// Package downloads holds the solution of chapter 10's exercise.
package downloads

import "carousel/servers/asyncio"

// AtMost runs the jobs, at most n at a time, and returns their results in their order.
func AtMost(c *asyncio.Co, n int, jobs []func(c *asyncio.Co) (int, error)) ([]int, error) {
	results := make([]int, len(jobs))
	next := 0
	worker := func(c *asyncio.Co) (done struct{}, err error) {
		for next < len(jobs) {
			k := next
			next++
			if results[k], err = jobs[k](c); err != nil {
				next = len(jobs)
				return done, err
			}
		}
		return done, nil
	}
	var workers []asyncio.Awaitable[struct{}]
	for range n {
		workers = append(workers, asyncio.CreateTask(c.Loop, worker))
	}
	_, err := asyncio.Await(c, asyncio.Gather(c.Loop, workers...))
	return results, err
}
