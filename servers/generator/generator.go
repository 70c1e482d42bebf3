// Package generator puts tasks on a round-robin carousel: each is a function that yields the reason why it stops.
//
// Lesson: a function that can pause needs no callbacks. Before every call that could block, a task says what it is
// about to wait for and gives control away; the carousel gives each that can go on one step in turn, and asks
// select(2) when none can. A write waits for its turn like a read, so a connection takes two trips per message.
package generator

import (
	"fmt"

	"carousel/internal/coro"
	"carousel/internal/sock"
	"carousel/internal/timer"
	"carousel/internal/wire"
)

// reason is why a task stops: it wants to do this to the descriptor.
type reason struct {
	want wire.Want
	fd   int
}

type (
	co   = coro.Co[reason, coro.None]
	task = coro.Gen[reason, coro.None, coro.None]
)

// carousel is the event loop.
type carousel struct {
	tasks           []*task // can go on, in the order of their turns
	toRead, toWrite waiting
	asleep          waiting
	timers          timer.Queue
	conns           []*conn // by descriptor
	buf             [sock.ReadBytes]byte
}

// waiting are the tasks that wait for the same, by descriptor, with the set to show select.
type waiting struct {
	set   sock.FDSet
	tasks [sock.FDSetSize]*task
	count int
}

type conn struct {
	fd   int
	talk *wire.Talk
	late bool // its allowed wait is over
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	r := &carousel{conns: make([]*conn, ln+1)}
	server := coro.New(func(c *co) (coro.None, error) { return coro.None{}, r.server(c, ln, open) })
	r.tasks = append(r.tasks, server)
	if err := r.run(); err != nil {
		return err
	}
	_, err := server.Result()
	return sock.Ended(err)
}

// run gives each task one step per turn, until there is nobody left on the carousel.
func (r *carousel) run() error {
	var turn []*task
	for len(r.tasks)+r.toRead.count+r.toWrite.count+r.asleep.count > 0 {
		if len(r.tasks) == 0 {
			if err := r.wait(); err != nil {
				return err
			}
		}
		turn, r.tasks = r.tasks, turn[:0]
		for _, t := range turn {
			if why, err := t.Next(); err == nil { // else it has ended, and tidied up
				r.file(t, why)
			}
		}
	}
	return nil
}

// file puts a task where it waits for what it wants.
func (r *carousel) file(t *task, why reason) {
	switch why.want {
	case wire.Read:
		r.toRead.add(why.fd, t)
	case wire.Write:
		r.toWrite.add(why.fd, t)
	case wire.Sleep:
		r.asleep.add(why.fd, t)
	case wire.Work:
		r.tasks = append(r.tasks, t)
	}
	if why.fd < len(r.conns) && r.conns[why.fd] != nil {
		r.timers.Set(why.fd, r.conns[why.fd].talk.Pause())
	}
}

// wait asks select who can go on.
func (r *carousel) wait() error {
	read, write, urgent := r.toRead.set, r.toWrite.set, sock.FDSet{}
	if _, err := sock.Select(len(r.conns), &read, &write, &urgent, r.timers.Wait()); err != nil {
		return err
	}
	for fd := range r.conns {
		if read.Has(fd) {
			r.tasks = append(r.tasks, r.toRead.take(fd))
		}
		if write.Has(fd) {
			r.tasks = append(r.tasks, r.toWrite.take(fd))
		}
	}
	for fd, ok := r.timers.Due(); ok; fd, ok = r.timers.Due() {
		for _, w := range []*waiting{&r.toRead, &r.toWrite, &r.asleep} {
			if t := w.take(fd); t != nil {
				r.conns[fd].late = true
				r.tasks = append(r.tasks, t)
			}
		}
	}
	return nil
}

// server is the task that accepts.
func (r *carousel) server(c *co, ln int, open func() *wire.Talk) error {
	for {
		if _, err := c.Yield(reason{wire.Read, ln}); err != nil {
			return err
		}
		fd, err := sock.Accept(ln)
		switch {
		case err == sock.Again:
		case err != nil:
			return err
		case fd >= sock.FDSetSize:
			sock.Refuse(fd, fmt.Sprintf("select(2) watches descriptors below %d, this one is %d", sock.FDSetSize, fd))
		default:
			for fd >= len(r.conns) {
				r.conns = append(r.conns, nil)
			}
			client := &conn{fd: fd, talk: open()}
			r.conns[fd] = client
			r.tasks = append(r.tasks, coro.New(func(c *co) (coro.None, error) { return coro.None{}, r.client(c, client) }))
		}
	}
}

// client is the task that holds one conversation.
func (r *carousel) client(co *co, c *conn) (err error) {
	bye := sock.Close
	defer func() { r.close(c, bye) }()
	for {
		want := c.talk.Next()
		if want == wire.Close {
			bye = sock.Bye
			return nil
		}
		if _, err := co.Yield(reason{want, c.fd}); err != nil {
			return err
		}
		n := 0
		switch {
		case c.late:
			c.late = false
			c.talk.Woke()
		case want == wire.Read:
			if n, err = sock.Read(c.fd, r.buf[:]); err == nil {
				c.talk.Feed(r.buf[:n])
			}
		case want == wire.Write:
			if n, err = sock.Write(c.fd, c.talk.Out()); err == nil {
				c.talk.Sent(n)
			}
		case want == wire.Work:
			c.talk.Work()
		}
		if err != nil && err != sock.Again {
			return err
		}
	}
}

func (r *carousel) close(c *conn, bye func(int)) {
	r.timers.Set(c.fd, 0)
	r.conns[c.fd] = nil
	bye(c.fd)
}

func (w *waiting) add(fd int, t *task) {
	w.set.Set(fd)
	w.tasks[fd] = t
	w.count++
}

func (w *waiting) take(fd int) *task {
	t := w.tasks[fd]
	if t != nil {
		w.set.Unset(fd)
		w.tasks[fd] = nil
		w.count--
	}
	return t
}
