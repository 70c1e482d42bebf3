//go:build exercise

package tasks

import "carousel/servers/asyncio"

// First is the exercise: send the same request to several servers, and take the first answer.
//
// It awaits the tasks all at once and returns the result of the first that succeeds, as soon as that is there; then it cancels those
// that still run (Task.Cancel). If all fail, it returns the error of the one that failed last. There is at least one task.
//
// First must not await the tasks in turn, for the slowest may be the first of them. Make a future for the answer, let a callback of
// each task set its result (if it is done already, that returns an error and does no harm), and await it. All callbacks run on the loop, one at
// a time: a plain counter needs no lock. The calls:
//
//	answer := asyncio.NewFuture[string](c.Loop)                      // answer.SetResult(result), answer.SetError(err)
//	task.AddDoneCallback(func(done *asyncio.Future[string]) { ... }) // done.Result()
//	result, err := asyncio.Await(c, answer)
func First(c *asyncio.Co, tasks ...*asyncio.Task[string]) (string, error) {
	return "", nil
}
