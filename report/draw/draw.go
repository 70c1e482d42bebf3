// Package draw draws the pictures of a report. Package words has the text around them.
package draw

import (
	"fmt"

	"carousel/report/findings"
	"carousel/report/words"
)

// Draw returns the pictures as PNG by file name, each of which shows at least two models.
func Draw(f *findings.Findings) (map[string][]byte, error) {
	pictures := map[string][]byte{}
	for name, draw := range map[string]func(*findings.Findings) (figure, bool){
		"capacity.png": capacity, "ratios.png": ratios, "latency.png": latency, "paced.png": paced, "cost.png": cost, "block-sleep.png": blockSleep, "download.png": download,
		"idle.png":  silent,
		"calls.png": calls,
	} {
		fig, ok := draw(f)
		if !ok {
			continue
		}
		fig.Picture = words.Pictured(f, name)
		png, err := fig.png()
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", name, err)
		}
		pictures[name] = png
	}
	return pictures, nil
}
