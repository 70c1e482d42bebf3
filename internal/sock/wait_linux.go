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
	// turn is how long a thread keeps its processor before it looks whether another goroutine needs it.
	turn = 500 * time.Microsecond
	// others is how long it then leaves the processor to other goroutines, at most.
	others = time.Millisecond
	// longest and shortest bound how long a wait is held.
	longest, shortest = 3 * time.Millisecond, time.Millisecond
)

// Waiter makes the blocking calls of one thread.
//
// The zero value tells the Go scheduler of each wait, which then gives the processor to other goroutines. That costs a hand-over there
// and back, and the runtime's monitor thread looks at the waiting thread every 20 µs. With Hold a wait begins as a raw call: for one
// to three milliseconds the thread keeps its processor, and to the runtime it is running. Another goroutine that needs the processor
// (a signal's, the collector's, an executor's) gets it when the wait has been held that long, or, if waits are shorter, between two of them.
//
// A timerfd, the alarm, ends the raw call, which also waits for it; later waits put it off. A timeout for each call would do the same, but to set
// and clear one costs a tenth of a request.
type Waiter struct {
	Hold bool // begin each wait as a raw call

	alarm   int           // the timer's descriptor; 0: none yet
	armed   bool          // it will ring
	set     time.Duration // when it was set
	offered time.Duration // when other goroutines last got the processor
	limit   unix.Timespec
	ready   [1]metrics.Sample
}

// NewWaiter returns a Waiter with Hold. It opens its alarm now, or, if no descriptor is free, at a later wait.
func NewWaiter() *Waiter {
	w := &Waiter{Hold: true}
	w.arm(clock())
	return w
}

// wait makes a call that waits for at most timeout (negative: for ever), to the nanosecond. It returns 0 when the time is over or
// a signal came. A raw call also ends when the alarm rings, and returns rang.
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

// arm sets the alarm to end a wait that begins now, and reports whether there is an alarm: it needs a descriptor. An alarm that was set
// a short while ago stays as it is, which saves a call.
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

// Close closes the alarm.
func (w *Waiter) Close() {
	if w.alarm > 0 {
		Close(w.alarm)
		w.alarm, w.armed = 0, false
	}
}

// giveWay lets other goroutines run until none is runnable or their time is over. With one processor it does so once in any case, for the
// collector, whose workers are not counted as runnable; with more processors they run on the others.
func (w *Waiter) giveWay(now time.Duration) {
	w.offered = now
	for unseen := runtime.GOMAXPROCS(0) == 1; (unseen || runnable(&w.ready) > 0) && clock()-now < others; unseen = false {
		runtime.Gosched()
	}
}

var (
	start = time.Now()
	clock = func() time.Duration { return time.Since(start) }

	// runnable returns how many goroutines are ready to run and wait for a processor. It takes a tenth of a microsecond.
	runnable = func(s *[1]metrics.Sample) uint64 {
		s[0].Name = "/sched/goroutines/runnable:goroutines"
		metrics.Read(s[:])
		return s[0].Value.Uint64()
	}
)
