package asyncio

import "carousel/internal/story"

// loopStory narrates a loop. Without a story it does nothing.
type loopStory struct {
	*story.Lane
	turns int // with a callback to call
}

// turn narrates that a turn of the loop begins.
func (s *loopStory) turn(callbacks int) {
	if s.Lane == nil || callbacks == 0 {
		return
	}
	s.turns++
	what := "turn %d: %d callbacks"
	if callbacks == 1 {
		what = "turn %d: %d callback"
	}
	s.Turn(nil, -1, what, s.turns, callbacks)
}

// scheduled narrates what the next turn will call. For the callback of a descriptor reported does.
func (s *loopStory) scheduled(c callback) {
	if s.Lane == nil {
		return
	}
	switch c := c.(type) {
	case *task:
		s.Say("Task-%d is scheduled", c.number)
	case *TimerHandle:
		s.Say("a timer is due: its callback is scheduled")
	case *DoneCallback:
		s.Say("a future is done: its callback is scheduled")
	}
}

// reported narrates what follows from the poller's report of a descriptor.
func (s *loopStory) reported(fd int, by watcher) {
	if s.Lane == nil {
		return
	}
	switch w := by.(type) {
	case *Handle:
		s.Say("fd %d is ready: its callback is scheduled", fd)
	case *direction:
		if !w.waiting || w.state != pending {
			return // no task waits for it
		} else if w == &w.conn.in {
			s.Say("fd %d is readable: the future of recv gets its result", fd)
		} else {
			s.Say("fd %d is writable: the future of send gets its result", fd)
		}
	}
}

// steps narrates a step of a task, and which client it serves.
func (s *loopStory) steps(t *task, thrown error) {
	if thrown == nil {
		s.Turn(t.client, -1, "Task-%d steps", t.number)
	} else {
		s.Turn(t.client, -1, "Task-%d steps, and an error is thrown in at its await", t.number)
	}
}

// serves narrates which client the task of c serves from now on.
func (c *Co) serves(client *story.Client, fd int) {
	c.task.client = client
	c.Loop.story.Turn(client, fd, "Task-%d serves it", c.task.number)
}

// awaits narrates what the task of c waits for. That ends the turn of the client it serves.
func (c *Co) awaits(kind, what string, n ...int) {
	if c.task.client == nil {
		c.Loop.story.Say(what, n...)
	} else {
		c.task.client.Waits(-1, kind, what, n...)
	}
}

func (d *direction) awaits(c *Co) {
	if d == &d.conn.in {
		c.awaits("read", "Task-%d awaits the future of recv on fd %d", c.task.number, d.conn.file.fd)
	} else {
		c.awaits("write", "Task-%d awaits the future of send on fd %d", c.task.number, d.conn.file.fd)
	}
}

// handed narrates that a thread of the executor makes a call of t, which is nil if no task handed it over.
func (t *task) handed(thread *story.Lane) {
	if thread != nil && t != nil {
		thread.Turn(t.client, -1, "the call that Task-%d handed over is made here", t.number)
	}
}

// returned narrates that the call has returned.
func (t *task) returned(thread *story.Lane) {
	if thread != nil && t != nil {
		thread.Say("the call has returned: a callback for the loop is scheduled")
		t.client.Waits(-1, "turn", "its work is done: Task-%d steps when the loop has seen that", t.number)
	}
}
