package asyncio

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestCases runs every program of scripts/asyncio_cases.py, written in Go, and compares what it logs with what
// Python's logged.
func TestCases(t *testing.T) {
	golden, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatalf("%v: scripts/asyncio_cases.py writes it, with Python 3.11", err)
	}
	programs := map[string]program{}
	for _, list := range [][]program{callbackCases, futureCases, taskCases, waitCases, gatherCases, waitForCases, otherCases} {
		for _, p := range list {
			programs[p.name] = p
		}
	}
	cases := strings.Split(string(golden), "## ")[1:]
	if len(cases) != len(programs) || len(cases) < 40 {
		t.Errorf("Python has %d cases, Go %d", len(cases), len(programs))
	}
	for _, text := range cases {
		name, want, _ := strings.Cut(text, "\n")
		t.Run(name, func(t *testing.T) {
			p, ok := programs[name]
			if !ok {
				t.Fatal("no such program in Go")
			}
			if got := p.play(); got != want {
				t.Errorf("Go logged:\n%s\nPython logged:\n%s", got, want)
			}
		})
	}
}

// program is a case: what runs as the main task.
type program struct {
	name string
	run  func(s *stage) error
}

// stage is what a program runs on.
type stage struct {
	*Co
	l       *Loop
	out     *strings.Builder
	reports *int // calls of the exception handler
}

func (p program) play() string {
	var out strings.Builder
	reports := 0
	o := Options{Virtual: true, ExceptionHandler: func(c Context) {
		reports++
		fmt.Fprintf(&out, "handler: %s: %s\n", c.Message, describe(c.Err))
	}}
	_, err := RunWith(o, func(c *Co) (string, error) {
		return "", p.run(&stage{c, c.Loop, &out, &reports})
	})
	if err != nil {
		fmt.Fprintf(&out, "run: %s\n", describe(err))
	}
	return out.String()
}

// log writes words as Python's print does.
func (s *stage) log(words ...any) {
	for i, w := range words {
		if b, ok := w.(bool); ok {
			words[i] = strings.ToUpper(fmt.Sprint(b)[:1]) + fmt.Sprint(b)[1:]
		}
	}
	fmt.Fprintln(s.out, words...)
}

func (s *stage) logs(words ...any) func() { return func() { s.log(words...) } }

func (s *stage) at() string { return fmt.Sprintf("at %.0f", s.l.Time().Seconds()) }

var errBoom = errors.New("boom")

// boom returns an error that only the cases use.
func boom(text string) error { return fmt.Errorf("%w: %s", errBoom, text) }

func describe(err error) string {
	var p *PanicError
	switch {
	case err == nil:
		return "none"
	case errors.Is(err, ErrCancelled):
		return "cancelled"
	case errors.Is(err, ErrTimeout):
		return "timeout"
	case errors.Is(err, ErrInvalidState):
		return "invalid state"
	case errors.As(err, &p):
		return "error " + strings.TrimPrefix(fmt.Sprint(p.Value), "boom: ")
	}
	return "error " + strings.TrimPrefix(err.Error(), "boom: ")
}

// cameTo returns the state of a future, and its result or error.
func cameTo[T any](f Awaitable[T]) string {
	switch v, err := f.Result(); {
	case !f.core().Done():
		return "pending"
	case err != nil:
		return describe(err)
	default:
		return fmt.Sprint("result ", v)
	}
}

// outcome awaits f and returns its result or error as text.
func outcome[T any](c *Co, f Awaitable[T]) string {
	v, err := Await(c, f)
	if err != nil {
		return describe(err)
	}
	return fmt.Sprint("result ", v)
}

func (s *stage) future() *Future[string] { return NewFuture[string](s.l) }

func (s *stage) task(fn func(c *Co) (string, error)) *Task[string] { return CreateTask(s.l, fn) }

const second = time.Second

func (s *stage) after(seconds int, result string) *Task[string] {
	return s.task(func(c *Co) (string, error) { return result, Sleep(c, time.Duration(seconds)*second) })
}

func (s *stage) failAfter(seconds int, text string) *Task[string] {
	return s.task(func(c *Co) (string, error) {
		if err := Sleep(c, time.Duration(seconds)*second); err != nil {
			return "", err
		}
		return "", boom(text)
	})
}

// waitAnd sleeps for ten seconds and calls fn with the error of the sleep.
func (s *stage) waitAnd(fn func(c *Co, err error) (string, error)) *Task[string] {
	return s.task(func(c *Co) (string, error) { return fn(c, Sleep(c, 10*second)) })
}

func (s *stage) yields(n int) {
	for range n {
		Sleep(s.Co, 0)
	}
}

func (s *stage) sleep(seconds int) { Sleep(s.Co, time.Duration(seconds)*second) }

func (s *stage) later(seconds int, fn func()) *TimerHandle {
	return s.l.CallLater(time.Duration(seconds)*second, fn)
}

// waitFor is WaitFor in the main task.
func waitFor(s *stage, f Awaitable[string], seconds int) string {
	v, err := WaitFor(s.Co, f, time.Duration(seconds)*second)
	if err != nil {
		return describe(err)
	}
	return "result " + v
}

// collect runs the garbage collector: until the exception handler is called once more if reported is true, else three times.
func (s *stage) collect(reported bool) {
	before, rounds := *s.reports, 1000
	if !reported {
		rounds = 3
	}
	for ; rounds > 0 && *s.reports == before; rounds-- {
		runtime.GC()
		time.Sleep(5 * time.Millisecond)
		s.yields(2)
	}
}
