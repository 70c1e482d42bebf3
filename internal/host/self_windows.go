package host

import (
	"errors"
	"syscall"

	"carousel/internal/usage"
)

// SelfCPU is the processor time this process has used, in steps of the system's clock, usually 15.6 ms.
func SelfCPU() usage.CPU {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return usage.CPU{}
	}
	var created, ended, kernel, user syscall.Filetime
	if syscall.GetProcessTimes(self, &created, &ended, &kernel, &user) != nil {
		return usage.CPU{}
	}
	duration := func(t syscall.Filetime) int64 { return (int64(t.HighDateTime)<<32 | int64(t.LowDateTime)) * 100 }
	return usage.CPU{UserNS: duration(user), SystemNS: duration(kernel)}
}

// FDLimit says that there is none to read here.
func FDLimit() (soft, hard uint64, err error) {
	return 0, 0, errors.New("this system has no descriptor limit to read")
}
