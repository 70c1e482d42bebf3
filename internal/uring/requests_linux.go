package uring

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// next is a request to be filled in. Where the queue is full it is submitted first.
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
			panic(os.NewSyscallError("io_uring_enter", e)) // by another thread than the ring's
		}
	}
	q := &r.requests[r.tail&r.sqMask]
	r.tail++
	*q = request{opcode: opcode, fd: int32(fd), data: data}
	return q
}

// Accept has all connections accepted that wait at the listening socket fd, a completion each; they do not block. The last one has an error:
// EAGAIN when none waits any more, EINVAL also where the kernel cannot do it (before 6.10).
func (r *Ring) Accept(fd int, data uint64) {
	q := r.next(opAccept, fd, data)
	q.ioprio, q.opFlags = acceptMultishot|acceptNoWait, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC
}

// Receive has what comes to the socket fd put into buffers of the ring, again and again as long as completions are followed by More. Bytes
// is what came; a Res of 0 is the end of input, ENOBUFS that the buffers were all in use, after which it is to be called again.
func (r *Ring) Receive(fd int, data uint64) {
	q := r.next(opRecv, fd, data)
	q.ioprio, q.flags, q.group = recvMultishot, requestSelectBuffer, group
}

// Send has p sent on the socket fd; Res says how much of it was. p must stay as it is until then.
func (r *Ring) Send(fd int, p []byte, data uint64) { r.send(fd, p, data) }

// SendSilently is Send that completes only when it fails; it sends p whole.
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

// Address is where to connect to, as the kernel lays it out.
type Address struct {
	raw  [unsafe.Sizeof(unix.RawSockaddrUnix{})]byte
	size uint64
}

// NewAddress lays out the address of an IP socket, or of a Unix socket with a path.
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

// Connect begins to connect the socket fd to an address, which must stay where it is until that completes.
func (r *Ring) Connect(fd int, to *Address, data uint64) {
	q := r.next(opConnect, fd, data)
	q.addr, q.off = uint64(uintptr(unsafe.Pointer(to))), to.size
}

// Watch reports each time when fd becomes ready for events, such as POLLIN.
func (r *Ring) Watch(fd int, events uint32, data uint64) {
	q := r.next(opPollAdd, fd, data)
	q.len, q.opFlags = pollMultishot, events
}

// Cancel ends the request that was given data of, which completes with ECANCELED if it had nothing else to say. It completes itself, with data,
// only if there is no such request.
func (r *Ring) Cancel(of, data uint64) {
	q := r.next(opCancel, -1, data)
	q.flags, q.addr = requestSkipSuccess, of
}

// Close closes fd, after the requests that were queued before. It completes only if that fails.
func (r *Ring) Close(fd int, data uint64) {
	r.next(opClose, fd, data).flags = requestSkipSuccess
}
