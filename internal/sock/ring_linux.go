package sock

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/uring"
)

// Ring is an io_uring instance. It belongs to the thread that opened it.
type Ring struct {
	*uring.Ring
	waiter   Waiter
	listener *Poller
}

// NewRing opens an io_uring instance that holds its waits (see Waiter).
func NewRing() (*Ring, error) {
	r, err := uring.New()
	if err != nil {
		return nil, err
	}
	return &Ring{r, Waiter{Hold: true}, nil}, nil
}

// Listen reports a completion with data each time connections have come to ln. It watches ln through epoll: a pending io_uring request would keep
// ln open, and its port in use, for some time after the process has ended.
func (r *Ring) Listen(ln int, data uint64) error {
	p, err := NewPoller()
	if err != nil {
		return err
	}
	r.listener = p
	r.Watch(p.fd, Readable, data)
	return p.Add(ln, Readable, 0)
}

// setAlarm watches the timer. Edge-triggered, it need not be read.
func (r *Ring) setAlarm() {
	if !r.waiter.arm(clock()) {
		r.waiter.Hold = false
		return
	}
	r.Watch(r.waiter.alarm, Readable|unix.EPOLLET, alarm)
}

// Wait submits what is queued and returns when something has completed; it waits at most timeout (negative: for ever), to the nanosecond, or
// until a signal comes.
func (r *Ring) Wait(timeout time.Duration) error {
	if r.waiter.Hold && r.waiter.alarm == 0 {
		r.setAlarm()
	}
	_, err := r.waiter.wait(timeout, func(raw bool, limit *unix.Timespec) (n int, rang bool, e syscall.Errno) {
		if !raw { // go through the scheduler only if nothing has completed yet
			if n, e = r.Submit(); n > 0 || e != 0 {
				return n, false, e
			}
		}
		if n, e = r.Ring.Wait(limit, raw); n == 1 && r.Peek(0).Data == alarm {
			r.Ring.Next()
			return 0, true, e
		}
		return n, false, e
	})
	return os.NewSyscallError("io_uring_enter", err)
}

// Next returns the next completion, nil if there is none.
func (r *Ring) Next() *uring.Completion {
	c := r.Ring.Next()
	for c != nil && c.Data == alarm {
		r.waiter.armed = false
		c = r.Ring.Next()
	}
	return c
}

// Ready returns how many completions Next has.
func (r *Ring) Ready() (n int) {
	for i := range r.Ring.Ready() {
		if r.Peek(i).Data != alarm {
			n++
		}
	}
	return n
}

// End closes the ring.
func (r *Ring) End() {
	r.waiter.Close()
	if r.listener != nil {
		r.listener.Close()
	}
	r.Ring.End()
}
