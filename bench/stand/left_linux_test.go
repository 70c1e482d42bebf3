package stand

import (
	"os"

	"carousel/internal/host"
)

// left returns the children of this process that have not ended.
func left() []int { return host.Descendants(os.Getpid()) }
