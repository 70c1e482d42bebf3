//go:build !linux

package forbid

// Watches needs Linux.
func Watches(uint32) {}

// Rings needs Linux.
func Rings() {}
