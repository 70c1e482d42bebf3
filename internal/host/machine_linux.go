package host

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// start is the origin of Snapshot.total.
var start = time.Now()

// Take reads the machine's counters: /proc/stat, /proc/self/net/netstat and snmp, and those of this process's control groups. A counter that
// cannot be read stays 0, and so does its difference in a Delta.
func Take() Snapshot {
	var s Snapshot
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return s
	}
	if stat, err := fs.Stat(); err == nil {
		c := stat.CPUTotal // user includes guest
		s.steal = c.Steal
		s.busy = c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ
		s.total = time.Since(start).Seconds() * float64(len(stat.CPU)) // ticks may add up to less
	}
	if self, err := fs.Self(); err == nil {
		if net, err := self.Netstat(); err == nil {
			s.drops = count(net.ListenDrops) // includes ListenOverflows
			s.syns = count(net.TCPSynRetrans)
		}
		if net, err := self.Snmp(); err == nil {
			s.retransmits = count(net.RetransSegs)
		}
		if groups, err := self.Cgroups(); err == nil {
			s.throttled, s.lost = throttled("/sys/fs/cgroup", groups)
		}
	}
	return s
}

// count returns a counter of the kernel; 0 if the kernel does not have it.
func count(of *float64) int64 {
	if of == nil {
		return 0
	}
	return int64(*of)
}

// TakeAll is Take plus the clock of every visible process, which takes about a microsecond each.
func TakeAll() Snapshot {
	s := Take()
	entries, _ := os.ReadDir("/proc")
	s.programs = make(map[int]int64, len(entries))
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if used, err := processTime(pid); err == nil {
			s.programs[pid] = used
		}
	}
	return s
}

// CPUs returns the processors that the calling thread may use: those of the process, unless the thread was pinned.
func CPUs() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		set.Zero()
		for i := range runtime.NumCPU() {
			set.Set(i)
		}
	}
	var cpus []int
	for i := 0; len(cpus) < set.Count(); i++ {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	return cpus
}

// Siblings returns the other processors that share a core with cpu (SMT); none if that is not known.
func Siblings(cpu int) []int {
	var others []int
	for _, i := range parseList(read(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu))) {
		if i != cpu {
			others = append(others, i)
		}
	}
	return others
}

// parseList parses a list of processors as the kernel writes it, such as "0-2,8"; nil if text is not one.
func parseList(text string) []int {
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || to-from > 1<<16 {
			return nil
		}
		for i := from; i <= to; i++ {
			list = append(list, i)
		}
	}
	return list
}

// read returns the content of a small file of /proc or /sys; "" if it cannot be read.
func read(path string) string {
	text, _ := slurp(path)
	return strings.TrimSpace(text)
}

// slurp reads a file of /proc or /sys. Package os would also stat it and register it with the poller, which takes three times as
// long as the read.
func slurp(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	var text []byte
	for part := make([]byte, 4096); ; {
		switch n, err := unix.Read(fd, part); {
		case err == unix.EINTR:
		case err != nil:
			return "", fmt.Errorf("read %s: %w", path, err)
		case n == 0:
			return string(text), nil
		default:
			text = append(text, part[:n]...)
		}
	}
}
