//go:build exercise

package control

// Task is a conversation cut into steps.
type Task interface {
	Ready() bool       // whether the next step can be done at once
	Step() (more bool) // does the next step, and reports whether there are more; a task that is not ready first waits, and keeps control
}

// Run does all the steps of all the tasks. wait returns as soon as a task is ready: it is the select of this exercise.
//
// The exercise: this gives control to the first task until that has ended. While it waits, no other task goes on. Hand
// control over:
//
//   - do the step of a task only if it is ready;
//   - a task that has had a step gets the next one after all others that are ready had theirs;
//   - when no task is ready, call wait rather than look again;
//   - return when all have ended.
//
// It is done when this passes:
//
//	go test -tags exercise ./lessons/02-control
//
// A hint: call wait, go through the tasks once, keep those that have not ended, and begin again.
func Run(tasks []Task, wait func()) {
	for _, t := range tasks {
		for t.Step() {
		}
	}
}
