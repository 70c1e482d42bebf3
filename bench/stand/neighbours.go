package stand

import (
	"fmt"
	"os"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/host"
)

// MinWatch is the shortest time that neighbours are watched before a run.
const MinWatch = 500 * time.Millisecond

// WatchNeighbours watches the other programs of the machine: all processes that are neither this one nor its descendants. The function
// that it returns gives the share of the processors' time that they took since then; 0 where that is unknown, as on systems other than Linux.
// The load average would not do: it still includes the build or run before.
func WatchNeighbours() func() (share float64) {
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

// NeighboursNote returns a warning about the share that neighbours took; "" if it is small.
func NeighboursNote(share float64, when string) string {
	if share <= protocol.QuietShare {
		return ""
	}
	return fmt.Sprintf("other programs took %.0f %% of the processors' time %s: the figures are doubtful; end those programs or wait, and measure again", 100*share, when)
}
