package sock

import (
	"math/bits"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a descriptor can be watched for; Hangup (an error counts as one) is reported whether asked for or not.
const (
	Readable = unix.EPOLLIN
	Writable = unix.EPOLLOUT
	Hangup   = unix.EPOLLHUP | unix.EPOLLERR
)

// Poller is an epoll instance, level-triggered.
type Poller struct{ fd int }

// Event is one descriptor's readiness, as the kernel lays it out.
type Event unix.EpollEvent

// Data is what the descriptor was added with.
func (e *Event) Data() uint64 { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

// NewPoller opens an epoll instance.
func NewPoller() (*Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &Poller{fd}, os.NewSyscallError("epoll_create1", err)
}

// Add watches fd for events; data comes back with each of them. At the kernel's limit of watches the error says how to
// raise it; a connection is then refused (Refuse).
func (p *Poller) Add(fd int, events uint32, data uint64) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, events, data)
}

// Change replaces what fd is watched for.
func (p *Poller) Change(fd int, events uint32, data uint64) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, events, data)
}

// Remove stops watching fd; to be called before fd is closed, since a duplicate would keep it registered.
func (p *Poller) Remove(fd int) error { return p.control(unix.EPOLL_CTL_DEL, fd, 0, 0) }

func (p *Poller) control(op, fd int, events uint32, data uint64) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(data), Pad: int32(data >> 32)}
	_, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0)
	if e != 0 {
		return unwatched(e)
	}
	return nil
}

// Wait fills ready with what is ready and returns how many; it waits at most timeout (negative: for ever), to the
// nanosecond, and returns 0 when that is over or a signal came. A busy loop is spared the scheduler: it looks
// without waiting first.
func (p *Poller) Wait(ready []Event, timeout time.Duration) (int, error) {
	n, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), 0, 0, 0)
	if e == 0 && n == 0 && timeout != 0 {
		var limit *unix.Timespec
		if timeout > 0 {
			ts := unix.NsecToTimespec(timeout.Nanoseconds())
			limit = &ts
		}
		n, _, e = syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(unsafe.Pointer(limit)), 0, 0)
	}
	switch e {
	case 0:
		if Tell != nil && n > 0 {
			Tell("epoll: %d ready", n)
		}
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, e
}

// Hold is Wait, for at most timeout (0 or more), for a thread of its own: the wait keeps its processor from the Go
// scheduler, which makes it cheaper by the look and by the hand-over. Other goroutines need another processor, and only
// the scheduler's preemption signal, which ends the wait, lets the world be stopped meanwhile.
func (p *Poller) Hold(ready []Event, timeout time.Duration) (int, error) {
	limit := unix.NsecToTimespec(timeout.Nanoseconds())
	n, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(unsafe.Pointer(&limit)), 0, 0)
	switch e {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, e
}

// Close gives the epoll instance back.
func (p *Poller) Close() { Close(p.fd) }

// FDSet is a set of descriptors below 1024, the ceiling of select(2).
type FDSet struct{ bits [FDSetSize / 64]uint64 }

// FDSetSize is the first descriptor that no longer fits a set.
const FDSetSize = unix.FD_SETSIZE

// Set puts fd into the set.
func (s *FDSet) Set(fd int) { s.bits[fd/64] |= 1 << (fd % 64) }

// Unset takes fd out.
func (s *FDSet) Unset(fd int) { s.bits[fd/64] &^= 1 << (fd % 64) }

// Has reports whether fd is in the set.
func (s *FDSet) Has(fd int) bool { return s.bits[fd/64]&(1<<(fd%64)) != 0 }

func (s *FDSet) count() (n int) {
	for _, word := range s.bits {
		n += bits.OnesCount64(word)
	}
	return n
}

// Select waits, at most for timeout (negative: for ever), until a descriptor below n that is in read, write or urgent
// can be acted on, and leaves in the three sets only those that can; select's third list is for urgent data.
func Select(n int, read, write, urgent *FDSet, timeout time.Duration) (ready int, err error) {
	asked := [3]FDSet{*read, *write, *urgent}
	look := unix.Timespec{}
	k, _, e := syscall.RawSyscall6(unix.SYS_PSELECT6, uintptr(n), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(write)),
		uintptr(unsafe.Pointer(urgent)), uintptr(unsafe.Pointer(&look)), 0)
	if e == 0 && k == 0 && timeout != 0 {
		*read, *write, *urgent = asked[0], asked[1], asked[2]
		var limit *unix.Timespec
		if timeout > 0 {
			ts := unix.NsecToTimespec(timeout.Nanoseconds())
			limit = &ts
		}
		k, _, e = syscall.Syscall6(unix.SYS_PSELECT6, uintptr(n), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(write)),
			uintptr(unsafe.Pointer(urgent)), uintptr(unsafe.Pointer(limit)), 0)
	}
	if e == unix.EINTR {
		*read, *write, *urgent = FDSet{}, FDSet{}, FDSet{}
		return 0, nil
	} else if e != 0 {
		return 0, e
	}
	if Tell != nil && k > 0 {
		Tell("select: %d ready, of %d", k, asked[0].count()+asked[1].count()+asked[2].count())
	}
	return int(k), nil
}
