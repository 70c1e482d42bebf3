package main

import (
	"fmt"
	"strconv"
	"time"

	"carousel/internal/result"
)

// Scenario download asks in turn for ten pictures, each through a redirect, and for small replies between them. Every body
// is saved to a file. A client that keeps up is done as soon as the last request was due; how long all of it takes and
// how long the small requests wait beside the pictures (loadgen tells the times of each path apart) set the modes apart.
const (
	pictures     = 10
	small        = 9    // replies after each picture
	downloadRate = 1000 // requests a second, in every mode
	downloadWait = 2 * time.Second
)

// downloadPaths are those after the first picture's.
func downloadPaths() []string {
	var paths []string
	for k := range pictures {
		paths = append(paths, fmt.Sprintf("/moved/image/%d", k))
		for range small {
			paths = append(paths, "/")
		}
	}
	return paths[1:]
}

// downloadFlags make loadgen send as many requests as are due in the job's window and save their bodies to dir.
func (j job) downloadFlags(dir string) []string {
	mode := "offload"
	if j.cell.Mode != result.AllAtOnce {
		mode = "inline"
	}
	requests := max(j.cell.Connections, int(j.cell.RateRPS*j.window.Seconds()))
	return []string{"-n", strconv.Itoa(requests), "--timeout", downloadWait.String(), "--max-redirects", "1", "--save", dir, "--save-mode", mode}
}
