//go:build !linux

package uring

import (
	"carousel/internal/uring"
	"carousel/internal/wire"
)

// Serve needs Linux.
func Serve(int, func() *wire.Talk) error { return uring.Supported() }
