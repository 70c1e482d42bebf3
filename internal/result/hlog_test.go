package result_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"carousel/internal/result"
	"carousel/loadgen/export"
)

// A reader of HdrHistogram logs accepts what loadgen writes: each interval has its time, and all together give the histogram of the record.
func TestLogIsRead(t *testing.T) {
	l := &result.Load{Window: result.Window{Start: time.Date(2026, 11, 27, 20, 0, 0, 123e6, time.UTC), ElapsedNS: 5e9}, Intervals: &result.Intervals{LengthNS: 2e9}}
	whole := result.NewHistogram()
	for i := range int64(3) {
		h, one := result.NewHistogram(), result.Interval{}
		if i != 1 { // the second is empty
			for k := range int64(1000) {
				h.Record((k + 1) * (i + 1) * 10_000)
				whole.Record((k + 1) * (i + 1) * 10_000)
			}
			text, err := h.Encode()
			if err != nil {
				t.Fatal(err)
			}
			one = result.Interval{OK: h.Count(), MaxNS: h.Max(), Histogram: text}
		}
		l.Intervals.List = append(l.Intervals.List, one)
	}
	text, err := export.HLog(l)
	if err != nil {
		t.Fatal(err)
	}
	reader, sum := hdrhistogram.NewHistogramLogReader(bytes.NewReader(text)), hdrhistogram.New(1, math.MaxInt64, 3)
	for i, one := range l.Intervals.List {
		h, err := reader.NextIntervalHistogram()
		if err != nil || h == nil {
			t.Fatalf("interval %d: %v, %v", i, h, err)
		}
		begin := l.Window.Start.UnixMilli() + int64(i)*2000
		end := min(begin+2000, l.Window.Start.UnixMilli()+5000)
		if h.TotalCount() != one.OK || math.Abs(float64(h.StartTimeMs()-begin)) > 1 || math.Abs(float64(h.EndTimeMs()-end)) > 1 {
			t.Errorf("interval %d: %d values from %d to %d, want %d from %d to %d", i, h.TotalCount(), h.StartTimeMs(), h.EndTimeMs(), one.OK, begin, end)
		}
		sum.Merge(h)
	}
	if h, err := reader.NextIntervalHistogram(); h != nil || err != nil {
		t.Errorf("there is more: %v, %v", h, err)
	}
	all, err := sum.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := whole.Encode(); err != nil || string(all) != want {
		t.Errorf("the intervals together are not what was recorded (%v)", err)
	}
}
