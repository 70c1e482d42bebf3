// Package coroutines holds the solution of chapter 7's exercise.
package coroutines

import (
	"strings"

	"carousel/internal/coro"
)

// Lines finds the lines in a stream.
func Lines(c *coro.Co[[]string, string]) (rest string, err error) {
	var lines []string
	for {
		piece, err := c.Yield(lines)
		if err == coro.ErrEnded {
			return rest, nil
		}
		if err != nil {
			return rest, err
		}
		lines = nil
		for rest += piece; ; {
			line, after, whole := strings.Cut(rest, "\n")
			if !whole {
				break
			}
			lines, rest = append(lines, line), after
		}
	}
}
