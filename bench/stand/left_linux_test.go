package stand

import (
	"os"

	"carousel/internal/host"
)

// left are the processes that this one has started and that have not ended.
func left() []int { return host.Descendants(os.Getpid()) }
