package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// LimitFiles lets the process pid and each of its descendants have no more than so many descriptors at once, numbers below that (the soft limit of
// getrlimit(2)). What they have open already stays so; children that they make inherit it. The error says which process it could not be set for.
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
