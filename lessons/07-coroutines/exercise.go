//go:build exercise

package coroutines

import "carousel/internal/coro"

// Lines is the exercise: a coroutine that finds the lines in a stream.
//
// A stream has no messages. What the peer sent as one line may come in three pieces, and three lines may come in one piece; a server
// that answers every piece it receives, as that of the original tutorial does, answers too often or too seldom.
//
// Lines is sent pieces. For each it yields the lines that are whole by now, without their newlines: none, one or several; what it
// yields before the first piece is nil. It keeps an unfinished line in a local variable until the rest comes. When coro.ErrEnded is
// thrown in, the stream is over: it returns the unfinished line, and no error. Any other error it returns as it is, with the
// unfinished line.
//
// strings.Cut is of use.
func Lines(c *coro.Co[[]string, string]) (rest string, err error) {
	return "", nil
}
