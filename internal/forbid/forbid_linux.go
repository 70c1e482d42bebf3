package forbid

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Watches makes epoll fail with ENOSPC for descriptors from limit on, as it does at the kernel's limit of watches. All processes of a user share
// that limit, so a test must not reach it.
func Watches(limit uint32) {
	const op, fd = 16 + 8, 16 + 16 // in struct seccomp_data, the arguments on little-endian machines
	deny(
		load(0), // the call's number
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_EPOLL_CTL, Jf: 5},
		load(op),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.EPOLL_CTL_ADD, Jf: 3},
		load(fd),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: limit, Jf: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSPC)},
	)
}

// Rings makes io_uring_setup fail with EPERM, as in a container that forbids io_uring.
func Rings() {
	deny(
		load(0),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_IO_URING_SETUP, Jf: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	)
}

// load returns the filter instruction that loads a word of struct seccomp_data.
func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

// deny installs a seccomp filter for all further system calls of this process; calls that it does not match are allowed.
func deny(filter ...unix.SockFilter) {
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if e != 0 {
		panic(e)
	}
}
