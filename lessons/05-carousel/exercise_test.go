//go:build exercise

package carousel

import (
	"errors"
	"strings"
	"testing"

	"carousel/internal/coro"
	"carousel/lessons/watchdog"
)

var errFell = errors.New("fell off")

// rider returns a rider that yields the rests, then ends with err.
func rider(name string, err error, rests ...int) Rider {
	return Rider{name, coro.New(func(c *coro.Co[int, coro.None]) (none coro.None, _ error) {
		for _, rest := range rests {
			if _, err := c.Yield(rest); err != nil {
				return none, err
			}
		}
		return none, err
	})}
}

func TestExercise(t *testing.T) {
	defer watchdog.Start("Ride")()
	for _, c := range []struct {
		name  string
		queue []Rider
		turns string
		err   error
		hint  string
	}{
		{"one rider", []Rider{rider("A", nil, 0, 0, 0)}, "A A A", nil,
			"a rider takes a step, goes to the end of the queue, and is the first again; its end is no turn, and no error"},
		{"two riders", []Rider{rider("A", nil, 0, 0), rider("B", nil, 0, 0)}, "A B A B", nil,
			"after a step a rider goes to the end, so the other comes first"},
		{"one leaves early", []Rider{rider("A", nil, 0), rider("B", nil, 0, 0, 0), rider("C", nil, 0, 0)}, "A B C B C B", nil,
			"who is done does not come back, and the others ride on; the call that finds the end is no turn"},
		{"one rests", []Rider{rider("A", nil, 2, 0), rider("B", nil, 0, 0, 0, 0)}, "A B B B A B", nil,
			"who yields 2 goes past the front twice without a step, and steps the third time"},
		{"all rest", []Rider{rider("A", nil, 1, 0), rider("B", nil, 1, 0)}, "A B A B", nil,
			"when all rest the queue turns without a step until one has sat out its turns: it must not end there"},
		{"one fails", []Rider{rider("A", errFell, 0), rider("B", nil, 0, 0, 0)}, "A B", errFell,
			"an error other than coro.ErrEnded is a failure: return it, with the turns until then. Swallow it, and nobody learns why A stopped"},
		{"nobody", nil, "", nil, "an empty queue has no turns, and no error"},
	} {
		turns, err := Ride(c.queue)
		if got := strings.Join(turns, " "); got != c.turns || !errors.Is(err, c.err) {
			t.Fatalf("%s: turns %q, error %v; want turns %q, error %v\n%s", c.name, got, err, c.turns, c.err, c.hint)
		}
	}
}
