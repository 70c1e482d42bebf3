package host

import "github.com/prometheus/procfs"

// PeakBelow is the most that each of the descendants of the process pid had resident so far (VmHWM of proc_pid_status(5)), added up, in bytes.
// Pages that they share count in each; one that has ended counts nothing.
func PeakBelow(pid int) (bytes int64) {
	for _, descendant := range Descendants(pid) {
		p, err := procfs.NewProc(descendant)
		if err != nil {
			continue
		}
		if status, err := p.NewStatus(); err == nil {
			bytes += int64(status.VmHWM)
		}
	}
	return bytes
}
