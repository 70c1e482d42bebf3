// Package lessons is the tutorial's chapters as programs. Each folder beside this file is a chapter: an example to run, an exercise to
// solve, and its solution. [Chapters] has them in order; servers lesson N runs the example of one.
//
// To add a chapter NN: a package lessons/NN-name with
//
//   - example.go: func Example(out io.Writer) error, which takes a second or two and needs nothing but loopback;
//   - exercise.go: the stub, which compiles, with the task in its comment. It uses nothing of the package's other files. It begins
//     with //go:build exercise, so that servers is built however little of a solution stands there (for an editor to see it, start
//     that with GOFLAGS=-tags=exercise);
//   - exercise_test.go: //go:build exercise, and one func TestExercise, which fails on the stub without a panic and says why;
//   - solution/exercise.go: the same file without the tag, solved.
//
// Then a line in Chapters, and go test ./lessons -run 'TestExamples/NN' -update for what the example prints.
package lessons

import (
	"fmt"
	"io"
	"strconv"

	blocking "carousel/lessons/01-blocking"
	control "carousel/lessons/02-control"
	selectloop "carousel/lessons/03-select"
	callbacks "carousel/lessons/04-callbacks"
	carousel "carousel/lessons/05-carousel"
	generators "carousel/lessons/06-generators"
	coroutines "carousel/lessons/07-coroutines"
	delegation "carousel/lessons/08-delegation"
	tasks "carousel/lessons/09-tasks"
	downloads "carousel/lessons/10-downloads"
)

// Chapter is one step of the tutorial.
type Chapter struct {
	Folder  string   // beside this file; the two digits that it begins with are the chapter's number
	Title   string   // as in the tutorial's headings
	Models  []string // of servers: what the chapter leads to, at least one
	Idea    string   // what the example shows, in one sentence
	Example func(out io.Writer) error
}

// Chapters is the tutorial, in its order.
var Chapters = []Chapter{
	{"01-blocking", "Blocking", []string{"blocking"},
		"While one client thinks, a server that waits for it serves nobody else.", blocking.Example},
	{"02-control", "Who has control", []string{"blocking", "select"},
		"Who waits for one client keeps control from the others; who waits for all of them has it back after every turn.", control.Example},
	{"03-select", "select", []string{"select"},
		"The loop gives the kernel whole lists of descriptors, and serves those that are ready.", selectloop.Example},
	{"04-callbacks", "Callbacks", []string{"epoll"},
		"A descriptor is registered with the function to call when it is ready; the loop knows nothing else.", callbacks.Example},
	{"05-carousel", "The carousel", []string{"generator"},
		"A generator gives away control with every value; a queue gives each its turn.", carousel.Example},
	{"06-generators", "Generators as servers", []string{"generator"},
		"A conversation is one function again: it says before each call what it waits for, and gives way.", generators.Example},
	{"07-coroutines", "Coroutines", []string{"coroutine"},
		"Values and errors travel into a paused function, and its result comes out at the end.", coroutines.Example},
	{"08-delegation", "Delegation and yield from", []string{"coroutine"},
		"A generator hands its caller over to another, and nothing gets lost on the way: values, errors, closing, results.", delegation.Example},
	{"09-tasks", "Futures, tasks and the loop", []string{"asyncio", "asyncio-executor"},
		"A loop steps tasks, each until its next await; whatever does not await stops them all.", tasks.Example},
	{"10-downloads", "Downloads", []string{"asyncio", "asyncio-executor"},
		"Ten downloads at once take as long as one, until somebody writes a file on the loop.", downloads.Example},
}

// Number is the chapter's place in the tutorial, from 1.
func (c Chapter) Number() int {
	n, _ := strconv.Atoi(c.Folder[:2])
	return n
}

// Find is the chapter of that number. The error names the numbers that there are.
func Find(number string) (Chapter, error) {
	for _, c := range Chapters {
		if n, err := strconv.Atoi(number); err == nil && n == c.Number() {
			return c, nil
		}
	}
	return Chapter{}, fmt.Errorf("no lesson %q: they are numbered %d to %d", number, Chapters[0].Number(), Chapters[len(Chapters)-1].Number())
}
