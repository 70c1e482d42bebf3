package sock

import (
	"runtime"
	"runtime/metrics"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// turn is how long a thread keeps its processor before it looks whether a goroutine needs it.
	turn = 500 * time.Microsecond
	// others is how long it then leaves that to them at most.
	others = time.Millisecond
	// longest and shortest are how long a wait is held.
	longest, shortest = 3 * time.Millisecond, time.Millisecond
)

// Waiter is how one thread waits for the kernel. Its zero value waits the scheduler's way: the processor is given away, which
// costs a hand-over there and back, and the runtime's monitor thread looks after it every 20 µs. With Hold a wait is a raw
// call at first: to the runtime the thread is running, and nothing needs looking after. A goroutine that needs the processor
// meanwhile (a signal's, the collector's, an executor's) gets it when the wait has been held long enough, and of a thread that
// never waits so long it gets it between two waits.
//
// An alarm ends the raw call, a timer beside what is waited for, which is put off as long as something comes. A limit to each
// call would do, but to set and to clear a timer costs as much as a tenth of a request.
type Waiter struct {
	Hold bool

	alarm   int           // the timer's descriptor; 0 is none yet
	armed   bool          // it will ring
	set     time.Duration // when it was set
	offered time.Duration // when others were last let in
	limit   unix.Timespec
	ready   [1]metrics.Sample
}

// NewWaiter is a Waiter that holds. It has its alarm from the start, if there is a descriptor for it, else from when there is one.
func NewWaiter() *Waiter {
	w := &Waiter{Hold: true}
	w.arm(clock())
	return w
}

// wait makes a call that waits: for at most timeout (negative: for ever), to the nanosecond. It returns 0 when that is over, or
// a signal came. A raw call also returns, and says so, when the alarm rings.
func (w *Waiter) wait(timeout time.Duration, call func(raw bool, limit *unix.Timespec) (n int, rang bool, e syscall.Errno)) (int, error) {
	now := clock()
	if !w.Hold || now-w.offered >= turn {
		w.giveWay(now)
	}
	for end, raw := now+timeout, w.Hold && w.arm(now); ; raw = false {
		var limit *unix.Timespec
		if timeout >= 0 {
			w.limit = unix.NsecToTimespec(max(0, end-now).Nanoseconds())
			limit = &w.limit
		}
		n, rang, e := call(raw, limit)
		w.armed = w.armed && !rang
		switch {
		case e == unix.EINTR:
			return 0, nil
		case e != 0:
			return 0, e
		case n > 0 || !rang:
			return n, nil
		}
		now = clock()
		w.giveWay(now)
	}
}

// arm has the alarm ring when a wait has been held long enough, and reports whether there is one: it needs a descriptor. One that has
// been set a while ago will do, which is cheaper.
func (w *Waiter) arm(now time.Duration) bool {
	if w.armed && now-w.set < longest-shortest {
		return true
	}
	w.set = now
	if w.alarm == 0 {
		fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
		if err != nil {
			return false
		}
		w.alarm = fd
	}
	once := unix.ItimerSpec{Value: unix.NsecToTimespec(longest.Nanoseconds())}
	_, _, e := syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(w.alarm), 0, uintptr(unsafe.Pointer(&once)), 0, 0, 0)
	w.armed = e == 0
	return w.armed
}

// Close gives the alarm back.
func (w *Waiter) Close() {
	if w.alarm > 0 {
		Close(w.alarm)
		w.alarm, w.armed = 0, false
	}
}

// giveWay lets those goroutines run that are ready to, until none is or they had their time. With one processor it lets in the collector,
// too, whose workers are ready without being counted; with more they have the others.
func (w *Waiter) giveWay(now time.Duration) {
	w.offered = now
	for unseen := runtime.GOMAXPROCS(0) == 1; (unseen || runnable(&w.ready) > 0) && clock()-now < others; unseen = false {
		runtime.Gosched()
	}
}

var (
	start = time.Now()
	clock = func() time.Duration { return time.Since(start) }

	// runnable is how many goroutines are ready to run and do not; looking costs a tenth of a microsecond.
	runnable = func(s *[1]metrics.Sample) uint64 {
		s[0].Name = "/sched/goroutines/runnable:goroutines"
		metrics.Read(s[:])
		return s[0].Value.Uint64()
	}
)
