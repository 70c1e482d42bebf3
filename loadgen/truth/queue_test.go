//go:build !race

package truth

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/loadgen/schedule"
)

// This file, like others of this package, has arithmetic and simulations without goroutines: the race detector would find nothing and slow them
// down tenfold, so it is left out of race builds.

// Waits of M/D/1 in units of the service time. Two independent methods, the Erlang sum and a simulation of a million requests, agree to the digits
// given.
var md1 = []struct {
	rho, mean, p50, p90, p95, p99, p999, decay, share float64
}{
	{0.3, 0.2143, 0, 0.838, 1.071, 1.891, 3.023, 2.0646, 0.5130},
	{0.5, 0.5000, 0, 1.516, 2.051, 3.336, 5.168, 1.2564, 0.6610},
	{0.6, 0.7500, 0.372, 2.098, 2.829, 4.530, 6.960, 0.9474, 0.7307},
	{0.7, 1.1667, 0.730, 3.077, 4.103, 6.485, 9.894, 0.6755, 0.7990},
	{0.8, 2.0000, 1.276, 5.012, 6.620, 10.356, 15.700, 0.4308, 0.8664},
	{0.9, 4.5000, 3.013, 10.783, 14.129, 21.898, 33.014, 0.2071, 0.9333},
}

func TestFormulasAgreeWithTheTable(t *testing.T) {
	worst := 0.0
	for _, want := range md1 {
		share, decay := stats.MD1Tail(want.rho)
		for _, pair := range [][2]float64{
			{stats.MD1Quantile(want.rho, 0.5), want.p50},
			{stats.MD1Quantile(want.rho, 0.9), want.p90},
			{stats.MD1Quantile(want.rho, 0.95), want.p95},
			{stats.MD1Quantile(want.rho, 0.99), want.p99},
			{stats.MD1Quantile(want.rho, 0.999), want.p999},
			{stats.MD1Mean(want.rho), want.mean},
			{share, want.share},
			{decay, want.decay},
		} {
			worst = max(worst, math.Abs(pair[0]-pair[1]))
		}
	}
	row(t, "M/D/1 at utilisations 0.3 to 0.9: mean, p50, p90, p95, p99, p99.9 and tail of the wait", "48 known values, to three decimals",
		fmt.Sprintf("off by %.4f services at most", worst), "0.0005", worst <= 0.00051)
}

// erlang returns the share of requests of M/D/1 that wait for t at most, by Erlang's sum (1909). The signs of its terms alternate, so it is accurate
// only for small t.
func erlang(rho, t float64) float64 {
	sum, factorial := 0.0, 1.0
	for k := range int(t) + 1 {
		y := rho * (t - float64(k))
		sum += math.Pow(-y, float64(k)) / factorial * math.Exp(y)
		factorial *= float64(k + 1)
	}
	return (1 - rho) * sum
}

func TestTheSumWithoutSignsIsErlangs(t *testing.T) {
	worst := 0.0
	for _, want := range md1 {
		for at := range 80 {
			wait := float64(at) / 10
			worst = max(worst, math.Abs(stats.MD1CDF(want.rho, wait)-erlang(want.rho, wait)))
		}
	}
	row(t, "M/D/1: the CDF whose terms are all positive (Franx) against Erlang's sum, for waits of 0 to 8 services", "the same",
		fmt.Sprintf("off by %.0e at most", worst), "1e-7", worst < 1e-7)

	worst = 0
	for _, rho := range []float64{0.5, 0.6, 0.7, 0.8, 0.9} {
		share, decay := stats.MD1Tail(rho)
		for _, q := range []float64{0.99, 0.999, 0.9999} {
			wait := stats.MD1Quantile(rho, q)
			worst = max(worst, math.Abs(share*math.Exp(-decay*wait)/(1-q)-1))
		}
	}
	row(t, "M/D/1: share of requests beyond p99, p99.9 and p99.99, by the tail's formula", "1 %, 0.1 %, 0.01 %",
		fmt.Sprintf("off by %.2f %% of it at most", 100*worst), "0.5 %", worst < 0.005)
}

// arrivals returns when the first n requests of loadgen's own Poisson schedule are due.
func arrivals(rate float64, n int, seed uint64) []time.Duration {
	walk := schedule.New(result.Spec{Rate: rate, Arrivals: result.Poisson, Seed: seed}).Walk()
	due := make([]time.Duration, n)
	for i := range due {
		due[i] = walk.Due()
		walk.Skip(1)
	}
	return due
}

// customers is how many requests are simulated at each utilisation.
const customers = 1_000_000

// waits returns the waits of that many requests by Lindley's recursion, sorted, in units of the mean service time, which is 1 s here.
func waits(rho float64, seed uint64, service func(*rand.Rand) float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 2))
	services := make([]time.Duration, customers)
	for i := range services {
		services[i] = time.Duration(1e9 * service(random))
	}
	w := make([]float64, customers)
	for i, wait := range stats.Lindley(arrivals(rho, customers, seed), services) {
		w[i] = wait.Seconds()
	}
	slices.Sort(w)
	return w
}

// spread returns the standard deviation of the mean of n waits, as a share of that mean. variability is the variance of the service times over their
// squared mean. Consecutive waits are correlated, so n waits are only as exact as far fewer independent ones (Whitt 1989). Percentiles spread
// about twice as much.
func spread(rho, variability float64, n int) float64 {
	return math.Sqrt(2*(1+variability)/float64(n)) / (1 - rho)
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// quantile returns the value that a share q of the sorted x does not exceed.
func quantile[T any](x []T, q float64) T {
	return x[max(0, int(math.Ceil(q*float64(len(x))*(1-1e-12)))-1)]
}

func TestFormulasAgreeWithSimulatedQueues(t *testing.T) {
	fixed := func(*rand.Rand) float64 { return 1 }
	exponential := func(r *rand.Rand) float64 { return r.ExpFloat64() }
	twoKinds := []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 5.5}
	mixed := func(r *rand.Rand) float64 { return twoKinds[r.IntN(len(twoKinds))] }

	for i, c := range []struct {
		queue       string
		rho         float64
		service     func(*rand.Rand) float64
		variability float64 // of the service times: variance over squared mean
		mean        float64
		quantile    func(q float64) (low, high float64)
	}{
		{"M/D/1", 0.5, fixed, 0, stats.MD1Mean(0.5), nil},
		{"M/D/1", 0.7, fixed, 0, stats.MD1Mean(0.7), nil},
		{"M/D/1", 0.8, fixed, 0, stats.MD1Mean(0.8), nil},
		{"M/M/1", 0.7, exponential, 1, stats.MM1Mean(0.7), func(q float64) (float64, float64) {
			v := stats.MM1Quantile(0.7, q)
			return v, v
		}},
		{"M/G/1, nine services of ten take 0.5 and one 5.5,", 0.7, mixed, 2.25, stats.MG1Mean(0.7, twoKinds), func(q float64) (float64, float64) {
			return stats.MG1Quantile(0.7, twoKinds, q, 0.02)
		}},
	} {
		if c.quantile == nil {
			c.quantile = func(q float64) (float64, float64) { v := stats.MD1Quantile(c.rho, q); return v, v }
		}
		w := waits(c.rho, uint64(i), c.service)
		allowed := 3 * spread(c.rho, c.variability, customers)
		ok := math.Abs(mean(w)/c.mean-1) <= allowed
		want, got := fmt.Sprintf("mean %.3f", c.mean), fmt.Sprintf("mean %.3f", mean(w))
		for _, q := range []float64{0.9, 0.99} {
			low, high := c.quantile(q)
			at := quantile(w, q)
			ok = ok && at >= low*(1-2*allowed) && at <= high*(1+2*allowed)
			want += fmt.Sprintf(", p%v %.2f", 100*q, (low+high)/2)
			got += fmt.Sprintf(", p%v %.2f", 100*q, at)
		}
		row(t, fmt.Sprintf("%s at utilisation %v: Lindley's recursion over %d million requests of our own schedule, due at random, in services", c.queue, c.rho, customers/1_000_000), want, got,
			fmt.Sprintf("mean %.1f %%, percentiles %.1f %%, three times what chance does", 100*allowed, 200*allowed), ok)
	}
}

func TestTheTwoRoundingsBracketTheTruth(t *testing.T) {
	twoKinds := []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 5.5}
	if got := stats.MG1Mean(0.7, twoKinds); math.Abs(got-3.792) > 0.0005 {
		t.Errorf("the mean wait is %v, want 3.792", got)
	}
	narrowLow, narrowHigh := stats.MG1Quantile(0.7, twoKinds, 0.99, 0.01)
	for _, step := range []float64{0.05, 0.1, 0.25} {
		low, high := stats.MG1Quantile(0.7, twoKinds, 0.99, step)
		if low > narrowLow || high < narrowHigh {
			t.Errorf("in steps of %v p99 lies between %v and %v, in steps of 0.01 between %v and %v", step, low, high, narrowLow, narrowHigh)
		}
	}
	row(t, "M/G/1 at utilisation 0.7, nine services of ten take 0.5 and one 5.5: p99 of the wait", "22.75 to 23.30",
		fmt.Sprintf("%.2f to %.2f", narrowLow, narrowHigh), "all of it", narrowLow >= 22.75 && narrowHigh <= 23.30)

	// For constant and for exponential service times there are exact formulas.
	exponential := make([]float64, 20_000)
	for i := range exponential {
		exponential[i] = -math.Log(1 - (float64(i)+0.5)/float64(len(exponential)))
	}
	for _, c := range []struct {
		law      string
		services []float64
		truth    func(rho, q float64) float64
		margin   float64
	}{
		{"fixed", []float64{1}, stats.MD1Quantile, 1e-9},
		{"exponential", exponential, stats.MM1Quantile, 0.002}, // 20,000 values do not have the end of the tail
	} {
		for _, rho := range []float64{0.3, 0.6, 0.8} {
			for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
				low, high := stats.MG1Quantile(rho, c.services, q, 0.02)
				if truth := c.truth(rho, q); low > truth*(1+c.margin) || high < truth*(1-c.margin) || high-low > 0.05*max(1, high) {
					t.Errorf("%s services at utilisation %v: the %v-quantile is said to lie between %v and %v, it is %v", c.law, rho, q, low, high, truth)
				}
			}
		}
	}
}

// Evenly spaced requests never wait. A server that stops once is a queue with one long service: the formula for a stall must agree with Lindley's
// recursion.
func TestTheStallFormulaIsLindleys(t *testing.T) {
	const window, stop, rate = 10.0, 1.0, 1000
	for _, rho := range []float64{0, 0.5, 0.8} {
		even := schedule.Even(rate)
		n := even.Before(window * time.Second)
		due, services := make([]time.Duration, n), make([]time.Duration, n)
		for i := range due {
			due[i] = even.Due(int64(i))
			services[i] = time.Duration(rho * 1e9 / rate)
		}
		if w := slices.Max(stats.Lindley(due, services)); w != 0 {
			t.Errorf("at utilisation %v an even stream waits for up to %v", rho, w)
		}
		services[2*rate-1] += stop * time.Second
		w := stats.Lindley(due, services)
		slices.Sort(w)
		sum := time.Duration(0)
		for _, wait := range w {
			sum += wait
		}
		var want, got []string
		ok := true
		compare := func(name string, truth, found float64) {
			want = append(want, fmt.Sprintf("%s %.3f s", name, truth))
			got = append(got, fmt.Sprintf("%s %.3f s", name, found))
			ok = ok && math.Abs(truth-found) <= 1.5/rate
		}
		for _, q := range []float64{0.5, 0.95, 0.99} {
			compare(fmt.Sprintf("p%v", 100*q), stats.StallQuantile(q, stop, window, rho), quantile(w, q).Seconds())
		}
		compare("mean", stats.StallMean(stop, window, rho), sum.Seconds()/float64(n))
		row(t, fmt.Sprintf("A server at utilisation %v stops for 1 s of 10, at 1000/s: the stall formula against Lindley's recursion", rho),
			strings.Join(want, ", "), strings.Join(got, ", "), "1.5 ms, the gap between two requests and a service", ok)
	}
}
