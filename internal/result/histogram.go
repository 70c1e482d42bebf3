package result

import (
	"fmt"
	"io"
	"math"
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range and precision of every histogram: all durations, at three significant digits. That is 442 KB each; only pages that hold
// values take memory.
const (
	histogramMin    = 1
	histogramMax    = math.MaxInt64
	histogramDigits = 3
)

// Histogram counts durations in nanoseconds, of any length, in buckets at most 0.1 % wide. A negative duration, possible only if a
// clock was set back, counts as 0. Count, sum, minimum and maximum are exact. A Histogram is not safe for concurrent use: give each
// goroutine its own and Merge them afterwards.
type Histogram struct {
	buckets   *hdrhistogram.Histogram
	high, low uint64 // the sum in 128 bits: 10^9 requests of a minute each exceed 64
	min, max  int64  // meaningful once something was recorded
}

// NewHistogram returns an empty histogram.
func NewHistogram() *Histogram {
	return &Histogram{buckets: hdrhistogram.New(histogramMin, histogramMax, histogramDigits), min: math.MaxInt64}
}

// Equal reports whether both have the same counts in all buckets, or both are nil.
func (h *Histogram) Equal(o *Histogram) bool {
	return h == o || h != nil && o != nil && h.buckets.Equals(o.buckets)
}

// Record counts one duration of ns nanoseconds. It does not allocate.
func (h *Histogram) Record(ns int64) { h.RecordN(ns, 1) }

// RecordN counts n durations of ns nanoseconds each; it does nothing if n < 1.
func (h *Histogram) RecordN(ns, n int64) {
	if n < 1 {
		return
	}
	if ns = max(ns, 0); h.buckets.RecordValues(ns, n) != nil {
		return // more values than an int64 can count
	}
	h.add(bits.Mul64(uint64(ns), uint64(n)))
	h.min, h.max = min(h.min, ns), max(h.max, ns)
}

// Merge adds the values of o.
func (h *Histogram) Merge(o *Histogram) {
	h.buckets.Merge(o.buckets)
	h.add(o.high, o.low)
	h.min, h.max = min(h.min, o.min), max(h.max, o.max)
}

// Reset empties the histogram and keeps its memory.
func (h *Histogram) Reset() {
	h.buckets.Reset()
	h.high, h.low, h.min, h.max = 0, 0, math.MaxInt64, 0
}

func (h *Histogram) add(high, low uint64) {
	var carry uint64
	h.low, carry = bits.Add64(h.low, low, 0)
	h.high += high + carry
}

// Count is how many values were recorded.
func (h *Histogram) Count() int64 { return h.buckets.TotalCount() }

// Mean is the exact mean in nanoseconds, 0 when nothing was recorded.
func (h *Histogram) Mean() float64 {
	if h.Count() == 0 {
		return 0
	}
	return (float64(h.high)*(1<<64) + float64(h.low)) / float64(h.Count())
}

// Min is the exact smallest value in nanoseconds, 0 when nothing was recorded.
func (h *Histogram) Min() int64 {
	if h.Count() == 0 {
		return 0
	}
	return h.min
}

// Max is the exact largest value in nanoseconds, 0 when nothing was recorded.
func (h *Histogram) Max() int64 { return h.max }

// Quantile returns the value, in nanoseconds, that a share q, 0 to 1, of the recorded values does not exceed: the one with
// rank ceil(q * count). It is the upper end of its bucket, at most 0.1 % above the exact value, and within Min and Max. It is 0 if nothing was
// recorded.
func (h *Histogram) Quantile(q float64) int64 {
	n := float64(h.Count())
	if n == 0 {
		return 0
	}
	// The library rounds ranks to the nearest, so pass it a whole rank. The factor keeps 0.07 * 100, slightly above 7 in binary,
	// from becoming 8.
	rank := math.Ceil(q * n * (1 - 1e-12))
	switch {
	case !(rank > 1):
		return h.min
	case rank >= n:
		return h.max
	}
	return max(h.min, min(h.max, h.buckets.ValueAtPercentile(100*rank/n)))
}

// Latency returns the summary for a record.
func (h *Histogram) Latency() Latency {
	return Latency{
		Mean: h.Mean(),
		P50:  h.Quantile(0.50),
		P90:  h.Quantile(0.90),
		P95:  h.Quantile(0.95),
		P99:  h.Quantile(0.99),
		P999: h.Quantile(0.999),
		Max:  h.Max(),
	}
}

// Encode renders the buckets as HdrHistogram's V2 compressed format in base64, about 4 KB for a typical run; the
// HdrHistogram libraries of other languages read it.
func (h *Histogram) Encode() (string, error) {
	text, err := h.buckets.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("encode a histogram of %d values: %w", h.Count(), err)
	}
	return string(text), nil
}

// Decode reads the output of Encode, of any range. The format has no exact sum, minimum or maximum: Mean, Min and Max of
// a decoded histogram are only as precise as its buckets. It returns an error if text is malformed or has another precision.
func Decode(text string) (*Histogram, error) {
	buckets, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("decode a histogram of %d characters: %w", len(text), err)
	}
	if low, digits := buckets.LowestTrackableValue(), buckets.SignificantFigures(); low != histogramMin || digits != histogramDigits {
		return nil, fmt.Errorf("decode a histogram: it has %d digits from %d ns on, this program's have %d from %d ns on",
			digits, low, histogramDigits, histogramMin)
	}
	h := &Histogram{buckets: buckets, min: math.MaxInt64}
	if h.Count() > 0 {
		sum := buckets.Mean() * float64(h.Count())
		h.high = uint64(sum / (1 << 64))
		h.low = uint64(sum - float64(h.high)*(1<<64))
		h.min, h.max = buckets.Min(), buckets.Max()
	}
	return h, nil
}

// Restore decodes a histogram of a record and takes the exact sum and maximum from its summary of. If the record withholds these, they
// are as precise as the buckets, as in Decode. It returns an error if the two do not match.
func Restore(text string, of Latency) (*Histogram, error) {
	h, err := Decode(text)
	n := h.count()
	if err != nil || n == 0 || of.Max <= 0 {
		return h, err
	}
	if !h.buckets.ValuesAreEquivalent(of.Max, h.max) {
		return nil, fmt.Errorf("a histogram of %d values up to %d ns is not the one of a record whose largest is %d ns", n, h.max, of.Max)
	}
	h.max = of.Max
	mean := math.Floor(of.Mean)
	h.high, h.low = bits.Mul64(uint64(mean), uint64(n))
	h.add(0, uint64(math.Round((of.Mean-mean)*float64(n))))
	if n <= 2 { // then the minimum follows from sum and maximum
		h.min = int64(h.low) - (n-1)*h.max
	}
	return h, nil
}

// count is Count, or 0 if h is nil.
func (h *Histogram) count() int64 {
	if h == nil {
		return 0
	}
	return h.Count()
}

// Ahead returns the largest difference between the cumulative distributions of h and o, 0 to 1: the share of values of h up to a point, minus the share of
// values of o up to that point plus tolerance nanoseconds and 0.2 %. It is 0 if o is never behind, or if one of them is empty.
func (h *Histogram) Ahead(o *Histogram, tolerance int64) (ahead float64) {
	if h.Count() == 0 || o.Count() == 0 {
		return 0
	}
	bars, i, below := o.buckets.Distribution(), 0, int64(0)
	sum := int64(0)
	for _, bar := range h.buckets.Distribution() {
		sum += bar.Count
		if bar.Count == 0 {
			continue
		}
		for reach := bar.To + bar.To/500 + tolerance; i < len(bars) && bars[i].From <= reach; i++ {
			below += bars[i].Count
		}
		ahead = max(ahead, float64(sum)/float64(h.Count())-float64(below)/float64(o.Count()))
	}
	return ahead
}

// WritePercentiles writes values by percentile in the format of HdrHistogram's tools, in units of unit nanoseconds, with five lines for each
// halving of the distance to 100 %.
func (h *Histogram) WritePercentiles(w io.Writer, unit float64) error {
	const linesEachHalving = 5
	_, err := h.buckets.PercentilesPrint(w, linesEachHalving, unit)
	return err
}
