package generators

import "carousel/internal/coro"

// Reason is what a task yields: what it is about to do, and to which descriptor.
type Reason struct {
	Want Want
	FD   int
}

// Want is what a task waits for.
type Want int

const (
	Turn  Want = iota // nothing: it has a long piece of work to do, and lets the others go first
	Read              // until its descriptor can be read
	Write             // until its descriptor can be written to
)

// Task is a conversation as a generator.
type Task = coro.Gen[Reason, coro.None, coro.None]

// Places holds the tasks that wait, one for a descriptor. Put and Take cost a step, All a step for each task that waits.
type Places interface {
	Put(fd int, t *Task)
	Take(fd int) *Task // leaves the place empty; nil if it was
	All(func(fd int, t *Task))
	Len() int
}

// Carousel is the event loop.
type Carousel struct {
	Tasks           []*Task // those that can go on, in the order of their turns
	ToRead, ToWrite Places  // those that wait
	Select          func() (readable, writable []int, err error)
}

// Run gives each task that can go on a step in turn, and calls Select when none can, until all have ended or Select fails.
func (c *Carousel) Run() error {
	for len(c.Tasks)+c.ToRead.Len()+c.ToWrite.Len() > 0 {
		if len(c.Tasks) == 0 {
			readable, writable, err := c.Select()
			if err != nil {
				return err
			}
			c.resume(readable, writable)
			continue
		}
		first := c.Tasks[0]
		c.Tasks = c.Tasks[1:]
		if why, err := first.Next(); err == nil { // else it has ended
			c.pause(first, why)
		}
	}
	return nil
}

// pause puts a task, which has stopped because of why, where it belongs.
func (c *Carousel) pause(t *Task, why Reason) {
	switch why.Want {
	case Read:
		c.ToRead.Put(why.FD, t)
	case Write:
		c.ToWrite.Put(why.FD, t)
	default:
		c.Tasks = append(c.Tasks, t)
	}
}

// resume queues the tasks that wait for these descriptors: first those that can read, then those that can write.
func (c *Carousel) resume(readable, writable []int) {
	for _, fd := range readable {
		c.Tasks = append(c.Tasks, c.ToRead.Take(fd))
	}
	for _, fd := range writable {
		c.Tasks = append(c.Tasks, c.ToWrite.Take(fd))
	}
}
