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
	// requests and completions are the lengths of a ring's two queues. The first is submitted when it is full; the second holds what one
	// turn brings, and the kernel keeps what it has no room for.
	requests    = 256
	completions = 8192
)

// Ring is an io_uring instance. It belongs to the thread that made it, which is locked to its goroutine: no other may use it. A pointer that
// is handed to it must stay where it is until the request has completed.
type Ring struct {
	fd         int
	entry      uintptr // what enter names the ring by
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
	timed, untimed    uintptr // flags of enter for a wait with a limit and without
}

// features are what a kernel may lack; the ring then does without.
type features struct {
	deferred    bool // completions come only within Submit and Wait (6.1)
	noArray     bool // 6.6
	registered  bool // the ring is known to the kernel by number (5.18)
	incremental bool // a buffer is filled bit by bit (6.12)
}

var everything = features{true, true, true, true}

// Supported is why no ring can be had here; nil if one can.
func Supported() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := New()
	if err == nil {
		r.End()
	}
	return err
}

// New opens a ring for the calling thread. The error says why there is none: the kernel is too old, or somebody forbids it.
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
		r.untimed |= enterNoIOWait // else who waits for clients looks like one who waits for a disk
	}
	r.timed = r.untimed | enterExtArg
	r.wait.limit = uint64(uintptr(unsafe.Pointer(&r.limit)))
	return r, nil
}

// setup opens the ring with as much of what is wanted as this kernel has.
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

// lacks says what the kernel lacks that nothing here can stand in for.
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

// register has the kernel find the ring by number, which is cheaper than by descriptor. Where it does not, the descriptor will do.
func (r *Ring) register() {
	number := ringNumber{offset: ^uint32(0), data: uint64(r.fd)}
	n, _, e := syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerRings, uintptr(unsafe.Pointer(&number)), 1, 0, 0)
	if e == 0 && n == 1 {
		r.entry, r.entryFlags = uintptr(number.offset), enterRegistered
	}
}

// unregister gives the number back, without which the thread would keep the ring.
func (r *Ring) unregister() {
	number := ringNumber{offset: uint32(r.entry)}
	syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), unregisterRings, uintptr(unsafe.Pointer(&number)), 1, 0, 0)
}

// End gives the ring back, on its thread. Requests that are under way are cancelled, a while later.
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

// Queued is how many requests the next Submit or Wait hands the kernel, Ready how many completions Next has.
func (r *Ring) Queued() int { return int(r.tail - r.submitted) }
func (r *Ring) Ready() int  { return int(atomic.LoadUint32(r.cqTail) - r.head) }

// Submit hands the kernel what is queued and takes in what has completed, without waiting. It returns how many completions there are.
func (r *Ring) Submit() (int, syscall.Errno) {
	return r.enter(0, r.untimed, 0)
}

// Wait is Submit that waits for a completion, at most for limit (nil: for ever). raw keeps the scheduler out of it, for a wait that is
// known to be short, or for a thread that keeps its processor.
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

// WaitUntil is Wait, raw, until an instant of the kernel's monotonic clock, in nanoseconds.
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

// publish shows the kernel how far this side has come in each queue.
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

// entered takes down what enter did. A wait that is over, or that a signal ended, is no error; nor is it that the kernel cannot take more
// at the moment.
func (r *Ring) entered(n uintptr, e syscall.Errno) (int, syscall.Errno) {
	switch e {
	case 0:
		r.submitted += uint32(n)
	case unix.ETIME, unix.EINTR, unix.EAGAIN, unix.EBUSY:
		e = 0
	}
	return r.Ready(), e
}

// Peek is the completion that Next returns next, or the i-th after it; nil when there are not so many.
func (r *Ring) Peek(i int) *Completion {
	if uint32(i) >= atomic.LoadUint32(r.cqTail)-r.head {
		return nil
	}
	return &r.completions[(r.head+uint32(i))&r.cqMask]
}

// Next is the completion after those that it returned before, nil when there is none. It stays as it is until Submit or Wait.
func (r *Ring) Next() *Completion {
	c := r.Peek(0)
	if c != nil {
		r.head++
	}
	return c
}
