//go:build exercise

package delegation

import (
	"errors"
	"io"
	"slices"
	"strconv"
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
	s := &Stream{}
	g := s.Exactly(5)
	g.Next()
	for _, piece := range []string{"he", "llo, "} {
		if state := g.State(); state != coro.Suspended {
			t.Fatalf("Exactly(5) is %v before all 5 bytes have come; want that it waits for more (Stream.More) as long as fewer are buffered", state)
		}
		g.Send(piece)
	}
	if got, err := g.Result(); got != "hello" || err != nil {
		t.Fatalf(`Exactly(5) of "he" and "llo, " returns %q, %v; want "hello"`, got, err)
	}
	if s.buffered != ", " {
		t.Errorf("Exactly(5) leaves %q in the stream, want \", \": what comes behind belongs to the next reader", s.buffered)
	}
}

func messages(t *testing.T) {
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
		{"an end amid a message", []string{"2\nhi5\nhel"}, io.EOF, []string{"hi"}, nil, "half a message is none"},
		{"a failure amid a message", []string{"2\nhi5\nhel"}, errLost, []string{"hi"}, errLost,
			"an error that is thrown into a delegator surfaces in the sub-generator, and comes back from YieldFrom: return it"},
		{"no number", []string{"2\nhifive\nhello"}, nil, []string{"hi"}, strconv.ErrSyntax, "return the error of strconv.Atoi"},
	} {
		g := coro.New(Messages)
		g.Next()
		for i, piece := range c.pieces {
			if state := g.State(); state != coro.Suspended {
				t.Fatalf("%s: Messages is %v after %q, want that it waits for more.\n%s", c.name, state, c.pieces[:i], c.hint)
			}
			g.Send(piece)
		}
		if c.thrown != nil {
			g.Throw(c.thrown)
		}
		if got, err := g.Result(); !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Fatalf("%s: of %q, then %v, Messages returns %q, %v; want %q, %v.\n%s", c.name, c.pieces, c.thrown, got, err, c.want, c.err, c.hint)
		}
	}
}
