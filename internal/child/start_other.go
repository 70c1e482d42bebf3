//go:build !linux

package child

import (
	"errors"
	"syscall"
)

// group is empty: process groups are used on Linux only.
type group struct{}

func (p *Process) run(cpus []int) {
	if len(cpus) > 0 {
		p.started <- errors.New("this system cannot confine a process to processors; that needs Linux")
		return
	}
	err := p.cmd.Start()
	p.started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

func (p *Process) guard() error { return nil }

// terminate fails on Windows, where a process can only be killed.
func (p *Process) terminate() bool { return p.cmd.Process.Signal(syscall.SIGTERM) == nil }

func (p *Process) kill() { p.cmd.Process.Kill() }
