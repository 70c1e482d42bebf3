package child

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/host"
)

func startTree(cmd *exec.Cmd, keeper []string, before func(), cpus []int) (*Process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd.Path, cmd.Args, cmd.Stdin = keeper[0], slices.Concat(keeper, cmd.Args), r
	p, err := begin(cmd, w, before, cpus)
	if err != nil {
		w.Close()
	}
	return p, err
}

// Keep runs command in a keeper, waits until all its descendants have ended, and returns the command's exit code, or 128 plus the
// number of the signal that ended it. A descendant that loses its parent becomes a child of this process (a subreaper), in
// whatever session or process group it is. Keep passes SIGTERM on to all of them. It kills them at the end of stdin, which the
// process that started this one holds open.
func Keep(command []string) (code int, err error) {
	runtime.LockOSThread() // when this thread ends, the command is killed
	path, err := exec.LookPath(command[0])
	if err != nil {
		return 0, err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("prctl PR_SET_CHILD_SUBREAPER: %w", err)
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	first, err := syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{nothing.Fd(), 1, 2}, Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", path, err)
	}
	go func() {
		<-terminated
		signalDescendants(syscall.SIGTERM)
	}()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		signalDescendants(syscall.SIGKILL)
	}()
	for {
		var status unix.WaitStatus
		switch pid, err := unix.Wait4(-1, &status, 0, nil); {
		case err == unix.ECHILD:
			return code, nil
		case pid == first && status.Signaled():
			code = 128 + int(status.Signal())
		case pid == first:
			code = status.ExitStatus()
		}
	}
}

// signalDescendants signals each descendant once, as long as this process lives: also those that start meanwhile, or were between two
// parents.
func signalDescendants(s syscall.Signal) {
	for signalled := map[int]bool{}; ; time.Sleep(5 * time.Millisecond) {
		for _, pid := range host.Descendants(os.Getpid()) {
			if !signalled[pid] {
				signalled[pid] = true
				syscall.Kill(pid, s)
			}
		}
	}
}
