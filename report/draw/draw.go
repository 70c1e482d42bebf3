// Package draw draws the pictures of a report. It knows no sentence: package words says what stands around a picture.
package draw

import (
	"fmt"

	"carousel/report/findings"
	"carousel/report/words"
)

// Draw draws, by the name of its file, every picture that shows something of at least two models.
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
