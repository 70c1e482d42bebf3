package wire

import "carousel/internal/story"

// Client is the talk's part in the story of the server, nil where there is none, or no talk.
func (t *Talk) Client() *story.Client {
	if t == nil {
		return nil
	}
	return t.client
}

// Waits says, for the story, that the talk is left to wait for what Next wants. what is the model's way to wait, with numbers for its %d's.
func (t *Talk) Waits(fd int, what string, n ...int) {
	if t.client != nil {
		t.waits(fd, what, n)
	}
}

func (t *Talk) waits(fd int, what string, n []int) {
	kind := kinds[t.Next()]
	if t.Next() != Read && t.Over() {
		kind, what = "turn", "its turn is over: "+what
	}
	t.client.Waits(fd, kind, what, n...)
}

// Holds is Waits where lane waits for this talk alone: a thread that is blocked, a goroutine that is parked.
func (t *Talk) Holds(lane *story.Lane, fd int, what string, n ...int) {
	if t.client != nil {
		t.holds(lane, fd, what, n)
	}
}

func (t *Talk) holds(lane *story.Lane, fd int, what string, n []int) {
	t.client.Holds(lane, fd, kinds[t.Next()], what, n...)
}

// kinds are what a talk waits for that can not go on.
var kinds = [...]string{Read: "read", Write: "write", Sleep: "sleep", Work: "work", Close: "turn"}
