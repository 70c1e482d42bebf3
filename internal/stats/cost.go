package stats

import "math"

// A slice costs its server something for waking and something for each reply; slices of two lengths tell the two apart. The costs below
// are in the unit of the processor time they are given, that of a short and of a long slice with their good replies. Sums over as many
// slices of each length do as well.

// SteadyCost returns the processor time of a request once the server is awake: the cost of waking, which both slices paid, cancels. It is
// NaN unless the long slice has more replies. Noise can make it negative where replies are few.
func SteadyCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return per(cpuLong-cpuShort, okLong-okShort)
}

// WakingCost returns the processor time of a slice beyond SteadyCost for every reply. For sums over n slices of each length it returns n
// times that.
func WakingCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return (cpuShort + cpuLong - SteadyCost(cpuShort, okShort, cpuLong, okLong)*(okShort+okLong)) / 2
}

// WholeCost returns the processor time of a request with its share of the waking; NaN without replies.
func WholeCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return per(cpuShort+cpuLong, okShort+okLong)
}

// per is x/n where n is something.
func per(x, n float64) float64 {
	if !(n > 0) {
		return math.NaN()
	}
	return x / n
}
