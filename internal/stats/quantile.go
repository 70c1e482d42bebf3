package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Bucket counts the values in [Low, Low+Width).
type Bucket struct {
	Low, Width, N int64
}

// Counts are the buckets of a histogram that are not empty, lowest first. Counts that are merged must come from histograms with the same bucket
// bounds: buckets with the same Low have the same Width.
type Counts []Bucket

// Resamples is how many times QuantileRatio draws blocks.
const Resamples = 1000

// QuantileRatio returns the ratio of the q-quantile of a to that of b, q between 0 and 1, over all blocks merged. a[i] and b[i] are the
// counts of two servers in the same block of consecutive cycles.
//
// The interval comes from drawing blocks with replacement, the same for both servers, and merging them (percentile bootstrap, Efron 1979).
// With few blocks that interval is too narrow, so its log is widened around the median draw by √(n/(n-1)) t/z (Hesterberg 2015). Over eight
// blocks of simulated noise 0.96 of the intervals then hold the truth, instead of 0.91.
//
// The same seed gives the same interval. It is unknown with fewer than MinBlocks blocks or where a draw has no values.
func QuantileRatio(a, b []Counts, q, confidence float64, seed uint64) Interval {
	n := len(a)
	if n < MinBlocks || len(b) != n {
		return unknown(confidence)
	}
	over, under := stack(a), stack(b)
	times := make([]int64, n)
	logRatio := func() float64 { return math.Log(over.quantile(q, times) / under.quantile(q, times)) }

	for i := range times {
		times[i] = 1
	}
	mid := logRatio()
	drawn := make([]float64, Resamples)
	random := rand.New(rand.NewPCG(seed, 0))
	for r := range drawn {
		clear(times)
		for range n {
			times[random.IntN(n)]++
		}
		if drawn[r] = logRatio(); math.IsNaN(drawn[r]) {
			return unknown(confidence)
		}
	}
	slices.Sort(drawn)
	at := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, drawn, nil) }
	p := (1 + confidence) / 2
	wider := TQuantile(p, float64(n-1)) / distuv.UnitNormal.Quantile(p) * math.Sqrt(float64(n)/float64(n-1))
	middle := at(0.5)
	return Interval{mid, middle - wider*(middle-at(1-p)), middle + wider*(at(p)-middle), confidence}.Exp()
}

// stacked has a row of cumulative counts for each bucket: how many values each block has in it or below. So a quantile of blocks merged is a
// binary search, which looks at a dozen rows and not at every bucket.
type stacked struct {
	buckets Counts  // of all blocks; N is not used
	sums    []int64 // row after row, one count a block
}

func stack(blocks []Counts) stacked {
	all := slices.Concat(blocks...)
	slices.SortFunc(all, func(a, b Bucket) int { return cmp.Compare(a.Low, b.Low) })
	all = slices.CompactFunc(all, func(a, b Bucket) bool { return a.Low == b.Low })

	sums := make([]int64, 0, len(all)*len(blocks))
	next, sum := make([]int, len(blocks)), make([]int64, len(blocks))
	for _, bucket := range all {
		for i, counts := range blocks {
			if at := next[i]; at < len(counts) && counts[at].Low == bucket.Low {
				sum[i] += counts[at].N
				next[i]++
			}
		}
		sums = append(sums, sum...)
	}
	return stacked{all, sums}
}

// quantile returns the q-quantile of the blocks merged, block i taken times[i] times. Values count as spread evenly over their bucket, so that
// it changes smoothly from draw to draw. It is NaN without values.
func (s stacked) quantile(q float64, times []int64) float64 {
	upTo := func(rows int) float64 {
		var n int64
		if rows > 0 {
			for i, v := range s.sums[(rows-1)*len(times):][:len(times)] {
				n += v * times[i]
			}
		}
		return float64(n)
	}
	rank := q * upTo(len(s.buckets))
	if rank == 0 {
		return math.NaN()
	}
	at := sort.Search(len(s.buckets)-1, func(i int) bool { return upTo(i+1) >= rank })
	below, bucket := upTo(at), s.buckets[at]
	return float64(bucket.Low) + float64(bucket.Width)*(rank-below)/(upTo(at+1)-below)
}

// Quantile returns the q-quantile of counts, q from 0 to 1, with values spread evenly over their bucket; 0 if counts is empty.
func Quantile(counts Counts, q float64) float64 {
	var all, below float64
	for _, b := range counts {
		all += float64(b.N)
	}
	for _, b := range counts {
		if n := float64(b.N); below+n >= q*all && n > 0 {
			return float64(b.Low) + float64(b.Width)*(q*all-below)/n
		}
		below += float64(b.N)
	}
	return 0
}
