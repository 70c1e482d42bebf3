//go:build !race

package truth

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// times are distributions of response times, in nanoseconds.
var times = []struct {
	law  string
	draw func(r *rand.Rand) float64
}{
	{"even, 0 to 100 ns", func(r *rand.Rand) float64 { return 100 * r.Float64() }},
	{"even, 0 to 1 s", func(r *rand.Rand) float64 { return 1e9 * r.Float64() }},
	{"all 1234567 ns", func(*rand.Rand) float64 { return 1_234_567 }},
	{"exponential, mean 1 ms", func(r *rand.Rand) float64 { return 1e6 * r.ExpFloat64() }},
	{"log-normal, median 200 µs", func(r *rand.Rand) float64 { return 2e5 * math.Exp(r.NormFloat64()) }},
	{"nine of ten 50 µs, one 40 ms", func(r *rand.Rand) float64 {
		if r.IntN(10) == 0 {
			return 4e7 + 1e5*r.NormFloat64()
		}
		return 5e4 + 1e3*r.NormFloat64()
	}},
	{"without a variance (Pareto 1.5), from 100 µs", func(r *rand.Rand) float64 { return 1e5 / math.Pow(1-r.Float64(), 1/1.5) }},
}

func TestPercentilesAreThoseOfTheSortedTimes(t *testing.T) {
	const n, workers = 50_000, 4
	names := map[float64]string{0.5: "p50", 0.9: "p90", 0.95: "p95", 0.99: "p99", 0.999: "p999"} // in the record
	worst, low := 0.0, 0.0
	means, merges := 0, 0
	for i, law := range times {
		random := rand.New(rand.NewPCG(uint64(i), 3))
		all := record.NewRecorder(workers, true, nil)
		parts := make([]*record.Recorder, workers)
		for k := range parts {
			parts[k] = record.NewRecorder(1, true, nil)
		}
		for _, r := range append(parts, all) {
			r.Open(0)
			r.Close(record.Never-1, record.Never-1)
		}
		raw, sum := make([]int64, n), new(big.Int)
		for i := range raw {
			raw[i] = max(0, int64(law.draw(random)))
			sum.Add(sum, big.NewInt(raw[i]))
			due := int64(i) * 1000
			note := func(r *record.Recorder, c int) {
				r.Sent(c, due)
				r.Late(due, due, false)
				r.Ended(c, due, due, due+raw[i], record.OK)
			}
			note(all, i%workers)
			note(parts[i%workers], 0)
		}
		slices.Sort(raw)
		one, err := record.Merge([]*record.Recorder{all}, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		several, err := record.Merge(parts, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		one.Arrivals, several.Arrivals = nil, nil // the gaps between sends are each worker's own
		if diff := cmp.Diff(one, several); diff != "" {
			t.Errorf("%s: one record and that of %d workers: %s", law.law, workers, diff)
		} else {
			merges++
		}
		exact, _ := new(big.Float).Quo(new(big.Float).SetInt(sum), big.NewFloat(n)).Float64()
		if math.Abs(one.Latency.Mean-exact) <= exact*1e-15 {
			means++
		}
		histogram, err := result.Decode(one.Histogram)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []float64{0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999} {
			truth := max(1, float64(quantile(raw, q)))
			for _, found := range []float64{float64(histogram.Quantile(q)), one.Latency.Figure(names[q])} {
				if found > 0 {
					worst, low = max(worst, found/truth-1), min(low, found/truth-1)
				}
			}
		}
		if one.Latency.Max != raw[n-1] {
			t.Errorf("%s: the longest is %d, not %d", law.law, one.Latency.Max, raw[n-1])
		}
	}
	claim := fmt.Sprintf("%d times by each of %d laws, ", n, len(times))
	row(t, claim+"p0.1 to p99.99 against the sorted times", "the same", fmt.Sprintf("%.3f %% above at most, never below", 100*worst), "0.1 %", worst <= 0.001 && low >= 0)
	row(t, claim+"mean", "exact", fmt.Sprintf("exact in %d of %d", means, len(times)), "the last bit of a float64", means == len(times))
	row(t, claim+fmt.Sprintf("the records of %d workers merged against the record of one", workers), "equal in every field but the gaps between sends", fmt.Sprintf("equal in %d of %d", merges, len(times)), "nothing", merges == len(times))
}
