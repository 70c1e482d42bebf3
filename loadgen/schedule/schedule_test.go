package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
)

func TestDue(t *testing.T) {
	for _, c := range []struct {
		rate float64
		i    int64
		want time.Duration
	}{
		{1, 0, 0},
		{1, 1, time.Second},
		{1000, 1, time.Millisecond},
		{1000, 10_000, 10 * time.Second},
		{0.5, 3, 6 * time.Second},
		{3, 1, 333_333_333},
		{3, 2, 666_666_667},
		{3, 3, time.Second},
		{7, 7 * 86_400, 24 * time.Hour}, // no drift after a day
		{30_000, 30_000 * 3600, time.Hour},
		{1e6, 1, time.Microsecond},
		{1e-12, 1, math.MaxInt64},
		{1e7, math.MaxInt64, math.MaxInt64},
		{1e-300, math.MaxInt64, math.MaxInt64},
	} {
		if got := Even(c.rate).Due(c.i); got != c.want {
			t.Errorf("Even(%v).Due(%d) = %v, want %v", c.rate, c.i, got, c.want)
		}
	}
}

func TestBefore(t *testing.T) {
	for _, c := range []struct {
		rate float64
		d    time.Duration
		want int64
	}{
		{10, -time.Second, 0},
		{10, 0, 0},
		{10, 1, 1},
		{10, 100 * time.Millisecond, 1},
		{10, 100*time.Millisecond + 1, 2},
		{1000, 10 * time.Second, 10_000},
		{0.1, 5 * time.Second, 1},
		{3, time.Second, 3},
		{1e-12, time.Hour, 1},
		{1e-12, math.MaxInt64, 1},
	} {
		if got := Even(c.rate).Before(c.d); got != c.want {
			t.Errorf("Even(%v).Before(%v) = %d, want %d", c.rate, c.d, got, c.want)
		}
	}
}

// seconds returns stages from triples: from, to, and length in seconds.
func seconds(stages ...[3]float64) (all []result.Stage) {
	for _, s := range stages {
		all = append(all, result.Stage{From: s[0], To: s[1], Length: time.Duration(s[2] * 1e9)})
	}
	return all
}

var specs = map[string]result.Spec{
	"slow":            {Rate: 0.3},
	"odd":             {Rate: 12_345.678},
	"fast":            {Rate: 1e6},
	"bursts":          {Rate: 997, Burst: 10},
	"rising":          {Stages: seconds([3]float64{0, 1000, 10})},
	"falling":         {Stages: seconds([3]float64{1000, 0, 10})},
	"stages":          {Stages: seconds([3]float64{100, 100, 2}, [3]float64{100, 5000, 3}, [3]float64{0, 0, 1}, [3]float64{5000, 5000, 1})},
	"rising bursts":   {Stages: seconds([3]float64{10, 1000, 10}), Burst: 7},
	"after a warm-up": {Stages: seconds([3]float64{500, 2000, 5}), Warmup: 2 * time.Second},
}

// Before and Due must agree at every edge, or the books would lose or invent a request.
func TestBeforeIsTheInverseOfDue(t *testing.T) {
	for name, s := range specs {
		p, burst := New(s), int64(max(1, s.Burst))
		for i := range int64(3000) {
			n := i * i
			at := p.Due(n)
			if at == math.MaxInt64 {
				break
			}
			first := n / burst * burst
			if got := p.Before(at); got != first {
				t.Fatalf("%s: %d requests before request %d is due, at %v", name, got, n, at)
			}
			if got := p.Before(at + 1); got < n+1 || got != first+burst && p.Due(first+burst) > at {
				t.Fatalf("%s: %d requests up to request %d", name, got, n)
			}
		}
	}
}

func TestGapsAreEven(t *testing.T) {
	p := Even(12_345.678)
	for i := range int64(100_000) {
		gap := float64(p.Due(i+1) - p.Due(i))
		if math.Abs(gap-1e9/12_345.678) > 1 {
			t.Fatalf("gap %d is %v ns", i, gap)
		}
	}
}

// The gap between two requests follows the rate at that time, and each stage has as many requests as the area under its rate.
func TestStages(t *testing.T) {
	p := New(specs["stages"])
	for i, want := range map[int64]time.Duration{
		0: 0, 1: 10 * time.Millisecond, 199: 1990 * time.Millisecond, 200: 2 * time.Second,
		7850: 6 * time.Second, // after a second at rate 0
		7851: 6*time.Second + 200*time.Microsecond,
	} {
		if got := p.Due(i); got != want {
			t.Errorf("request %d is due at %v, want %v", i, got, want)
		}
	}
	for d, want := range map[time.Duration]int64{2 * time.Second: 200, 5 * time.Second: 7850, 6 * time.Second: 7850, 7 * time.Second: 12850} {
		if got := p.Before(d); got != want {
			t.Errorf("%d requests before %v, want %d", got, d, want)
		}
	}
	if got := p.Due(12851); got != math.MaxInt64 {
		t.Errorf("after the last stage a request is due at %v", got)
	}
	for i := int64(201); i < 7849; i++ {
		at, next := p.Due(i).Seconds()-2, p.Due(i+1).Seconds()-2
		rate := 100 + 4900*(at+next)/2/3
		if gap := next - at; math.Abs(gap*rate-1) > 1e-3 {
			t.Fatalf("%v s into the ramp, at rate %v, the gap is %v", at, rate, gap)
		}
	}
}

// A warm-up before a ramp has the rate with which the ramp begins.
func TestWarmup(t *testing.T) {
	p := New(specs["after a warm-up"])
	if got := p.Due(999) - p.Due(998); got != 2*time.Millisecond {
		t.Errorf("in the warm-up the gap is %v", got)
	}
	if n, all := p.Before(2*time.Second), p.Before(7*time.Second); n != 1000 || all != 1000+6250 {
		t.Errorf("%d requests in the warm-up, %d in all", n, all)
	}
}

func TestBursts(t *testing.T) {
	p := New(result.Spec{Rate: 100, Burst: 4})
	for i := range int64(1000) {
		if got, want := p.Due(i), time.Duration(i/4)*40*time.Millisecond; got != want {
			t.Fatalf("request %d is due at %v, want %v", i, got, want)
		}
	}
}

// A walk has the same instant for a request as the schedule, whatever its steps.
func TestWalk(t *testing.T) {
	for name, s := range specs {
		p := New(s)
		w := p.Walk()
		for _, step := range []int64{1, 1, 3, 10, 1, 100, 1000} {
			if got, want := w.Due(), p.Due(w.Next); got != want {
				t.Errorf("%s: request %d is due at %v, want %v", name, w.Next, got, want)
			}
			w.Skip(step)
		}
	}
}

// instants returns when each of the first n requests is due.
func instants(s result.Spec, n int) (all []time.Duration) {
	for w := New(s).Walk(); len(all) < n; w.Skip(1) {
		all = append(all, w.Due())
	}
	return all
}

// The instants of a seed are the same to the bit on every machine: these were computed once.
func TestSeedsAreForEver(t *testing.T) {
	h := sha256.New()
	for _, s := range []result.Spec{
		{Rate: 1000, Arrivals: result.Poisson, Seed: 7},
		{Rate: 12_345.678, Arrivals: result.Poisson, Seed: 1 << 63, Burst: 3},
		{Stages: seconds([3]float64{10, 50_000, 60}), Arrivals: result.Poisson, Seed: 9},
		{Stages: seconds([3]float64{10, 50_000, 60})},
		{Rate: 333.3},
	} {
		for _, at := range instants(s, 100_000) {
			binary.Write(h, binary.LittleEndian, int64(at))
		}
	}
	if got, want := fmt.Sprintf("%x", h.Sum(nil)[:8]), "9e6f22b8c088c6f9"; got != want {
		t.Errorf("the instants come to %s, not to %s", got, want)
	}
	got := instants(result.Spec{Rate: 1000, Arrivals: result.Poisson, Seed: 7}, 3)
	if !slices.Equal(got, []time.Duration{1311080, 2515993, 4672444}) {
		t.Errorf("they begin with %d", got)
	}
}

func TestGap(t *testing.T) {
	for _, bits := range []uint64{0, 1, 1 << 12, 1 << 40, 1<<63 - 1, 1 << 63, 3 << 62, math.MaxUint64, 0x9e3779b97f4a7c15} {
		u := (float64(bits>>12) + 0.5) / (1 << 52)
		if got, want := gap(bits), -math.Log(u); math.Abs(got-want) > 4e-16*max(1, want) {
			t.Errorf("gap(%#x) = %v, want %v", bits, got, want)
		}
	}
}

// At random, gaps are exponentially distributed (Kolmogorov and Smirnov, Anderson and Darling) and independent. On
// ramps and in bursts they are too, if gaps are measured in expected requests. Each test rejects a correct schedule for 5 % of the seeds.
func TestPoisson(t *testing.T) {
	const n, seeds = 10_000, 100
	for name, s := range map[string]result.Spec{
		"even":   {Rate: 1000},
		"ramp":   {Stages: seconds([3]float64{100, 2000, 60})},
		"stages": {Stages: seconds([3]float64{1000, 1000, 5}, [3]float64{5000, 5000, 10})},
		"bursts": {Rate: 1000, Burst: 5},
	} {
		rejected := [3]int{}
		for seed := range uint64(seeds) {
			s.Arrivals, s.Seed = result.Poisson, seed
			gaps := expectedGaps(s, n)
			product := 0.0
			for i := range gaps[1:] {
				product += (gaps[i] - 1) * (gaps[i+1] - 1)
			}
			slices.Sort(gaps)
			distance, square := 0.0, -float64(n)
			for i, g := range gaps {
				f := 1 - math.Exp(-g)
				distance = max(distance, f-float64(i)/n, float64(i+1)/n-f)
				square -= float64(2*i+1) / n * (math.Log(f) - gaps[n-1-i])
			}
			for i, rejects := range []bool{math.Abs(product/n) > 1.96/math.Sqrt(n), distance > 1.358/math.Sqrt(n), square > 2.492} {
				if rejects {
					rejected[i]++
				}
			}
		}
		for i, test := range []string{"correlation of neighbours", "Kolmogorov and Smirnov", "Anderson and Darling"} {
			if rejected[i] > 12 { // of 100 at 5 %: more than 12 come once in a thousand times
				t.Errorf("%s: %s rejects %d of %d seeds", name, test, rejected[i], seeds)
			}
		}
	}
}

// expectedGaps returns how many bursts were expected between each two of the first n.
func expectedGaps(s result.Spec, n int) (gaps []float64) {
	p, burst := New(s), max(1, s.Burst)
	last := 0.0
	for i, at := range instants(s, n*burst) {
		if i%burst == 0 {
			now := p.Expected(at) / float64(burst)
			gaps = append(gaps, now-last)
			last = now
		}
	}
	return gaps
}

// Each seed gives another schedule, and on average they have the requested rate.
func TestSeeds(t *testing.T) {
	counts := map[time.Duration]bool{}
	total := 0.0
	for seed := range uint64(100) {
		all := instants(result.Spec{Rate: 1000, Arrivals: result.Poisson, Seed: seed}, 1000)
		counts[all[0]] = true
		total += all[999].Seconds()
	}
	if len(counts) != 100 || math.Abs(total/100-1) > 4/math.Sqrt(100_000) {
		t.Errorf("%d different begins, a thousand requests in %v s on average", len(counts), total/100)
	}
}

func BenchmarkWalk(b *testing.B) {
	for _, arrivals := range []string{"uniform", result.Poisson} {
		b.Run(arrivals, func(b *testing.B) {
			w := New(result.Spec{Rate: 1000, Arrivals: arrivals}).Walk()
			for b.Loop() {
				w.Skip(1)
				w.Due()
			}
		})
	}
}
