//go:build !linux

package host

import "errors"

// RaiseSession needs Linux.
func RaiseSession(int) error { return errors.New("only Linux shares processors by session") }

// SessionShare is empty.
func SessionShare(int) string { return "" }
