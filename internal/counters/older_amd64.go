//go:build linux

package counters

import "golang.org/x/sys/unix"

// older are calls that architectures newer than amd64 do not have.
var older = []int{unix.SYS_SELECT, unix.SYS_POLL, unix.SYS_EPOLL_WAIT}
