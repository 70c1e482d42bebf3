package engine

import (
	"cmp"
	"syscall"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
)

// receiveBuffer is how many bytes of what a server sends wait for a connection that takes in so many a second: enough for a second, if that is
// little or not too much.
func receiveBuffer(rate int64) int { return int(min(max(rate, 4<<10), 256<<10)) }

// prepare sets what a socket of s needs before it is bound or connects. With small buffers a server soon notices that its client reads slowly; and
// the port of a source address is chosen when it connects, so that one serves for every target.
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

// control is prepare for package net.
func control(s *result.Spec) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) (err error) {
		outer := c.Control(func(fd uintptr) { err = prepare(int(fd), s) })
		return cmp.Or(outer, err)
	}
}
