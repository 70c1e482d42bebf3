package host

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// ListenQueue is the queue of connections that are made to addr, a number and a port such as 127.0.0.1:5000, and not accepted yet; where
// several sockets share addr, the fullest, with the drops of all. It is not known where addr is another machine's, nobody listens there in this network namespace,
// or the kernel does not say. To look lasts some 40 us.
func ListenQueue(addr string) (q Queue, known bool) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return q, false
	}
	ip := reaches(at.Addr())
	if !ours(ip) {
		return q, false
	}
	var all []queued
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		all = append(all, queues(family, at.Port())...)
	}
	for _, s := range fittest(all, func(s queued) netip.Addr { return s.at }, ip, at.Port()) {
		s.Drops += q.Drops
		if !known || s.Backlog-s.Waiting < q.Backlog-q.Waiting {
			q, known = s.Queue, true
		}
		q.Drops = s.Drops
	}
	return q, known
}

// queued is a socket that listens, what it is bound to and its queue.
type queued struct {
	at netip.Addr
	Queue
}

// queues are those of the sockets that listen on port; none where the kernel does not say.
func queues(family uint8, port uint16) (all []queued) {
	// Where things are in the messages of sock_diag (linux/inet_diag.h), in bytes: numbers in the order of this machine, but for ports and addresses.
	const (
		head = unix.SizeofNlMsghdr

		askFamily, askProtocol, askMore, askStates, askPort, askSize = head, head + 1, head + 2, head + 4, head + 8, head + 56
		bound, waiting, backlog, replySize                           = head + 8, head + 56, head + 60, head + 72

		listen  = 1 << 0x0a // the only state that is asked for
		memory  = 7         // an attribute behind the reply: what the socket has of several things, 4 bytes each
		dropped = 8         // the place of its drops among them
	)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	order := binary.NativeEndian
	ask := make([]byte, askSize)
	order.PutUint32(ask, askSize)
	order.PutUint16(ask[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(ask[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	ask[askFamily], ask[askProtocol] = family, unix.IPPROTO_TCP
	ask[askMore] = 1 << (memory - 1)
	order.PutUint32(ask[askStates:], listen)
	binary.BigEndian.PutUint16(ask[askPort:], port)
	if unix.Sendto(fd, ask, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return nil
	}
	text := make([]byte, 16384)
	for {
		n, _, err := unix.Recvfrom(fd, text, unix.MSG_DONTWAIT) // the kernel has answered before it returns from a call
		if err == unix.EINTR {
			continue
		}
		if err != nil || n < head {
			return nil
		}
		for rest := text[:n]; len(rest) >= head; {
			size := int(order.Uint32(rest))
			if order.Uint16(rest[4:]) != unix.SOCK_DIAG_BY_FAMILY || size < replySize || size > len(rest) {
				return all // the end, or an error
			}
			at, _ := netip.AddrFromSlice(rest[bound : bound+16])
			if family == unix.AF_INET {
				at, _ = netip.AddrFromSlice(rest[bound : bound+4])
			}
			q := Queue{Backlog: int64(order.Uint32(rest[backlog:])), Waiting: int64(order.Uint32(rest[waiting:]))}
			for more := rest[replySize:size]; len(more) >= 4; { // length and kind, then what it holds
				length := int(order.Uint16(more))
				if order.Uint16(more[2:]) == memory && length >= 4+4*(dropped+1) && length <= len(more) {
					q.Drops = int64(order.Uint32(more[4+4*dropped:]))
				}
				more = more[min(len(more), max(4, (length+3)&^3)):]
			}
			all = append(all, queued{at, q})
			rest = rest[min(len(rest), (size+3)&^3):]
		}
	}
}
