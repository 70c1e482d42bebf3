// Package version names the build that a program is.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Of returns one line: the program, its version and commit, the Go version, the system and the processor.
// The go command puts the version into the binary: the tag of the commit, or a pseudo-version without one.
func Of(program string) string {
	release, commit := "(devel)", "commit unknown" // built with -buildvcs=false, or outside a repository
	info, ok := debug.ReadBuildInfo()
	if ok {
		if info.Main.Version != "" {
			release = info.Main.Version
		}
		for _, setting := range info.Settings {
			switch {
			case setting.Key == "vcs.revision":
				commit = "commit " + setting.Value
			case setting.Key == "vcs.modified" && setting.Value == "true":
				commit += " with changes"
			}
		}
	}
	return fmt.Sprintf("%s %s, %s, %s, %s/%s", program, release, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
