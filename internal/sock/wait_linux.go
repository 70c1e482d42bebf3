package sock

import (
	"runtime"
	"runtime/metrics"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// turn is how long a thread keeps its processor before it looks whether a goroutine needs it.
const turn = time.Millisecond

// Waiter is how one thread waits for the kernel. Its zero value waits the scheduler's way: the processor is given away, which
// costs a hand-over there and back, and the runtime's monitor thread looks after it every 20 µs. With Hold a wait is a raw
// call for its first one to two milliseconds: to the runtime the thread is running, and nothing needs looking after. A
// goroutine that needs the processor meanwhile (a signal's, the collector's, an executor's) gets it then, and of a thread
// that never waits so long it gets it every millisecond.
//
// An alarm ends a raw call, a timer beside what is waited for, which is put off as long as something comes. A limit to each
// call would do, but to set and to clear a timer costs as much as a tenth of a request.
type Waiter struct {
	Hold bool

	alarm   int           // the timer's descriptor; 0 is none yet
	armed   bool          // it will ring
	offered time.Duration // when others were last let in
	limit   unix.Timespec
	ready   [1]metrics.Sample
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

// arm has the alarm ring in two turns unless it will in more than one, and reports whether there is one: it needs a descriptor.
func (w *Waiter) arm(now time.Duration) bool {
	if w.armed && now-w.offered < turn {
		return true
	}
	w.offered = now
	if w.alarm == 0 {
		fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
		if err != nil {
			return false
		}
		w.alarm = fd
	}
	once := unix.ItimerSpec{Value: unix.NsecToTimespec(2 * turn.Nanoseconds())}
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

// giveWay lets those goroutines run that are ready to, until none is or they had a turn. With one processor it lets in the collector,
// too, whose workers are ready without being counted; with more they have the others.
func (w *Waiter) giveWay(now time.Duration) {
	for unseen := runtime.GOMAXPROCS(0) == 1; (unseen || runnable(&w.ready) > 0) && clock()-now < turn; unseen = false {
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
