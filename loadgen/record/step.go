package record

import "math/bits"

// stepOf maps a duration to its step, of 1<<fineness to the octave: below that many nanoseconds exactly, above to the next part of its
// power of two.
func stepOf(ns uint64, fineness int) int {
	octave := bits.Len64(ns) - fineness - 1 // 0: one step is 1 ns
	if octave < 0 {
		return int(ns)
	}
	return (octave+1)<<fineness + int(ns>>octave) - 1<<fineness
}

// stepAt is the lowest duration of a step, in nanoseconds, and how many it holds.
func stepAt(step, fineness int) (low, width int64) {
	octave := step>>fineness - 1
	if octave < 1 {
		return int64(step), 1
	}
	return int64(step&(1<<fineness-1)|1<<fineness) << octave, 1 << octave
}
