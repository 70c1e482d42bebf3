package stats

import "math"

// A slice costs its server something for waking and something for each reply; slices of two lengths tell the two apart. The costs below
// are in the unit of the processor time they are given, that of a short and of a long slice with their good replies. Sums over as many
// slices of each length do as well.

// SteadyCost is what a request costs once the server is awake: the waking, which both slices paid, cancels. It is
// not-a-number unless the long slice has more replies. Noise can make it negative where replies are few.
func SteadyCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return per(cpuLong-cpuShort, okLong-okShort)
}

// WakingCost is what is left for each slice when every reply has cost SteadyCost; of sums over n slices of each length, n times that.
func WakingCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return (cpuShort + cpuLong - SteadyCost(cpuShort, okShort, cpuLong, okLong)*(okShort+okLong)) / 2
}

// WholeCost is what a request costs with its share of the waking; not-a-number without replies.
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
