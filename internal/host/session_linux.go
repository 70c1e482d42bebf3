package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// RaiseSession gives the session that process pid leads as large a share of its processors as the kernel has (that of a nice value of -19), as
// far as that is permitted. Where the kernel groups by session (sched_autogroup(7)), a nice value weighs only against others of the same
// session, and a busy loop in another terminal gets as much as everybody here together.
func RaiseSession(pid int) error {
	if read("/proc/sys/kernel/sched_autogroup_enabled") == "0" {
		return fmt.Errorf("sched_autogroup_enabled is 0")
	}
	err := os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte("-19"), 0)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) { // without the path, which is another every time
		return fmt.Errorf("%s autogroup: %w", failed.Op, failed.Err)
	}
	return err
}

// SessionShare says what RaiseSession can do here, for the record: "-19", or why sessions are not raised. It tries with process pid.
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
