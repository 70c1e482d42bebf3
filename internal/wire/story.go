package wire

import "carousel/internal/story"

// Client returns the talk's client in the narration and the trace (package story), nil if both are off.
func (t *Talk) Client() *story.Client {
	if t == nil {
		return nil
	}
	return t.client
}

// Waits narrates that the talk waits for what Next returns. what is a format that describes how the model waits; n are the numbers for its %d
// verbs.
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

// Blocks is Waits for a lane that waits for this talk alone, such as a blocked thread or a parked goroutine.
func (t *Talk) Blocks(lane *story.Lane, fd int, what string, n ...int) {
	if t.client != nil {
		t.blocks(lane, fd, what, n)
	}
}

func (t *Talk) blocks(lane *story.Lane, fd int, what string, n []int) {
	t.client.Blocks(lane, fd, kinds[t.Next()], what, n...)
}

// kinds are the names of waits in the story.
var kinds = [...]string{Read: "read", Write: "write", Sleep: "sleep", Work: "work", Close: "turn"}
