package stand

import (
	"fmt"
	"os"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/host"
)

// Sample is how long they are watched before a run, at least.
const Sample = 500 * time.Millisecond

// Neighbours watches everybody who is not of this program's tree. The function it returns says what they took of the processors' time
// since then; nothing where they were quiet or, as on systems other than Linux, that is not known. The load average would be of
// no use: it still holds the build, or the run, that went before.
func Neighbours() func() (share float64) {
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

// Noisy says what a share of the neighbours' means for a run; "" if they were quiet.
func Noisy(share float64, when string) string {
	if share <= protocol.Quiet {
		return ""
	}
	return fmt.Sprintf("other programs took %.0f %% of the processors' time %s: the figures are doubtful; end those programs or wait, and measure again", 100*share, when)
}
