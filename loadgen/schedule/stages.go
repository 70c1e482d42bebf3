package schedule

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"carousel/internal/result"
)

// MostPerSecond is the highest rate, in requests per second.
const MostPerSecond = 1e7

// The largest number of stages, and the longest stage.
const (
	mostStages   = 1000
	longestStage = 30 * 24 * time.Hour
)

// ParseRates parses the rates of a stage, in requests per second, each 0 to MostPerSecond: "500" for a constant rate, "100:500" for a ramp.
func ParseRates(text string) (from, to float64, err error) {
	first, second, ramp := strings.Cut(text, ":")
	if from, err = parseRate(first); err != nil || !ramp {
		return from, from, err
	}
	to, err = parseRate(second)
	return from, to, err
}

func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no number of requests per second", text)
	case !(rate >= 0 && rate <= MostPerSecond): // nor is NaN
		return 0, fmt.Errorf("%s is out of range: a rate is 0 to %.0f per second", text, MostPerSecond)
	}
	return rate, nil
}

// ParseStages parses stages, one a line: its rate, or FROM:TO for a ramp, and its length, such as "100:500 30s". What follows a # is a
// comment. The error names the line.
func ParseStages(text string) (stages []result.Stage, err error) {
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		stage, err := parseStage(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if stages = append(stages, stage); len(stages) > mostStages {
			return nil, fmt.Errorf("line %d: there are %d stages at most", i+1, mostStages)
		}
	}
	if len(stages) == 0 {
		return nil, errors.New("it has no stages: write a rate and a length on each line, such as 500 10s, or 100:500 30s for a ramp")
	}
	return stages, nil
}

func parseStage(words []string) (s result.Stage, err error) {
	if len(words) != 2 {
		return s, fmt.Errorf("a stage is a rate and a length, such as 500 10s, or 100:500 30s for a ramp, not %q", strings.Join(words, " "))
	}
	if s.From, s.To, err = ParseRates(words[0]); err != nil {
		return s, err
	}
	s.Length, err = time.ParseDuration(words[1])
	switch {
	case err != nil:
		return s, fmt.Errorf("%q is no length: write 500ms, 30s or 2m", words[1])
	case s.Length <= 0 || s.Length > longestStage:
		return s, fmt.Errorf("a stage lasts above 0 and at most %v, not %v", longestStage, s.Length)
	}
	return s, nil
}

// Length returns how long the stages last together.
func Length(stages []result.Stage) (d time.Duration) {
	for _, s := range stages {
		d += s.Length
	}
	return d
}

// Mean returns the average rate of the stages, in requests per second, over their Length.
func Mean(stages []result.Stage) float64 {
	expected := 0.0
	for _, s := range stages {
		expected += (s.From + s.To) / 2 * s.Length.Seconds()
	}
	mean := expected / Length(stages).Seconds()
	return math.Round(mean*1e6) / 1e6
}
