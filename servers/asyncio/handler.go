package asyncio

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// Context is what the exception handler is told.
type Context struct {
	Message string
	Err     error  // what went wrong, if an error is behind it
	Task    string // the name of the task, if it is one's
}

// PanicError is the error of a task that panicked, and what a panic of a callback is reported as.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("asyncio: panic: %v", e.Value) }

// Unwrap is the panic's value, if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func panicked(value any) *PanicError { return &PanicError{value, debug.Stack()} }

// report tells the exception handler. A handler that panics ends the program: nobody is left to tell.
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

// timed calls c and reports it if it kept the loop from everybody else for too long.
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

// unread remembers an error that nobody has asked for yet. It outlives its future.
type unread struct {
	loop *Loop
	of   string // "Future" or "Task"
	task string
	err  error
	seen bool
}

// watch reports the error of f if f becomes garbage before anybody has looked at it.
func (f *future) watch(err error) {
	f.unread = &unread{loop: f.loop, of: "Future", err: err}
	if f.task != nil {
		f.unread.of, f.unread.task = "Task", f.task.Name()
	}
	runtime.AddCleanup(f, (*unread).tell, f.unread)
}

func (u *unread) tell() {
	if u.seen {
		return
	}
	c := Context{Message: u.of + " exception was never retrieved", Err: u.err, Task: u.task}
	if u.loop.CallSoonThreadsafe(func() { u.loop.report(c) }) != nil {
		u.loop.report(c)
	}
}
