package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// LimitFiles sets the soft limit of descriptors (getrlimit(2)) of the process pid and each of its descendants to files. Descriptors that are open
// stay open; new children inherit the limit. The error names the process for which it failed.
func LimitFiles(pid, files int) error {
	for _, p := range append([]int{pid}, Descendants(pid)...) {
		var limit unix.Rlimit
		err := unix.Prlimit(p, unix.RLIMIT_NOFILE, nil, &limit)
		if err == nil {
			limit.Cur = uint64(files)
			err = unix.Prlimit(p, unix.RLIMIT_NOFILE, &limit, nil)
		}
		if err != nil {
			return fmt.Errorf("limit process %d to %d descriptors: %w", p, files, err)
		}
	}
	return nil
}
