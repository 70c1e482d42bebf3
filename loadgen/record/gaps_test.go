package record

import (
	"math/rand/v2"
	"testing"

	"carousel/internal/result"
	"carousel/loadgen/schedule"
)

// sentAs returns the record's Arrivals for n requests of s on several workers in turn. late says how late each request is sent.
func sentAs(t *testing.T, s result.Spec, n, workers int, late func(i int) (ns int64, waited bool)) *result.Arrivals {
	t.Helper()
	var all []*Recorder
	for range workers {
		r := NewRecorder(1, true, nil)
		r.Open(0)
		all = append(all, r)
	}
	w := schedule.New(s).Walk()
	for i := range n {
		due := int64(w.Due())
		ns, waited := late(i)
		all[i%workers].Late(due, due+ns, waited)
		w.Skip(1)
	}
	return merged(t, 10_000*ms, 0, all...).Arrivals
}

func TestArrivals(t *testing.T) {
	const n = 10_000
	random := rand.New(rand.NewPCG(1, 2))
	jitter := func(us float64) func(int) (int64, bool) {
		return func(int) (int64, bool) { return int64(random.ExpFloat64() * us * 1000), false }
	}
	stalls := func(every, length int) func(int) (int64, bool) { // for a schedule of one request per ms
		return func(i int) (int64, bool) { return max(0, int64(length-i%every)) * ms, false }
	}
	for _, c := range []struct {
		name      string
		spec      result.Spec
		workers   int
		late      func(int) (int64, bool)
		low, high float64 // share of the gaps that are off
	}{
		{"in time", result.Spec{Rate: 1000}, 1, jitter(0), 0, 0},
		{"always late by as much", result.Spec{Rate: 1000}, 1, func(int) (int64, bool) { return 80_000, false }, 0, 0},
		{"a little late", result.Spec{Rate: 1000}, 1, jitter(5), 0, 0.01},
		{"late by more than is good", result.Spec{Rate: 1000}, 1, jitter(100), 0.25, 0.7},
		{"at random, in time", result.Spec{Rate: 1000, Arrivals: result.Poisson}, 2, jitter(5), 0, 0.01},
		{"at random, late", result.Spec{Rate: 1000, Arrivals: result.Poisson}, 2, jitter(2000), 0.1, 1},
		{"fast, a little late", result.Spec{Rate: 20_000}, 1, jitter(2), 0, 0.01},
		{"fast, late", result.Spec{Rate: 20_000}, 1, jitter(20), 0.2, 1},
		{"in a bunch now and then", result.Spec{Rate: 1000}, 1, stalls(100, 5), 0.03, 0.06},
		{"in bunches", result.Spec{Rate: 1000}, 1, stalls(10, 5), 0.35, 0.6},
		{"faster than they can be sent", result.Spec{Rate: 200_000}, 1, jitter(2), 0, 0.05},
		{"faster than they can be sent, late", result.Spec{Rate: 200_000}, 1, jitter(1000), 0.4, 1},
		{"a ramp", result.Spec{Rate: 1000, Stages: []result.Stage{{From: 10, To: 1990, Length: 20e9}}}, 2, jitter(5), 0, 0.01},
		{"bursts", result.Spec{Rate: 1000, Burst: 10}, 1, jitter(5), 0, 0.02},
		{"rarely", result.Spec{Rate: 0.5}, 1, jitter(5), 0, 0.001},
	} {
		a := sentAs(t, c.spec, n, c.workers, c.late)
		if a.OffShare < c.low || a.OffShare > c.high || a.Gaps != int64(n-c.workers) || a.Waited != 0 {
			t.Errorf("%s: %+v, want %v to %v", c.name, a, c.low, c.high)
		}
	}
}

// A request that waited for a connection was delayed by the target, not by loadgen, so its gaps do not count.
func TestGapsBesideWaiting(t *testing.T) {
	a := sentAs(t, result.Spec{Rate: 1000}, 1000, 1, func(i int) (int64, bool) {
		if i >= 400 && i < 600 {
			return int64(600-i) * ms, true
		}
		return 0, false
	})
	if a.Waited != 200 || a.Gaps != 399+399 || a.OffShare != 0 {
		t.Errorf("%+v", a)
	}
}

func TestNoArrivals(t *testing.T) {
	r := NewRecorder(1, false, nil)
	r.Open(0)
	if a := merged(t, ms, 0, r).Arrivals; a != nil {
		t.Errorf("a closed loop has %+v", a)
	}
}
