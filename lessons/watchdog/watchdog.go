// Package watchdog ends an exercise that does not end.
package watchdog

import (
	"fmt"
	"os"
	"time"
)

// Limit is how long an exercise may take; a solved one takes less than a second.
const Limit = 20 * time.Second

// Start ends the process after Limit, with exit code 1 and a line that names what did not return, unless stop is called before. A
// loop without end cannot be stopped in any other way, and without this go test waits for ten minutes.
func Start(what string) (stop func() bool) { return start(what, Limit) }

func start(what string, limit time.Duration) (stop func() bool) {
	return time.AfterFunc(limit, func() {
		fmt.Printf("--- FAIL: %s has not returned after %v: look for a loop without end, or a wait for what never comes\n", what, limit)
		os.Exit(1)
	}).Stop
}
