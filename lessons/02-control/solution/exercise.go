package control

// Task is a conversation cut into steps.
type Task interface {
	Ready() bool       // whether the next step can be done at once
	Step() (more bool) // does the next step, and reports whether there are more; a task that is not ready first waits, and keeps control
}

// Run does all the steps of all the tasks. wait returns as soon as a task is ready: it is the select of this exercise.
func Run(tasks []Task, wait func()) {
	for len(tasks) > 0 {
		wait()
		var left []Task
		for _, t := range tasks {
			if !t.Ready() || t.Step() {
				left = append(left, t)
			}
		}
		tasks = left
	}
}
