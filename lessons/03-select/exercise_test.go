//go:build exercise

package selectloop

import (
	"errors"
	"slices"
	"testing"

	"carousel/lessons/watchdog"
)

const listening = 3

// event is what a client does while the loop waits: it connects, sends a message, or leaves.
type event struct{ who, does string }

const connects, leaves = "connects", "leaves" // anything else is a message

func TestExercise(t *testing.T) {
	defer watchdog.Start("Serve")()
	for _, c := range []struct {
		name   string
		events [][]event // for each wait
	}{
		{"one asks", [][]event{{{"Ann", connects}}, {{"Ann", "hello"}}, {{"Ann", "again"}}}},
		{"one leaves, another comes", [][]event{
			{{"Ann", connects}}, {{"Ann", "hello"}}, {{"Ann", leaves}}, {{"Bob", connects}}, {{"Bob", "hello"}}, {{"Bob", leaves}}}},
		{"one is silent, another asks", [][]event{{{"Ann", connects}}, {{"Bob", connects}}, {{"Bob", "hello"}}, {{"Bob", "again"}}, {{"Ann", "hello"}}}},
		{"two ask at once", [][]event{{{"Ann", connects}}, {{"Bob", connects}}, {{"Ann", "hello"}, {"Bob", "hello"}}}},
		{"two leave at once", [][]event{
			{{"Ann", connects}}, {{"Bob", connects}}, {{"Ann", leaves}, {"Bob", leaves}}, {{"Cid", connects}}, {{"Cid", "hello"}}}},
		{"one leaves, and another gets its number in the same turn", [][]event{
			{{"Ann", connects}}, {{"Bob", connects}}, {{"Ann", leaves}, {"Cid", connects}}, {{"Cid", "hello"}}, {{"Bob", "hello"}}}},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			k := &kernel{t: t, events: c.events, open: map[int]*client{listening: {name: "the listening socket"}}}
			if err := Serve(k, listening); err != errEnd {
				t.Fatalf("Serve returned %v: it is to return the error of Select, which was %v", err, errEnd)
			}
			for fd, client := range k.open {
				if client.left {
					t.Errorf("%s has left, and descriptor %d is still open: a process has about a thousand of them. Close it", client.name, fd)
				} else if client.asked > client.answered {
					t.Errorf("%s asked %d time(s) and got %d answer(s)", client.name, client.asked, client.answered)
				}
			}
		}) {
			return // show the learner one failure at a time
		}
	}
}

var errEnd = errors.New("the exercise is over")

type client struct {
	name            string
	sent            []string // messages not yet read
	left, ended     bool     // ended: it has left, and the loop has read its end
	asked, answered int
	dead            int // times select was given it after its end was read
}

// kernel makes the calls of the loop. Clients that connect wait in its queue.
type kernel struct {
	t      *testing.T
	events [][]event
	open   map[int]*client
	queue  []string
	turns  int
}

func (k *kernel) Select(watch []int) (ready []int, err error) {
	if k.turns++; k.turns > 100 {
		k.t.Fatal("100 turns, and the loop has not come to an end: it is to return the error of Select")
	}
	for i, fd := range watch {
		c := k.open[fd]
		if c == nil {
			k.t.Fatalf("select was given descriptor %d, which is closed: it fails then, for everybody. Stop watching what you close", fd)
		}
		if slices.Contains(watch[:i], fd) {
			k.t.Fatalf("select was given descriptor %d twice, which is %s: watch each once, and stop watching what you close, since its number may be the next client's", fd, c.name)
		}
		if c.ended {
			if c.dead++; c.dead == 3 {
				k.t.Fatalf("%s has left, and select was given its descriptor (%d) %d times since: it can be read for ever, so select never waits again, and the loop takes a whole processor", c.name, fd, c.dead)
			}
		}
	}
	if ready := k.ready(watch); ready != nil {
		return ready, nil
	}
	if len(k.events) == 0 {
		return nil, errEnd
	}
	for _, e := range k.events[0] {
		k.happens(e, watch)
	}
	k.events = k.events[1:]
	return k.ready(watch), nil
}

// ready returns the descriptors that can be read, clients first.
func (k *kernel) ready(watch []int) (ready []int) {
	for _, fd := range watch {
		if c := k.open[fd]; len(c.sent) > 0 || c.left {
			ready = append(ready, fd)
		}
	}
	if len(k.queue) > 0 && slices.Contains(watch, listening) {
		ready = append(ready, listening)
	}
	return ready
}

func (k *kernel) happens(e event, watch []int) {
	if e.does == connects {
		if !slices.Contains(watch, listening) {
			k.t.Fatalf("%s connects, and nobody watches the listening socket", e.who)
		}
		k.queue = append(k.queue, e.who)
		return
	}
	for fd, c := range k.open {
		if c.name != e.who {
			continue
		}
		if !slices.Contains(watch, fd) {
			k.t.Fatalf("%s is there, with descriptor %d, and select was given only %v: nobody will ever hear of it", e.who, fd, watch)
		}
		if c.left = e.does == leaves; !c.left {
			c.asked++
			c.sent = append(c.sent, e.does)
		}
		return
	}
	k.t.Fatalf("%s is connected no longer: you have closed a connection whose client had not left", e.who)
}

func (k *kernel) Accept(ln int) (fd int) {
	k.t.Helper()
	if ln != listening || len(k.queue) == 0 {
		k.t.Fatalf("Accept(%d) waits for ever: nobody is in that queue", ln)
	}
	for fd = listening + 1; k.open[fd] != nil; fd++ {
	}
	k.open[fd] = &client{name: k.queue[0]}
	k.queue = k.queue[1:]
	return fd
}

// of returns the client behind a descriptor.
func (k *kernel) of(call string, fd int) *client {
	k.t.Helper()
	c := k.open[fd]
	if c == nil || fd == listening {
		k.t.Fatalf("%s(%d): that is no open connection", call, fd)
	}
	return c
}

func (k *kernel) Read(fd int) string {
	k.t.Helper()
	c := k.of("Read", fd)
	switch {
	case len(c.sent) > 0:
		message := c.sent[0]
		c.sent = c.sent[1:]
		return message
	case !c.left:
		k.t.Fatalf("Read(%d) waits, with control in its hands: %s has sent nothing. Read only what select says is ready, once", fd, c.name)
	}
	c.ended = true
	return ""
}

func (k *kernel) Write(fd int, reply string) {
	k.t.Helper()
	switch c := k.of("Write", fd); {
	case c.left:
		k.t.Fatalf("you answer %s, who has left: nothing to read is the end, it is no message", c.name)
	case reply != "Hello world\n":
		k.t.Fatalf("%s got %q, want %q", c.name, reply, "Hello world\n")
	default:
		if c.answered++; c.answered > c.asked {
			k.t.Fatalf("%s asked %d time(s) and got %d answers", c.name, c.asked, c.answered)
		}
	}
}

func (k *kernel) Close(fd int) {
	k.t.Helper()
	if fd == listening {
		k.t.Fatal("you close the listening socket: nobody can connect any more. Close only the descriptor of a client that has left")
	}
	k.of("Close", fd)
	delete(k.open, fd)
}
