//go:build !linux

package child

import "runtime"

// terminates says that Stop asks before it kills.
const terminates = runtime.GOOS != "windows"
