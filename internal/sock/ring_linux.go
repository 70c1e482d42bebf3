package sock

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/uring"
)

// Ring is an io_uring instance, of the thread that opened it.
type Ring struct {
	*uring.Ring
	waiter   Waiter
	listener *Poller
}

// NewRing opens an io_uring instance. Its waits hold: see Waiter.
func NewRing() (*Ring, error) {
	r, err := uring.New()
	if err != nil {
		return nil, err
	}
	return &Ring{r, Waiter{Hold: true}, nil}, nil
}

// Listen reports with data each time when connections come to ln. It watches through epoll: a request under way owns its socket for some time
// after its process has ended, and with a listening one the port.
func (r *Ring) Listen(ln int, data uint64) error {
	p, err := NewPoller()
	if err != nil {
		return err
	}
	r.listener = p
	r.Watch(p.fd, Readable, data)
	return p.Add(ln, Readable, 0)
}

// setAlarm has the timer watched; edge-triggered, it need not be read.
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
		if !raw { // the way to the scheduler is worth taking only where nothing is there yet
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

// Next is the next completion, nil when there is none.
func (r *Ring) Next() *uring.Completion {
	c := r.Ring.Next()
	for c != nil && c.Data == alarm {
		r.waiter.armed = false
		c = r.Ring.Next()
	}
	return c
}

// Ready is how many completions Next has.
func (r *Ring) Ready() (n int) {
	for i := range r.Ring.Ready() {
		if r.Peek(i).Data != alarm {
			n++
		}
	}
	return n
}

// End gives the ring back.
func (r *Ring) End() {
	r.waiter.Close()
	if r.listener != nil {
		r.listener.Close()
	}
	r.Ring.End()
}
