package child

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// group keeps the process group from being signalled when its number may belong to another.
type group struct {
	mu   sync.Mutex
	gone bool
}

// run starts the child and stays with it. The thread is locked because the kernel sends a death signal when the
// thread that created the child ends, not when its process does: an unlocked thread may be retired at any time. It is
// not unlocked again: a thread that was confined to processors is better thrown away than reused.
func (p *Process) run(cpus []int) {
	runtime.LockOSThread()

	if p.before != nil {
		p.before()
	}
	err := p.start(cpus)
	p.started <- err
	if err != nil {
		return
	}
	// The end is awaited without reaping: as long as the child is a zombie its number, and so its group's, is taken.
	for unix.Waitid(unix.P_PID, p.PID(), nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	p.kill()
	p.group.mu.Lock()
	p.group.gone = true
	p.group.mu.Unlock()
	p.err = p.cmd.Wait()
	close(p.done)
}

// start forks from the calling thread, whose processors the child inherits.
func (p *Process) start(cpus []int) error {
	if p.cmd.SysProcAttr == nil {
		p.cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	p.cmd.SysProcAttr.Setsid = true
	if p.lifeline == nil { // a keeper ends when its lifeline closes, and needs time to kill the others
		p.cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	if err := inheritLimit(); err != nil {
		return err
	}
	if len(cpus) == 0 {
		return p.cmd.Start()
	}
	var before, during unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	for _, cpu := range cpus {
		during.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &during); err != nil {
		return fmt.Errorf("confine it to the processors %v: %w", cpus, err)
	}
	// The first thread of a process is never thrown away, and tools take its processors for the process's.
	defer unix.SchedSetaffinity(0, &before)
	return p.cmd.Start()
}

// inheritLimit makes children inherit the descriptor limit of this process. The runtime raises its own soft limit and restores
// the old one for children, until the program sets a limit itself.
var inheritLimit = sync.OnceValue(func() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("getrlimit RLIMIT_NOFILE: %w", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("setrlimit RLIMIT_NOFILE %d: %w", limit.Cur, err)
	}
	return nil
})

func (p *Process) terminate() bool { return p.cmd.Process.Signal(syscall.SIGTERM) == nil }

func (p *Process) kill() {
	if p.lifeline != nil {
		p.lifeline.Close()
		return
	}
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if !p.group.gone {
		syscall.Kill(-p.PID(), syscall.SIGKILL)
	}
}
