package truth

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/loadgen/schedule"
)

const service = time.Millisecond

// From the schedule and the service times that the server logged, Lindley's recursion (1952) gives the wait of each request. Loadgen must measure
// the same, plus the time that a request takes on its way when none waits.
func TestReplay(t *testing.T) {
	needsLive(t)
	way := floor(t)
	for _, c := range []struct{ arrivals, law string }{
		{"uniform", "fixed"}, {"uniform", "exponential"}, {result.Poisson, "fixed"}, {result.Poisson, "bimodal"},
	} {
		for _, busy := range []float64{0.5, 0.8} {
			name := fmt.Sprintf("%s arrivals, %s service, utilisation %.1f", c.arrivals, c.law, busy)
			t.Run(name, func(t *testing.T) {
				r := quiet(t, "replay, "+name, func() *run { return queue(t, c.arrivals, c.law, busy, 20*time.Second, 1) })
				expected := r.foreseen()
				seen := make([]int64, len(expected)) // by how much each request's response time differs in the server's log
				for i, due := range r.due() {
					seen[i] = r.log.Ended[i] - due - expected[i]
				}
				slices.Sort(seen)
				mean := average(expected)
				slices.Sort(expected)

				if r.load.Latency.Withheld["p50"] != "" {
					prove(t, "replay, "+name, "p50", figure(r.load.Latency, "p50"), "", false)
					return
				}
				half, want := r.load.Latency.P50-way, at(expected, 0.5)
				prove(t, "replay, "+name+": median response", millis(want), fmt.Sprintf("%s (the server's log, request by request: off by %s, p99 %s)", millis(half), micros(at(seen, 0.5)), micros(at(seen, 0.99))),
					"0.1 ms", distance(half, want) <= 100*time.Microsecond)
				found := r.load.Latency.Mean - float64(way)
				prove(t, "replay, "+name+": mean response", millis(int64(mean)), millis(int64(found)), "5 %", math.Abs(found/mean-1) <= 0.05)
			})
		}
	}
}

// Over ten seeds the mean wait is that of M/D/1 (Pollaczek 1930, Khinchine 1932), at the service time that the server logged. The time on the way to
// the server is the mean over the requests that find the server idle: a mean, because rare pauses of the host are in the mean wait too. The time
// on the way back is taken from the fastest requests, since a share of 1-rho finds the server idle.
func TestMeanWait(t *testing.T) {
	needsLive(t)
	const seeds, length = 10, 30 * time.Second // in shorter runs chance alone would make 3 %
	for _, busy := range []float64{0.5, 0.8} {
		name := fmt.Sprintf("M/D/1, utilisation %.1f, %d seeds: mean wait", busy, seeds)
		t.Run(fmt.Sprint(busy), func(t *testing.T) {
			var found, want, foreseen float64
			for seed := range uint64(seeds) {
				r := quiet(t, name, func() *run { return queue(t, result.Poisson, "fixed", busy, length, seed+1) })
				took := average(r.log.Services())
				rho := r.load.Spec.Rate * took / 1e9
				there, back := r.there(), float64(r.back(t, (1-rho)/2))
				t.Logf("the way to the server takes %s, the way back %s", units.Short(there), units.Short(back))
				found += (r.load.Latency.Mean - took - there - back) / seeds
				want += stats.MD1Mean(rho) * took / seeds
				foreseen += (average(r.foreseen()) - took) / seeds
			}
			prove(t, name, millis(int64(want)), fmt.Sprintf("%s (Lindley's recursion, on the same draws: %s)", millis(int64(found)), millis(int64(foreseen))),
				"5 %", math.Abs(found/want-1) <= 0.05)
		})
	}
}

// there returns how long a request takes from when it is due until its reply is written, without its service time: the mean, in nanoseconds by the
// server's log, over the requests that by Lindley's recursion find the server idle.
func (r *run) there() float64 {
	services, expected := r.log.Services(), r.foreseen()
	var ways []int64
	for i, due := range r.due() {
		if expected[i] == services[i] {
			ways = append(ways, r.log.Ended[i]-due-services[i])
		}
	}
	return average(ways)
}

// back returns how long a reply takes on its way back, in nanoseconds: by how much the share-quantile of the response times is longer in loadgen's
// record than in the server's log.
func (r *run) back(t *testing.T, share float64) int64 {
	t.Helper()
	responses, err := result.Decode(r.load.Histogram)
	if err != nil {
		t.Fatal(err)
	}
	logged := make([]int64, len(r.log.Ended))
	for i, due := range r.due() {
		logged[i] = r.log.Ended[i] - due
	}
	slices.Sort(logged)
	return responses.Quantile(share) - at(logged, share)
}

// queue makes a run in which requests wait for each other.
func queue(t *testing.T, arrivals, law string, busy float64, length time.Duration, seed uint64) *run {
	flags := []string{"-r", fmt.Sprint(busy / service.Seconds()), "-c", "200", "-d", length.String(), "--arrivals", arrivals}
	if arrivals == result.Poisson {
		flags = append(flags, "--seed", fmt.Sprint(seed))
	}
	return drive(t, Work{Law: law, Mean: service, Seed: seed}, nil, flags...)
}

// floor returns how long a request takes on its way there and back, without its service time, when none waits and the processors are as busy as
// under load; in nanoseconds.
func floor(t *testing.T) int64 {
	t.Helper()
	r := quiet(t, "replay: the way to the server and back", func() *run {
		return drive(t, Work{Law: "fixed", Mean: service}, nil, "-r", "250", "-d", "10s")
	})
	if why := r.load.Latency.Withheld["p50"]; why != "" {
		t.Fatalf("the way to the server and back is not known: %s", why)
	}
	services := r.log.Services()
	slices.Sort(services)
	way := r.load.Latency.P50 - at(services, 0.5)
	t.Logf("the way to the server and back takes %s", units.Short(float64(way)))
	return way
}

// due returns when the requests that arrived were due, in nanoseconds of CLOCK_MONOTONIC.
func (r *run) due() []int64 {
	due := make([]int64, len(r.log.Arrived))
	walk := schedule.New(r.load.Spec).Walk()
	for i := range due {
		due[i] = r.begun + int64(walk.Due())
		walk.Skip(1)
	}
	return due
}

// foreseen returns the response time of each request by Lindley's recursion over the schedule and the logged service times, in nanoseconds.
func (r *run) foreseen() []int64 {
	services := r.log.Services()
	response := stats.Lindley(r.due(), services)
	for i, service := range services {
		response[i] += service
	}
	return response
}

func average(values []int64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}
