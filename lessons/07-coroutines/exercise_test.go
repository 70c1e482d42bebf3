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

// thrown is the hint for each error that is thrown in.
var thrown = map[error]string{
	coro.ErrEnded: "with coro.ErrEnded the caller says that the stream is over: return the unfinished line, and no error",
	errLost:       "an error that you do not know is not yours to swallow or to change: return it, with the unfinished line",
}

func TestExercise(t *testing.T) {
	defer watchdog.Start("Lines")()
	for _, c := range []struct {
		name   string
		pieces []string
		lines  [][]string // yielded after each piece
		thrown error
		rest   string
		err    error
		hint   string // shown where the lines differ
	}{
		{"a line", []string{"one\n"}, [][]string{{"one"}}, coro.ErrEnded, "", nil,
			"a line is what stands before a newline; behind the last one nothing has begun yet"},
		{"two lines in two pieces", []string{"one\n", "two\n"}, [][]string{{"one"}, {"two"}}, coro.ErrEnded, "", nil,
			"what was yielded for one piece must not come again with the next"},
		{"a line in three pieces", []string{"o", "n", "e\n"}, [][]string{nil, nil, {"one"}}, coro.ErrEnded, "", nil,
			"no newline, no line: keep what has come, and put the next piece behind it"},
		{"three lines in one piece", []string{"one\ntwo\nthree\n"}, [][]string{{"one", "two", "three"}}, coro.ErrEnded, "", nil,
			"one piece may hold several newlines: yield all its lines at once"},
		{"an end and a beginning", []string{"on", "e\ntw", "o\n"}, [][]string{nil, {"one"}, {"two"}}, coro.ErrEnded, "", nil,
			"behind a newline the next line may have begun"},
		{"an empty line", []string{"\n"}, [][]string{{""}}, coro.ErrEnded, "", nil, "a newline alone is a line of no letters"},
		{"a line with spaces", []string{" one \n"}, [][]string{{" one "}}, coro.ErrEnded, "", nil, "nothing but the newline is to be taken away"},
		{"an end amid a line", []string{"one\ntw"}, [][]string{{"one"}}, coro.ErrEnded, "tw", nil, ""},
		{"a failure amid a line", []string{"one\ntw"}, [][]string{{"one"}}, errLost, "tw", errLost, ""},
	} {
		g := coro.New(Lines)
		if first, err := g.Next(); err != nil {
			t.Fatalf("%s: Lines returns before the first piece is sent. It is to stop at a yield, and wait there for pieces: piece, err := c.Yield(lines)", c.name)
		} else if len(first) > 0 {
			t.Fatalf("%s: before the first piece is sent Lines yields %q, and no line has come yet", c.name, first)
		}
		var got [][]string
		for i, piece := range c.pieces {
			lines, err := g.Send(piece)
			if err != nil {
				t.Fatalf("%s: Lines returns when it is sent %q. It is to yield the lines that are whole, and wait for the next piece, until an error is thrown in", c.name, piece)
			}
			if !slices.Equal(lines, c.lines[i]) {
				t.Fatalf("%s: for %q it yields %q, want %q.\n%s", c.name, piece, lines, c.lines[i], c.hint)
			}
			got = append(got, lines)
		}
		for i, lines := range got {
			if !slices.Equal(lines, c.lines[i]) {
				t.Fatalf("%s: for %q it yielded %q, and later this became %q: what was yielded is the caller's. Begin each time with a new slice, lines = nil; lines[:0] is the old one",
					c.name, c.pieces[i], c.lines[i], lines)
			}
		}
		more, _ := g.Throw(c.thrown)
		if g.State() != coro.Closed {
			t.Fatalf("%s: when %q is thrown in, Lines yields %q and goes on. It is to return: every yield may return an error, look at each", c.name, c.thrown, more)
		}
		if rest, err := g.Result(); rest != c.rest || err != c.err {
			t.Fatalf("%s: when %q is thrown in it returns %q, error %v; want %q, error %v.\n%s", c.name, c.thrown, rest, err, c.rest, c.err, thrown[c.thrown])
		}
	}
}
