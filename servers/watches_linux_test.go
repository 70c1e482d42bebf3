package main

import (
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watchable is the first descriptor that epoll does not watch for a server that runs as "unwatched".
const watchable = 20

// denyWatches makes epoll say of higher descriptors what it says at the kernel's limit of watches, which all processes of
// a user share and which is therefore not for a test to reach.
func denyWatches() {
	const op, fd = 16 + 8, 16 + 16 // in struct seccomp_data, the arguments on little-endian machines
	deny(
		load(0), // the call's number
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_EPOLL_CTL, Jf: 5},
		load(op),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.EPOLL_CTL_ADD, Jf: 3},
		load(fd),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: watchable, Jf: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSPC)},
	)
}

// denyRings makes io_uring be what it is in a container that forbids it.
func denyRings() {
	deny(
		load(0),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_IO_URING_SETUP, Jf: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	)
}

// load is the step of a filter that takes up a word of struct seccomp_data.
func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

// deny has a filter decide on every system call of this process from now on; those that it says nothing of are allowed.
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

// TestWatchLimit lets more clients come than epoll can watch. Those left out are answered, and the reason goes to standard error;
// package net has closed such a connection before anybody can answer it.
func TestWatchLimit(t *testing.T) {
	for name, told := range map[string]string{
		"epoll": "HTTP/1.1 503", "coroutine": "HTTP/1.1 503", "asyncio": "HTTP/1.1 503", "asyncio-executor": "HTTP/1.1 503",
		"goroutine": "", "nethttp": "", "fasthttp": "", "reactors": "HTTP/1.1 503",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var flags []string
			if name == "reactors" { // each loop has descriptors of its own
				flags = []string{"--loops", "2"}
			}
			err := try(modelOf("unwatched", name), nil, testcase{flags: flags, run: func(x *exam) {
				all := x.dials(3 * watchable)
				for _, c := range all {
					c.send(get)
				}
				in := slices.DeleteFunc(all, func(c *conn) bool {
					switch begin, err := c.in.Peek(12); string(begin) {
					case hello[:12]:
						c.expect(hello)
						return false
					case told:
						if told == "" && !cut(err) && err.Error() != "EOF" {
							x.failf("a connection that cannot be watched is not closed: %w", err)
						}
						return true
					default:
						x.failf("a connection that cannot be watched is told %q: %w", begin, err)
					}
					return true
				})
				if len(in) == 0 || len(in) >= watchable {
					x.failf("%d connections are served, though descriptors from %d on cannot be watched", len(in), watchable)
				}
				for _, c := range in {
					c.hello()
				}
				x.explains("max_user_watches")
				x.hangUp()
				x.servesAgain()
			}}, lacks[name], patience)
			if err != nil {
				t.Error(err)
			}
		})
	}
}
