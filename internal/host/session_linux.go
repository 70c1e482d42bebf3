package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// RaiseSession gives the session that process pid leads the largest share of its processors that the kernel offers (that of a nice value of -19), if
// that is permitted. If the kernel groups by session (sched_autogroup(7)), a nice value counts only within its session, and a busy loop in another
// terminal gets as much as all processes of this session together.
func RaiseSession(pid int) error {
	if read("/proc/sys/kernel/sched_autogroup_enabled") == "0" {
		return fmt.Errorf("sched_autogroup_enabled is 0")
	}
	err := os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte("-19"), 0)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) { // without the path, which differs each time
		return fmt.Errorf("%s autogroup: %w", failed.Op, failed.Err)
	}
	return err
}

// SessionShare tries RaiseSession on process pid and returns the outcome for the record: "-19", or why sessions are not raised.
func SessionShare(pid int) string {
	if err := RaiseSession(pid); err != nil {
		return "not raised: " + err.Error()
	}
	_, nice, found := strings.Cut(read(fmt.Sprintf("/proc/%d/autogroup", pid)), " nice ")
	if !found {
		return "not raised: the kernel does not say"
	}
	return nice
}
