//go:build !linux

package child

import (
	"errors"
	"os/exec"
	"syscall"
)

// group is empty: process groups are used on Linux only.
type group struct{}

func (p *Process) run(cpus []int) {
	if len(cpus) > 0 {
		p.started <- errors.New("this system cannot confine a process to processors; that needs Linux")
		return
	}
	if p.before != nil {
		p.before()
	}
	err := p.cmd.Start()
	p.started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

func startTree(cmd *exec.Cmd, _ []string, before func(), cpus []int) (*Process, error) {
	return begin(cmd, nil, before, cpus)
}

// Keep needs Linux.
func Keep([]string) (code int, err error) {
	return 0, errors.New("only Linux can keep processes that lose their parent")
}

// terminate fails on Windows, where a process can only be killed.
func (p *Process) terminate() bool { return p.cmd.Process.Signal(syscall.SIGTERM) == nil }

func (p *Process) kill() { p.cmd.Process.Kill() }
