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

// lock makes this bench the only one that writes to results; two at once would measure each other. The kernel lifts it when
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
		return nil, fmt.Errorf("another bench is running here (process %s): wait for its end", strings.TrimSpace(string(pid)))
	}
	f.Truncate(0)
	fmt.Fprintln(f, os.Getpid())
	return func() { f.Close() }, nil
}
