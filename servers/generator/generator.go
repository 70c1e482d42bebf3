// Package generator puts tasks on a round-robin carousel: each is a function that yields the reason why it stops.
//
// Lesson: a function that can pause needs no callbacks. Before every call that could block, a task says what it is
// about to wait for and gives control away; the carousel gives each that can go on one step in turn, and asks
// select(2) when none can. A write waits for its turn like a read, so a message takes two trips.
package generator

import (
	"carousel/internal/coro"
	"carousel/internal/sock"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

// co is a task seen from inside: it yields what it is about to do to its descriptor.
type co = coro.Co[wire.Want, coro.None]

// task is a conversation, or the server that accepts them.
type task struct {
	steps *coro.Gen[wire.Want, coro.None, error]
	fd    int
	talk  *wire.Talk // nil for the server
	late  bool       // its allowed wait is over
}

// carousel is the event loop.
type carousel struct {
	tasks           []*task // can go on, in the order of their turns
	toRead, toWrite sock.FDSet
	paused          []*task // those in toRead and toWrite, and the sleepers, by descriptor
	pausing         int     // how many they are
	timers          timer.Queue
	buf             [sock.ReadBytes]byte
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	r := &carousel{}
	server := &task{fd: ln}
	server.steps = coro.New(func(c *co) (error, error) { return r.server(c, ln, open), nil })
	r.add(server)
	if err := r.run(); err != nil {
		return err
	}
	err, _ := server.steps.Result()
	return sock.Ended(err)
}

func (r *carousel) add(t *task) {
	for t.fd >= len(r.paused) {
		r.paused = append(r.paused, nil)
	}
	r.tasks = append(r.tasks, t)
}

// run gives each task one step per turn, until there is nobody left on the carousel.
func (r *carousel) run() error {
	var turn []*task
	for len(r.tasks)+r.pausing > 0 {
		if len(r.tasks) == 0 {
			if err := r.wait(); err != nil {
				return err
			}
		}
		turn, r.tasks = r.tasks, turn[:0]
		for _, t := range turn {
			if want, err := t.steps.Next(); err == nil { // else it has ended, and tidied up
				r.pause(t, want)
			}
		}
	}
	return nil
}

// pause puts a task where it waits for what it wants.
func (r *carousel) pause(t *task, want wire.Want) {
	switch want {
	case wire.Work:
		r.tasks = append(r.tasks, t)
		return
	case wire.Read:
		r.toRead.Set(t.fd)
	case wire.Write:
		r.toWrite.Set(t.fd)
	}
	r.paused[t.fd] = t
	r.pausing++
	if t.talk != nil {
		r.timers.Set(t.fd, t.talk.Pause())
	}
}

func (r *carousel) resume(fd int) *task {
	t := r.paused[fd]
	r.toRead.Unset(fd)
	r.toWrite.Unset(fd)
	r.paused[fd] = nil
	r.pausing--
	r.timers.Set(fd, 0)
	r.tasks = append(r.tasks, t)
	return t
}

// wait asks select who can go on. Nobody here sends urgent data, the third set stays empty.
func (r *carousel) wait() error {
	read, write, urgent := r.toRead, r.toWrite, sock.FDSet{}
	if _, err := sock.Select(len(r.paused), &read, &write, &urgent, r.timers.Wait()); err != nil {
		return err
	}
	for fd := range r.paused {
		if read.Has(fd) || write.Has(fd) {
			r.resume(fd)
		}
	}
	for fd := range r.timers.Due() {
		r.resume(fd).late = true
	}
	return nil
}

// server is the task that accepts.
func (r *carousel) server(c *co, ln int, open func() *wire.Talk) error {
	for {
		if _, err := c.Yield(wire.Read); err != nil {
			return err
		}
		fd, err := sock.Accept(ln)
		for ; err == nil; fd, err = sock.Accept(ln) {
			if sock.Beyond(fd) {
				continue
			}
			t := &task{fd: fd, talk: open()}
			t.steps = coro.New(func(c *co) (error, error) { return r.client(c, t), nil })
			r.add(t)
		}
		if err != sock.Again {
			return err
		}
	}
}

// client is the task that holds one conversation.
func (r *carousel) client(c *co, t *task) (err error) {
	bye := sock.Close
	defer func() { bye(t.fd) }()
	for err == nil || err == sock.Again {
		want := t.talk.Next()
		if want == wire.Close {
			bye = sock.Bye
			return nil
		}
		if _, err := c.Yield(want); err != nil {
			return err
		}
		n := 0
		switch {
		case t.late:
			t.late = false
			t.talk.Late(t.fd)
		case want == wire.Read:
			if n, err = sock.Read(t.fd, r.buf[:]); err == nil {
				t.talk.Feed(r.buf[:n])
			}
		case want == wire.Write:
			if n, err = sock.Write(t.fd, t.talk.Out()); err == nil {
				t.talk.Sent(n)
			}
		case want == wire.Work:
			t.talk.Work()
		}
	}
	return err
}
