//go:build !linux

package stand

// left is known on Linux only.
func left() []int { return nil }
