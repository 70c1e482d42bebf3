//go:build !linux

package child

import "runtime"

// terminates reports whether Stop sends SIGTERM before it kills.
const terminates = runtime.GOOS != "windows"
