//go:build !linux

package engine

import (
	"syscall"

	"carousel/internal/result"
)

// control has the system's own buffers, which hide a slow reader for longer, and a port for each source address.
func control(*result.Spec) func(network, address string, c syscall.RawConn) error { return nil }
