package stats

import (
	"math"
	"slices"
	"sort"
)

// MM1Mean returns the mean wait at utilisation rho, in mean service times, where service times are exponential (M/M/1; Erlang 1917).
func MM1Mean(rho float64) float64 { return rho / (1 - rho) }

// MM1CDF returns the share of requests that wait at most t mean service times.
func MM1CDF(rho, t float64) float64 {
	if t < 0 {
		return 0
	}
	return 1 - rho*math.Exp(-(1-rho)*t)
}

// MM1Quantile returns the wait, in mean service times, that a share q of requests does not exceed.
func MM1Quantile(rho, q float64) float64 {
	return max(0, math.Log(rho/(1-q))/(1-rho))
}

// MD1Mean returns the mean wait at utilisation rho, in service times, where every service takes the same time (M/D/1; Pollaczek 1930, Khinchine
// 1932).
func MD1Mean(rho float64) float64 { return rho / (2 * (1 - rho)) }

// MD1CDF returns the share of requests that wait at most t service times. All its terms are positive (Franx 2001); Erlang's sum of 1909, with
// alternating signs, is off by 1 % at t = 20 and fails at t = 30. Its running time grows with t².
func MD1CDF(rho, t float64) float64 {
	if t < 0 {
		return 0
	}
	k := int(t) + 1
	y := rho * (float64(k) - t)
	within := md1Sizes(rho, k)
	sum, term := 0.0, math.Exp(-y)
	for j := range k {
		sum += within[k-j] * term
		term *= y / float64(j+1)
	}
	return min(1, sum)
}

// md1Sizes returns, for each i from 0 to n, the share of time in which at most i requests are at the server, waiting or in service. Each share
// follows from those before it, because the number of requests rises past a size as often as it falls past it.
func md1Sizes(rho float64, n int) []float64 {
	// more[i] is the probability that more than i requests arrive during a service, summed from the small end so that small ones are exact.
	chance := make([]float64, n+40)
	chance[0] = math.Exp(-rho)
	for i := 1; i < len(chance); i++ {
		chance[i] = chance[i-1] * rho / float64(i)
	}
	more := make([]float64, len(chance))
	for i := len(chance) - 2; i >= 0; i-- {
		more[i] = more[i+1] + chance[i+1]
	}

	p := make([]float64, n+1)
	p[0] = 1 - rho
	within := slices.Clone(p)
	for j := range n {
		rising := p[0] * more[j]
		for i := 1; i <= j; i++ {
			rising += p[i] * more[j-i+1]
		}
		p[j+1] = rising / chance[0]
		within[j+1] = within[j] + p[j+1]
	}
	return within
}

// MD1Quantile returns the wait, in service times, that a share q of requests does not exceed.
func MD1Quantile(rho, q float64) float64 {
	if q <= 1-rho {
		return 0 // a request that finds the server idle does not wait
	}
	high := 1.0
	for MD1CDF(rho, high) < q {
		high *= 2
	}
	low := 0.0
	for range 50 {
		if middle := (low + high) / 2; MD1CDF(rho, middle) < q {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// MD1Tail describes long waits: the share of requests that wait longer than t service times is nearly share*exp(-decay*t), to three digits from
// the 99th percentile on if rho is 0.5 or more.
func MD1Tail(rho float64) (share, decay float64) {
	low, high := 0.0, 2*(1-rho)/rho // decay solves exp(x)-1 = x/rho, whose left side is more than x + x²/2
	for range 60 {
		if middle := (low + high) / 2; math.Expm1(middle) < middle/rho {
			low = middle
		} else {
			high = middle
		}
	}
	return (1 - rho) / (rho*math.Exp(high) - 1), high
}

// MG1Mean returns the mean wait at utilisation rho, where service times have the distribution of the sample services, in its unit (M/G/1;
// Pollaczek and Khinchine). It does not depend on the order of service, unless that order depends on service times.
func MG1Mean(rho float64, services []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, s := range services {
		sum += s
		squares += s * s
	}
	return rho * squares / (2 * sum * (1 - rho))
}

// MG1Quantile returns bounds of the wait that a share q of requests does not exceed, where service times have the distribution of the sample
// services, in its unit. A wait is the sum of a geometric number of residual service times. Those are rounded to whole steps, down for low and up
// for high, and summed by Panjer's recursion (1981). The bounds meet as step becomes small; the running time grows with 1/step².
func MG1Quantile(rho float64, services []float64, q, step float64) (low, high float64) {
	left := residual(services, step)
	return step * float64(compound(rho, left, q)), step * float64(compound(rho, append([]float64{0}, left...), q))
}

// residual returns the distribution of what is left of a service at a random instant: the share that lies in each step.
func residual(services []float64, step float64) (shares []float64) {
	sorted := slices.Sorted(slices.Values(services))
	done := make([]float64, len(sorted)+1) // of the shortest ones
	for i, s := range sorted {
		done[i+1] = done[i] + s
	}
	n, total := len(sorted), done[len(sorted)]
	before := 0.0
	for end := step; before < 1; end += step {
		i := sort.SearchFloat64s(sorted, end)
		upTo := (done[i] + float64(n-i)*end) / total
		if i == n {
			upTo = 1
		}
		shares = append(shares, upTo-before)
		before = upTo
	}
	return shares
}

// compound returns the q-quantile, in steps, of the sum of a geometric number of values: after each there is one more with probability rho.
func compound(rho float64, shares []float64, q float64) int {
	scale := 1 / (1 - rho*shares[0])
	f := []float64{(1 - rho) * scale}
	for sum := f[0]; sum < q; sum += f[len(f)-1] {
		next := 0.0
		for i := 1; i < min(len(shares), len(f)+1); i++ {
			next += shares[i] * f[len(f)-i]
		}
		f = append(f, rho*scale*next)
	}
	return len(f) - 1
}

// Lindley returns how long each request waits, given the instants at which requests arrive, in order, and their service times. A request
// waits as long as the one before it waited and was served, minus the time between the two arrivals (Lindley 1952). This holds for any
// arrivals and any service times.
func Lindley[T ~int64 | ~float64](arrivals, services []T) []T {
	waits := make([]T, len(arrivals))
	for i := 1; i < len(arrivals); i++ {
		waits[i] = max(0, waits[i-1]+services[i-1]-(arrivals[i]-arrivals[i-1]))
	}
	return waits
}

// StallQuantile returns the wait that a share q of requests does not exceed, in a window in which the server stops once and nothing else makes
// requests wait.
//
// Requests are due evenly, and each takes the server a share rho of the time between two, 0 to below 1. Those that come during the stop or while
// its backlog lasts have waits spread evenly from 0 to stop. stop and window are lengths in one unit. The window must last until the backlog is
// gone, stop/(1-rho) after the stop began.
func StallQuantile(q, stop, window, rho float64) float64 {
	return max(0, stop-(1-q)*window*(1-rho))
}

// StallMean returns how much a stop of the server adds to the mean wait. Arguments are as in StallQuantile.
func StallMean(stop, window, rho float64) float64 {
	return stop * stop / (2 * window * (1 - rho))
}
