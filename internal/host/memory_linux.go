package host

import (
	"errors"

	"github.com/prometheus/procfs"
)

// PeakBelow returns the peak resident memory (VmHWM of proc_pid_status(5)) of each descendant of the process pid, summed, in bytes.
// Shared pages count for each process; ended processes do not count.
func PeakBelow(pid int) (bytes int64) {
	return resident(Descendants(pid), func(s procfs.ProcStatus) uint64 { return s.VmHWM })
}

// Resident returns the resident memory (VmRSS) of the process pid and its descendants at this moment, summed like PeakBelow, in bytes; 0 if
// there is no such process.
func Resident(pid int) (bytes int64) {
	return resident(append(Descendants(pid), pid), func(s procfs.ProcStatus) uint64 { return s.VmRSS })
}

func resident(pids []int, of func(procfs.ProcStatus) uint64) (bytes int64) {
	for _, pid := range pids {
		p, err := procfs.NewProc(pid)
		if err != nil {
			continue
		}
		if status, err := p.NewStatus(); err == nil {
			bytes += int64(of(status))
		}
	}
	return bytes
}

// Slab returns the memory that the kernel has allocated for its own objects on the whole machine (Slab of proc_meminfo(5)), in bytes: sockets, files
// and what waits for them, but also its caches of file systems. Of the unread data in sockets only small pieces are part of it.
func Slab() (bytes int64, err error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, err
	}
	info, err := fs.Meminfo()
	switch {
	case err != nil:
		return 0, err
	case info.SlabBytes == nil:
		return 0, errors.New("/proc/meminfo has no Slab")
	}
	return int64(*info.SlabBytes), nil
}
