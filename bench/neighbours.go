package main

import (
	"fmt"
	"os"
	"time"

	"carousel/internal/host"
)

// quiet is the share of all processors' time that others may take unsaid. On two processors it is a fifth of one of them, above
// what an idle system does and what reading the clocks gets wrong; whoever computes takes more.
const quiet = 0.1

// sample is how long they are watched before a run, at least.
const sample = 500 * time.Millisecond

// neighbours watches everybody who is not of this program's tree. The function it returns says what they took of the processors' time
// since then; nothing where they were quiet or, as on systems other than Linux, that is not known. The load average would be of
// no use: it still holds the build, or the run, that went before.
func neighbours() func() (share float64) {
	machine := host.TakeAll()
	ours, err := host.TreeCPU(os.Getpid())
	return func() float64 {
		tree, err2 := host.TreeCPU(os.Getpid())
		used, err3 := ours.Until(tree)
		if err != nil || err2 != nil || err3 != nil {
			return 0
		}
		return machine.Until(host.TakeAll()).Beside(used.Total())
	}
}

// noisy says what a share of the neighbours' means for a run; "" if they were quiet.
func noisy(share float64, when string) string {
	if share <= quiet {
		return ""
	}
	return fmt.Sprintf("other programs took %.0f %% of the processors' time %s: the figures are doubtful; end those programs or wait, and measure again", 100*share, when)
}
