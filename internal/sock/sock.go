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

// AcceptNet is Accept for a listener of package net, which ln is the number of: it passes over peers that are gone, and refuses
// callers for whom there is no descriptor. Where nobody waits to be refused it pauses for ten milliseconds, since package
// net's accept would fail again at once. A connection that package net cannot watch it has closed already.
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

// Takes reports whether the peer of a connection has taken some of what was sent to it since this was last asked; the first
// time, whether there is anything left that it could take. It keeps in unsent how many bytes that was, which whoever
// sends more sets to 0. It asks no sooner than a wait has taken too long: room for more is not reported before a third of
// the kernel's buffer is free. Systems other than Linux do not say, so it is false there.
func Takes(fd int, unsent *int) bool {
	before := *unsent
	*unsent, _ = held(fd)
	return *unsent != before
}

// Taken reports whether the peer has taken all that was sent to it; systems other than Linux do not say, so it is false there.
func Taken(fd int) bool {
	n, known := held(fd)
	return known && n == 0
}

// Unread reports whether something has come from the peer that was not read yet; systems other than Linux do not say.
func Unread(fd int) bool { return unread(fd) > 0 }

// Number is the descriptor of a connection of package net, which must be open, or -1.
func Number(c net.Conn) int {
	number := -1
	if raw, err := c.(syscall.Conn).SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { number = int(fd) })
	}
	return number
}

const shedPause = 10 * time.Millisecond

// Ended maps the error that ended an accept loop to what Serve returns: nil when the listener was shut down.
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

// Refuse answers a new connection with a 503, closes it, and says why: in the narration, or else on standard error, at most once a second.
func Refuse(fd int, why string) {
	Write(fd, []byte(refusal))
	Bye(fd)
	complain(refused + why)
}

// AcceptAll takes in all who wait at a non-blocking listener: nil when nobody waits any more, Closed after Shutdown. A loop
// that took them in one by one would make the last of them wait for a turn of all the others, and then another.
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

// Put is s with v at place fd, made longer if need be. Descriptors are the smallest numbers that are free, so a slice is the
// quickest map from them.
func Put[T any](s []T, fd int, v T) []T {
	for fd >= len(s) {
		s = append(s, *new(T))
	}
	s[fd] = v
	return s
}

// Beyond refuses a connection whose descriptor select(2) cannot watch, and reports whether it did.
func Beyond(fd int) bool {
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
