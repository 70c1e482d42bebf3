//go:build exercise

package tasks

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"carousel/lessons/watchdog"
	"carousel/servers/asyncio"
)

// server answers with its name after so many milliseconds, or fails.
type server struct {
	name string
	ms   int // not a round number, so that a First that polls at intervals is late
	err  error
}

func TestExercise(t *testing.T) {
	defer watchdog.Start("First")()
	errDown, errLost := errors.New("server is down"), errors.New("connection lost")
	for _, c := range []struct {
		name    string
		servers []server
		want    string
		err     error
		ms      int
		hint    string
	}{
		{"one server", []server{{"A", 3001, nil}}, "A", nil, 3001, "settle the future with the result of the task, await it, and return what it has"},
		{"the quickest is the last", []server{{"A", 9001, nil}, {"B", 5003, nil}, {"C", 2003, nil}}, "C", nil, 2003,
			"awaiting the tasks in turn takes as long as the slowest before the quickest: let each task's callback settle one future"},
		{"the quickest fails", []server{{"A", 9001, nil}, {"B", 2003, errDown}, {"C", 5003, nil}}, "C", nil, 5003,
			"a task that failed is no answer: the next may be one"},
		{"all fail", []server{{"A", 4001, errLost}, {"B", 1009, errDown}, {"C", 2003, errDown}}, "", errLost, 4001,
			"count those that failed: with the last of them there is nothing left to wait for, and its error is the one to return"},
		{"two at the same time", []server{{"A", 2003, nil}, {"B", 2003, nil}}, "A", nil, 2003,
			"a future is settled once: leave the second answer, and its error, alone"},
	} {
		var tasks []*asyncio.Task[string]
		_, err := asyncio.RunWith(asyncio.Options{Virtual: true}, func(co *asyncio.Co) (none, error) {
			for _, s := range c.servers {
				tasks = append(tasks, asyncio.CreateTask(co.Loop, func(co *asyncio.Co) (string, error) {
					if err := asyncio.Sleep(co, time.Duration(s.ms)*time.Millisecond); err != nil {
						return "", err
					}
					return s.name, s.err
				}))
			}
			answer := asyncio.CreateTask(co.Loop, func(co *asyncio.Co) (string, error) { return First(co, tasks...) })
			got, err := asyncio.WaitFor(co, answer, time.Hour)
			took := co.Loop.Time()
			if errors.Is(err, asyncio.ErrTimeout) {
				return none{}, errors.New("First has not returned after an hour of the loop's clock: it awaits what nobody settles\n" + c.hint)
			}
			if !errors.Is(err, c.err) || got != c.want {
				return none{}, fmt.Errorf("First returns %q, error %v; want %q, error %v\n%s", got, err, c.want, c.err, c.hint)
			}
			if want := time.Duration(c.ms) * time.Millisecond; took != want {
				return none{}, fmt.Errorf("First returns after %v of the loop's clock, want %v, as soon as the answer is there\n%s", took, want, c.hint)
			}
			for i, task := range tasks {
				if late := c.servers[i].ms > c.ms; late {
					asyncio.Sleep(co, 0) // lets a cancelled task take its last step
					asyncio.Sleep(co, 0)
					if !task.Cancelled() {
						return none{}, fmt.Errorf("First has returned, and task %s still runs: nobody wants its answer any more, so cancel it", c.servers[i].name)
					}
				}
			}
			return none{}, nil
		})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
}
