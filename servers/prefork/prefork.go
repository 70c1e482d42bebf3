// Package prefork serves with a fixed number of processes, each of which takes one connection at a time.
//
// Lesson: nothing is shared but the listening socket, from which the kernel hands every connection to one of those who wait for
// it. A worker that dies takes one conversation with it and is replaced. Beyond the workers clients wait, as with pool.
package prefork

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"carousel/internal/child"
	"carousel/internal/sock"
	"carousel/internal/usage"
	"carousel/internal/wire"
	"carousel/servers/blocking"
)

// Serve has connections to ln answered by so many workers until it is shut down; ready is called when all of them accept. A
// worker is this program again, with the same arguments, and inherits ln; it returns here, too.
func Serve(ln int, open func() *wire.Talk, workers int, ready func()) error {
	if sock.Inherited() {
		ready()
		return blocking.Serve(ln, open)
	}
	crew, errs := make([]*worker, workers), make([]error, workers)
	var all sync.WaitGroup
	for i := range crew {
		all.Go(func() { crew[i], errs[i] = start(ln) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	ready()
	over := make(chan struct{})
	for _, w := range crew {
		all.Go(func() { w.keep(ln, over) })
	}
	err := sock.Down(ln)
	close(over)
	all.Wait()
	return err
}

// worker is a process that accepts and answers.
type worker struct {
	*child.Process
	last chan usage.Line // its last words
}

func start(ln int) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	sock.Bequeath(ln, cmd)
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	p, err := child.Start(cmd)
	if err != nil {
		return nil, err
	}
	if _, err := child.Ready(p.Stdout, time.Minute); err != nil {
		p.Stop(0)
		return nil, err
	}
	w := &worker{p, make(chan usage.Line, 1)}
	go func() {
		defer p.Stdout.Close()
		var line usage.Line
		json.NewDecoder(p.Stdout).Decode(&line) // there is none of a worker that was killed
		w.last <- line
	}()
	return w, nil
}

// keep replaces a worker when it dies, and its successors, until all is over.
func (w *worker) keep(ln int, over <-chan struct{}) {
	const grace, pause = time.Second, 100 * time.Millisecond
	for {
		select {
		case <-w.Done():
		case <-over:
			w.Stop(grace)
		}
		usage.AddChild(<-w.last)
		for next := (*worker)(nil); next == nil; {
			select {
			case <-over:
				return
			case <-time.After(pause):
			}
			fmt.Fprintf(os.Stderr, "prefork: worker %d has ended (%v), another takes its place\n", w.PID(), w.Wait())
			var err error
			if next, err = start(ln); err != nil {
				fmt.Fprintf(os.Stderr, "prefork: %v\n", err)
				continue
			}
			w = next
		}
	}
}
