// Package delegation holds the solution of chapter 8's exercise.
package delegation

import (
	"io"
	"strconv"
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

// Exactly is a sub-generator: it returns the next n bytes.
func (s *Stream) Exactly(n int) *coro.Gen[coro.None, string, string] {
	return coro.New(func(c *coro.Co[coro.None, string]) (string, error) {
		for len(s.buffered) < n {
			if err := s.More(c); err != nil {
				return "", err
			}
		}
		taken := s.buffered[:n]
		s.buffered = s.buffered[n:]
		return taken, nil
	})
}

// message returns the next message of s.
func message(c *coro.Co[coro.None, string], s *Stream) (string, error) {
	line, err := coro.YieldFrom(c, s.Line())
	if err != nil {
		return "", err
	}
	n, err := strconv.ParseUint(line, 10, 31)
	if err != nil {
		return "", err
	}
	return coro.YieldFrom(c, s.Exactly(int(n)))
}

// Messages returns the messages that came until an error was thrown in.
func Messages(c *coro.Co[coro.None, string]) (messages []string, err error) {
	var s Stream
	for {
		next, err := message(c, &s)
		if err == io.EOF {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
		messages = append(messages, next)
	}
}
