package stats

import (
	"math"
	"slices"
	"sort"
)

// Below is how long requests wait for a server that takes one at a time, in the order in which they come, at instants that have
// nothing to do with it (Poisson arrivals). The wait ends when the service begins: the response time is the wait and the
// service. rho is the server's utilisation, arrivals per second times the mean service, above 0 and below 1. A quantile q is from 0 up to, not
// including, 1.

// MM1Mean returns the mean wait, in mean services, where service times are exponential (M/M/1; Erlang 1917).
func MM1Mean(rho float64) float64 { return rho / (1 - rho) }

// MM1CDF returns the share of requests that wait at most t mean services.
func MM1CDF(rho, t float64) float64 {
	if t < 0 {
		return 0
	}
	return 1 - rho*math.Exp(-(1-rho)*t)
}

// MM1Quantile returns the wait, in mean services, that a share q of requests does not exceed.
func MM1Quantile(rho, q float64) float64 {
	return max(0, math.Log(rho/(1-q))/(1-rho))
}

// MD1Mean returns the mean wait, in services, where every service takes the same time (M/D/1; Pollaczek 1930, Khinchine 1932).
func MD1Mean(rho float64) float64 { return rho / (2 * (1 - rho)) }

// MD1CDF returns the share of requests that wait at most t services. All its terms are positive (Franx 2001); Erlang's sum of 1909, with
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

// md1Sizes are the shares of time in which 0, 0 to 1, ... 0 to n requests are there, waiting or served. They follow from each other, as the number rises past
// each size as often as it falls.
func md1Sizes(rho float64, n int) []float64 {
	// more[i] is the chance that more than i requests come during a service, summed from its far end so that it is exact when small.
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

// MD1Quantile returns the wait, in services, that a share q of requests does not exceed.
func MD1Quantile(rho, q float64) float64 {
	if q <= 1-rho {
		return 0 // who finds nobody there does not wait
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

// MD1Tail describes long waits: the share of requests that wait longer than t services is nearly share*exp(-decay*t), to three digits from
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

// MG1Mean returns the mean wait where service times are distributed as services, in their unit (M/G/1; Pollaczek and Khinchine). It does
// not depend on the order of service, unless that goes by service time.
func MG1Mean(rho float64, services []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, s := range services {
		sum += s
		squares += s * s
	}
	return rho * squares / (2 * sum * (1 - rho))
}

// MG1Quantile returns bounds of the wait that a share q of requests does not exceed, where service times are distributed as services, in
// their unit. A wait is the sum of a geometric number of residual service times. They are rounded down for low and up for high, to whole
// steps, and summed by Panjer's recursion (1981). The bounds meet as step becomes small; the running time grows with 1/step².
func MG1Quantile(rho float64, services []float64, q, step float64) (low, high float64) {
	left := residual(services, step)
	return step * float64(compound(rho, left, q)), step * float64(compound(rho, append([]float64{0}, left...), q))
}

// residual is the share of what is left of services, seen at any instant, that lies in each step.
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

// compound is the q-quantile, in steps, of the sum of a geometric number of values, of which there is one more with a chance of rho.
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

// Lindley returns how long each request waits, from the instants at which requests arrive, in order, and their service times. A request
// waits as long as the one before it waited and was served, minus the time between the two arrivals (Lindley 1952). This holds for any
// arrivals and any service times.
func Lindley[T ~int64 | ~float64](arrivals, services []T) []T {
	waits := make([]T, len(arrivals))
	for i := 1; i < len(arrivals); i++ {
		waits[i] = max(0, waits[i-1]+services[i-1]-(arrivals[i]-arrivals[i-1]))
	}
	return waits
}

// Of a window in which requests are due evenly, and whose server is stopped once and otherwise takes a share rho of the time
// for each, 0 to below 1, those that come during the stop or behind its backlog wait anything from nothing to all of the stop, evenly. Lengths
// are in one unit. The window is to last until the backlog is gone, stop/(1-rho) after it began; or, with a rho of 0, until the stop ends.

// StallQuantile returns the wait that a share q of requests does not exceed, where the stop alone makes requests wait.
func StallQuantile(q, stop, window, rho float64) float64 {
	return max(0, stop-(1-q)*window*(1-rho))
}

// StallMean returns what the stop adds to the mean wait.
func StallMean(stop, window, rho float64) float64 {
	return stop * stop / (2 * window * (1 - rho))
}
