package host

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"carousel/internal/usage"
)

// tick is the unit of the times in /proc, in nanoseconds: USER_HZ is 100 wherever Go runs.
const tick = 10_000_000

// TreeCPU is the processor time that the process pid and its descendants have used, the ended ones included that were
// waited for.
//
// A living process's sum is its own clock (clock_getcpuclockid(3)): nanoseconds, ended threads included. Its division
// into user and system follows utime and stime of /proc/PID/stat and is good to about a tick of 10 ms. Ended children
// are known in whole ticks of each kind only, so up to 20 ms of them may be lacking. A descendant that ends during the
// call may be lacking altogether, and one whose parent ended before it has left the tree.
func TreeCPU(pid int) (usage.CPU, error) {
	var sum usage.CPU
	for todo := []int{pid}; len(todo) > 0; todo = todo[1:] {
		c, err := processCPU(todo[0])
		if err != nil && todo[0] == pid {
			return usage.CPU{}, fmt.Errorf("processor time of process %d: %w", pid, err)
		} else if err != nil {
			continue
		}
		sum.UserNS += c.UserNS
		sum.SystemNS += c.SystemNS
		todo = append(todo, children(todo[0])...)
	}
	return sum, nil
}

// processCPU is one process's time and that of its ended children.
func processCPU(pid int) (usage.CPU, error) {
	// The clock of another process is numbered by the process id, inverted, above three bits that say which clock.
	const scheduled = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &ts); err != nil {
		if errors.Is(err, unix.EINVAL) {
			err = errors.New("there is no such process")
		}
		return usage.CPU{}, err
	}
	p, err := procfs.NewProc(pid)
	if err != nil {
		return usage.CPU{}, err
	}
	stat, err := p.Stat()
	if err != nil {
		return usage.CPU{}, err
	}
	// Both times are cut down to ticks, so on average half a tick of each is missing.
	user, system := float64(stat.UTime)+0.5, float64(stat.STime)+0.5
	total := ts.Nano()
	own := int64(float64(total) * user / (user + system))
	return usage.CPU{
		UserNS:   own + int64(stat.CUTime)*tick,
		SystemNS: total - own + int64(stat.CSTime)*tick,
	}, nil
}

// children are the living children of the process pid. The kernel lists them by the thread that made them; kernels
// without such lists (CONFIG_PROC_CHILDREN) are asked for everybody's parent.
func children(pid int) []int {
	var found []int
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	listed := false
	for _, thread := range threads {
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		listed = listed || err == nil
		for field := range strings.FieldsSeq(string(list)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	if listed {
		return found
	}
	return childrenByScan(pid)
}

func childrenByScan(pid int) []int {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil
	}
	var found []int
	for _, p := range all {
		if stat, err := p.Stat(); err == nil && stat.PPID == pid {
			found = append(found, p.PID)
		}
	}
	return found
}
