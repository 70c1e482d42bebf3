// Package schedule says when each request is due. It is arithmetic: no clock, no state, no drift.
package schedule

import (
	"math"
	"time"
)

// Uniform is an even stream of so many requests per second, above 0. Requests are numbered from 0, the first is due at once.
type Uniform float64

// Due is when request i is due, counted from the start of the schedule; to the nearest nanosecond, however many came before. What
// is further off than a duration can say, 292 years, is due then.
func (rate Uniform) Due(i int64) time.Duration {
	ns := math.Round(float64(i) / float64(rate) * 1e9)
	if ns >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(ns)
}

// Before is how many requests are due earlier than d after the start, which is the number of the first that is not.
func (rate Uniform) Before(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	i := int64(math.Ceil(d.Seconds() * float64(rate)))
	for i > 0 && rate.Due(i-1) >= d { // the product may be a rounding away from the quotient
		i--
	}
	for rate.Due(i) < d {
		i++
	}
	return i
}
