// Package sock is the raw socket calls under every model: the same options, backlog and buffer sizes for all of them.
//
// Calls that cannot block go straight to the kernel, past the Go scheduler: Accept, Read, Write, Close. Calls that wait are methods of
// Waiter, and of Poller and Ring, which have one: a short wait keeps its processor, a long one gives it to other goroutines.
//
// Errors are plain errnos: compare them with ==; they allocate nothing. One is wrapped: when epoll may not watch more descriptors, the error
// names the setting to raise.
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
	// ReadBytes is the most that one read takes.
	ReadBytes = 16 << 10
	// TurnBytes is how much a connection may write before the next one gets its turn.
	TurnBytes = 256 << 10
	// Backlog is the length of the accept queue of every listener; the kernel caps it at net.core.somaxconn.
	Backlog = 4096
)

var (
	// Again is EAGAIN: the call would have to wait.
	Again error = syscall.EAGAIN
	// Closed is EINVAL, which accept returns after Shutdown: the server must end.
	Closed error = syscall.EINVAL
)

// listenerEnv is set in the environment of a process that inherits a listening socket.
const listenerEnv = "CAROUSEL_LISTENER"

// Inherited reports whether the parent has passed its listening socket to this process (PassListener).
func Inherited() bool { return os.Getenv(listenerEnv) != "" }

// AcceptNet waits for a connection on a listener of package net, whose descriptor is ln. It skips connections that have failed already, and
// refuses those for which there is no descriptor. If there is none even for that it sleeps for 10 ms, since accept would fail again at once.
func AcceptNet(l net.Listener, ln int) (net.Conn, error) {
	for {
		c, err := l.Accept()
		var e syscall.Errno
		switch errors.As(err, &e); {
		case err == nil && !spared():
			c.Write([]byte(refusal))
			ByeConn(c)
			complain(refused + noDescriptor)
			spared() // reserves the number that is free now
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
// the number of unacknowledged bytes in unsent, which the caller sets to 0 after it has sent more. Call it when a wait has reached its limit: the
// kernel reports room for more only when a third of its buffer is free, so the peer may read slowly and the wait not end. On systems other than
// Linux AckProgress returns false.
func AckProgress(fd int, unsent *int) bool {
	before := *unsent
	*unsent, _ = unacked(fd)
	return *unsent != before
}

// AllAcked reports whether the peer has acknowledged everything that was sent to it. On systems other than Linux it returns false.
func AllAcked(fd int) bool {
	n, known := unacked(fd)
	return known && n == 0
}

// HasInput reports whether input has arrived that was not read yet. On systems other than Linux it returns false.
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

// Ended returns what a Serve returns when accept has failed with err: nil after Shutdown, else err.
func Ended(err error) error {
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

const (
	// refusal is the reply to a client that cannot be served now; refused begins the message about it on standard error.
	refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	refused = "a connection was refused: "

	noDescriptor = `out of descriptors: run "ulimit -n" with a higher number`
)

// unwatched explains ENOSPC of epoll_ctl, the limit of watches; other errors stay as they are.
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

// AcceptAll accepts every connection that waits at a non-blocking listener and passes each to accepted. It returns nil when none is left,
// Closed after Shutdown. A loop that accepted one connection per turn would make the last of many wait for many turns.
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

// Put sets s[fd] to v and returns s, longer if need be. A slice is the quickest map by descriptor, since the kernel gives out the smallest
// free number.
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
