//go:build unix

package host

import (
	"fmt"
	"syscall"

	"carousel/internal/usage"
)

// SelfCPU is the processor time this process has used, its ended threads included, its children not: to the
// microsecond in sum; the kernel divides it into user and system by sampling.
func SelfCPU() usage.CPU {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return usage.CPU{}
	}
	return usage.CPU{UserNS: r.Utime.Nano(), SystemNS: r.Stime.Nano()}
}

// FDLimit is how many descriptors this process may have open, and how far it may raise that. The Go runtime has raised
// the first to the second, or nearly, when the process began.
func FDLimit() (soft, hard uint64, err error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, 0, fmt.Errorf("getrlimit RLIMIT_NOFILE: %w", err)
	}
	return uint64(limit.Cur), uint64(limit.Max), nil
}
