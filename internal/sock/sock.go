// Package sock is the raw socket calls under every model: the same options, backlog and buffer sizes for all of them.
//
// Calls that cannot block go straight to the kernel, past the Go scheduler. Those that wait are a Waiter's (and Poller.Wait, which
// has one): they keep their processor for a short wait and give it away for a long one. Errors are plain errnos, comparable and free of allocation, but for that of a
// descriptor more than epoll watches.
package sock

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"carousel/internal/story"
)

const (
	// ReadBytes is the most one read of a turn takes.
	ReadBytes = 16 << 10
	// TurnBytes is the most a turn writes before the next talk gets its turn.
	TurnBytes = 256 << 10
	// Backlog is the accept queue asked of every listener; the kernel caps it at net.core.somaxconn.
	Backlog = 4096
)

var (
	// Again says a call that may not wait would have had to.
	Again error = syscall.EAGAIN
	// Closed says the listening socket was shut down: the server is to wind up.
	Closed error = syscall.EINVAL
)

// bequest in the environment says that there is a listening socket to inherit.
const bequest = "CAROUSEL_LISTENER"

// Inherited reports whether a parent of the same program has bequeathed its listening socket to this process.
func Inherited() bool { return os.Getenv(bequest) != "" }

// AcceptNet is Accept for a listener of package net, whose descriptor is ln. It skips peers that have left, and refuses connections for
// which there is no descriptor. With none to refuse it pauses for ten milliseconds, since package net's accept would fail again at once.
func AcceptNet(l net.Listener, ln int) (net.Conn, error) {
	for {
		c, err := l.Accept()
		var e syscall.Errno
		switch errors.As(err, &e); {
		case err == nil && !spared():
			c.Write([]byte(refusal))
			ByeConn(c)
			complain(refused + noDescriptor)
			spared() // with the number that is free now
		case e == syscall.ENOSPC:
			complain(refused + unwatched(e).Error())
		case full(e):
			if err := shed(ln); err == Closed {
				return nil, err
			} else if err == Again {
				Sleep(shedPause)
			}
		case !passing(e):
			return c, err
		}
	}
}

// AckProgress reports whether the peer has acknowledged bytes since the last call; on the first call, whether any are unacknowledged. It keeps
// the number of those bytes in unsent, which the caller sets to 0 after it has sent more. Call it only after a wait has reached its limit:
// the kernel reports room for more only when a third of its buffer is free. On systems other than Linux it is false.
func AckProgress(fd int, unsent *int) bool {
	before := *unsent
	*unsent, _ = unacked(fd)
	return *unsent != before
}

// AllAcked reports whether the peer has acknowledged everything that was sent to it. On systems other than Linux it is false.
func AllAcked(fd int) bool {
	n, known := unacked(fd)
	return known && n == 0
}

// HasInput reports whether input has arrived that was not read yet. On systems other than Linux it is false.
func HasInput(fd int) bool { return unread(fd) > 0 }

// FD returns the descriptor of a connection of package net, or -1 if it is closed.
func FD(c net.Conn) int {
	number := -1
	if raw, err := c.(syscall.Conn).SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { number = int(fd) })
	}
	return number
}

const shedPause = 10 * time.Millisecond

// Ended returns what Serve returns when accept has failed with err: nil after Shutdown, else err.
func Ended(err error) error {
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

const (
	// refusal is the reply to a client that cannot be served now; refused begins the line about it on standard error.
	refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	refused = "a connection was refused: "

	noDescriptor = `out of descriptors: run "ulimit -n" with a higher number`
)

// unwatched is the error of a descriptor that epoll will not have.
func unwatched(e syscall.Errno) error {
	if e == syscall.ENOSPC {
		return fmt.Errorf("epoll watches no more (%w): raise /proc/sys/fs/epoll/max_user_watches", e)
	}
	return e
}

// Refuse answers a new connection with a 503 and closes it. It prints the reason in the narration, or else on standard error, at most once
// a second.
func Refuse(fd int, why string) {
	Write(fd, []byte(refusal))
	Bye(fd)
	complain(refused + why)
}

// AcceptAll accepts every connection that waits at a non-blocking listener. It returns nil when none waits any more, Closed after Shutdown.
// A loop that accepted one connection a turn would make the last of many wait for many turns.
func AcceptAll(ln int, accepted func(fd int)) error {
	for {
		fd, err := Accept(ln)
		if err == Again {
			return nil
		} else if err != nil {
			return err
		}
		accepted(fd)
	}
}

// Put sets s[fd] to v and returns s, which it lengthens if need be. A slice is the quickest map from descriptors: they are the smallest
// numbers that are free.
func Put[T any](s []T, fd int, v T) []T {
	for fd >= len(s) {
		s = append(s, *new(T))
	}
	s[fd] = v
	return s
}

// RefuseBeyondSelect refuses a connection whose descriptor select(2) cannot watch, and reports whether it did.
func RefuseBeyondSelect(fd int) bool {
	if fd < FDSetSize {
		return false
	}
	Refuse(fd, fmt.Sprintf("select(2) watches descriptors below %d, this one is %d", FDSetSize, fd))
	return true
}

var complaint struct {
	sync.Mutex
	last time.Time
}

func complain(text string) {
	if story.Say(text) {
		return
	}
	complaint.Lock()
	defer complaint.Unlock()
	if now := time.Now(); now.Sub(complaint.last) >= time.Second {
		complaint.last = now
		fmt.Fprintln(os.Stderr, text)
	}
}
