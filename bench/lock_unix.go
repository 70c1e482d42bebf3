//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lock keeps other bench processes out of results: two at once would slow each other. The kernel releases the lock when
// the process ends, however it ends.
func lock(results string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(results, ".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		pid, _ := io.ReadAll(f)
		return nil, fmt.Errorf("another bench is running here (process %s): wait until it ends", strings.TrimSpace(string(pid)))
	}
	f.Truncate(0)
	fmt.Fprintln(f, os.Getpid())
	return func() { f.Close() }, nil
}
