package wire

import "carousel/internal/story"

// Client returns the talk's client in the server's story, nil where no story is kept.
func (t *Talk) Client() *story.Client {
	if t == nil {
		return nil
	}
	return t.client
}

// Waits notes in the story that the talk is left to wait for what Next returned. what is the model's way to wait, with n for its %d's.
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

// Blocks is Waits for a lane that waits for this talk alone: a blocked thread, a parked goroutine.
func (t *Talk) Blocks(lane *story.Lane, fd int, what string, n ...int) {
	if t.client != nil {
		t.blocks(lane, fd, what, n)
	}
}

func (t *Talk) blocks(lane *story.Lane, fd int, what string, n []int) {
	t.client.Blocks(lane, fd, kinds[t.Next()], what, n...)
}

// kinds are what a talk waits for that can not go on.
var kinds = [...]string{Read: "read", Write: "write", Sleep: "sleep", Work: "work", Close: "turn"}
