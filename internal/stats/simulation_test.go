//go:build !race

package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// These tests check the promises of intervals on simulated noise whose truth is known. The seeds are fixed. They are not built with the race
// detector: there is no concurrency for it to check, and it makes them ten times slower.

// machine simulates the cost of servers on a busy machine. A disturbance that all servers share drifts and jumps from cycle to cycle, and changes
// within a cycle. Each slice has noise of its own, with heavy tails; one slice in twenty costs a third more, or far more.
type machine struct {
	*rand.Rand
	drift float64
}

func invent(seed int) *machine { return &machine{Rand: rand.New(rand.NewPCG(uint64(seed), 7))} }

// heavy returns a value of Student's t distribution with three degrees of freedom: its fourth moment is infinite.
func (m *machine) heavy() float64 {
	sum := 0.0
	for range 3 {
		z := m.NormFloat64()
		sum += z * z
	}
	return m.NormFloat64() / math.Sqrt(sum/3)
}

// cycle returns the log of each server's figure in one cycle; truth has the true logs.
func (m *machine) cycle(truth []float64) []float64 {
	x := slices.Clone(truth)
	m.drift += 0.02 * m.NormFloat64()
	jump, slope := 0.1*m.heavy(), 0.02*m.heavy()
	for place, k := range m.Perm(len(x)) {
		x[k] += m.drift + jump + slope*float64(place) + 0.02*m.heavy()
		if m.Float64() < 0.05 {
			x[k] += 0.3 * math.Exp(m.NormFloat64())
		}
	}
	return x
}

// cycles returns n cycles, one row per server.
func (m *machine) cycles(n int, truth []float64) [][]float64 {
	x := make([][]float64, len(truth))
	for range n {
		for k, v := range m.cycle(truth) {
			x[k] = append(x[k], v)
		}
	}
	return x
}

// inBlocks returns the differences of the other servers from the first, over the first n cycles: one row per server, one column per block.
func inBlocks(x [][]float64, n, most int) [][]float64 {
	d := make([][]float64, len(x)-1)
	part := make([][]float64, len(x))
	for _, block := range Blocks(n, most) {
		for k := range x {
			part[k] = x[k][block[0]:block[1]]
		}
		effects := Effects(part)
		for k := range d {
			d[k] = append(d[k], effects[k+1]-effects[0])
		}
	}
	return d
}

func TestIntervalsOverBlocksHoldTheTruth(t *testing.T) {
	t.Parallel()
	const tries = 1000
	for _, truth := range [][]float64{{0, 0.03}, {0, 0.03, 0, -0.02, 0.5, 1}} {
		for _, cycles := range []int{50, 100, 200} {
			blocks := []int{MinBlocks, MostBlocks, 16}
			held, width := make([]float64, len(blocks)), make([]float64, len(blocks))
			for seed := range tries {
				x := invent(seed).cycles(cycles, truth)
				for i, most := range blocks {
					interval := TInterval(inBlocks(x, cycles, most)[0], 0, 0.95)
					width[i] += interval.HalfWidth() / tries
					if interval.Contains(truth[1]) {
						held[i] += 1. / tries
					}
				}
			}
			for i, most := range blocks {
				t.Logf("%d servers, %3d cycles, %2d blocks: %.3f hold the truth, ± %.2f %%", len(truth), cycles, most, held[i], 100*width[i])
				if held[i] < 0.93 || held[i] > 0.98 {
					t.Errorf("%d servers, %d cycles, %d blocks: %.3f of the intervals hold the truth, want 0.93 to 0.98", len(truth), cycles, most, held[i])
				}
			}
			if best := slices.Min(width); width[1] > 1.06*best {
				t.Errorf("%d servers, %d cycles: MostBlocks gives ± %.4f, another number ± %.4f", len(truth), cycles, width[1], best)
			}
		}
	}
}

func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	const tries, length = 2000, 96
	alarm := func(x [][]float64, n int, alpha float64) bool { return TTest(inBlocks(x, n, MostBlocks)[0], 0) < alpha }
	var fixed, planned, watched, few float64
	for seed := range tries {
		x := invent(seed).cycles(length, []float64{0, 0})
		if alarm(x, length, 0.05) {
			fixed += 1. / tries
		}
		if slices.ContainsFunc(Looks, func(l Look) bool { return alarm(x, int(l.At*length), l.Alpha) }) {
			planned += 1. / tries
		}
		if seed%8 > 0 {
			continue // a look after every cycle takes long, and its false alarms are frequent: fewer tries will do
		}
		few++
		for n := MinBlocks; n <= length; n++ {
			if alarm(x, n, 0.05) {
				watched++
				break
			}
		}
	}
	watched /= few
	t.Logf("of %d comparisons of a server with its twin it was called different in %.3f at the end, %.3f in planned looks, %.3f watched cycle by cycle",
		tries, fixed, planned, watched)
	if allowed := 0.05 + 2*math.Sqrt(0.05*0.95/tries); fixed > allowed || fixed < 0.02 {
		t.Errorf("false alarms at a fixed length: %.3f, want 0.05, up to %.3f by the luck of %d tries", fixed, allowed, tries)
	}
	if planned > 0.05 || planned < 0.02 {
		t.Errorf("false alarms of the planned looks: %.3f, want at most 0.05, and not next to none", planned)
	}
	if watched < 0.10 {
		t.Errorf("false alarms of a watch: %.3f, want far more than 0.05: without them this shows nothing", watched)
	}
}

func TestHolmBoundsFalseClaims(t *testing.T) {
	t.Parallel()
	const tries = 1000
	for _, test := range []struct {
		name   string
		truth  []float64
		differ float64
	}{
		{"all are the same", make([]float64, 6), 0},
		{"two of five differ", []float64{0, 0, 0.2, 0, 0.3, 0}, 2},
	} {
		var holm, none, found float64
		for seed := range tries {
			d := inBlocks(invent(seed).cycles(64, test.truth), 64, MostBlocks)
			var p []float64
			for _, blocks := range d {
				p = append(p, TTest(blocks, 0))
			}
			levels := Holm(p, 0.05)
			wrong, bare := false, false
			for k, blocks := range d {
				differs := !TInterval(blocks, 0, 1-levels[k]).Contains(0)
				if differs != (p[k] <= levels[k]) {
					t.Fatalf("seed %d: the interval at confidence %v and p = %v disagree", seed, 1-levels[k], p[k])
				}
				if test.truth[k+1] == 0 {
					wrong, bare = wrong || differs, bare || p[k] <= 0.05
				} else if differs {
					found += 1. / tries
				}
			}
			if wrong {
				holm += 1. / tries
			}
			if bare {
				none += 1. / tries
			}
		}
		t.Logf("%s: a false claim in %.3f with Holm, in %.3f without; %.2f true ones found", test.name, holm, none, found)
		if allowed := 0.05 + 2*math.Sqrt(0.05*0.95/tries); holm > allowed || holm < 0.01 {
			t.Errorf("%s: a false claim in %.3f, want 0.05 at most, up to %.3f by the luck of %d tries", test.name, holm, allowed, tries)
		}
		if found < 0.9*test.differ {
			t.Errorf("%s: %.2f differences found, want %v", test.name, found, test.differ)
		}
		if none < 0.08 {
			t.Errorf("%s: a false claim in %.3f without Holm, want far more than 0.05: without them this shows nothing", test.name, none)
		}
	}
}

// latencies returns the counts of n replies, whose logs have the given middle, in buckets one hundredth wide.
func (m *machine) latencies(n int, middle float64) (counts Counts) {
	logs := make([]int, n)
	for i := range logs {
		logs[i] = int(math.Floor(100 * (middle + 0.5*m.NormFloat64())))
	}
	slices.Sort(logs)
	edge := func(i int) int64 { return int64(1e6 * math.Exp(float64(i)/100)) }
	for i, log := range logs {
		if i > 0 && log == logs[i-1] {
			counts[len(counts)-1].N++
			continue
		}
		counts = append(counts, Bucket{edge(log), edge(log+1) - edge(log), 1})
	}
	return counts
}

func TestQuantileRatiosHoldTheTruth(t *testing.T) {
	for _, blocks := range []int{MinBlocks, 16, 64} {
		t.Run(fmt.Sprintf("%d blocks", blocks), func(t *testing.T) {
			t.Parallel()
			const truth = 1.1
			tries := max(200, 6400/blocks) // many blocks take long
			quantiles := []float64{0.5, 0.99}
			held, width := make([]float64, 2), make([]float64, 2)
			for seed := range tries {
				m := invent(seed)
				a, b := make([]Counts, blocks), make([]Counts, blocks)
				for i := range a {
					x := m.cycle([]float64{math.Log(truth), 0})
					a[i], b[i] = m.latencies(100, x[0]), m.latencies(100, x[1])
				}
				for i, q := range quantiles {
					interval := QuantileRatio(a, b, q, 0.95, uint64(seed))
					width[i] += math.Log(interval.High/interval.Low) / 2 / float64(tries)
					if interval.Contains(truth) {
						held[i] += 1 / float64(tries)
					}
				}
			}
			for i, q := range quantiles {
				t.Logf("p%v: %.3f hold the truth, ± %.0f %%", 100*q, held[i], 100*width[i])
				if held[i] < 0.92 || held[i] > 0.99 {
					t.Errorf("p%v: %.3f of the intervals hold the truth, want 0.92 to 0.99", 100*q, held[i])
				}
			}
		})
	}
}
