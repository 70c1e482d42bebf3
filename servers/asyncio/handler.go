package asyncio

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// Context is the argument of the exception handler.
type Context struct {
	Message string
	Err     error  // nil if it is not about an error
	Task    string // the name of the task, "" if it is not about one
}

// PanicError is the error of a task or a callback that panicked.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("asyncio: panic: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func panicked(value any) *PanicError { return &PanicError{value, debug.Stack()} }

// report calls the exception handler. If that panics, the program ends.
func (l *Loop) report(c Context) {
	if l.ExceptionHandler != nil {
		l.ExceptionHandler(c)
		return
	}
	text := "asyncio: " + c.Message
	if c.Task != "" {
		text += ": task " + c.Task
	}
	if c.Err != nil {
		text += ": " + c.Err.Error()
	}
	fmt.Fprintln(os.Stderr, text)
	if p, ok := c.Err.(*PanicError); ok {
		os.Stderr.Write(p.Stack)
	}
}

// timed calls c, and reports it if it took longer than SlowCallback.
func (l *Loop) timed(c callback) {
	began := time.Now()
	c.call(l)
	took := time.Since(began)
	if took < l.SlowCallback {
		return
	}
	name := ""
	if t, ok := c.(*task); ok {
		name = t.Name()
	}
	l.report(Context{Message: fmt.Sprintf("slow callback: it took %v, more than %v", took, l.SlowCallback), Task: name})
}

// unread is an error that no caller has retrieved. It outlives its future.
type unread struct {
	loop *Loop
	of   string // "Future" or "Task"
	task string
	err  error
	seen bool // a caller has retrieved it
}

// watch has err reported if f becomes garbage before a caller has retrieved it.
func (f *future) watch(err error) {
	f.unread = &unread{loop: f.loop, of: "Future", err: err}
	if f.task != nil {
		f.unread.of, f.unread.task = "Task", f.task.Name()
	}
	runtime.AddCleanup(f, (*unread).report, f.unread)
}

func (u *unread) report() {
	if u.seen {
		return
	}
	c := Context{Message: u.of + " exception was never retrieved", Err: u.err, Task: u.task}
	if u.loop.CallSoonThreadsafe(func() { u.loop.report(c) }) != nil {
		u.loop.report(c)
	}
}
