package result

import (
	"encoding/base64"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func recorded(values ...int64) *Histogram {
	h := NewHistogram()
	for _, v := range values {
		h.Record(v)
	}
	return h
}

// near reports whether got is want, or above it by at most the width of a bucket.
func near(got, want int64) bool { return got >= want && float64(got) <= float64(want)*1.001 }

func TestQuantileIsTheNearestRank(t *testing.T) {
	upTo := func(n int64) []int64 {
		list := make([]int64, n)
		for i := range list {
			list[i] = int64(i) + 1
		}
		return list
	}
	for _, c := range []struct {
		values []int64
		q      float64
		want   int64
	}{
		{nil, 0.5, 0},
		{[]int64{7}, 0, 7},
		{[]int64{7}, 0.5, 7},
		{[]int64{7}, 1, 7},
		{[]int64{1, 2, 3, 4}, 0.5, 2},
		{[]int64{1, 2, 3, 4}, 0.51, 3},
		{[]int64{1, 2, 3, 4}, 0.26, 2}, // rounding to the nearest rank would say 1
		{[]int64{1, 2, 3, 4}, 0.75, 3},
		{[]int64{1, 2, 3, 4}, 0.76, 4},
		{upTo(100), 0.07, 7}, // 0.07 * 100 is a little over 7 in binary
		{upTo(100), 0.29, 29},
		{upTo(100), 0.99, 99},
		{upTo(100), 0.991, 100},
		{upTo(1000), 0.999, 999},
		{upTo(1000), -1, 1},
		{upTo(1000), 2, 1000},
		{upTo(1000), math.NaN(), 1},
	} {
		if got := recorded(c.values...).Quantile(c.q); got != c.want {
			t.Errorf("%v of %d values: %d, want %d", c.q, len(c.values), got, c.want)
		}
	}
}

func TestQuantileAgainstSortedValues(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	h := NewHistogram()
	values := make([]int64, 10_007)
	sum := 0.0
	for i := range values {
		values[i] = int64(math.Exp(random.Float64() * math.Log(histogramMax)))
		h.Record(values[i])
		sum += float64(values[i])
	}
	slices.Sort(values)
	n := len(values)
	for _, q := range []float64{0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999} {
		want := values[int(math.Ceil(q*float64(n)))-1]
		if got := h.Quantile(q); !near(got, want) {
			t.Errorf("quantile %v is %d, want %d and 0.1 %% more at most", q, got, want)
		}
	}
	if h.Count() != int64(n) || h.Min() != values[0] || h.Max() != values[n-1] || math.Abs(h.Mean()/(sum/float64(n))-1) > 1e-9 {
		t.Errorf("count %d min %d max %d mean %f are not exact", h.Count(), h.Min(), h.Max(), h.Mean())
	}
	want := Latency{Mean: h.Mean(), P50: h.Quantile(0.5), P90: h.Quantile(0.9), P95: h.Quantile(0.95), P99: h.Quantile(0.99),
		P999: h.Quantile(0.999), Max: values[n-1]}
	if diff := cmp.Diff(want, h.Latency()); diff != "" {
		t.Errorf("Latency (-want +got):\n%s", diff)
	}
}

func TestTheWholeRange(t *testing.T) {
	const age = 90_000_000_000
	h := recorded(-5, 10, math.MaxInt64)
	h.RecordN(age, 3e9)
	h.RecordN(1, 0)
	h.RecordN(1, -3)
	if h.Count() != 3e9+3 || h.Min() != 0 || h.Max() != math.MaxInt64 {
		t.Errorf("count %d, min %d, max %d", h.Count(), h.Min(), h.Max())
	}
	if got := h.Quantile(0.7); !near(got, age) {
		t.Errorf("p70 is %d, want %d", got, int64(age))
	}
	if want := (age*3e9 + math.MaxInt64) / float64(h.Count()); !near(int64(h.Mean()), int64(want)) {
		t.Errorf("mean %f, want %f", h.Mean(), want)
	}
}

// A server hangs for 85 s of 95, at 20 requests a second: most percentiles lie beyond a minute.
func TestMinutes(t *testing.T) {
	h := NewHistogram()
	for due := int64(0); due < 95_000; due += 50 {
		h.Record(max(1, 85_000-due) * 1_000_000)
	}
	for q, want := range map[float64]int64{0.90: 75.5e9, 0.95: 80.3e9, 0.99: 84.1e9} {
		if got := h.Quantile(q); math.Abs(float64(got-want)) > 0.1e9 {
			t.Errorf("%v is %d, want about %d", q, got, want)
		}
	}
}

func TestMergeIsOneHistogram(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	all, parts := NewHistogram(), []*Histogram{NewHistogram(), NewHistogram(), NewHistogram()}
	for range 5000 {
		v := int64(random.Uint64()) // half of them negative
		n := random.Int64N(3)
		all.RecordN(v, n)
		parts[random.IntN(2)].RecordN(v, n) // the third stays empty
	}
	merged := NewHistogram()
	for _, p := range parts {
		merged.Merge(p)
	}
	if diff := cmp.Diff(summary(all), summary(merged)); diff != "" {
		t.Errorf("merged differs from one (-one +merged):\n%s", diff)
	}
	merged.Reset()
	if diff := cmp.Diff(summary(NewHistogram()), summary(merged)); diff != "" {
		t.Errorf("reset differs from new (-new +reset):\n%s", diff)
	}
}

// summary holds all figures of a histogram.
func summary(h *Histogram) any {
	text, err := h.Encode()
	return []any{h.Count(), h.Min(), h.Latency(), text, err}
}

func TestEncode(t *testing.T) {
	h := recorded(1, 500, 1_000_000, 1_000_000, 59_000_000_000)
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	// The cookie by which libraries of other languages recognize the V2 compressed format.
	if raw, err := base64.StdEncoding.DecodeString(text); err != nil || string(raw[:4]) != "\x1c\x84\x93\x14" {
		t.Errorf("it begins with %x, %v", raw[:4], err)
	}
	back, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if back.Count() != 5 || back.Quantile(0.5) != h.Quantile(0.5) || !near(back.Max(), h.Max()) || math.Abs(back.Mean()/h.Mean()-1) > 0.001 {
		t.Errorf("decoded: count %d, %+v; encoded %+v", back.Count(), back.Latency(), h.Latency())
	}
	if again, err := back.Encode(); again != text || err != nil {
		t.Errorf("decoded and encoded again it is another: %v", err)
	}
	if empty, err := NewHistogram().Encode(); err != nil {
		t.Error(err)
	} else if back, err := Decode(empty); err != nil || back.Count() != 0 || back.Min() != 0 || back.Mean() != 0 {
		t.Errorf("an empty one comes back as %+v, %v", back, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	// 1 to 1,000,000 at 2 digits, as another program might write.
	const foreign = "HISTFAAAACR42pJpmSzMwMDAxAABMJoRTPI7Odh/gAhwMgECAAD//0XnAxc="
	for name, text := range map[string]string{"nothing": "", "no base64": "!!!", "noise": "AAAAAAAAAAAAAAAA", "another range": foreign} {
		if h, err := Decode(text); err == nil {
			t.Errorf("%s: decoded %d values", name, h.Count())
		}
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	h := NewHistogram()
	v := int64(1)
	if n := testing.AllocsPerRun(1000, func() { h.Record(v); v *= 7 }); n != 0 {
		t.Errorf("%v allocations per Record", n)
	}
}

const minute = 60_000_000_000

func BenchmarkRecord(b *testing.B) {
	h := NewHistogram()
	b.ReportAllocs()
	for v := int64(1); b.Loop(); v = v*7%minute + 1 {
		h.Record(v)
	}
}

func BenchmarkLatency(b *testing.B) {
	h := NewHistogram()
	for v := int64(1); v < minute; v += v/1000 + 1 {
		h.Record(v)
	}
	for b.Loop() {
		h.Latency()
	}
}

// Histograms that are read from records and merged equal one histogram of all values: each bucket, and each figure to the last bit.
func TestRestoredAndMerged(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, draw := range map[string]func() int64{
		"exponential":  func() int64 { return int64(random.ExpFloat64() * 1e6) },
		"all there is": func() int64 { return int64(math.Exp(random.Float64() * math.Log(histogramMax))) },
		"seconds":      func() int64 { return int64(60e9 + random.NormFloat64()*1e9) },
		"nothing":      func() int64 { return 0 },
	} {
		for _, n := range []int{1, 2, 3, 20, 10_007} {
			whole, parts := NewHistogram(), []*Histogram{NewHistogram(), NewHistogram(), NewHistogram()}
			for range n {
				v := draw()
				whole.Record(v)
				parts[random.IntN(len(parts))].Record(v)
			}
			merged := NewHistogram()
			for _, part := range parts {
				text, err := part.Encode()
				if err != nil {
					t.Fatal(err)
				}
				restored, err := Restore(text, part.Latency())
				if err != nil {
					t.Fatal(err)
				}
				merged.Merge(restored)
			}
			got, err := merged.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if want, err := whole.Encode(); err != nil || got != want {
				t.Errorf("%s, %d values: the buckets differ (%v)", name, n, err)
			}
			want, have := whole.Latency(), merged.Latency()
			if name == "all there is" { // sums of more than 53 bits have no exact mean
				if math.Abs(have.Mean/want.Mean-1) > 1e-12 {
					t.Errorf("%s, %d values: mean %v, want %v", name, n, have.Mean, want.Mean)
				}
				have.Mean = want.Mean
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s, %d values:\n%s", name, n, diff)
			}
		}
	}
	text, err := recorded(1000).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(text, Latency{Mean: 7, Max: 7}); err == nil {
		t.Error("a histogram of another record is taken")
	}
	if h, err := Restore(text, Latency{}); err != nil || h.Max() != 1000 {
		t.Errorf("a record that withholds its figures has a largest value of %v (%v)", h.Max(), err)
	}
}
