// Package prefork serves with a fixed number of processes. Each takes one connection at a time.
//
// Lesson: nothing is shared but the listening socket, from which the kernel hands every connection to one of the workers that wait in
// accept. A worker that dies takes one conversation with it and is replaced. Further clients wait, as with pool.
package prefork

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"carousel/internal/child"
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/usage"
	"carousel/internal/wire"
	"carousel/servers/blocking"
)

var words = blocking.Words{
	Accept:   "accept, on the socket that all workers share",
	Accepted: "the kernel has handed it to this process",
	Read:     "read blocks this process until it sends",
	HasRead:  "read returns",
	Write:    "write blocks this process only if the kernel has no room",
	Written:  "write returns",
	Sleep:    "nanosleep blocks this process until the time is over",
	Slept:    "nanosleep returns",
	Close:    "close: its process accepts again",
}

// Serve starts the workers, calls ready when all of them accept, and replaces those that die until ln is shut down. A worker is this
// program again, with the same arguments, and inherits ln: there Serve answers the connections.
func Serve(ln int, open func() *wire.Talk, workers int, ready func()) error {
	if sock.Inherited() {
		ready()
		waiter := sock.NewWaiter()
		defer waiter.Close()
		return blocking.Loop(story.NewLane(Name()), &words, waiter, ln, open)
	}
	crew, errs := make([]*worker, workers), make([]error, workers)
	lane := story.NewLane("parent")
	lane.Turn(nil, 0, "workers are started: %d", workers)
	var all sync.WaitGroup
	for i := range crew {
		all.Go(func() { crew[i], errs[i] = start(lane, ln, i+1) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	lane.Wait("for a worker to end")
	ready()
	over := make(chan struct{})
	for _, w := range crew {
		all.Go(func() { w.keep(lane, ln, over) })
	}
	err := sock.WaitShutdown(ln)
	close(over)
	all.Wait()
	return err
}

// number is the environment variable with a worker's number.
const number = "CAROUSEL_WORKER"

// Number returns the number of this process among the workers, from 1; 0 if it is not a worker.
func Number() (n int) {
	if sock.Inherited() {
		n, _ = strconv.Atoi(os.Getenv(number))
	}
	return n
}

// Name returns "worker N", "" if this process is not a worker.
func Name() string {
	if n := Number(); n > 0 {
		return fmt.Sprintf("worker %d", n)
	}
	return ""
}

// worker is a process that accepts and answers.
type worker struct {
	*child.Process
	number int
	usage  chan usage.Line // what it prints at its end
}

// start starts worker n. One that replaces it has the same number.
func start(lane *story.Lane, ln, n int) (*worker, error) {
	self, err := child.Self()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	sock.PassListener(ln, cmd)
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1", fmt.Sprintf("%s=%d", number, n))
	cmd.Stderr = os.Stderr
	p, err := child.Start(cmd)
	if err != nil {
		return nil, err
	}
	if _, err := child.Ready(p.Stdout, time.Minute); err != nil {
		p.Stop(0)
		return nil, err
	}
	lane.Say("worker %d is process %d, and accepts", n, p.PID())
	w := &worker{p, n, make(chan usage.Line, 1)}
	go func() {
		defer p.Stdout.Close()
		var line usage.Line
		json.NewDecoder(p.Stdout).Decode(&line) // a worker that was killed prints none
		w.usage <- line
	}()
	return w, nil
}

// keep replaces the worker each time it dies, until over is closed.
func (w *worker) keep(lane *story.Lane, ln int, over <-chan struct{}) {
	const pause = 100 * time.Millisecond
	grace := time.Second
	if lane != nil {
		grace = time.Minute // it has a trace to write
	}
	for {
		select {
		case <-w.Done():
		case <-over:
			w.Stop(grace)
		}
		usage.AddChild(<-w.usage)
		for next := (*worker)(nil); next == nil; {
			select {
			case <-over:
				return
			case <-time.After(pause):
			}
			fmt.Fprintf(os.Stderr, "prefork: worker %d has ended (%v), another takes its place\n", w.PID(), w.Wait())
			lane.Turn(nil, 0, "worker %d, process %d, has ended: another takes its place", w.number, w.PID())
			var err error
			if next, err = start(lane, ln, w.number); err != nil {
				fmt.Fprintf(os.Stderr, "prefork: %v\n", err)
				continue
			}
			lane.Wait("for a worker to end")
			w = next
		}
	}
}
