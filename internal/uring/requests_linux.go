package uring

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// next returns a request to fill in. If the queue is full, next submits it first.
func (r *Ring) next(opcode uint8, fd int, data uint64) *request {
	for int(r.tail-r.submitted) == len(r.requests) {
		atomic.StoreUint32(r.sqTail, r.tail)
		n, _, e := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, r.entry, uintptr(len(r.requests)), 0, r.entryFlags, 0, 0)
		switch e {
		case 0:
			r.submitted += uint32(n)
		case unix.EINTR, unix.EAGAIN, unix.EBUSY:
			runtime.Gosched() // the kernel is short of memory for the moment
		default:
			panic(os.NewSyscallError("io_uring_enter", e)) // a call on another thread than the ring's
		}
	}
	q := &r.requests[r.tail&r.sqMask]
	r.tail++
	*q = request{opcode: opcode, fd: int32(fd), data: data}
	return q
}

// Accept accepts all connections that wait at the listening socket fd, with a completion for each; their descriptors are non-blocking. The last
// completion has an error: EAGAIN if no more wait, or EINVAL if the kernel does not support this (before 6.10).
func (r *Ring) Accept(fd int, data uint64) {
	q := r.next(opAccept, fd, data)
	q.ioprio, q.opFlags = acceptMultishot|acceptNoWait, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC
}

// Receive receives from the socket fd into buffers of the ring, again and again while More reports true. Bytes returns what came. A Res of 0 is the end
// of input. After ENOBUFS, which means that all buffers were in use, call Receive again.
func (r *Ring) Receive(fd int, data uint64) {
	q := r.next(opRecv, fd, data)
	q.ioprio, q.flags, q.group = recvMultishot, requestSelectBuffer, group
}

// Send sends p on the socket fd; Res is how many bytes were sent. p must not change until the completion.
func (r *Ring) Send(fd int, p []byte, data uint64) { r.send(fd, p, data) }

// SendSilently sends all of p, and completes only if it fails.
func (r *Ring) SendSilently(fd int, p []byte, data uint64) {
	q := r.send(fd, p, data)
	q.flags = requestSkipSuccess
	q.opFlags |= unix.MSG_WAITALL
}

func (r *Ring) send(fd int, p []byte, data uint64) *request {
	q := r.next(opSend, fd, data)
	q.addr, q.len, q.opFlags = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))), uint32(len(p)), unix.MSG_NOSIGNAL
	return q
}

// Address is a socket address in the kernel's layout.
type Address struct {
	raw  [unsafe.Sizeof(unix.RawSockaddrUnix{})]byte
	size uint64
}

// NewAddress converts the address of an IP socket, or of a Unix socket with a path.
func NewAddress(to unix.Sockaddr) *Address {
	a := new(Address)
	port := func(n int) uint16 {
		big := [2]byte{byte(n >> 8), byte(n)}
		return *(*uint16)(unsafe.Pointer(&big))
	}
	switch to := to.(type) {
	case *unix.SockaddrInet4:
		*(*unix.RawSockaddrInet4)(unsafe.Pointer(a)) = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port(to.Port), Addr: to.Addr}
		a.size = unix.SizeofSockaddrInet4
	case *unix.SockaddrInet6:
		*(*unix.RawSockaddrInet6)(unsafe.Pointer(a)) = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port(to.Port), Addr: to.Addr}
		a.size = unix.SizeofSockaddrInet6
	case *unix.SockaddrUnix:
		raw := unix.RawSockaddrUnix{Family: unix.AF_UNIX}
		for i := range min(len(to.Name), len(raw.Path)) {
			raw.Path[i] = int8(to.Name[i])
		}
		*(*unix.RawSockaddrUnix)(unsafe.Pointer(a)) = raw
		a.size = unix.SizeofSockaddrUnix
	}
	return a
}

// Connect connects the socket fd to an address, which must stay reachable until the completion.
func (r *Ring) Connect(fd int, to *Address, data uint64) {
	q := r.next(opConnect, fd, data)
	q.addr, q.off = uint64(uintptr(unsafe.Pointer(to))), to.size
}

// Watch completes each time fd becomes ready for events, such as POLLIN.
func (r *Ring) Watch(fd int, events uint32, data uint64) {
	q := r.next(opPollAdd, fd, data)
	q.len, q.opFlags = pollMultishot, events
}

// Cancel cancels the request whose data is of; that completes with ECANCELED, unless it has another result already. Cancel itself completes, with data,
// only if there is no such request.
func (r *Ring) Cancel(of, data uint64) {
	q := r.next(opCancel, -1, data)
	q.flags, q.addr = requestSkipSuccess, of
}

// Close closes fd, after the requests queued before it. It completes only if it fails.
func (r *Ring) Close(fd int, data uint64) {
	r.next(opClose, fd, data).flags = requestSkipSuccess
}
