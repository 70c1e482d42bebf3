package host

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// listens selects listening sockets in a request to sock_diag (the state TCP_LISTEN).
const listens = 1 << 0x0a

// diagnose fills in the header of a request, sends it to sock_diag(7), and passes each reply to take: its first least bytes, and the attributes
// after them by kind. There are no replies if the kernel does not support the request.
func diagnose(request []byte, least int, take func(reply []byte, more map[uint16][]byte)) {
	const head = unix.SizeofNlMsghdr
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	order := binary.NativeEndian
	order.PutUint32(request, uint32(len(request)))
	order.PutUint16(request[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return
	}
	text := make([]byte, 16384)
	for {
		n, _, err := unix.Recvfrom(fd, text, unix.MSG_DONTWAIT) // each call returns after the kernel has queued the next replies
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < head {
			return
		}
		for rest := text[:n]; len(rest) >= head; {
			size := int(order.Uint32(rest))
			if order.Uint16(rest[4:]) != unix.SOCK_DIAG_BY_FAMILY || size < least || size > len(rest) {
				return // the end, or an error
			}
			take(rest[:least], attributes(rest[least:size]))
			rest = rest[min(len(rest), (size+3)&^3):]
		}
	}
}

// attributes parses the attributes after a reply: each has its length, its kind, then its content.
func attributes(text []byte) map[uint16][]byte {
	all, order := map[uint16][]byte{}, binary.NativeEndian
	for len(text) >= 4 {
		length := int(order.Uint16(text))
		if length >= 4 && length <= len(text) {
			all[order.Uint16(text[2:])] = text[4:length]
		}
		text = text[min(len(text), max(4, (length+3)&^3)):]
	}
	return all
}

// unixSocket is a listening Unix socket.
type unixSocket struct {
	inode uint64 // of the socket itself
	Queue
}

// unixListener returns the socket that listens at path. Drops are not counted: if the queue is full, connect fails at once, or waits.
func unixListener(path string) (s unixSocket, err error) {
	// Byte offsets in the messages (linux/unix_diag.h).
	const (
		head = unix.SizeofNlMsghdr

		requestFamily, requestStates, requestShow, requestSize = head, head + 4, head + 12, head + 24
		inode, replySize                                       = head + 4, head + 16

		file, queue         = 1, 4       // attributes: inode and device of the path; length and limit of the queue
		showFile, showQueue = 0x02, 0x10 // their bits in a request
	)
	var at unix.Stat_t
	if err := unix.Stat(path, &at); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	device := unix.Major(at.Dev)<<20 | unix.Minor(at.Dev) // as the kernel encodes it
	order := binary.NativeEndian
	request := make([]byte, requestSize)
	request[requestFamily] = unix.AF_UNIX
	order.PutUint32(request[requestStates:], listens)
	order.PutUint32(request[requestShow:], showFile|showQueue)
	err = errors.New("nobody listens on " + path + " here; if its server runs in a container, name its process with --pid")
	diagnose(request, replySize, func(reply []byte, more map[uint16][]byte) {
		f, q := more[file], more[queue]
		if len(f) < 8 || len(q) < 8 || uint64(order.Uint32(f)) != at.Ino&0xffffffff || order.Uint32(f[4:]) != device {
			return
		}
		s = unixSocket{uint64(order.Uint32(reply[inode:])), Queue{Waiting: int64(order.Uint32(q)), Backlog: int64(order.Uint32(q[4:]))}}
		err = nil
	})
	return s, err
}
