//go:build !linux

package uring

import "errors"

// Supported is why no ring can be had here.
func Supported() error { return errors.New("io_uring needs Linux") }
