// Package child starts processes that never outlive this one, and ends them.
//
// On Linux a child dies with its parent however the parent ends, has a session of its own, is confined to the processors it was given,
// and what is left of its process group when it ends is killed. On other systems it is a plain child, which Stop kills.
package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"carousel/internal/counters"
)

// Process is a child that runs or has run.
type Process struct {
	// Stdout is what the child prints, when its command had no Stdout: a pipe that stays readable after the child's
	// end, up to the end of what was printed. Keep reading it if the child prints a lot.
	Stdout io.ReadCloser

	cmd      *exec.Cmd
	group    group
	lifeline io.Closer // of a keeper, else nil: when it is closed, the keeper kills all that it keeps, and ends
	before   func()    // called on the thread that then starts the child; may be nil
	started  chan error
	done     chan struct{}
	err      error // of cmd.Wait; set before done is closed
}

// Start starts cmd, confined to the processors cpus if any are given. It inherits the descriptor limit of this process,
// which package exec would lower to the soft limit that this process started with.
//
// Give cmd a Stdout or use the Process's, but do not call its StdoutPipe: such a pipe is closed when the child ends,
// before all its output is read. A cmd.WaitDelay of 0 becomes 2 s, so that a descendant which has left the process
// group and holds on to the child's output cannot hold up Wait.
func Start(cmd *exec.Cmd, cpus ...int) (*Process, error) { return begin(cmd, nil, nil, cpus) }

// StartTree is Start for a command that may be a script, or make itself a daemon: on Linux the Process is a keeper, the parent of all
// descendants of cmd, which ends when the last of them has ended. Stop ends them all, and none outlives this process. keeper
// is the command line of a program that calls Keep, beginning with an absolute path; the command line of cmd is added to it.
func StartTree(cmd *exec.Cmd, keeper []string, cpus ...int) (*Process, error) {
	return startTree(cmd, keeper, nil, cpus)
}

// StartCounted is Start, or StartTree if keeper is not nil, and counts the system calls and other kernel events of the child's tree from its
// exec on. The caller closes the counters; they are nil if the child could not be started.
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
	if _, err := os.Stat(os.DevNull); err != nil { // without it package exec fails to start a command with a nil Stdin or Stderr
		if cmd.Stdin == nil {
			cmd.Stdin = strings.NewReader("")
		}
		if cmd.Stderr == nil {
			cmd.Stderr = io.Discard
		}
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

// Self returns the path of this program's file, so that it can start itself, or a program beside it. Without /proc, as in a chroot, it
// follows from the name that the program was started by.
func Self() (string, error) {
	if self, err := os.Executable(); err == nil {
		return self, nil
	}
	self, err := exec.LookPath(os.Args[0])
	if err != nil {
		return "", err
	}
	return filepath.Abs(self)
}

// PID returns the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended and all it printed to the writers of its command has been written.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the child to end; its error is that of exec.Cmd.Wait: nil for exit code 0, an *exec.ExitError for
// another code or a signal.
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

// Ready reads lines from r, a child's output, until one says "READY host:port", and returns that address. It does not
// read beyond that line. It fails if the output ends first, after 64 KiB without such a line, or after limit. After limit a goroutine
// still reads from r until that ends, so stop the child.
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

// scan reads byte by byte, since a buffer would take what follows the line.
func scan(r io.Reader) (string, error) {
	const most = 64 << 10
	var printed, line []byte
	for one := make([]byte, 1); len(printed) < most; {
		if n, err := r.Read(one); n == 0 && err != nil {
			return "", fmt.Errorf("no READY line before its output ended (%w); it printed %q", err, printed)
		} else if n == 0 {
			continue
		}
		printed = append(printed, one[0])
		if one[0] != '\n' {
			line = append(line, one[0])
			continue
		}
		if addr, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\r"), "READY "); ok {
			return addr, nil
		}
		line = line[:0]
	}
	return "", fmt.Errorf("no READY line in the first %d bytes of its output, which begin %q", most, printed[:80])
}
