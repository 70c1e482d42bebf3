package engine

import (
	"cmp"
	"syscall"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
)

// receiveBuffer returns the receive buffer, in bytes, of a connection that reads rate bytes a second: what a second takes, within 4 and 256 KiB.
func receiveBuffer(rate int64) int { return int(min(max(rate, 4<<10), 256<<10)) }

// prepare sets the options that a socket of s needs before it is bound or connects: a small receive buffer, with which a server soon notices that its
// client reads slowly; and IP_BIND_ADDRESS_NO_PORT, with which connect chooses the port, so that connections to other targets can share it.
func prepare(fd int, s *result.Spec) error {
	var err error
	if s.ReadRate > 0 {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer(s.ReadRate))
	}
	if len(s.Source) > 0 {
		err = cmp.Or(err, unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1))
	}
	return err
}

// control returns prepare as the Control function of a net.Dialer.
func control(s *result.Spec) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) (err error) {
		outer := c.Control(func(fd uintptr) { err = prepare(int(fd), s) })
		return cmp.Or(outer, err)
	}
}
