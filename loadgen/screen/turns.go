package screen

import (
	"fmt"
	"io"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/turns"
)

// WatchTurns prints on stderr how servers compare so far, until stop is called, which clears a terminal's line. total is how long each server will
// have been loaded at the end.
func WatchTurns(stderr io.Writer, names []string, total time.Duration, live *turns.Live) (stop func()) {
	bar := newBar(int64(total))
	return watch(stderr, func() string { return turnsFigures(names, total, live.Read())[0] }, func(columns int) string {
		p := live.Read()
		return bar.line(int64(p.Loaded), columns, turnsFigures(names, total, p)...)
	})
}

// metricWord is a short name for each metric.
var metricWord = map[string]string{result.MetricRate: "rate", result.MetricP50: "p50", result.MetricP99: "p99", result.MetricSteady: "cpu", result.MetricWhole: "cpu with waking"}

// turnsFigures are lines about p, from long to short. Shorter lines drop rates before ratios, because ratios matter most.
func turnsFigures(names []string, total time.Duration, p turns.Progress) (lines []string) {
	head := p.Loaded.Round(100*time.Millisecond).String() + " of " + total.String()
	switch {
	case p.Warming:
		head = "warming up"
	case p.Loaded == 0:
		return []string{"connecting"}
	}
	var rates, ratios []string
	for i, rate := range p.Rates[:min(len(p.Rates), len(names))] {
		rates = append(rates, fmt.Sprintf("  %s %s/s", shortened(names[i], longestName), units.Rate(rate)))
	}
	for _, r := range p.Ratios {
		if r.Lacks == "" {
			ratios = append(ratios, fmt.Sprintf("  %s/%s %s %.3f (%.3f to %.3f)", shortened(r.Server, longestName), shortened(r.To, longestName), metricWord[r.Metric], r.Ratio, r.Low, r.High))
		}
	}
	for n := len(rates); n > 0; n-- {
		lines = append(lines, head+strings.Join(rates[:n], "")+strings.Join(ratios, ""))
	}
	for n := len(ratios); n >= 0; n-- {
		lines = append(lines, head+strings.Join(ratios[:n], ""))
	}
	return lines
}
