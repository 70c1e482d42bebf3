package sock

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a descriptor is watched for. Hangup, which includes errors, is always reported.
const (
	Readable = unix.EPOLLIN
	Writable = unix.EPOLLOUT
	Hangup   = unix.EPOLLHUP | unix.EPOLLERR
)

// Poller is an epoll instance, level-triggered.
type Poller struct {
	Waiter
	fd int
}

// Event is one descriptor's readiness, as the kernel lays it out.
type Event unix.EpollEvent

// Data returns the data that the descriptor was added with.
func (e *Event) Data() uint64 { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

// NewPoller opens an epoll instance that holds its waits (see Waiter).
func NewPoller() (*Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &Poller{Waiter{Hold: true}, fd}, os.NewSyscallError("epoll_create1", err)
}

// alarm is the data of a Poller's own timer.
const alarm = ^uint64(0)

// setAlarm watches the timer. Edge-triggered, it is reported once and need not be read.
func (p *Poller) setAlarm() {
	if !p.arm(clock()) || p.Add(p.alarm, Readable|unix.EPOLLET, alarm) != nil {
		p.Waiter.Close()
		p.Hold = false
	}
}

// Add watches fd for events; each event carries data. At the kernel's limit of watches the error names the setting to raise; refuse
// the connection then (Refuse).
func (p *Poller) Add(fd int, events uint32, data uint64) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, events, data)
}

// Change replaces the events that fd is watched for.
func (p *Poller) Change(fd int, events uint32, data uint64) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, events, data)
}

// Remove stops watching fd. Call it before fd is closed: a duplicate of fd would keep it registered.
func (p *Poller) Remove(fd int) error { return p.control(unix.EPOLL_CTL_DEL, fd, 0, 0) }

func (p *Poller) control(op, fd int, events uint32, data uint64) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(data), Pad: int32(data >> 32)}
	_, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0)
	if e != 0 {
		return unwatched(e)
	}
	return nil
}

// Wait waits until descriptors are ready, fills ready with them and returns how many. It waits at most timeout (negative: for ever), to the
// nanosecond, and returns 0 when that has passed or a signal came.
func (p *Poller) Wait(ready []Event, timeout time.Duration) (int, error) {
	if p.Hold && p.alarm == 0 {
		p.setAlarm()
	}
	n, err := p.wait(timeout, func(raw bool, limit *unix.Timespec) (n int, rang bool, e syscall.Errno) {
		var k uintptr
		if raw {
			k, _, e = syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(unsafe.Pointer(limit)), 0, 0)
		} else {
			k, _, e = syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(unsafe.Pointer(limit)), 0, 0)
		}
		if e != 0 {
			return 0, false, e
		}
		n, rang = withoutAlarm(ready[:k])
		return n, rang, 0
	})
	return n, err
}

// WaitRaw is Wait as one raw call for all of timeout (0 or more). Meanwhile the thread keeps its processor: other goroutines need
// another one, and when the runtime stops the world it has to end the call by its preemption signal.
func (p *Poller) WaitRaw(ready []Event, timeout time.Duration) (int, error) {
	limit := unix.NsecToTimespec(timeout.Nanoseconds())
	return p.waitRaw(ready, &limit)
}

// waitRaw waits for at most limit, nil: for ever. It does not count the alarm as an event.
func (p *Poller) waitRaw(ready []Event, limit *unix.Timespec) (int, error) {
	k, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(unsafe.Pointer(limit)), 0, 0)
	switch {
	case e == unix.EINTR:
		return 0, nil
	case e != 0:
		return 0, e
	}
	if p.alarm == 0 {
		return int(k), nil
	}
	n, _ := withoutAlarm(ready[:k])
	return n, nil
}

// withoutAlarm removes the alarm from events. It returns how many are left, and whether it was among them.
func withoutAlarm(ready []Event) (n int, rang bool) {
	for i := range ready {
		if ready[i].Data() == alarm {
			ready[i] = ready[len(ready)-1]
			return len(ready) - 1, true
		}
	}
	return len(ready), false
}

// WaitUntil is WaitRaw until an instant of CLOCK_MONOTONIC, in nanoseconds; as there, a signal may end it early. It wakes in time even if the
// thread lost its processor before it began to wait, since a timer ends the wait; that costs one more call.
func (p *Poller) WaitUntil(ready []Event, at int64) (int, error) {
	if p.alarm == 0 {
		p.setAlarm()
	}
	if p.alarm == 0 { // there was no descriptor for it
		return p.WaitRaw(ready, max(0, time.Duration(at-Now())))
	}
	once := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, at))}
	_, _, e := syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(p.alarm), unix.TFD_TIMER_ABSTIME, uintptr(unsafe.Pointer(&once)), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return p.waitRaw(ready, nil)
}

// Now returns CLOCK_MONOTONIC in nanoseconds.
func Now() int64 {
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

// Close closes the epoll instance.
func (p *Poller) Close() {
	p.Waiter.Close()
	Close(p.fd)
}

// FDSet is a set of descriptors below 1024, the limit of select(2).
type FDSet struct{ bits [FDSetSize / 64]uint64 }

// FDSetSize is the smallest descriptor that does not fit into a set.
const FDSetSize = unix.FD_SETSIZE

// Set puts fd into the set.
func (s *FDSet) Set(fd int) { s.bits[fd/64] |= 1 << (fd % 64) }

// Unset removes fd from the set.
func (s *FDSet) Unset(fd int) { s.bits[fd/64] &^= 1 << (fd % 64) }

// Has reports whether fd is in the set.
func (s *FDSet) Has(fd int) bool { return s.bits[fd/64]&(1<<(fd%64)) != 0 }

// Select waits, at most for timeout (negative: for ever), until a descriptor below n is ready: one in read for input, one in write for
// output, one in urgent for urgent data. It leaves only the ready ones in the sets and returns how many they are.
func (w *Waiter) Select(n int, read, write, urgent *FDSet, timeout time.Duration) (ready int, err error) {
	sets := [3]FDSet{*read, *write, *urgent}
	if w.Hold && (w.alarm > 0 || w.arm(clock())) {
		w.Hold = w.alarm < FDSetSize
	}
	k, err := w.wait(timeout, func(raw bool, limit *unix.Timespec) (k int, rang bool, e syscall.Errno) {
		*read, *write, *urgent = sets[0], sets[1], sets[2]
		most, found := n, uintptr(0)
		if raw {
			read.Set(w.alarm)
			most = max(n, w.alarm+1)
			found, _, e = syscall.RawSyscall6(unix.SYS_PSELECT6, uintptr(most), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(write)),
				uintptr(unsafe.Pointer(urgent)), uintptr(unsafe.Pointer(limit)), 0)
		} else {
			found, _, e = syscall.Syscall6(unix.SYS_PSELECT6, uintptr(most), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(write)),
				uintptr(unsafe.Pointer(urgent)), uintptr(unsafe.Pointer(limit)), 0)
		}
		if e == unix.EINTR {
			*read, *write, *urgent = FDSet{}, FDSet{}, FDSet{}
		} else if e != 0 {
			*read = sets[0] // without the alarm
		}
		if e != 0 {
			return 0, false, e
		}
		if k = int(found); raw && read.Has(w.alarm) {
			read.Unset(w.alarm)
			return k - 1, true, 0
		}
		return k, false, 0
	})
	return k, err
}

// PollFD is an entry in the list of poll(2), as the kernel lays it out. Events is what the descriptor is watched for (Readable,
// Writable, 0), Ready what poll found, Hangup included. An entry with a negative FD is ignored.
type PollFD struct {
	FD            int32
	Events, Ready int16
}

// Poll waits, at most for timeout (negative: for ever), until a descriptor in list is ready, and returns how many are. It may
// reallocate the list, to add an entry of its own behind it.
func (w *Waiter) Poll(list *[]PollFD, timeout time.Duration) (ready int, err error) {
	return w.wait(timeout, func(raw bool, limit *unix.Timespec) (n int, rang bool, e syscall.Errno) {
		own, all, found := len(*list), *list, uintptr(0)
		if raw {
			all = append(all, PollFD{FD: int32(w.alarm), Events: Readable})
			*list = all[:own]
			found, _, e = syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(all))), uintptr(len(all)), uintptr(unsafe.Pointer(limit)), 0, 0, 0)
		} else {
			found, _, e = syscall.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(all))), uintptr(len(all)), uintptr(unsafe.Pointer(limit)), 0, 0, 0)
		}
		if e != 0 {
			return 0, false, e
		}
		if n = int(found); raw && all[own].Ready != 0 {
			return n - 1, true, 0
		}
		return n, false, 0
	})
}
