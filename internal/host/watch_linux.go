package host

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Watch measures what disturbed a slice in which one of several servers was loaded.
//
// The time of other programs is the sum of the clocks of all visible processes, except this one, the servers with their
// descendants, and kernel threads, which work for any process. A clock is at most a tick behind while its process runs.
// The time of a program that ended in the slice is missing. The waiting time of threads that begin or end in the slice may be missing.
//
// Begin and End each take about 10 us, plus 1 us for each program and 2 us for each thread read: at most 12 of a server and 12 of this process.
// If a process or thread was created since the last listing, they list programs and threads again: about 70 us, plus 8 us for each new one.
//
// The files of threads stay open until Close. A Watch is for one goroutine at a time.
type Watch struct {
	servers []*Meter
	known   bool             // the processes of all servers are
	born    string           // Meter.born, when programs were last listed
	ours    map[int]bool     // this process, the servers and all descendants seen so far
	kernel  map[int]bool     // whether a process is a kernel thread, if looked up
	others  []int            // all other programs
	used    map[int]int64    // nanoseconds that others had used at Begin
	threads map[int]*threads // by process
	waited  int64            // nanoseconds, at Begin
	steal   int64            // nanoseconds, at the last End

	stat, last int // the files /proc/stat and ns_last_pid; -1: not there
	text       [4096]byte
}

// threads are those of a process.
type threads struct {
	born  string         // Meter.born, when they were last listed
	files map[string]int // by thread: its schedstat, open
}

// kernelThread is the flag of a kernel thread in /proc/PID/stat (PF_KTHREAD).
const kernelThread = 0x00200000

// NewWatch prepares to watch slices of the servers. A nil Meter is a server whose process is not known: it cannot be told from other
// programs then, and BesideNS stays 0.
func NewWatch(servers []*Meter) *Watch {
	w := &Watch{servers: servers, known: true, ours: map[int]bool{os.Getpid(): true}, kernel: map[int]bool{}, used: map[int]int64{}, threads: map[int]*threads{}}
	w.stat, w.last = open("/proc/stat"), open("/proc/sys/kernel/ns_last_pid")
	for _, m := range servers {
		w.known = w.known && m != nil
	}
	w.steal = w.stolen()
	return w
}

// Begin begins a slice of server, nil where its process is not known.
func (w *Watch) Begin(server *Meter) {
	born := string(w.read(w.last))
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
	born := string(w.read(w.last))
	d.DelayNS = max(0, w.wait(born, server)-w.waited) // negative if a thread ended
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

// programs returns the processes that belong neither to this program nor to a server nor to the kernel.
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

// isKernel reports whether the stat of a process is that of a kernel thread.
func isKernel(stat string) bool {
	const state, flags = 3, 9
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= flags-state {
		return false
	}
	n, _ := strconv.ParseUint(fields[flags-state], 10, 64)
	return n&kernelThread != 0
}

// wait returns how long threads of this process and of server have waited for a processor so far.
func (w *Watch) wait(born string, server *Meter) (ns int64) {
	self := os.Getpid()
	ns, _ = w.waitOf(self, born, MostThreads)
	if server == nil || server.pid == self {
		return ns
	}
	left := MostThreads
	for i := -1; i < len(server.descendants) && left > 0; i++ {
		pid := server.pid
		if i >= 0 {
			pid = server.descendants[i]
		}
		waited, n := w.waitOf(pid, born, left)
		ns += waited
		left -= n
	}
	return ns
}

// waitOf returns how long threads of a process have waited so far, and how many were read: at most most.
func (w *Watch) waitOf(pid int, born string, most int) (ns int64, n int) {
	const delay = 1 // the second number of a thread's schedstat
	for _, file := range w.threadsOf(pid, born, most).files {
		ns += number(w.read(file), delay)
		n++
	}
	return ns, n
}

// threadsOf returns the first threads of a process, at most most.
func (w *Watch) threadsOf(pid int, born string, most int) *threads {
	t := w.threads[pid]
	if t == nil {
		t = &threads{files: map[string]int{}}
		w.threads[pid] = t
	} else if born != "" && born == t.born {
		return t
	}
	t.born = born
	task := fmt.Sprintf("/proc/%d/task", pid)
	names := list(task)
	names = names[:min(len(names), most)]
	for name, file := range t.files {
		if !slices.Contains(names, name) {
			unix.Close(file)
			delete(t.files, name)
		}
	}
	for _, name := range names {
		if _, known := t.files[name]; !known {
			if file := open(task + "/" + name + "/schedstat"); file >= 0 {
				t.files[name] = file
			}
		}
	}
	return t
}

// stolen returns how much of the processors' time the hypervisor has given to others, in nanoseconds.
func (w *Watch) stolen() int64 {
	const steal = 8 // after the word cpu
	return number(w.read(w.stat), steal) * tick
}

// Close closes the files.
func (w *Watch) Close() {
	unix.Close(w.stat)
	unix.Close(w.last)
	w.stat, w.last = -1, -1
	for _, t := range w.threads {
		for _, file := range t.files {
			unix.Close(file)
		}
	}
	clear(w.threads)
}

// number returns field i of a line, from 0; 0 if it is no number.
func number(line []byte, i int) (n int64) {
	for field := range bytes.FieldsSeq(line) {
		if i == 0 {
			n, _ = strconv.ParseInt(string(field), 10, 64)
			return n
		}
		i--
	}
	return 0
}

// open opens a file of /proc or /sys; -1 if it cannot.
func open(path string) int {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// read returns the beginning of an open file, valid until the next call. Files stay open because opening takes longer than reading.
func (w *Watch) read(file int) []byte {
	n, _ := unix.Pread(file, w.text[:], 0)
	return w.text[:max(n, 0)]
}

// list returns the names in a folder.
func list(folder string) []string {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}

// Processors returns how many processors of the machine are online, including those that this process may not use.
func Processors() int {
	if n := len(parseList(read("/sys/devices/system/cpu/online"))); n > 0 {
		return n
	}
	return len(CPUs())
}
