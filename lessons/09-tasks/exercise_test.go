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

// server answers with its name after so many seconds, or fails.
type server struct {
	name    string
	seconds int
	err     error
}

func TestExercise(t *testing.T) {
	defer watchdog.Start("First")()
	errDown, errLost := errors.New("server is down"), errors.New("connection lost")
	for _, c := range []struct {
		name    string
		servers []server
		want    string
		err     error
		seconds int
		hint    string
	}{
		{"one server", []server{{"A", 3, nil}}, "A", nil, 3, "await the task: the future that you return must have its result"},
		{"the quickest is the last", []server{{"A", 9, nil}, {"B", 5, nil}, {"C", 2, nil}}, "C", nil, 2,
			"awaiting the tasks in turn takes as long as the slowest before the quickest: let each task's callback settle one future"},
		{"the quickest fails", []server{{"A", 9, nil}, {"B", 2, errDown}, {"C", 5, nil}}, "C", nil, 5,
			"a task that failed is no answer: the next may be one"},
		{"all fail", []server{{"A", 4, errLost}, {"B", 1, errDown}, {"C", 2, errDown}}, "", errLost, 4,
			"count those that failed: with the last of them there is nothing left to wait for"},
		{"two at the same time", []server{{"A", 2, nil}, {"B", 2, nil}}, "A", nil, 2,
			"a future is settled once: leave the second answer, and its error, alone"},
	} {
		var tasks []*asyncio.Task[string]
		var got string
		var took time.Duration
		_, err := asyncio.RunWith(asyncio.Options{Virtual: true}, func(co *asyncio.Co) (none, error) {
			for _, s := range c.servers {
				tasks = append(tasks, asyncio.CreateTask(co.Loop, func(co *asyncio.Co) (string, error) {
					if err := asyncio.Sleep(co, time.Duration(s.seconds)*time.Second); err != nil {
						return "", err
					}
					return s.name, s.err
				}))
			}
			answer := asyncio.CreateTask(co.Loop, func(co *asyncio.Co) (string, error) { return First(co, tasks...) })
			var err error
			got, err = asyncio.WaitFor(co, answer, time.Hour)
			took = co.Loop.Time()
			if errors.Is(err, asyncio.ErrTimeout) {
				return none{}, errors.New("First has not returned after an hour of the loop's clock: it awaits what nobody settles")
			}
			if !errors.Is(err, c.err) || got != c.want {
				return none{}, fmt.Errorf("First returns %q, error %v; want %q, error %v", got, err, c.want, c.err)
			}
			for i, task := range tasks {
				if late := c.servers[i].seconds > c.seconds; late {
					asyncio.Sleep(co, 0) // a task that was cancelled has its step
					asyncio.Sleep(co, 0)
					if !task.Cancelled() {
						return none{}, fmt.Errorf("task %s was not cancelled: nobody wants its answer any more", c.servers[i].name)
					}
				}
			}
			return none{}, nil
		})
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, c.hint)
		}
		if want := time.Duration(c.seconds) * time.Second; took != want {
			t.Fatalf("%s: First returns after %v of the loop's clock, want %v\n%s", c.name, took, want, c.hint)
		}
	}
}
