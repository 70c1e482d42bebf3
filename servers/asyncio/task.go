package asyncio

import (
	"errors"
	"fmt"

	"carousel/internal/coro"
	"carousel/internal/story"
)

// Task is a Future around a coroutine, which the loop steps: it runs until it awaits something that is not done, and
// is resumed when that is.
//
// Cancel is a request: the coroutine's await returns ErrCancelled, and the coroutine may clean up, await more, or even go on.
// The task is cancelled if it returns ErrCancelled. It follows Python's asyncio.Task step for step.
type Task[T any] struct {
	Future[T]
	task
}

// Co is what a coroutine awaits through. It belongs to the task it was made for.
type Co struct {
	Loop *Loop
	task *task
	co   *coro.Co[*future, coro.None]
}

// task is the part of a Task that does not depend on the type of the result.
type task struct {
	own     *future // of the Task
	gen     *coro.Gen[*future, coro.None, coro.None]
	waiting *future // what it awaits
	throw   error   // to throw in at the next step
	number  int
	name    string        // "" until it is named
	client  *story.Client // the client that it serves, for the story

	mustCancel bool
	cancels    int // requests to cancel, without those that Uncancel took back
	prev, next *task
}

// CreateTask returns a task that runs fn, and schedules its first step for the loop's next turn.
func CreateTask[T any](l *Loop, fn func(c *Co) (T, error)) *Task[T] {
	t := &Task[T]{}
	t.loop = l
	t.future.task = &t.task
	t.own = &t.future
	t.gen = coro.New(func(co *coro.Co[*future, coro.None]) (none coro.None, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = panicked(p)
			}
		}()
		t.result, err = fn(&Co{l, &t.task, co})
		return none, err
	}).Kept()
	l.tasks.add(&t.task)
	l.story.Say("Task-%d is created", t.number)
	l.soon(&t.task)
	return t
}

// Await suspends the task until f is done and returns its result, or ErrCancelled if the task is cancelled. Other tasks run
// meanwhile.
func Await[T any](c *Co, f Awaitable[T]) (T, error) {
	err := c.await(f.core())
	v, own := f.Result()
	if err == nil {
		err = own
	}
	return v, err
}

// await suspends the task until f is done. The error is f's, or what was thrown in; nil if f was done already.
func (c *Co) await(f *future) error {
	if f.Done() {
		return nil
	}
	_, err := c.co.Yield(f)
	return err
}

// Yield lets everything else that is ready run first.
func (c *Co) Yield() error {
	c.awaits("turn", "Task-%d gives way to what else is ready", c.task.number)
	_, err := c.co.Yield(nil)
	return err
}

// call is one step: it resumes the coroutine, or throws in the error of what it awaited or of Cancel, and runs it to its next await.
func (t *task) call(l *Loop) {
	if t.own.Done() {
		return
	}
	thrown := t.throw
	if t.waiting != nil {
		if err := t.waiting.Err(); err != nil {
			thrown = err
		}
	}
	if t.mustCancel {
		if !errors.Is(thrown, ErrCancelled) {
			thrown = ErrCancelled
		}
		t.mustCancel = false
	}
	t.waiting, t.throw = nil, nil
	l.current = t
	l.story.steps(t, thrown)
	awaits, err := t.gen.Throw(thrown) // Throw(nil) is Next
	l.current = nil
	switch {
	case err != nil:
		t.ended(err)
	case awaits == nil:
		l.soon(t)
	case awaits.loop != l:
		t.throw = fmt.Errorf("asyncio: task %s awaits a future of another loop", t.Name())
		l.soon(t)
	case awaits == t.own:
		t.throw = errors.New("asyncio: Task cannot await on itself: " + t.Name())
		l.soon(t)
	default:
		awaits.onDone(t)
		t.waiting = awaits
		if t.mustCancel && awaits.Cancel() {
			t.mustCancel = false
		}
	}
}

// ended makes the task done when its coroutine has returned.
func (t *task) ended(err error) {
	t.own.loop.tasks.remove(t)
	t.own.loop.story.Say("Task-%d is done", t.number)
	switch {
	case err == coro.ErrEnded && t.mustCancel: // Cancel was called in its last step
		t.mustCancel = false
		t.own.cancelNow()
	case err == coro.ErrEnded:
		t.own.finish(finished, nil)
	case errors.Is(err, ErrCancelled):
		t.own.cancelNow()
	default:
		t.own.fail(err)
	}
}

// cancel is Future.Cancel for a task: it cancels what the task awaits, or, if that is nothing, makes the next step throw.
func (t *task) cancel() bool {
	if t.own.Done() {
		return false
	}
	t.cancels++
	if t.waiting == nil || !t.waiting.Cancel() {
		t.mustCancel = true
	}
	return true
}

// Cancelling returns how many requests to cancel the task there were, without those that Uncancel took back.
func (t *task) Cancelling() int { return t.cancels }

// Uncancel takes one request to cancel back, when it has been handled, and returns how many are left.
func (t *task) Uncancel() int {
	t.cancels = max(0, t.cancels-1)
	return t.cancels
}

// Name returns the name of the task in reports: "Task-N", unless SetName gave another.
func (t *task) Name() string {
	if t.name == "" {
		return fmt.Sprintf("Task-%d", t.number)
	}
	return t.name
}

// SetName names the task.
func (t *task) SetName(name string) { t.name = name }

// destroy closes the coroutine of a task whose loop will not run it any more.
func (t *task) destroy() {
	t.own.loop.tasks.remove(t)
	t.gen.Close()
	t.own.state = cancelled
}

// taskList holds the unfinished tasks, the oldest first.
type taskList struct {
	first, last *task
	made        int
}

func (l *taskList) add(t *task) {
	l.made++
	t.number = l.made
	if t.prev = l.last; t.prev != nil {
		t.prev.next = t
	} else {
		l.first = t
	}
	l.last = t
}

func (l *taskList) remove(t *task) {
	if t.prev != nil {
		t.prev.next = t.next
	} else if l.first == t {
		l.first = t.next
	} else {
		return
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		l.last = t.prev
	}
	t.prev, t.next = nil, nil
}
