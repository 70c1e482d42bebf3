package host

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"carousel/internal/usage"
)

// TreeCPU returns the processor time that the process pid and its descendants have used so far, including ended ones that were
// waited for.
//
// The sum of a living process is its own clock (clock_getcpuclockid(3)), in nanoseconds, ended threads included. Its division
// into user and system follows utime and stime of /proc/PID/stat and is good to about a tick of 10 ms. Of ended children only
// whole ticks of user and of system time are known, so up to 20 ms may be missing. Descendants that end before they are read may
// be missing altogether. A process whose parent ended first has left the tree.
func TreeCPU(pid int) (Tree, error) {
	t, _, err := lookUp(pid)
	return t, err
}

// lookUp reads the tree of the process pid and returns it with the descendants.
func lookUp(pid int) (t Tree, descendants []int, err error) {
	const tries = 5
	for try := 1; ; try++ {
		descendants = Descendants(pid)
		t, whole, err := readTree(pid, descendants)
		if err != nil {
			return Tree{}, nil, fmt.Errorf("process %d: %w", pid, err)
		}
		if whole || try == tries {
			return t, descendants, nil
		}
	}
}

// readTree reads the process pid and the given descendants, parents first, so that no time counts twice. The tree is not whole if a
// descendant ended after its parent was read and before it was read itself: its time is missing.
func readTree(pid int, descendants []int) (t Tree, whole bool, err error) {
	t, whole = Tree{pid, map[int]process{}}, true
	for _, p := range append([]int{pid}, descendants...) {
		if t.all[p], err = readProcess(p); err == nil {
			continue
		}
		if p == pid {
			return t, false, err
		}
		delete(t.all, p)
		whole = false
	}
	return t, whole, nil
}

// Descendants returns the children of the process pid, then their children, and so on, including ended ones that were not waited
// for yet.
func Descendants(pid int) []int {
	children := families()
	found := children(pid)
	for i := 0; i < len(found); i++ {
		found = append(found, children(found[i])...)
	}
	return found
}

var errNoProcess = errors.New("there is no such process")

func readProcess(pid int) (process, error) {
	own, err := processTime(pid)
	if err != nil {
		return process{}, err
	}
	stat, err := slurp(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	return parseProcess(stat, own)
}

// processTime returns what the process pid has used by its own clock, in nanoseconds, ended threads included.
func processTime(pid int) (ns int64, err error) {
	var own unix.Timespec
	err = unix.ClockGettime(clock(pid), &own)
	if errors.Is(err, unix.EINVAL) {
		err = errNoProcess
	}
	return own.Nano(), err
}

// clock returns the number of a process's clock: pid inverted, then three bits that select one of its clocks.
func clock(pid int) int32 {
	const scheduled = 2
	return int32(^pid<<3 | scheduled)
}

// parseProcess parses /proc/PID/stat; the constants are the field numbers of proc(5). Package procfs takes five times as long and
// leaves out which signals the process ignores.
func parseProcess(stat string, own int64) (process, error) {
	const state, parent, utime, stime, cutime, cstime, threads, started, ignored = 3, 4, 14, 15, 16, 17, 20, 22, 33
	name := strings.LastIndexByte(stat, ')') // ends the second field, which may hold anything
	fields := strings.Fields(stat[name+1:])
	if name < 0 || len(fields) <= ignored-state {
		return process{}, fmt.Errorf("its stat is not understood: %q", stat)
	}
	number := func(field int) int64 {
		n, _ := strconv.ParseInt(fields[field-state], 10, 64)
		return n
	}
	// Both times are rounded down to ticks, so on average half a tick of each is missing.
	user, system := float64(number(utime))+0.5, float64(number(stime))+0.5
	inUser := int64(float64(own) * user / (user + system))
	return process{
		parent:  int(number(parent)),
		started: uint64(number(started)),
		own:     usage.CPU{UserNS: inUser, SystemNS: own - inUser},
		waited:  usage.CPU{UserNS: number(cutime) * tick, SystemNS: number(cstime) * tick},
		deaf:    number(ignored)>>(unix.SIGCHLD-1)&1 == 1,
		ended:   strings.Contains("ZX", fields[0]) && number(threads) <= 1, // a main thread may end before the others
	}, nil
}

// families returns a function that lists the children of a process. The kernel has a list for each thread that creates children;
// without those lists (CONFIG_PROC_CHILDREN), families reads the parent of every process once.
func families() func(pid int) []int {
	if _, err := os.Stat("/proc/thread-self/children"); err == nil {
		return childrenByList
	}
	all := childrenByScan()
	return func(pid int) []int { return all[pid] }
}

func childrenByList(pid int) []int {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	var found []int
	for _, thread := range threads {
		for field := range strings.FieldsSeq(read(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

// childrenByScan scans again if a parent was not found: it ended during the scan, and its children have another parent now.
func childrenByScan() (found map[int][]int) {
	for range 3 {
		all, _ := procfs.AllProcs()
		seen := map[int]bool{0: true}
		found = map[int][]int{}
		for _, p := range all {
			if stat, err := p.Stat(); err == nil {
				seen[p.PID] = true
				found[stat.PPID] = append(found[stat.PPID], p.PID)
			}
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(parent int) bool { return !seen[parent] }) {
			break
		}
	}
	return found
}
