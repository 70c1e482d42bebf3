//go:build !linux

package child

// terminates says that Stop asks before it kills.
const terminates = false
