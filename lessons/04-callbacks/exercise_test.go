//go:build exercise

package callbacks

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"carousel/lessons/watchdog"
)

// TestExercise runs conversations on the dispatcher: their steps are callbacks that note what they do.
func TestExercise(t *testing.T) {
	defer watchdog.Start("Change, Close or Run")()
	for _, c := range []struct {
		name  string
		turns [][]int // the descriptors that become ready at each wait; they stay so until a callback was called
		begin func(h *harness)
		want  []string // what the callbacks note, and the calls of the kernel
		hint  string
	}{
		{"a callback is called whenever its descriptor is ready", [][]int{{4}, {5}, {4}},
			func(h *harness) {
				h.register(4, func() { h.note("Ann") })
				h.register(5, func() { h.note("Bob") })
			},
			[]string{"add 4", "add 5", "Ann", "Bob", "Ann"},
			"Run is the loop: it comes back to Wait after every callback, and ends with Wait's error"},
		{"two are ready at once", [][]int{{5, 4}},
			func(h *harness) {
				h.register(4, func() { h.note("Ann") })
				h.register(5, func() { h.note("Bob") })
			},
			[]string{"add 4", "add 5", "Bob", "Ann"},
			"one wait may bring many: all of them are due, in that order, before the next wait"},
		{"a conversation waits to write, then to read again", [][]int{{4}, {4}, {4}},
			func(h *harness) {
				var read, write func()
				read = func() { h.note("read"); h.d.Change(4, Writable, write) }
				write = func() { h.note("write"); h.d.Change(4, Readable, read) }
				h.register(4, read)
			},
			[]string{"add 4", "read", "change 4", "write", "change 4", "read", "change 4"},
			"the kernel has to know what is new, and so has Registered"},
		{"a conversation changes its callback only", [][]int{{4}, {4}},
			func(h *harness) {
				h.register(4, func() {
					h.note("the head of a request")
					h.d.Change(4, Readable, func() { h.note("its body") })
				})
			},
			[]string{"add 4", "the head of a request", "its body"},
			"what is watched stays the same, so the kernel need not hear of it: one call less for every message"},
		{"one is watched for nothing, and for input again", [][]int{{4}, {5}, {4}},
			func(h *harness) {
				h.register(4, func() { h.note("Ann sleeps"); h.d.Change(4, Nothing, func() { h.note("Ann is woken by mistake") }) })
				h.register(5, func() { h.note("Bob"); h.d.Change(4, Readable, func() { h.note("Ann") }) })
			},
			[]string{"add 4", "add 5", "Ann sleeps", "change 4", "Bob", "change 4", "Ann"},
			"what you compare with has to be kept up to date as well"},
		{"a client leaves", [][]int{{4}, {5}},
			func(h *harness) {
				h.register(4, func() { h.note("Ann leaves"); h.d.Close(4) })
				h.register(5, func() { h.note("Bob") })
			},
			[]string{"add 4", "add 5", "Ann leaves", "remove 4", "close 4", "Bob"},
			"there are two calls of the kernel to make, and their order matters"},
		{"one hangs up on another that is ready in the same turn", [][]int{{4, 5}, {4}},
			func(h *harness) {
				h.register(4, func() {
					if h.note("Ann"); h.d.Registered[5].Callback != nil {
						h.d.Close(5)
					}
				})
				h.register(5, func() { h.note("Bob, whose connection is closed") })
			},
			[]string{"add 4", "add 5", "Ann", "remove 5", "close 5", "Ann"},
			"who was ready when Wait returned may have no callback any more when its turn comes"},
		{"a number is given away again", [][]int{{4}, {4}},
			func(h *harness) {
				h.register(4, func() {
					h.note("Ann leaves")
					h.d.Close(4)
					h.register(4, func() { h.note("Cid") })
				})
			},
			[]string{"add 4", "Ann leaves", "remove 4", "close 4", "add 4", "Cid"},
			"the number is the same, the connection is not: nothing of the old one may be left"},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			h := &harness{t: t, turns: c.turns, watched: map[int]Want{}}
			h.d = &Dispatcher{Kernel: h, Registered: map[int]Registration{}}
			defer func() {
				if fault := recover(); fault != nil {
					t.Errorf("it panics: %v", fault)
				}
				if t.Failed() {
					t.Log("hint: " + c.hint)
				}
			}()
			c.begin(h)
			if err := h.d.Run(); !errors.Is(err, errEnd) {
				t.Fatalf("Run returned %v before the kernel ended it: it goes on until Wait fails, and returns that error", err)
			}
			if !slices.Equal(h.notes, c.want) {
				t.Fatalf("it came to  %q\nbut want    %q", h.notes, c.want)
			}
		}) {
			return // show the learner one failure at a time
		}
	}
}

var errEnd = errors.New("the exercise is over")

// harness is the kernel. It notes what happens.
type harness struct {
	t       *testing.T
	d       *Dispatcher
	turns   [][]int
	watched map[int]Want
	notes   []string
	ends    int // waits that failed
}

func (h *harness) note(what string, fd ...any) {
	if len(h.notes) > 50 {
		h.t.Fatalf("this has no end: %q", h.notes)
	}
	h.notes = append(h.notes, fmt.Sprintf(what, fd...))
}

func (h *harness) register(fd int, callback func()) {
	if err := h.d.Register(fd, Readable, callback); err != nil {
		h.t.Fatalf("Register(%d): %v", fd, err)
	}
}

func (h *harness) Add(fd int, want Want) error {
	h.note("add %d", fd)
	if _, there := h.watched[fd]; there {
		return errors.New("the kernel watches it already")
	}
	h.watched[fd] = want
	return nil
}

func (h *harness) Change(fd int, want Want) {
	h.t.Helper()
	h.note("change %d", fd)
	if was, there := h.watched[fd]; !there {
		h.t.Fatalf("the kernel is to change what it watches descriptor %d for, which it does not watch", fd)
	} else if was == want {
		h.t.Fatalf("the kernel is to change what it watches descriptor %d for, and it watches it for that: a call of the kernel for nothing", fd)
	}
	h.watched[fd] = want
}

func (h *harness) Remove(fd int) {
	h.t.Helper()
	h.note("remove %d", fd)
	if _, there := h.watched[fd]; !there {
		h.t.Fatalf("the kernel is to stop watching descriptor %d, which it does not watch", fd)
	}
	delete(h.watched, fd)
}

func (h *harness) Wait() (ready []int, err error) {
	if len(h.turns) == 0 {
		if h.ends++; h.ends > 3 {
			h.t.Fatal("Wait has failed, and you call it again and again: Run is to return its error")
		}
		return nil, errEnd
	}
	for _, fd := range h.turns[0] {
		if want, there := h.watched[fd]; there && want != Nothing {
			ready = append(ready, fd)
		}
	}
	h.turns = h.turns[1:]
	return ready, nil
}

func (h *harness) Close(fd int) {
	h.t.Helper()
	h.note("close %d", fd)
	if _, there := h.watched[fd]; there {
		h.t.Fatalf("descriptor %d is closed while the kernel watches it. If a child process has a duplicate, it stays in the list, is reported for ever, and nobody can take it out. Remove it first", fd)
	}
}
