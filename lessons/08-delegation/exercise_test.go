//go:build exercise

package delegation

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"carousel/internal/coro"
	"carousel/lessons/watchdog"
)

var errLost = errors.New("connection lost")

func TestExercise(t *testing.T) {
	defer watchdog.Start("Exactly or Messages")()
	exactly(t)
	if !t.Failed() {
		messages(t)
	}
}

// exactly reads with the sub-generator alone.
func exactly(t *testing.T) {
	for _, c := range []struct {
		buffered   string
		n          int
		pieces     []string
		want, left string
	}{
		{"", 5, []string{"he", "llo, "}, "hello", ", "},
		{"hello", 5, nil, "hello", ""},
		{"you", 0, nil, "", "you"},
	} {
		s := &Stream{buffered: c.buffered}
		g := s.Exactly(c.n)
		g.Next()
		for i, piece := range c.pieces {
			if g.State() != coro.Suspended {
				t.Fatalf("Exactly(%d) has returned when only %q had come. It is to wait for more (Stream.More) as long as fewer than %[1]d bytes are buffered", c.n, strings.Join(c.pieces[:i], ""))
			}
			g.Send(piece)
		}
		if g.State() != coro.Closed {
			t.Fatalf("Exactly(%d) waits for more, and %q is in the stream already: enough is enough", c.n, s.buffered)
		}
		if got, err := g.Result(); got != c.want || err != nil {
			t.Fatalf("Exactly(%d) of %q returns %q, error %v; want %q, no byte less or more", c.n, c.buffered+strings.Join(c.pieces, ""), got, err, c.want)
		}
		if s.buffered != c.left {
			t.Fatalf("Exactly(%d) leaves %q in the stream, want %q: what it returns is taken out, and what comes behind belongs to the next reader", c.n, s.buffered, c.left)
		}
	}
	g := (&Stream{buffered: "he"}).Exactly(5)
	g.Next()
	g.Throw(errLost)
	if _, err := g.Result(); err != errLost {
		t.Fatalf("Exactly(5) has 2 bytes when %q is thrown in, and its error is %v: it is to return the error of Stream.More at once", errLost, err)
	}
}

func messages(t *testing.T) {
	at, hint := "", ""
	defer func() {
		if fault := recover(); fault != nil {
			t.Fatalf("%s: it panics: %v.\n%s", at, fault, hint)
		}
	}()
	for _, c := range []struct {
		name   string
		pieces []string
		thrown error
		want   []string
		err    error
		hint   string
	}{
		{"a message", []string{"5\nhello"}, io.EOF, []string{"hello"}, nil,
			"delegate to Line for the length, to Exactly for the bytes, append, and begin again"},
		{"two messages in one piece", []string{"5\nhello3\nyou"}, io.EOF, []string{"hello", "you"}, nil,
			"all sub-generators have to read from one Stream: what one leaves, the next takes"},
		{"a message, byte by byte", []string{"5", "\n", "h", "e", "l", "l", "o"}, io.EOF, []string{"hello"}, nil,
			"do not take the pieces yourself: what is sent to a delegator reaches whoever has stopped below it"},
		{"newlines in a message", []string{"3\n\n\n\n1\nx"}, io.EOF, []string{"\n\n\n", "x"}, nil,
			"in a body a newline is a byte like others: Exactly counts"},
		{"an empty message", []string{"0\n2\nhi"}, io.EOF, []string{"", "hi"}, nil, "nothing has to come for 0 bytes"},
		{"nothing", nil, io.EOF, nil, nil, "io.EOF is the end of the stream, and no error of Messages"},
		{"an end amid a message", []string{"2\nhi5\nhel"}, io.EOF, []string{"hi"}, nil, "half a message is none, and an error that is thrown in ends it: return"},
		{"a failure amid a message", []string{"2\nhi5\nhel"}, errLost, []string{"hi"}, errLost,
			"an error that is thrown into a delegator surfaces in the sub-generator, and comes back from YieldFrom: return it"},
		{"no number", []string{"2\nhifive\nhello"}, nil, []string{"hi"}, strconv.ErrSyntax, "return the error of strconv.ParseUint"},
		{"a number below 0", []string{"2\nhi-5\nhello"}, nil, []string{"hi"}, strconv.ErrSyntax, "strconv.ParseUint takes no minus, strconv.Atoi does"},
	} {
		at, hint = c.name, c.hint
		g := coro.New(Messages)
		g.Next()
		for i, piece := range c.pieces {
			if g.State() != coro.Suspended {
				t.Fatalf("%s: Messages has returned when only %q had come: it is to wait for more, until an error is thrown in.\n%s", c.name, strings.Join(c.pieces[:i], ""), c.hint)
			}
			g.Send(piece)
		}
		if c.thrown != nil {
			g.Throw(c.thrown)
		}
		if g.State() != coro.Closed {
			t.Fatalf("%s: of %q, then %v, Messages has not returned: it waits for more.\n%s", c.name, c.pieces, c.thrown, c.hint)
		}
		if got, err := g.Result(); !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Fatalf("%s: of %q, then %v, Messages returns %q, error %v; want %q, error %v.\n%s", c.name, c.pieces, c.thrown, got, err, c.want, c.err, c.hint)
		}
	}
}
