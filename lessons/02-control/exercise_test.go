//go:build exercise

package control

import (
	"testing"

	"carousel/lessons/watchdog"
)

func TestExercise(t *testing.T) {
	defer watchdog.Start("Run")()
	for _, c := range []struct {
		name  string
		tasks map[string][]int // for each step of a task, the first tick at which it can be done
	}{
		{"nobody", nil},
		{"one", map[string][]int{"Ann": {0, 0, 0}}},
		{"one who thinks", map[string][]int{"Ann": {5, 20, 90}}},
		{"one thinks, another asks", map[string][]int{"Ann": {100, 100}, "Bob": {0, 1, 2}}},
		{"three who are always ready", map[string][]int{"Ann": {0, 0, 0}, "Bob": {0, 0}, "Cid": {0, 0, 0, 0}}},
		{"one who always asks, and one who asks now and then", map[string][]int{"Ann": make([]int, 50), "Bob": {3, 20, 40}}},
		{"all think", map[string][]int{"Ann": {10, 40}, "Bob": {20, 50}, "Cid": {30, 60}}},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			w := &world{t: t}
			for _, name := range []string{"Ann", "Bob", "Cid"} {
				if steps := c.tasks[name]; steps != nil {
					w.tasks = append(w.tasks, &task{world: w, name: name, steps: steps, last: -1})
				}
			}
			var tasks []Task
			for _, one := range w.tasks {
				tasks = append(tasks, one)
			}
			Run(tasks, w.wait)
			for _, one := range w.tasks {
				if len(one.steps) > 0 {
					t.Errorf("Run returned, and %s still had %d step(s) to do", one.name, len(one.steps))
				}
			}
		}) {
			return // show the learner one failure at a time
		}
	}
}

// world has its own clock: a step takes one tick, and a wait lasts until a task is ready.
type world struct {
	t     *testing.T
	now   int
	tasks []*task
	looks int // since the last step or wait
	waits int // since the last step
}

func (w *world) wait() {
	w.waits++
	next, all := -1, 0
	for _, t := range w.tasks {
		if len(t.steps) > 0 {
			if t.since() <= w.now && w.waits > 2*len(w.tasks) {
				w.t.Fatalf("tick %d: %s has been ready since tick %d, and you have waited %d times without a step of anybody: wait returns as soon as one is ready, whoever that is. Look at all of them", w.now, t.name, t.since(), w.waits)
			}
			all++
			if next < 0 || t.since() < next {
				next = t.since()
			}
		}
	}
	if all == 0 && len(w.tasks) > 0 {
		w.t.Fatal("all tasks have ended, and you wait: nobody will ever be ready")
	}
	w.now, w.looks = max(w.now, next), 0
}

type task struct {
	*world
	name  string
	steps []int
	free  int // when its last step ended
	last  int // when its last step began
}

// since returns the first tick at which its next step is ready.
func (t *task) since() int { return max(t.steps[0], t.free) }

func (t *task) Ready() bool {
	if t.looks++; t.looks > 2*len(t.tasks) {
		t.t.Fatalf("tick %d: you have looked %d times who is ready, and nobody had a step: such a loop keeps the processor busy with nothing. Call wait", t.now, t.looks)
	}
	return len(t.steps) > 0 && t.since() <= t.now
}

func (t *task) Step() (more bool) {
	if len(t.steps) == 0 {
		t.t.Fatalf("tick %d: you do a step of %s, who has ended", t.now, t.name)
	}
	if t.since() > t.now {
		t.t.Fatalf("tick %d: you do a step of %s, who is not ready before tick %d: control is gone until then, and whoever else is ready waits", t.now, t.name, t.since())
	}
	for _, other := range t.tasks {
		if other != t && len(other.steps) > 0 && other.since() <= t.last {
			t.t.Fatalf("tick %d: %s gets another step, and %s has been ready since tick %d without one: whoever had a step goes behind the others", t.now, t.name, other.name, other.since())
		}
	}
	t.last, t.looks, t.waits = t.now, 0, 0
	t.now++
	t.free, t.steps = t.now, t.steps[1:]
	return len(t.steps) > 0
}
