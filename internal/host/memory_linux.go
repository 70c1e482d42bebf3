package host

import (
	"errors"

	"github.com/prometheus/procfs"
)

// PeakBelow is the most that each of the descendants of the process pid had resident so far (VmHWM of proc_pid_status(5)), added up, in bytes.
// Pages that they share count in each; one that has ended counts nothing.
func PeakBelow(pid int) (bytes int64) {
	return resident(Descendants(pid), func(s procfs.ProcStatus) uint64 { return s.VmHWM })
}

// Resident is what the process pid and its descendants have resident at this moment (VmRSS), added up as PeakBelow does, in bytes; 0 where
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

// Slab is what the kernel has allocated for objects of its own on this whole machine (Slab of proc_meminfo(5)), in bytes: sockets, files and what
// waits for them, but also what it remembers of file systems. What sockets hold of data that nobody has read yet is in it only as far as it is small.
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
