//go:build exercise

package downloads

import (
	"errors"
	"slices"
	"testing"
	"time"

	"carousel/lessons/watchdog"
	"carousel/servers/asyncio"
)

func TestExercise(t *testing.T) {
	defer watchdog.Start("AtMost")()
	errLost := errors.New("connection lost")
	for _, c := range []struct {
		name    string
		n       int
		seconds []int // how long each job takes; its result is its number
		fails   int   // the number of the job that fails, -1 for none
		took    int   // seconds in all
		hint    string
	}{
		{"one job", 1, []int{3}, -1, 3, "the result of a job is at its place in the results"},
		{"one at a time", 1, []int{1, 2, 3}, -1, 6, "one worker runs the jobs one after another"},
		{"all at once", 5, []int{3, 1, 2}, -1, 3, "with a place for each, all begin at once; the results stay in the order of the jobs"},
		{"two at a time", 2, []int{2, 2, 2, 2}, -1, 4, "two workers, two jobs each"},
		{"a long one", 2, []int{9, 1, 1, 1, 1}, -1, 9, "while one worker is busy with the long job the other goes on: do not await jobs in groups of n"},
		{"one fails", 2, []int{5, 1, 5, 5}, 1, 1, "return the error at once, as Gather does, and have the other workers end after their jobs"},
		{"none", 3, nil, -1, 0, "no jobs, no results, no error, and nothing to wait for"},
	} {
		running, most, failed := 0, 0, false
		var begun, late, want []int
		var jobs []func(co *asyncio.Co) (int, error)
		for k, seconds := range c.seconds {
			want = append(want, k)
			jobs = append(jobs, func(co *asyncio.Co) (int, error) {
				if begun = append(begun, k); failed {
					late = append(late, k)
				}
				running++
				most = max(most, running)
				err := asyncio.Sleep(co, time.Duration(seconds)*time.Second)
				running--
				if k == c.fails {
					failed, err = true, errLost
				}
				return k, err
			})
		}
		var wantErr error
		if c.fails >= 0 {
			wantErr = errLost
		}
		var results []int
		var took time.Duration
		_, err := asyncio.RunWith(asyncio.Options{Virtual: true}, func(co *asyncio.Co) (none, error) {
			all := asyncio.CreateTask(co.Loop, func(co *asyncio.Co) (none, error) {
				var err error
				results, err = AtMost(co, c.n, jobs)
				return none{}, err
			})
			_, err := asyncio.WaitFor(co, all, time.Hour)
			took = co.Loop.Time()
			asyncio.Sleep(co, time.Hour) // let the workers that still run go on
			return none{}, err
		})
		switch {
		case errors.Is(err, asyncio.ErrTimeout):
			t.Fatalf("%s: AtMost has not returned after an hour of the loop's clock: it awaits what never comes\n%s", c.name, c.hint)
		case !errors.Is(err, wantErr):
			t.Fatalf("%s: AtMost returns the error %v, want %v\n%s", c.name, err, wantErr, c.hint)
		case c.fails < 0 && !slices.Equal(results, want):
			t.Fatalf("%s: AtMost returns the results %v, want %v\n%s", c.name, results, want, c.hint)
		case most > c.n:
			t.Fatalf("%s: %d jobs ran at the same time, want %d at most\n%s", c.name, most, c.n, c.hint)
		case !slices.IsSorted(begun):
			t.Fatalf("%s: the jobs began in the order %v, want theirs\n%s", c.name, begun, c.hint)
		case len(late) > 0:
			t.Fatalf("%s: job %d failed, and %v began after that: the workers that had jobs then went on\n%s", c.name, c.fails, late, c.hint)
		case took != time.Duration(c.took)*time.Second:
			t.Fatalf("%s: AtMost takes %v of the loop's clock, want %d s\n%s", c.name, took, c.took, c.hint)
		}
	}
}
