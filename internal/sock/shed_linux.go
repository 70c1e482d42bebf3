package sock

import (
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// passing reports whether an error of accept is one of the new connection only: accept is to be called again (accept(2)).
func passing(e syscall.Errno) bool {
	switch e {
	case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.EPERM,
		unix.ENETDOWN, unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENONET, unix.ENOPROTOOPT, unix.EOPNOTSUPP:
		return true
	}
	return false
}

// full reports whether accept had no descriptor, or no memory, for a connection.
func full(e syscall.Errno) bool {
	return e == unix.EMFILE || e == unix.ENFILE || e == unix.ENOBUFS || e == unix.ENOMEM
}

// spare is a descriptor in reserve, so that a process at its limit can still accept a connection in order to refuse it. While
// it does, another thread may take the number; then spare is -1 until the next refused connection gives its number back.
var spare = struct {
	sync.Mutex
	fd int
}{fd: reserve()}

// reserve opens a descriptor of no file, since a container may have no /dev/null; -1 if no number is free.
func reserve() int {
	fd, _ := unix.Eventfd(0, unix.EFD_CLOEXEC)
	return fd
}

// spared reports whether there is a spare descriptor. It opens a lost one again if a number is free.
func spared() bool {
	spare.Lock()
	defer spare.Unlock()
	if spare.fd < 0 {
		spare.fd = reserve()
	}
	return spare.fd >= 0
}

// shed refuses one connection. It returns Again if none waits, or, after a pause, if there is no descriptor even for that; Closed after
// Shutdown.
func shed(ln int) error {
	spare.Lock()
	defer spare.Unlock()
	unix.Close(spare.fd)
	fd, _, err := unix.Accept4(ln, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err == nil {
		Refuse(fd, noDescriptor)
	}
	spare.fd = reserve()
	switch e, _ := err.(syscall.Errno); {
	case full(e):
		Sleep(shedPause) // a level-triggered poller reports the connection again at once
		return Again
	case err == Again || err == Closed:
		return err
	}
	return nil
}
