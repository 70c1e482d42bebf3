//go:build !linux

package carousel

import "os/exec"

// jailed is for Linux.
func jailed(string, string, ...string) *exec.Cmd { panic("unreachable") }
