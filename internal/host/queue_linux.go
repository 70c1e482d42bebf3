package host

import (
	"encoding/binary"
	"net/netip"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ListenQueue is the queue of established connections to addr that are not accepted yet. addr is a numeric address with a port, such as 127.0.0.1:5000, or the path of a
// Unix socket. If several sockets share addr, it is the fullest queue, with the drops of all. It is not known if addr is on another machine, if nothing listens
// there in this network namespace, or if the kernel does not report it. Reading takes about 40 us.
func ListenQueue(addr string) (q Queue, known bool) {
	if filepath.IsAbs(addr) {
		s, err := unixListener(addr)
		return s.Queue, err == nil
	}
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

// queued is the local address of a listening socket, and its queue.
type queued struct {
	at netip.Addr
	Queue
}

// queues returns those of the sockets that listen on port; none if the kernel does not report them.
func queues(family uint8, port uint16) (all []queued) {
	// Byte offsets in the messages of sock_diag (linux/inet_diag.h). Numbers are in this machine's byte order; ports and addresses are not.
	const (
		head = unix.SizeofNlMsghdr

		requestFamily, requestProtocol, requestMore, requestStates, requestPort, requestSize = head, head + 1, head + 2, head + 4, head + 8, head + 56
		bound, waiting, backlog, replySize                                                   = head + 8, head + 56, head + 60, head + 72

		memory  = 7 // an attribute after the reply: figures of the socket (INET_DIAG_SKMEMINFO), 4 bytes each
		dropped = 8 // index of the drops in it
	)
	order := binary.NativeEndian
	request := make([]byte, requestSize)
	request[requestFamily], request[requestProtocol] = family, unix.IPPROTO_TCP
	request[requestMore] = 1 << (memory - 1)
	order.PutUint32(request[requestStates:], listens)
	binary.BigEndian.PutUint16(request[requestPort:], port)
	diagnose(request, replySize, func(reply []byte, more map[uint16][]byte) {
		at, _ := netip.AddrFromSlice(reply[bound : bound+16])
		if family == unix.AF_INET {
			at, _ = netip.AddrFromSlice(reply[bound : bound+4])
		}
		q := Queue{Backlog: int64(order.Uint32(reply[backlog:])), Waiting: int64(order.Uint32(reply[waiting:]))}
		if m := more[memory]; len(m) >= 4*(dropped+1) {
			q.Drops = int64(order.Uint32(m[4*dropped:]))
		}
		all = append(all, queued{at, q})
	})
	return all
}
