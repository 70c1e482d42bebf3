//go:build !unix

package main

import (
	"errors"
	"syscall"

	"carousel/internal/usage"
)

func isErrno(err error, errno syscall.Errno) bool {
	const wsaAddrInUse = syscall.Errno(10048)
	return errors.Is(err, errno) || errno == syscall.EADDRINUSE && errors.Is(err, wsaAddrInUse)
}

// resources stays empty: this system has no getrusage.
func resources(*usage.Line) {}
