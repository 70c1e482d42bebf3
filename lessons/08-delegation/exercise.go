//go:build exercise

package delegation

import (
	"strings"

	"carousel/internal/coro"
)

// Stream holds the bytes that have come and that no sub-generator has taken yet. All sub-generators read from it.
type Stream struct{ buffered string }

// More waits at a yield for the next piece, which the loop sends.
func (s *Stream) More(c *coro.Co[coro.None, string]) error {
	piece, err := c.Yield(coro.None{})
	s.buffered += piece
	return err
}

// Line is a sub-generator: it returns the next line, without its newline.
func (s *Stream) Line() *coro.Gen[coro.None, string, string] {
	return coro.New(func(c *coro.Co[coro.None, string]) (string, error) {
		for {
			if line, rest, whole := strings.Cut(s.buffered, "\n"); whole {
				s.buffered = rest
				return line, nil
			}
			if err := s.More(c); err != nil {
				return "", err
			}
		}
	})
}

// Exactly is the first part of the exercise, a sub-generator: it returns the next n bytes, however many pieces they come in. What
// comes behind them stays in the stream, for the next to read. Look at Line: it differs in what it waits for.
func (s *Stream) Exactly(n int) *coro.Gen[coro.None, string, string] {
	return coro.New(func(c *coro.Co[coro.None, string]) (string, error) {
		return "", nil
	})
}

// Messages is the second part, the delegator. A message is a line that says how many bytes follow, and those bytes: "5\nhello" is
// one. Delegate (coro.YieldFrom) to Line, turn the line into a number (strconv.ParseUint(line, 10, 31)), delegate to Exactly, and
// begin again, until an error is thrown in:
//
//   - io.EOF, the end of the stream: return the messages that were whole, and no error;
//   - any other: return them with that error. A line that is no number, or one below 0, is an error too, that of strconv.ParseUint.
//
// The caller knows nothing of Line and Exactly: it sends pieces to Messages, and the sub-generator that waits gets them.
func Messages(c *coro.Co[coro.None, string]) (messages []string, err error) {
	return nil, nil
}
