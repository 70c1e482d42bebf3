package counters

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
)

// software are the kernel's own events that need no tracepoint.
var software = map[string]uint64{
	result.Switches: unix.PERF_COUNT_SW_CONTEXT_SWITCHES, result.Migrations: unix.PERF_COUNT_SW_CPU_MIGRATIONS, result.Faults: unix.PERF_COUNT_SW_PAGE_FAULTS,
}

// open opens the counter of that name on the calling thread.
func open(name string) (*os.File, error) {
	if config, ok := software[name]; ok {
		return event(name, unix.PERF_TYPE_SOFTWARE, config)
	}
	id, err := entry()
	if err != nil {
		return nil, err
	}
	f, err := event(name, unix.PERF_TYPE_TRACEPOINT, id)
	if err == nil && name == result.Waits {
		err = only(f, waiting...)
	}
	return f, err
}

// waiting are the calls that wait for many descriptors.
var waiting = append([]int{unix.SYS_PSELECT6, unix.SYS_PPOLL, unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2, unix.SYS_IO_URING_ENTER}, older...)

// only limits a counter of system calls to the given ones.
func only(f *os.File, calls ...int) error {
	var either []string
	for _, call := range calls {
		either = append(either, fmt.Sprintf("id == %d", call))
	}
	filter, err := unix.BytePtrFromString(strings.Join(either, " || "))
	if err != nil {
		return err
	}
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(filter))); e != 0 {
		f.Close()
		return fmt.Errorf("PERF_EVENT_IOC_SET_FILTER: %w", e)
	}
	return nil
}

// event opens a perf event on the calling thread. Processes that the thread starts inherit it, and it counts from their first exec on. It counts
// in kernel mode too: a context switch never happens elsewhere.
func event(name string, kind uint32, config uint64) (*os.File, error) {
	attr := &unix.PerfEventAttr{
		Type: kind, Size: unix.PERF_ATTR_SIZE_VER8, Config: config, Bits: unix.PerfBitDisabled | unix.PerfBitInherit | unix.PerfBitEnableOnExec,
	}
	fd, err := unix.PerfEventOpen(attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("perf_event_open: %w%s", err, permit(err))
	}
	return os.NewFile(uintptr(fd), name), nil
}

// permit returns what a user can do about an event that cannot be opened.
func permit(err error) string {
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOENT):
		return ": this kernel was built without it"
	case !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM):
		return ""
	}
	level, unknown := paranoid()
	if unknown == nil && (level <= 1 || os.Geteuid() == 0) {
		return ": a filter of system calls forbids it, as containers have: run outside, or let it through"
	}
	return fmt.Sprintf(": run as root, or as root sysctl -w kernel.perf_event_paranoid=1 (it is %d)", level)
}

// paranoid returns kernel.perf_event_paranoid: above 1, a process without privilege cannot count events in kernel mode.
func paranoid() (level int, err error) {
	text, err := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// tracing is where tracefs, which lists the kernel's tracepoints, is mounted on most systems.
const tracing = "/sys/kernel/tracing"

// entry is the number of the tracepoint that every system call passes.
var entry = sync.OnceValues(func() (id uint64, err error) {
	if id, err = tracepoint(); !errors.Is(err, os.ErrNotExist) {
		return id, err
	}
	apart(func() { id, err = mounted() })
	return id, err
})

// tracepoint reads that number from tracefs where it is mounted.
func tracepoint() (uint64, error) {
	text, err := os.ReadFile(tracing + "/events/raw_syscalls/sys_enter/id")
	switch {
	case errors.Is(err, os.ErrPermission):
		return 0, fmt.Errorf("%w: run as root, or as root mount -o remount,mode=755 %s", err, tracing)
	case err != nil:
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}

// mounted mounts tracefs in a namespace that only the calling thread sees, and reads the number there.
func mounted() (uint64, error) {
	hint := ": run as root, or as root mount -t tracefs -o mode=755 tracefs " + tracing
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return 0, fmt.Errorf("no tracefs is mounted, and unshare: %w%s", err, hint)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return 0, fmt.Errorf("no tracefs is mounted, and to keep a mount private: %w%s", err, hint)
	}
	if err := unix.Mount("tracefs", tracing, "tracefs", 0, ""); err != nil {
		return 0, fmt.Errorf("no tracefs is mounted, and mount: %w%s", err, hint)
	}
	id, err := tracepoint()
	if errors.Is(err, os.ErrNotExist) {
		return 0, errors.New("this kernel was built without the tracepoint raw_syscalls:sys_enter")
	}
	return id, err
}

// apart calls f on a thread of its own, which ends afterwards. That thread must not be the first of the process: the first thread never ends, and
// tools take its namespaces for those of the process.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		defer runtime.UnlockOSThread()
		apart(f)
	}()
	<-done
}
