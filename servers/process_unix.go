//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"carousel/internal/usage"
)

func isErrno(err error, errno syscall.Errno) bool { return errors.Is(err, errno) }

// resources reads from the kernel what this process and its ended children used.
func resources(line *usage.Line) {
	var self, children syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &self) != nil || syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children) != nil {
		return
	}
	line.Self = usage.CPU{UserNS: self.Utime.Nano(), SystemNS: self.Stime.Nano()}
	line.Children = usage.CPU{UserNS: children.Utime.Nano(), SystemNS: children.Stime.Nano()}
	line.Switches.Voluntary = int64(self.Nvcsw + children.Nvcsw)
	line.Switches.Involuntary = int64(self.Nivcsw + children.Nivcsw)
	line.PeakRSS = peakRSS()
}

// peakRSS is VmHWM: ru_maxrss would still hold what the program before the exec used.
func peakRSS() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	var kb int64
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			fmt.Sscan(rest, &kb)
		}
	}
	return kb << 10
}
