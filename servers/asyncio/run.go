package asyncio

import "errors"

// Run runs main as a task on a loop of its own. When main returns, Run cancels the tasks that are left, waits until they are
// done, and returns main's result.
func Run[T any](main func(c *Co) (T, error)) (T, error) { return RunWith(Options{}, main) }

// RunWith is Run on a loop with options.
func RunWith[T any](o Options, main func(c *Co) (T, error)) (T, error) {
	l := NewLoop(o)
	defer l.Close()
	v, err := RunUntilComplete(l, CreateTask(l, main))
	if left := l.cancelTasks(); left != nil {
		err = errors.Join(err, left)
	}
	return v, err
}

// cancelTasks cancels all tasks and runs the loop until they are done.
func (l *Loop) cancelTasks() error {
	var left []*future
	for t := l.tasks.first; t != nil; t = t.next {
		left = append(left, t.own)
		t.cancel()
	}
	if len(left) == 0 {
		return nil
	}
	waiting := len(left)
	for _, f := range left {
		f.onDone(&DoneCallback{func() {
			if waiting--; waiting == 0 {
				l.Stop()
			}
		}})
	}
	if err := l.RunForever(); err != nil {
		return err
	}
	for _, f := range left {
		if err := f.Err(); err != nil && !f.Cancelled() {
			l.report(Context{Message: "unhandled exception during asyncio.run() shutdown", Err: err, Task: f.task.Name()})
		}
	}
	return nil
}
