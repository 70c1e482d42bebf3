package sock

import (
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Linux reports whether this system has the raw calls.
const Linux = true

// NonBlocking makes fd non-blocking: calls on it return Again instead of waiting.
func NonBlocking(fd int) error { return unix.SetNonblock(fd, true) }

// Accept accepts a waiting connection from a non-blocking listener and makes it non-blocking. It returns Again if none waits, Closed after
// Shutdown. It skips connections that have failed already. When the process is out of descriptors it refuses the connection; otherwise a
// level-triggered poller would report it for ever.
func Accept(ln int) (int, error) {
	for {
		fd, _, e := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(ln), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		if fd, err, settled := accepted(ln, int(fd), e); settled {
			return fd, err
		}
	}
}

// Accept waits for a connection on a blocking listener; the connection blocks too. Its wait is never held: a new
// connection wakes only one of the threads that block in accept, but would wake all that poll before it.
func (w *Waiter) Accept(ln int) (int, error) {
	for {
		fd, _, e := syscall.Syscall6(unix.SYS_ACCEPT4, uintptr(ln), 0, 0, unix.SOCK_CLOEXEC, 0, 0)
		if fd, err, settled := accepted(ln, int(fd), e); settled && err != Again {
			return fd, err
		}
	}
}

// Admit sets up a connection that io_uring accepted, as Accept does. It returns false if it refused the connection instead, because the
// process may not have that many descriptors: io_uring goes by the limit that held when its accept was queued.
func Admit(ln, fd int) bool {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); uint64(fd) >= limit.Cur {
		Refuse(fd, noDescriptor)
		return false
	}
	_, _, admitted := accepted(ln, fd, 0)
	return admitted
}

// accepted finishes an accept that returned fd or e. settled is false if accept is to be called again.
func accepted(ln, fd int, e syscall.Errno) (conn int, err error, settled bool) {
	switch {
	case e == 0 && !spared():
		Refuse(fd, noDescriptor)
		spared() // reserves the number that is free now
		return -1, nil, false
	case e == 0:
		one := int32(1)
		syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY, uintptr(unsafe.Pointer(&one)), 4, 0)
		return fd, nil, true
	case passing(e):
		return -1, nil, false
	case full(e):
		// Without a free descriptor accept fails before it looks at the queue, so shed finds out whether a
		// connection waits, or the listener was shut down.
		err := shed(ln)
		return -1, err, err != nil
	}
	return -1, e, true
}

// Peer returns the address of the peer of fd, "" if it has left.
func Peer(fd int) string {
	from, err := unix.Getpeername(fd)
	if err != nil {
		return ""
	}
	return address(from)
}

// Queued returns how many connections wait in the listen queue of ln; 0 where the kernel does not report it.
func Queued(ln int) int {
	info, err := unix.GetsockoptTCPInfo(ln, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0
	}
	return int(info.Unacked) // of a listening socket: the length of its accept queue
}

// Read reads up to len(p) bytes. It returns Again if nothing has arrived, 0 at the end of input.
func Read(fd int, p []byte) (int, error) {
	for {
		n, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
		if e == 0 {
			return int(n), nil
		} else if e != unix.EINTR {
			return 0, e
		}
	}
}

// Write writes as much of p as the kernel takes at once, and returns how much. It returns Again if the kernel takes nothing.
func Write(fd int, p []byte) (int, error) {
	for {
		n, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if e == 0 {
			return int(n), nil
		} else if e != unix.EINTR {
			return 0, e
		}
	}
}

// WriteUrgent sends one urgent byte (MSG_OOB), which overtakes bytes that were not read yet. select reports it in its third set.
func WriteUrgent(fd int, b byte) error {
	return unix.Sendto(fd, []byte{b}, unix.MSG_OOB|unix.MSG_NOSIGNAL, nil)
}

// Read waits for input and reads up to len(p) bytes, 0 at the end of input. It returns Again if none has come within limit (0: no limit).
func (w *Waiter) Read(fd int, p []byte, limit time.Duration) (int, error) {
	if (w.Hold || limit > 0) && !w.await(fd, unix.POLLIN, limit) {
		return 0, Again
	}
	for {
		n, _, e := syscall.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
		if e == 0 {
			return int(n), nil
		} else if e != unix.EINTR {
			return 0, e
		}
	}
}

// Write waits until the kernel has taken some of p, or returns Again if it has not within limit; without a limit (0) it waits until the
// kernel has taken all.
func (w *Waiter) Write(fd int, p []byte, limit time.Duration) (int, error) {
	for {
		if n, err := Write(fd, p); err != Again {
			return n, err
		} else if limit == 0 {
			break
		} else if !w.await(fd, unix.POLLOUT, limit) {
			return 0, Again
		}
	}
	for {
		n, _, e := syscall.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
		if e == 0 {
			return int(n), nil
		} else if e != unix.EINTR {
			return 0, e
		}
	}
}

// await waits for an event on fd and reports whether it came, or fd failed, within limit (0: no limit).
func (w *Waiter) await(fd int, event int16, limit time.Duration) bool {
	one := append(make([]PollFD, 0, 2), PollFD{FD: int32(fd), Events: event})
	for end := clock() + limit; ; {
		left := time.Duration(-1)
		if limit > 0 {
			left = max(0, end-clock())
		}
		if n, err := w.Poll(&one, left); n > 0 || err != nil {
			return true
		} else if left == 0 {
			return false
		}
	}
}

// unacked returns how many sent bytes the peer has not acknowledged yet.
func unacked(fd int) (n int, known bool) {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	return n, err == nil
}

func unread(fd int) int {
	n, _ := unix.IoctlGetInt(fd, unix.SIOCINQ)
	return n
}

// Close closes a descriptor.
func Close(fd int) { syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// Bye closes a connection without losing its last reply. Unread input would turn a plain close into a reset, which overtakes the reply. Bye
// never waits, and discards at most two megabytes of input.
func Bye(fd int) {
	finish(fd)
	Close(fd)
}

func finish(fd int) {
	if n, e := discard(fd); n == 0 && e == 0 {
		return // the peer has finished sending: no input is left that would make close send a reset
	}
	unix.Shutdown(fd, unix.SHUT_WR)
	discard(fd)
}

// discard drops up to a megabyte of input inside the kernel: that is what MSG_TRUNC means for TCP (tcp(7)).
func discard(fd int) (n int, e syscall.Errno) {
	r, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), 0, 1<<20, unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
	return int(r), e
}

// ByeConn is Bye for a connection of package net.
func ByeConn(c net.Conn) {
	if raw, err := c.(syscall.Conn).SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { finish(int(fd)) })
	}
	c.Close()
}

// Sleep blocks the calling thread for d, by nanosleep(2).
func Sleep(d time.Duration) {
	left := unix.NsecToTimespec(d.Nanoseconds())
	for unix.Nanosleep(&left, &left) == unix.EINTR {
	}
}
