package host

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// listens is the state, in a question to sock_diag, of a socket that accepts connections.
const listens = 1 << 0x0a

// diagnose has sock_diag (sock_diag(7)) answer a question whose head is still empty, and hands over each reply, which has so many bytes at
// least, with the attributes behind it by their kind. There are no replies where the kernel does not say.
func diagnose(ask []byte, least int, take func(reply []byte, more map[uint16][]byte)) {
	const head = unix.SizeofNlMsghdr
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	order := binary.NativeEndian
	order.PutUint32(ask, uint32(len(ask)))
	order.PutUint16(ask[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(ask[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if unix.Sendto(fd, ask, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return
	}
	text := make([]byte, 16384)
	for {
		n, _, err := unix.Recvfrom(fd, text, unix.MSG_DONTWAIT) // the kernel has answered before it returns from a call
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

// attributes are what stands behind a reply: length and kind of each, then what it holds.
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

// unixSocket is one that listens at a path.
type unixSocket struct {
	inode uint64 // of the socket itself
	Queue
}

// unixListener is the socket that listens at path. Drops are not counted: a connect that finds no room fails at once, or waits.
func unixListener(path string) (s unixSocket, err error) {
	// Where things are in the messages (linux/unix_diag.h), in bytes.
	const (
		head = unix.SizeofNlMsghdr

		askFamily, askStates, askShow, askSize = head, head + 4, head + 12, head + 24
		inode, replySize                       = head + 4, head + 16

		file, queue         = 1, 4       // attributes: inode and device of the path; how many wait, and how many may
		showFile, showQueue = 0x02, 0x10 // their bits in a question
	)
	var at unix.Stat_t
	if err := unix.Stat(path, &at); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	device := unix.Major(at.Dev)<<20 | unix.Minor(at.Dev) // as the kernel has it
	order := binary.NativeEndian
	ask := make([]byte, askSize)
	ask[askFamily] = unix.AF_UNIX
	order.PutUint32(ask[askStates:], listens)
	order.PutUint32(ask[askShow:], showFile|showQueue)
	err = errors.New("nobody listens on " + path + " here; if its server runs in a container, name its process with --pid")
	diagnose(ask, replySize, func(reply []byte, more map[uint16][]byte) {
		f, q := more[file], more[queue]
		if len(f) < 8 || len(q) < 8 || uint64(order.Uint32(f)) != at.Ino&0xffffffff || order.Uint32(f[4:]) != device {
			return
		}
		s = unixSocket{uint64(order.Uint32(reply[inode:])), Queue{Waiting: int64(order.Uint32(q)), Backlog: int64(order.Uint32(q[4:]))}}
		err = nil
	})
	return s, err
}
