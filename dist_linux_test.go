package carousel

import (
	"os/exec"
	"syscall"
)

// jailed returns a command that runs with root as its whole file system.
func jailed(root, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = "/", []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	return cmd
}
