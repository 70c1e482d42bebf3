//go:build !linux

package gnet

import (
	"errors"

	"carousel/internal/wire"
)

// Serve needs Linux, where a listening socket can be put in the place of gnet's own.
func Serve(int, func() *wire.Talk) error {
	return errors.New("gnet takes over the listening socket on Linux only")
}
