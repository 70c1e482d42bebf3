package stats

import "math"

// SteadyCost returns the processor time of a request once the server is awake.
//
// A slice costs its server something for waking and something for each reply. Slices of two lengths separate the two: both pay for waking, so
// that cancels in their difference. cpuShort and cpuLong are the processor times of a short and of a long slice, in any one unit, okShort and
// okLong their good replies; sums over n slices of each length may be given instead. The cost is in the unit of the processor times. It is NaN
// unless the long slice has more replies. Noise can make it negative where replies are few.
func SteadyCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return per(cpuLong-cpuShort, okLong-okShort)
}

// WakingCost returns the processor time of a slice beyond SteadyCost for every reply. Arguments are as in SteadyCost; for sums over n slices of
// each length it returns n times that.
func WakingCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return (cpuShort + cpuLong - SteadyCost(cpuShort, okShort, cpuLong, okLong)*(okShort+okLong)) / 2
}

// WholeCost returns the processor time of a request with its share of the waking; NaN without replies. Arguments are as in SteadyCost.
func WholeCost(cpuShort, okShort, cpuLong, okLong float64) float64 {
	return per(cpuShort+cpuLong, okShort+okLong)
}

// per returns x/n, or NaN unless n is above 0.
func per(x, n float64) float64 {
	if !(n > 0) {
		return math.NaN()
	}
	return x / n
}
