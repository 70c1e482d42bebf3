// Package child starts processes that never outlive this one, and ends them.
//
// On Linux a child dies with its parent however the parent ends, has a session of its own, is confined to the processors it was given,
// and whatever it leaves of its process group is killed when it ends. Elsewhere it is started plainly and Stop kills it.
package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"carousel/internal/counters"
)

// Process is a child that runs or has run.
type Process struct {
	// Stdout is what the child prints, when its command had no Stdout: a pipe that stays readable after the child's
	// end, up to the end of what was printed. Whoever starts a talkative child must go on reading it.
	Stdout io.ReadCloser

	cmd      *exec.Cmd
	group    group
	lifeline io.Closer // of a keeper, else nil: as it is closed the keeper kills whom it keeps, and ends
	before   func()    // is called on the thread that then starts the child; nil: nothing is
	started  chan error
	done     chan struct{}
	err      error // of cmd.Wait; set before done is closed
}

// Start starts cmd, confined to the processors cpus if any are given. Its descriptor limit is this process's own,
// which package exec would have lowered to the soft limit this process was born with.
//
// Give cmd a Stdout or use the Process's, but do not call its StdoutPipe: such a pipe is closed when the child ends,
// before its last words are read. A cmd.WaitDelay of 0 becomes 2 s, so that a descendant which has left the process
// group and holds on to the child's output cannot hold up Wait.
func Start(cmd *exec.Cmd, cpus ...int) (*Process, error) { return begin(cmd, nil, nil, cpus) }

// StartTree is Start for a command that may be a script, or make itself a daemon: on Linux the Process is a keeper that ends when
// the last descendant of cmd has ended. They are all in its tree, Stop ends them all, and none outlives this process. keeper
// is the command line, from an absolute path on, of a program that calls Keep; cmd's own is added to it.
func StartTree(cmd *exec.Cmd, keeper []string, cpus ...int) (*Process, error) {
	return startTree(cmd, keeper, nil, cpus)
}

// StartCounted is Start, or StartTree where there is a keeper, with all counted that the child's tree asks of the kernel from its exec on.
// The counters are nil where it could not be started; whoever gets them closes them.
func StartCounted(cmd *exec.Cmd, keeper []string, cpus ...int) (p *Process, counted *counters.Set, err error) {
	before := func() { counted = counters.Open() }
	if keeper == nil {
		p, err = begin(cmd, nil, before, cpus)
	} else {
		p, err = startTree(cmd, keeper, before, cpus)
	}
	if err != nil && counted != nil {
		counted.Close()
		counted = nil
	}
	return p, counted, err
}

func begin(cmd *exec.Cmd, lifeline io.Closer, before func(), cpus []int) (*Process, error) {
	p := &Process{cmd: cmd, lifeline: lifeline, before: before, started: make(chan error), done: make(chan struct{})}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = 2 * time.Second
	}
	if f, ok := cmd.Stdout.(*os.File); ok && f.Name() == "|1" {
		return nil, errors.New("start " + cmd.Path + ": its Stdout is a pipe; leave it nil and read the Process's Stdout")
	}
	if cmd.Stdout == nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer w.Close()
		p.Stdout, cmd.Stdout = r, w
	}
	go p.run(cpus)
	if err := <-p.started; err != nil {
		if p.Stdout != nil {
			p.Stdout.Close()
		}
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// PID is the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended and all it printed to the writers of its command has been written.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the child to end; its error is that of exec.Cmd.Wait: nil for exit code 0, an *exec.ExitError for
// another or a signal.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Stop asks the child to end (SIGTERM), kills its process group if it has not after grace, and waits for its end. A
// grace of 0 kills at once. The error is that of Wait; stopping a child that has ended is harmless.
func (p *Process) Stop(grace time.Duration) error {
	if grace > 0 && p.terminate() {
		select {
		case <-p.done:
			return p.err
		case <-time.After(grace):
		}
	}
	p.kill()
	return p.Wait()
}

// Ready reads lines from r, a child's output, until one says "READY host:port", and returns that address; it reads not
// a byte further, so what follows is the caller's. It fails when the output ends first, after 64 KiB without such a
// line, or after limit; the last leaves a reader on r until it ends, so the caller should then stop the child.
func Ready(r io.Reader, limit time.Duration) (addr string, err error) {
	type answer struct {
		addr string
		err  error
	}
	c := make(chan answer, 1)
	go func() {
		addr, err := scan(r)
		c <- answer{addr, err}
	}()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case a := <-c:
		return a.addr, a.err
	case <-timeout.C:
		return "", fmt.Errorf("no READY line within %v", limit)
	}
}

// scan reads byte by byte, since a buffer would swallow what follows the line.
func scan(r io.Reader) (string, error) {
	const most = 64 << 10
	var said, line []byte
	for one := make([]byte, 1); len(said) < most; {
		if n, err := r.Read(one); n == 0 && err != nil {
			return "", fmt.Errorf("no READY line before its output ended (%w); it said %q", err, said)
		} else if n == 0 {
			continue
		}
		said = append(said, one[0])
		if one[0] != '\n' {
			line = append(line, one[0])
			continue
		}
		if addr, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\r"), "READY "); ok {
			return addr, nil
		}
		line = line[:0]
	}
	return "", fmt.Errorf("no READY line in the first %d bytes of its output, which begin %q", most, said[:80])
}
