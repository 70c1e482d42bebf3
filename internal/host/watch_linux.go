package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Watch tells what disturbed a slice in which one of several servers was loaded.
//
// What other programs took is the sum of their clocks: of every process that can be seen, but this one, the servers with their
// descendants, and the kernel's own threads, which work for whoever asks. A clock is behind by a tick at most while its process runs.
// What a program used that ended in the slice is lacking. Threads that begin or end in the slice may be missed in how long threads waited.
//
// Begin and End last some 10 us and a further 1 us for each program and 9 us for each thread that is read, which are 12 of a server and 12 of this
// process at most. Where anything was born since, programs and threads are listed anew, which lasts some 50 us and 8 us for each one that is new.
//
// A Watch is for one goroutine at a time.
type Watch struct {
	servers []*Meter
	known   bool         // all servers are
	born    string       // as Meter has it, when programs were listed
	ours    map[int]bool // this process, the servers and their descendants, of all the time
	kernel  map[int]bool // whether a process is a thread of the kernel, once that was looked up
	others  []int
	used    map[int]int64      // nanoseconds that others had used at Begin
	threads map[int]threadList // by process
	waited  int64              // nanoseconds, at Begin
	steal   int64              // nanoseconds, at the last End
	text    [4096]byte
}

// threadList is where threads of a process say how long they waited for a processor.
type threadList struct {
	born  string
	paths []string
}

// mostThreads is how many threads are read of a server, and of this process.
const mostThreads = 12

// kernelThread is the flag of one in /proc/PID/stat (PF_KTHREAD).
const kernelThread = 0x00200000

// NewWatch prepares to watch slices of the servers. A nil Meter is a server whose process is not known: it cannot be told from other
// programs then, and BesideNS stays 0.
func NewWatch(servers []*Meter) *Watch {
	w := &Watch{servers: servers, known: true, ours: map[int]bool{os.Getpid(): true}, kernel: map[int]bool{}, used: map[int]int64{}, threads: map[int]threadList{}}
	for _, m := range servers {
		w.known = w.known && m != nil
	}
	w.steal = w.stolen()
	return w
}

// Begin begins a slice of server, nil where its process is not known.
func (w *Watch) Begin(server *Meter) {
	born := read("/proc/sys/kernel/ns_last_pid")
	clear(w.used)
	for _, pid := range w.programs(born) {
		if ns, err := processTime(pid); err == nil {
			w.used[pid] = ns
		}
	}
	w.waited = w.wait(born, server)
}

// End ends the slice of server that Begin began.
func (w *Watch) End(server *Meter) (d Disturbance) {
	born := read("/proc/sys/kernel/ns_last_pid")
	d.DelayNS = max(0, w.wait(born, server)-w.waited) // less: a thread ended
	for _, pid := range w.programs(born) {
		if ns, err := processTime(pid); err == nil {
			d.BesideNS += max(0, ns-w.used[pid])
		}
	}
	before := w.steal
	w.steal = w.stolen()
	d.StealNS = max(0, w.steal-before)
	return d
}

// programs are those that are neither this process nor a server's nor the kernel's own.
func (w *Watch) programs(born string) []int {
	if !w.known || born != "" && born == w.born {
		return w.others
	}
	w.born = born
	for _, m := range w.servers {
		w.ours[m.pid] = true
		for _, pid := range m.descendants {
			w.ours[pid] = true
		}
	}
	w.others = w.others[:0]
	for _, name := range list("/proc") {
		pid, err := strconv.Atoi(name)
		if err != nil || w.ours[pid] {
			continue
		}
		kernel, known := w.kernel[pid]
		if !known {
			kernel = isKernel(read(fmt.Sprintf("/proc/%d/stat", pid)))
			w.kernel[pid] = kernel
		}
		if !kernel {
			w.others = append(w.others, pid)
		}
	}
	return w.others
}

// isKernel reports whether the stat of a process is that of a thread of the kernel.
func isKernel(stat string) bool {
	const state, flags = 3, 9
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= flags-state {
		return false
	}
	n, _ := strconv.ParseUint(fields[flags-state], 10, 64)
	return n&kernelThread != 0
}

// wait is how long threads of this process and of server have waited for a processor so far.
func (w *Watch) wait(born string, server *Meter) (ns int64) {
	pids := []int{os.Getpid()}
	if server != nil && server.pid != pids[0] {
		pids = append(append(pids, server.pid), server.descendants...)
	}
	left := mostThreads
	for i, pid := range pids {
		if i == 1 {
			left = mostThreads
		}
		paths := w.threadsOf(pid, born)
		for _, path := range paths[:min(len(paths), left)] {
			ns += runDelay(w.part(path))
		}
		left -= min(len(paths), left)
	}
	return ns
}

// threadsOf lists where the threads of a process say how long they waited.
func (w *Watch) threadsOf(pid int, born string) []string {
	if known, ok := w.threads[pid]; ok && born != "" && born == known.born {
		return known.paths
	}
	task := fmt.Sprintf("/proc/%d/task", pid)
	var paths []string
	for _, name := range list(task) {
		paths = append(paths, task+"/"+name+"/schedstat")
	}
	w.threads[pid] = threadList{born, paths}
	return paths
}

// runDelay is the second number of a thread's schedstat, 0 where there is none.
func runDelay(schedstat []byte) int64 { return number(schedstat, 1) }

// stolen is how much of the processors' time the hypervisor has given to others.
func (w *Watch) stolen() int64 {
	const steal = 8 // after the word cpu
	return number(w.part("/proc/stat"), steal) * tick
}

// number is field i of a line, from 0; 0 where it is no number.
func number(line []byte, i int) (n int64) {
	for field := range strings.FieldsSeq(string(line)) {
		if i == 0 {
			n, _ = strconv.ParseInt(field, 10, 64)
			return n
		}
		i--
	}
	return 0
}

// part is the beginning of a file of the kernel's, until the next call.
func (w *Watch) part(path string) []byte {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, _ := unix.Read(fd, w.text[:])
	return w.text[:max(n, 0)]
}

// list is the names in a folder.
func list(folder string) []string {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}

// Processors is how many the machine has that are switched on, whoever may use them.
func Processors() int {
	if n := len(parseList(read("/sys/devices/system/cpu/online"))); n > 0 {
		return n
	}
	return len(CPUs())
}
