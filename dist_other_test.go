//go:build !linux

package carousel

import "os/exec"

// jailed is called on Linux only.
func jailed(string, string, ...string) *exec.Cmd { panic("unreachable") }
