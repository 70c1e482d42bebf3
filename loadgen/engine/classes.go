package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"carousel/loadgen/record"
)

// connectClass returns the class of a failed connect.
func connectClass(err error) record.Class {
	if shaking := (*handshakeError)(nil); errors.As(err, &shaking) {
		return record.ConnectTLS
	}
	for _, c := range []struct {
		err   error
		class record.Class
	}{
		{syscall.ECONNREFUSED, record.ConnectRefused},
		{syscall.ETIMEDOUT, record.ConnectTimeout},
		{syscall.EAGAIN, record.ConnectTimeout}, // the listen queue of a Unix socket is full: its connect does not wait
		{syscall.ENOENT, record.ConnectRefused}, // there is no such socket
		{os.ErrDeadlineExceeded, record.ConnectTimeout},
		{context.DeadlineExceeded, record.ConnectTimeout},
		{syscall.ECONNRESET, record.ConnectReset},
		{syscall.EPIPE, record.ConnectReset},
		{syscall.EHOSTUNREACH, record.ConnectUnreachable},
		{syscall.ENETUNREACH, record.ConnectUnreachable},
		{syscall.EMFILE, record.ConnectNoFile},
		{syscall.ENFILE, record.ConnectNoFile},
		{syscall.EADDRNOTAVAIL, record.ConnectNoPort},
	} {
		if errors.Is(err, c.err) {
			return c.class
		}
	}
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		return record.ConnectTimeout
	}
	return record.ConnectOther
}

// writeClass returns the class of a request that could not be sent.
func writeClass(err error) record.Class {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return record.Timeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return record.WriteReset
	}
	return record.WriteOther
}

// readClass returns the class of a reply that could not be read.
func readClass(err error) record.Class {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return record.Timeout
	case alerted(err):
		return record.ReadTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE): // EPIPE: the peer had closed, then reset what was sent
		return record.ReadEOF
	case errors.Is(err, syscall.ECONNRESET):
		return record.ReadReset
	}
	return record.ReadOther
}
