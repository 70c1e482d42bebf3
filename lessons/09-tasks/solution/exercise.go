// Package tasks holds the solution of chapter 9's exercise.
package tasks

import "carousel/servers/asyncio"

// First returns the result of the first task that succeeds, and cancels the others.
func First(c *asyncio.Co, tasks ...*asyncio.Task[string]) (string, error) {
	first := asyncio.NewFuture[string](c.Loop)
	failed := 0
	for _, task := range tasks {
		task.AddDoneCallback(func(f *asyncio.Future[string]) {
			result, err := f.Result()
			if err == nil {
				first.SetResult(result)
			} else if failed++; failed == len(tasks) {
				first.SetError(err)
			}
		})
	}
	result, err := asyncio.Await(c, first)
	for _, task := range tasks {
		task.Cancel()
	}
	return result, err
}
