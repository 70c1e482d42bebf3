package record

import "math/bits"

// stepOf returns the step of a duration. Durations below 1<<fineness nanoseconds have a step each; above, each octave (from a power of two to
// the next) is divided into 1<<fineness equal steps.
func stepOf(ns uint64, fineness int) int {
	octave := bits.Len64(ns) - fineness - 1 // 0: one step is 1 ns
	if octave < 0 {
		return int(ns)
	}
	return (octave+1)<<fineness + int(ns>>octave) - 1<<fineness
}

// stepAt returns the lowest duration of a step, and its width, both in nanoseconds.
func stepAt(step, fineness int) (low, width int64) {
	octave := step>>fineness - 1
	if octave < 1 {
		return int64(step), 1
	}
	return int64(step&(1<<fineness-1)|1<<fineness) << octave, 1 << octave
}
