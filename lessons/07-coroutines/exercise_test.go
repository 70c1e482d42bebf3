//go:build exercise

package coroutines

import (
	"errors"
	"slices"
	"testing"

	"carousel/internal/coro"
	"carousel/lessons/watchdog"
)

var errLost = errors.New("connection lost")

func TestExercise(t *testing.T) {
	defer watchdog.Start("Lines")()
	for _, c := range []struct {
		name   string
		pieces []string
		lines  [][]string // after each piece
		thrown error
		rest   string
		err    error
		hint   string
	}{
		{"a line", []string{"one\n"}, [][]string{{"one"}}, coro.ErrEnded, "", nil,
			"take each piece in a loop, piece, err := c.Yield(lines); behind the last newline no line has begun yet"},
		{"two lines in two pieces", []string{"one\n", "two\n"}, [][]string{{"one"}, {"two"}}, coro.ErrEnded, "", nil,
			"what was yielded for one piece must not come again with the next"},
		{"a line in three pieces", []string{"o", "n", "e\n"}, [][]string{nil, nil, {"one"}}, coro.ErrEnded, "", nil,
			"no newline, no line: keep what has come, and put the next piece behind it"},
		{"three lines in one piece", []string{"one\ntwo\nthree\n"}, [][]string{{"one", "two", "three"}}, coro.ErrEnded, "", nil,
			"one piece may hold several newlines: yield all its lines at once"},
		{"an end and a beginning", []string{"on", "e\ntw", "o\n"}, [][]string{nil, {"one"}, {"two"}}, coro.ErrEnded, "", nil,
			"behind a newline the next line may have begun"},
		{"an empty line", []string{"\n"}, [][]string{{""}}, coro.ErrEnded, "", nil, "a newline alone is a line of no letters"},
		{"an end amid a line", []string{"one\ntw"}, [][]string{{"one"}}, coro.ErrEnded, "tw", nil,
			"coro.ErrEnded is how the caller says that the stream is over: return the unfinished line, and no error"},
		{"a failure amid a line", []string{"one\ntw"}, [][]string{{"one"}}, errLost, "tw", errLost,
			"an error that you do not know is not yours to swallow: return it"},
	} {
		g := coro.New(Lines)
		if first, err := g.Next(); len(first) > 0 || err != nil {
			t.Fatalf("%s: before the first piece it yields %q, error %v; want nil, and that it waits at its yield.\n%s", c.name, first, err, c.hint)
		}
		for i, piece := range c.pieces {
			lines, err := g.Send(piece)
			if !slices.Equal(lines, c.lines[i]) || err != nil {
				t.Fatalf("%s: for %q it yields %q, error %v; want %q.\n%s", c.name, piece, lines, err, c.lines[i], c.hint)
			}
		}
		g.Throw(c.thrown)
		if state := g.State(); state != coro.Closed {
			t.Fatalf("%s: after %q was thrown in it is %v, want that it has ended.\n%s", c.name, c.thrown, state, c.hint)
		}
		if rest, err := g.Result(); rest != c.rest || err != c.err {
			t.Fatalf("%s: after %q was thrown in it returns %q, %v; want %q, %v.\n%s", c.name, c.thrown, rest, err, c.rest, c.err, c.hint)
		}
	}
}
