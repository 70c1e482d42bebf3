//go:build exercise

package carousel

import "carousel/internal/coro"

// Rider takes turns on a carousel. Its generator yields how many of its next turns it sits out: 0 for none.
type Rider struct {
	Name string
	Gen  *coro.Gen[int, coro.None, coro.None]
}

// Ride is the exercise: the carousel itself.
//
// Let the first of the queue take one step (Gen.Next), write its name into turns, and put it at the end of the queue. Three rules:
//
//   - a rider that yields n > 0 sits out its next n turns: when it comes to the front it goes to the end without a step;
//   - a rider that is done (Next returns coro.ErrEnded) does not come back, and its last call is no turn;
//   - any other error is a failure, not an end: Ride returns it at once, with the turns so far.
func Ride(queue []Rider) (turns []string, err error) {
	return nil, nil
}
