package sock

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Listen opens a listening TCP socket on addr (host:port, port 0 for any) and returns it with the address it got.
// The socket blocks; it is bound without SO_REUSEPORT, so that a port in use is an error.
func Listen(addr string) (fd int, bound string, err error) {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return -1, "", err
	}
	family, sa := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: at.Port})
	if ip := at.IP.To4(); ip != nil {
		copy(sa.(*unix.SockaddrInet4).Addr[:], ip)
	} else if at.IP != nil {
		family, sa = unix.AF_INET6, &unix.SockaddrInet6{Port: at.Port, Addr: [16]byte(at.IP.To16())}
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, "", os.NewSyscallError("socket", err)
	}
	// Without it a port whose last connections are in TIME_WAIT could not be bound again for a minute.
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err = os.NewSyscallError("bind", unix.Bind(fd, sa)); err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd, Backlog))
	}
	var name unix.Sockaddr
	if err == nil {
		name, err = unix.Getsockname(fd)
	}
	if err != nil {
		unix.Close(fd)
		return -1, "", err
	}
	openRuntimePoller()
	return fd, address(name), nil
}

// openRuntimePoller makes the Go runtime open its own poller now, by a first timer: later, when the process is out of descriptors, the
// runtime would end it.
func openRuntimePoller() { time.AfterFunc(0, func() {}) }

// address returns the host:port of a socket address, "" if it is not one of TCP.
func address(name unix.Sockaddr) string {
	switch n := name.(type) {
	case *unix.SockaddrInet4:
		return net.JoinHostPort(net.IP(n.Addr[:]).String(), strconv.Itoa(n.Port))
	case *unix.SockaddrInet6:
		return net.JoinHostPort(net.IP(n.Addr[:]).String(), strconv.Itoa(n.Port))
	}
	return ""
}

// ListenSamePort opens a further listening socket at the address of ln, which must listen. The kernel then spreads new connections over both
// (SO_REUSEPORT). ln was bound without that option, so that a port in use is an error; ListenSamePort sets it on ln too.
func ListenSamePort(ln int) (fd int, err error) {
	name, err := unix.Getsockname(ln)
	if err != nil {
		return -1, os.NewSyscallError("getsockname", err)
	}
	family := unix.AF_INET6
	if _, v4 := name.(*unix.SockaddrInet4); v4 {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	// Without it connections of ln, open ones or those in TIME_WAIT, would keep the port from it.
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	for _, s := range []int{ln, fd} {
		if err == nil {
			err = os.NewSyscallError("setsockopt SO_REUSEPORT", unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
		}
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, name))
	}
	if err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd, Backlog))
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// PassListener makes cmd inherit the listening socket ln when it starts.
func PassListener(ln int, cmd *exec.Cmd) {
	f := os.NewFile(uintptr(ln), "listener")
	keep(f)
	cmd.ExtraFiles = []*os.File{f}
	cmd.Env = append(cmd.Environ(), listenerEnv+"=1")
}

// Inherit returns the listening socket that this process inherited, and its address.
func Inherit() (ln int, bound string, err error) {
	const first = 3 // of a command's ExtraFiles
	openRuntimePoller()
	name, err := unix.Getsockname(first)
	return first, address(name), os.NewSyscallError("getsockname", err)
}

// WaitShutdown waits until the listening socket ln is shut down.
func WaitShutdown(ln int) error {
	one := []PollFD{{FD: int32(ln)}}
	for {
		if _, err := new(Waiter).Poll(&one, -1); err != nil || one[0].Ready != 0 {
			return err
		}
	}
}

// NetListener makes the listening socket ln a listener of package net.
func NetListener(ln int) (net.Listener, error) {
	f := os.NewFile(uintptr(ln), "listener")
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	keep(f)
	return l, nil
}

// keep holds on to a file whose descriptor must stay open as long as the process; a finalizer would close it.
func keep(f *os.File) {
	kept.Lock()
	defer kept.Unlock()
	kept.files = append(kept.files, f)
}

var kept struct {
	sync.Mutex
	files []*os.File
}

// Shutdown ends a listening socket and keeps its descriptor open: accept, a blocked one too, returns Closed, and every poller reports it.
func Shutdown(ln int) { unix.Shutdown(ln, unix.SHUT_RDWR) }
