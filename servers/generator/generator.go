// Package generator puts tasks on a round-robin carousel: each is a function that yields the reason why it stops.
//
// Lesson: a function that can pause needs no callbacks. Before every call that could block, a task says what it is
// about to wait for and gives control away; the carousel gives each that can go on one step in turn, and calls
// select(2) when none can. A write waits for its turn like a read, so a message takes two trips.
package generator

import (
	"slices"

	"carousel/internal/coro"
	"carousel/internal/sock"
	"carousel/internal/story"
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
	lane            *story.Lane
	waiter          *sock.Waiter
	open            func() *wire.Talk
	tasks, spare    []*task // tasks can go on, in the order of their turns; spare is the array of the last turn, reused for the next
	toRead, toWrite sock.FDSet
	paused          []*task // those in toRead and toWrite, and the sleepers, by descriptor
	timers          timer.Queue
	buf             [sock.ReadBytes]byte
}

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	r := &carousel{lane: story.NewLane("carousel"), waiter: sock.NewWaiter(), open: open}
	server := &task{fd: ln}
	server.steps = coro.New(func(c *co) (error, error) { return r.server(c, ln), nil })
	r.tasks = append(r.tasks, server)
	defer r.shutdown()
	for server.steps.State() != coro.Closed {
		if len(r.tasks) == 0 {
			if err := r.wait(); err != nil {
				return err
			}
		}
		r.turn()
	}
	err, _ := server.steps.Result()
	return sock.Ended(err)
}

// turn gives each task that can go on one step.
func (r *carousel) turn() {
	tasks := r.tasks
	r.tasks, r.spare = r.spare[:0], tasks
	for _, t := range tasks {
		r.lane.Turn(t.talk.Client(), t.fd, "next(task of fd %d)", t.fd)
		if want, err := t.steps.Next(); err == nil { // an error means that the task has ended and cleaned up
			r.pause(t, want)
		}
	}
}

// yields are the words for what a task yields, and where the carousel puts the task.
var yields = [...]struct{ kind, what string }{
	wire.Read:  {"read", "its task yields ('read', fd %d) and is put in to_read"},
	wire.Write: {"write", "its task yields ('write', fd %d) and is put in to_write"},
	wire.Sleep: {"sleep", "its task yields ('sleep', fd %d), and a timer is set"},
	wire.Work:  {"turn", "its task yields ('work', fd %d) and joins the queue"},
}

// pause puts a task where it waits for what it wants.
func (r *carousel) pause(t *task, want wire.Want) {
	t.talk.Client().Waits(t.fd, yields[want].kind, yields[want].what, t.fd)
	switch want {
	case wire.Work:
		r.tasks = append(r.tasks, t)
		return
	case wire.Read:
		r.toRead.Set(t.fd)
	case wire.Write:
		r.toWrite.Set(t.fd)
	}
	r.paused = sock.Put(r.paused, t.fd, t)
	if t.talk != nil {
		r.timers.Set(t.fd, t.talk.Pause())
	}
}

// resume queues a paused task behind those that can go on; why is narrated.
func (r *carousel) resume(fd int, why string) *task {
	t := r.paused[fd]
	t.talk.Client().Waits(fd, "turn", why, fd)
	r.toRead.Unset(fd)
	r.toWrite.Unset(fd)
	r.paused[fd] = nil
	r.timers.Set(fd, 0)
	r.tasks = append(r.tasks, t)
	return t
}

// wait calls select and resumes the tasks that can go on. No client sends urgent data here, so the third set stays empty.
func (r *carousel) wait() error {
	r.lane.Wait("the queue is empty: select over to_read and to_write")
	read, write, urgent := r.toRead, r.toWrite, sock.FDSet{}
	found, err := r.waiter.Select(len(r.paused), &read, &write, &urgent, r.timers.Wait())
	if err != nil {
		return err
	}
	if found > 0 {
		r.lane.Say("select returns: %d ready", found)
	}
	for fd := range r.paused {
		if read.Has(fd) {
			r.resume(fd, "its task goes from to_read to the queue, fd %d is readable")
		} else if write.Has(fd) {
			r.resume(fd, "its task goes from to_write to the queue, fd %d is writable")
		}
	}
	for fd := range r.timers.Due() {
		r.resume(fd, "its task goes to the queue, the timer of fd %d is due").late = true
	}
	return nil
}

// server is the task that accepts.
func (r *carousel) server(c *co, ln int) error {
	for {
		r.lane.Say("the task that accepts yields ('read', fd %d) and is put in to_read", ln)
		if _, err := c.Yield(wire.Read); err != nil {
			return err
		}
		if err := sock.AcceptAll(ln, r.accepted); err != nil {
			return err
		}
	}
}

func (r *carousel) accepted(fd int) {
	if sock.RefuseBeyondSelect(fd) {
		return
	}
	t := &task{fd: fd, talk: r.open()}
	t.steps = coro.New(func(c *co) (error, error) { return r.client(c, t), nil }).Kept()
	r.tasks = append(r.tasks, t)
	t.talk.Client().Waits(fd, "turn", "its task is made for fd %d and joins the queue", fd)
}

// client is the task that holds one conversation.
func (r *carousel) client(c *co, t *task) (err error) {
	bye := sock.Close
	defer func() {
		t.talk.Client().Closes("its task returns, and fd %d is closed", t.fd)
		bye(t.fd)
	}()
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
	t.talk.Client().Breaks(err)
	return err
}

func (r *carousel) shutdown() {
	r.waiter.Close()
	for _, t := range slices.Concat(r.tasks, r.paused) {
		if t == nil {
			continue
		}
		if t.steps.State() == coro.Created { // it has not started, so its deferred close does not run
			sock.Close(t.fd)
		}
		t.steps.Close()
	}
}
