// Package carousel holds the solution of chapter 5's exercise.
package carousel

import "carousel/internal/coro"

// Rider takes turns on a carousel. Its generator yields how many of its next turns it sits out: 0 for none.
type Rider struct {
	Name string
	Gen  *coro.Gen[int, coro.None, coro.None]
}

// Ride gives every rider its turns.
func Ride(queue []Rider) (turns []string, err error) {
	rests := map[string]int{}
	for len(queue) > 0 {
		first := queue[0]
		queue = queue[1:]
		if rests[first.Name] > 0 {
			rests[first.Name]--
			queue = append(queue, first)
			continue
		}
		rest, err := first.Gen.Next()
		if err == coro.ErrEnded {
			continue
		}
		if err != nil {
			return turns, err
		}
		turns = append(turns, first.Name)
		rests[first.Name] = rest
		queue = append(queue, first)
	}
	return turns, nil
}
