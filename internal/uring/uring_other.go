//go:build !linux

package uring

import "errors"

// Supported returns why there is no io_uring here.
func Supported() error { return errors.New("io_uring needs Linux") }
