package uring

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// requests and completions are the lengths of a ring's two queues. The first is submitted when it is full. The second has room for the completions
	// of one turn; the kernel keeps any more.
	requests    = 256
	completions = 8192
)

// Ring is an io_uring instance. Only the thread that made it may use it, so its goroutine must be locked to that thread (runtime.LockOSThread). Memory
// that a request points to must stay reachable until the request has completed.
type Ring struct {
	fd         int
	entry      uintptr // the ring, for io_uring_enter: its registered number or fd
	entryFlags uintptr

	queue, requestMem []byte // mapped
	sqTail            *uint32
	cqHead, cqTail    *uint32
	sqMask, cqMask    uint32
	requests          []request
	completions       []Completion
	tail, submitted   uint32 // of requests: how many were queued, and how many of them the kernel has
	head              uint32 // of completions
	pool              pool
	limit             unix.Timespec
	wait              waiting
	timed, untimed    uintptr // flags of io_uring_enter for a wait with a limit, and without
}

// features are optional: a ring works without those that the kernel lacks.
type features struct {
	deferred    bool // completions come only within Submit and Wait (6.1)
	noArray     bool // no index array for the request queue (6.6)
	registered  bool // io_uring_enter takes a registered number instead of fd (5.18)
	incremental bool // a buffer is filled in parts (6.12)
}

var everything = features{true, true, true, true}

// Supported returns why no ring can be opened here; nil if one can.
func Supported() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := New()
	if err == nil {
		r.End()
	}
	return err
}

// New opens a ring for the calling thread. The error says why it cannot: the kernel is too old, or forbids it (sysctl, seccomp).
func New() (*Ring, error) { return open(everything) }

func open(want features) (*Ring, error) {
	r := &Ring{fd: -1}
	p, err := r.setup(want)
	if err == nil {
		err = r.lacks(p)
	}
	if err == nil {
		err = r.mapQueues(p)
	}
	if err == nil {
		err = r.pool.open(r.fd, want.incremental && p.flags&setupDeferTaskrun != 0)
	}
	if err != nil {
		r.End()
		return nil, err
	}
	r.entry = uintptr(r.fd)
	if want.registered {
		r.register()
	}
	r.untimed = r.entryFlags | enterGetEvents
	if p.features&featNoIOWait != 0 {
		r.untimed |= enterNoIOWait // else the wait for clients counts as I/O wait, as for a disk
	}
	r.timed = r.untimed | enterExtArg
	r.wait.limit = uint64(uintptr(unsafe.Pointer(&r.limit)))
	return r, nil
}

// setup opens the ring with those of the wanted features that the kernel has.
func (r *Ring) setup(want features) (*params, error) {
	base := uint32(setupCQSize | setupSubmitAll)
	tries := []uint32{base | setupSingleIssuer | setupDeferTaskrun, base | setupCoopTaskrun, base}
	if !want.deferred {
		tries = tries[1:]
	}
	if want.noArray {
		tries = append([]uint32{tries[0] | setupNoSQArray}, tries...)
	}
	var e syscall.Errno
	for _, flags := range tries {
		p := &params{flags: flags, cqEntries: completions}
		fd, _, errno := syscall.RawSyscall(unix.SYS_IO_URING_SETUP, requests, uintptr(unsafe.Pointer(p)), 0)
		if e = errno; e == 0 {
			r.fd = int(fd)
			unix.CloseOnExec(r.fd)
			return p, nil
		}
		if e != unix.EINVAL {
			break
		}
	}
	switch e {
	case unix.ENOSYS:
		return nil, errors.New("this kernel has no io_uring, or a seccomp filter hides it")
	case unix.EPERM, unix.EACCES:
		return nil, fmt.Errorf("io_uring is forbidden here (%w): see /proc/sys/kernel/io_uring_disabled, or a container's seccomp profile", e)
	case unix.ENOMEM:
		return nil, fmt.Errorf(`io_uring_setup: %w: run "ulimit -l" with a higher number`, e)
	}
	return nil, fmt.Errorf("io_uring_setup: %w", e)
}

// lacks returns an error if the kernel lacks a feature that is required.
func (r *Ring) lacks(p *params) error {
	const need = featSingleMmap | featNoDrop | featExtArg | featCQESkip
	if p.features&need != need {
		return errors.New("this kernel's io_uring is too old: it takes Linux 6.0")
	}
	return nil
}

func (r *Ring) mapQueues(p *params) (err error) {
	size := max(p.sq.array+p.sqEntries*4, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(Completion{})))
	if r.queue, err = unix.Mmap(r.fd, mmapRings, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return fmt.Errorf("map the queues of io_uring: %w", err)
	}
	size = p.sqEntries * uint32(unsafe.Sizeof(request{}))
	if r.requestMem, err = unix.Mmap(r.fd, mmapRequests, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return fmt.Errorf("map the requests of io_uring: %w", err)
	}
	at := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.queue[off])) }
	r.sqTail, r.sqMask = at(p.sq.tail), *at(p.sq.mask)
	r.cqHead, r.cqTail, r.cqMask = at(p.cq.head), at(p.cq.tail), *at(p.cq.mask)
	r.requests = unsafe.Slice((*request)(unsafe.Pointer(&r.requestMem[0])), p.sqEntries)
	r.completions = unsafe.Slice((*Completion)(unsafe.Pointer(&r.queue[p.cq.cqes])), p.cqEntries)
	if p.flags&setupNoSQArray == 0 {
		array := unsafe.Slice(at(p.sq.array), p.sqEntries)
		for i := range array {
			array[i] = uint32(i)
		}
	}
	return nil
}

// register registers the ring, because io_uring_enter is cheaper by number than by descriptor. If that fails, the descriptor is used.
func (r *Ring) register() {
	number := ringNumber{offset: ^uint32(0), data: uint64(r.fd)}
	n, _, e := syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerRings, uintptr(unsafe.Pointer(&number)), 1, 0, 0)
	if e == 0 && n == 1 {
		r.entry, r.entryFlags = uintptr(number.offset), enterRegistered
	}
}

// unregister releases the number; else the thread would keep the ring open.
func (r *Ring) unregister() {
	number := ringNumber{offset: uint32(r.entry)}
	syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), unregisterRings, uintptr(unsafe.Pointer(&number)), 1, 0, 0)
}

// End closes the ring. Call it on the ring's thread. The kernel cancels requests under way some time later.
func (r *Ring) End() {
	if r.entryFlags != 0 {
		r.unregister()
	}
	for _, mem := range [][]byte{r.queue, r.requestMem, r.pool.mem, r.pool.ringMem} {
		if mem != nil {
			unix.Munmap(mem)
		}
	}
	if r.fd >= 0 {
		unix.Close(r.fd)
	}
	*r = Ring{fd: -1}
}

// Queued returns how many requests the next Submit or Wait submits.
func (r *Ring) Queued() int { return int(r.tail - r.submitted) }

// Ready returns how many completions Next can return.
func (r *Ring) Ready() int { return int(atomic.LoadUint32(r.cqTail) - r.head) }

// Submit submits the queued requests and fetches completions, without waiting. It returns how many completions are ready.
func (r *Ring) Submit() (int, syscall.Errno) {
	return r.enter(0, r.untimed, 0)
}

// Wait is Submit that waits for a completion, at most for limit (nil: for ever). With raw it does not enter the Go scheduler: for a short wait, or for a
// thread that keeps its processor (P).
func (r *Ring) Wait(limit *unix.Timespec, raw bool) (int, syscall.Errno) {
	flags, size := r.untimed, uintptr(0)
	if limit != nil {
		r.limit = *limit
		flags, size = r.timed, unsafe.Sizeof(r.wait)
	}
	if raw {
		return r.enter(1, flags, size)
	}
	return r.enterScheduled(flags, size)
}

// WaitUntil is a raw Wait until an instant of CLOCK_MONOTONIC, in nanoseconds.
func (r *Ring) WaitUntil(at int64) (int, syscall.Errno) {
	r.limit = unix.NsecToTimespec(at)
	return r.enter(1, r.timed|enterAbsTimer, unsafe.Sizeof(r.wait))
}

func (r *Ring) enter(least, flags, size uintptr) (int, syscall.Errno) {
	r.publish()
	n, _, e := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, r.entry, uintptr(r.tail-r.submitted), least, flags, r.argument(size), size)
	return r.entered(n, e)
}

func (r *Ring) enterScheduled(flags, size uintptr) (int, syscall.Errno) {
	r.publish()
	n, _, e := syscall.Syscall6(unix.SYS_IO_URING_ENTER, r.entry, uintptr(r.tail-r.submitted), 1, flags, r.argument(size), size)
	return r.entered(n, e)
}

// publish writes the heads and tails of the queues for the kernel.
func (r *Ring) publish() {
	r.pool.publish()
	atomic.StoreUint32(r.cqHead, r.head)
	atomic.StoreUint32(r.sqTail, r.tail)
}

func (r *Ring) argument(size uintptr) uintptr {
	if size == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(&r.wait))
}

// entered handles the result of io_uring_enter. The end of a wait (ETIME), a signal (EINTR) and a kernel that cannot take more at the moment (EAGAIN,
// EBUSY) are no errors.
func (r *Ring) entered(n uintptr, e syscall.Errno) (int, syscall.Errno) {
	switch e {
	case 0:
		r.submitted += uint32(n)
	case unix.ETIME, unix.EINTR, unix.EAGAIN, unix.EBUSY:
		e = 0
	}
	return r.Ready(), e
}

// Peek returns the completion that Next would return, or the i-th after it; nil if there are not so many.
func (r *Ring) Peek(i int) *Completion {
	if uint32(i) >= atomic.LoadUint32(r.cqTail)-r.head {
		return nil
	}
	return &r.completions[(r.head+uint32(i))&r.cqMask]
}

// Next removes and returns the next completion; nil if there is none. It is valid until Submit or Wait.
func (r *Ring) Next() *Completion {
	c := r.Peek(0)
	if c != nil {
		r.head++
	}
	return c
}
