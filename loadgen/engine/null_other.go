//go:build !linux

package engine

import (
	"errors"

	"carousel/internal/result"
)

// null needs Linux.
type null struct{}

func serveNull(*result.Spec) (*null, error) {
	return nil, errors.New("a server that does nothing needs raw calls, which are made on Linux only")
}

func (n *null) stop() {}
