//go:build exercise

package generators

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"carousel/internal/coro"
	"carousel/lessons/watchdog"
)

// script is what a task does: its reasons to stop, in order.
type script struct {
	name string
	do   []Reason
}

func TestExercise(t *testing.T) {
	defer watchdog.Start("pause or resume")()
	message := func(fd, times int) []Reason { return slices.Repeat([]Reason{{Read, fd}, {Write, fd}}, times) }
	for _, c := range []struct {
		name    string
		scripts []script
		want    []string
		hint    string
	}{
		{"one message", []script{{"Ann", message(4, 1)}}, []string{"select", "Ann reads 4", "select", "Ann writes 4"},
			"who yields Read goes to ToRead, who yields Write goes to ToWrite, and the queue gets them back from there when they are ready"},
		{"two at once", []script{{"Ann", message(4, 1)}, {"Bob", message(5, 1)}},
			[]string{"select", "Ann reads 4", "Bob reads 5", "select", "Ann writes 4", "Bob writes 5"},
			"all that are ready go into the queue before the next step"},
		{"one silent, one who asks", []script{{"Ann", message(silent, 1)}, {"Bob", message(5, 2)}},
			[]string{"select", "Bob reads 5", "select", "Bob writes 5", "select", "Bob reads 5", "select", "Bob writes 5", "select"},
			"Ann stays in ToRead, and costs nothing"},
		{"one works for long", []script{{"Ann", []Reason{{Turn, 4}, {Turn, 4}}}, {"Bob", []Reason{{Turn, 5}, {Turn, 5}}}},
			[]string{"Ann works", "Bob works", "Ann works", "Bob works"},
			"who yields Turn waits for nothing: it goes to the end of the queue"},
		{"two tasks for one connection: there is nothing to read, and one writes", []script{
			{"Ann's reader", []Reason{{Read, silent}}}, {"Ann's writer", []Reason{{Write, silent}, {Write, silent}}}},
			[]string{"select", "Ann's writer writes 100", "select", "Ann's writer writes 100", "select"},
			"a descriptor may be in ToRead and in ToWrite: take from the one that Select has named"},
		{"one reads, then works for long, another writes", []script{{"Ann", []Reason{{Read, 4}, {Turn, 4}}}, {"Bob", []Reason{{Write, 5}}}},
			[]string{"select", "Ann reads 4", "Bob writes 5", "Ann works"},
			"resume gives nobody a step: it queues them, and Run lets each have its turn"},
		{"three", []script{{"Ann", message(4, 1)}, {"Bob", []Reason{{Write, 5}, {Read, 5}}}, {"Cid", message(6, 1)}},
			[]string{"select", "Ann reads 4", "Cid reads 6", "Bob writes 5", "select", "Bob reads 5", "Ann writes 4", "Cid writes 6"},
			"first those who can read, then those who can write"},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			w := ride(t, c.hint, c.scripts)
			if !slices.Equal(w.notes, c.want) {
				w.fatal("it came to  %q\nbut want    %q", w.notes, c.want)
			}
		}) {
			return // show the learner one failure at a time
		}
	}
	t.Run("a thousand silent clients, and one who sends a hundred messages", func(t *testing.T) {
		hint := "ask for the places of the descriptors that are ready, do not look through all"
		scripts := []script{{"Ann", message(4, 100)}}
		for i := range 1000 {
			scripts = append(scripts, script{fmt.Sprint("silent ", i), message(silent+i, 1)})
		}
		w := ride(t, hint, scripts)
		const arrive, trips = 1001, 200
		if most := arrive + 3*trips; w.steps > most {
			w.fatal("%d trips took %d steps in ToRead and ToWrite, where %d would do: with so many who wait a turn got dearer", trips, w.steps, most)
		}
	})
}

// silent is the first descriptor that can never be read; it can be written to.
const silent = 100

var errEnd = errors.New("only silent clients are left")

// world holds the tasks and plays select.
type world struct {
	t           *testing.T
	carousel    *Carousel
	read, write places
	empty       string // the latest call of Take that found no task
	notes       []string
	steps       int
	ready       map[Reason]bool // what Select has reported and no task has done yet
	hint        string
}

func ride(t *testing.T, hint string, scripts []script) *world {
	w := &world{t: t, ready: map[Reason]bool{}, hint: hint}
	w.read, w.write = places{w, "ToRead", map[int]*Task{}}, places{w, "ToWrite", map[int]*Task{}}
	w.carousel = &Carousel{ToRead: w.read, ToWrite: w.write, Select: w.selects}
	var all []*Task
	for _, s := range scripts {
		all = append(all, w.task(s))
	}
	w.carousel.Tasks = slices.Clone(all)
	defer func() {
		for _, task := range all {
			task.Close()
		}
	}()
	defer func() {
		if fault := recover(); fault != nil && w.empty != "" {
			w.fatal("it panics: %v. %s has found nobody and returned nil, and a task that is nil cannot have a step", fault, w.empty)
		} else if fault != nil {
			w.fatal("it panics: %v", fault)
		}
	}()
	err := w.carousel.Run()
	left := 0
	for i, task := range all {
		if task.State() != coro.Closed {
			if left++; err == nil {
				w.fatal("%s has not ended, and is neither in the queue nor in ToRead nor in ToWrite: nobody will ever resume it", scripts[i].name)
			}
		}
	}
	if err != nil && left > len(w.read.tasks)+len(w.write.tasks) {
		w.fatal("%d task(s) have not ended, and only %d wait in ToRead and ToWrite: the others will never be resumed", left, len(w.read.tasks)+len(w.write.tasks))
	}
	return w
}

// task returns a task that yields its reasons, and does after each what it has waited for.
func (w *world) task(s script) *Task {
	return coro.New(func(c *coro.Co[Reason, coro.None]) (none coro.None, err error) {
		for _, why := range s.do {
			if _, err := c.Yield(why); err != nil {
				return none, err
			}
			w.does(s.name, why)
		}
		return none, nil
	})
}

func (w *world) does(who string, why Reason) {
	if len(w.notes) > 1000 {
		w.fatal("this has no end: %q", w.notes[len(w.notes)-10:])
	}
	switch why.Want {
	case Turn:
		w.note("%s works", who)
		return
	case Read:
		w.note("%s reads %d", who, why.FD)
	case Write:
		w.note("%s writes %d", who, why.FD)
	}
	if !w.ready[why] {
		w.fatal("%s, and select has not said that this is possible: a blocking call, and the whole carousel stands still. So far: %q",
			w.notes[len(w.notes)-1], w.notes)
	}
	delete(w.ready, why)
}

func (w *world) fatal(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf(format+"\nhint: "+w.hint, args...)
}

func (w *world) note(what string, args ...any) { w.notes = append(w.notes, fmt.Sprintf(what, args...)) }

// selects reports every descriptor that is not silent as ready.
func (w *world) selects() (readable, writable []int, err error) {
	w.note("select")
	for _, side := range []struct {
		want Want
		in   places
		fds  *[]int
	}{{Read, w.read, &readable}, {Write, w.write, &writable}} {
		for _, fd := range slices.Sorted(maps.Keys(side.in.tasks)) {
			if fd < silent || side.want == Write {
				if w.ready[Reason{side.want, fd}] {
					w.fatal("select says that descriptor %d is ready, and its task still waits: resume takes it out and queues it", fd)
				}
				w.ready[Reason{side.want, fd}] = true
				*side.fds = append(*side.fds, fd)
			}
		}
	}
	if readable == nil && writable == nil {
		return nil, nil, errEnd
	}
	return readable, writable, nil
}

// places implements Places and counts steps.
type places struct {
	*world
	name  string
	tasks map[int]*Task
}

func (p places) Put(fd int, t *Task) {
	p.t.Helper()
	p.steps++
	if p.tasks[fd] != nil {
		p.fatal("two tasks are put in the place of descriptor %d: the first would be lost", fd)
	}
	p.tasks[fd] = t
}

func (p places) Take(fd int) *Task {
	p.steps++
	t := p.tasks[fd]
	if t == nil {
		p.empty = fmt.Sprintf("%s.Take(%d)", p.name, fd)
	}
	delete(p.tasks, fd)
	return t
}

func (p places) All(look func(int, *Task)) {
	for _, fd := range slices.Sorted(maps.Keys(p.tasks)) {
		p.steps++
		look(fd, p.tasks[fd])
	}
}

func (p places) Len() int { return len(p.tasks) }
