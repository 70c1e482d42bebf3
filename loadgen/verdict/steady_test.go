package verdict

import (
	"math/rand/v2"
	"testing"
	"time"

	"carousel/internal/result"
)

// went gives l a series of so many bins of 100 ms. in returns the number of replies and the mean response time of each bin.
func went(l *result.Load, bins int, in func(i int) (replies int64, each time.Duration)) *result.Load {
	s := &result.Series{BinNS: int64(100 * time.Millisecond)}
	for i := range bins {
		n, each := in(i)
		s.Replies, s.BusyNS = append(s.Replies, n), append(s.BusyNS, n*int64(each))
	}
	l.Series = s
	return l
}

func TestSteady(t *testing.T) {
	rate := func(bins int, in func(i int) int64) *result.Load {
		return went(closed(t), bins, func(i int) (int64, time.Duration) { return in(i) + int64(i%7), time.Millisecond })
	}
	times := func(bins int, in func(i int) time.Duration) *result.Load {
		return went(paced(t), bins, func(i int) (int64, time.Duration) { return 100, in(i) + time.Duration(i%7)*time.Microsecond })
	}
	step := func(from, to int64, at int) func(int) int64 {
		return func(i int) int64 {
			if i < at {
				return from
			}
			return to
		}
	}
	for _, c := range []struct {
		name string
		of   *result.Load
		want result.Reason
	}{
		{"steady", rate(100, step(1000, 1000, 50)), result.Reason{}},
		{"a step of 3 %", rate(100, step(1000, 970, 50)), result.Reason{}},
		{"a step of 7 %", rate(100, step(1000, 930, 60)), result.Reason{State: result.Valid, Text: "the rate changed by 6.98 % after 6.00s of the window: 10,030/s and then 9,330/s"}},
		{"a step of 20 %", rate(100, step(1000, 1250, 45)), result.Reason{State: result.Suspect, Text: "the rate changed by 20 % after 4.50s of the window: 10,030/s and then 12,530/s"}},
		{"a drift", rate(100, func(i int) int64 { return 1000 + 4*int64(i) }), result.Reason{State: result.Suspect, Text: "the rate changed by 20 % from its first third to its last: 10,660/s and then 13,330/s"}},
		{"a short run", rate(29, step(1000, 2000, 15)), result.Reason{}},
		{"a stall", rate(100, func(i int) int64 {
			if i >= 40 && i < 50 {
				return 0
			}
			return 1000
		}), result.Reason{}},
		{"one slow start", rate(100, step(10, 1000, 2)), result.Reason{}},

		{"a schedule", times(100, func(int) time.Duration { return time.Millisecond }), result.Reason{}},
		{"a schedule answered more slowly by a little", times(100, func(i int) time.Duration { return time.Duration(100+i) * time.Microsecond }), result.Reason{}},
		{"a schedule answered more slowly", times(100, func(i int) time.Duration { return time.Duration(1+i/60) * time.Millisecond }),
			result.Reason{State: result.Suspect, Text: "the mean response time changed by 49.9 % after 6.00s of the window: 1.00ms and then 2.00ms"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got result.Reason
			if got.State, got.Text, _ = checkSteady(c.of); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// On a noisy machine few windows look as if they had changed, even if a disturbance lasts for several bins.
func TestSteadySeldomDoubtsNoise(t *testing.T) {
	rng, l := rand.New(rand.NewPCG(1, 2)), closed(t)
	for _, c := range []struct {
		memory float64 // how much of a bin's disturbance lasts into the next bin
		spread float64 // the noise of the rate, as a share of it
	}{{0, 0.2}, {0.5, 0.1}, {0.8, 0.05}, {0.9, 0.03}} {
		suspect := 0
		const runs = 1000
		for range runs {
			disturbed := 0.0
			went(l, 100, func(int) (int64, time.Duration) {
				disturbed = c.memory*disturbed + (1-c.memory)*rng.NormFloat64()
				return int64(10_000 * (1 + c.spread*disturbed)), time.Millisecond
			})
			if state, _, _ := checkSteady(l); state == result.Suspect {
				suspect++
			}
		}
		if suspect > runs/200 {
			t.Errorf("memory %v, spread %v: %d of %d windows are suspect", c.memory, c.spread, suspect, runs)
		}
	}
}
