package record

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
)

// A request counts in the interval in which it ended. The sum of all intervals equals the books, with any number of workers, even if they have
// merged their intervals differently often.
func TestIntervals(t *testing.T) {
	const second = int64(time.Second)
	one, two := NewRecorder(1, false, nil), NewRecorder(1, false, nil)
	ask := func(r *Recorder, due, at int64, class Class) {
		r.Sent(0, due)
		r.Ended(0, due, due, at, class)
	}
	for _, r := range []*Recorder{one, two} {
		r.Open(1000)
		r.Close(1000+3*second+second/2, 1000+5*second)
	}
	ask(two, 0, 1001, OK) // in the warm-up
	ask(one, 1000, 1000+second-1, OK)
	ask(one, 1000, 1000+second, OK)
	ask(one, 1500, 1000+second+2, Timeout)
	ask(two, 1000+second, 1000+second+7, OK)
	one.Read(1000+second, 50)
	two.Read(1000+second, 7)
	two.Read(1000+4*second, 1000)              // after the window
	ask(one, 1000+3*second, 1000+4*second, OK) // in the grace
	two.Sent(0, 1000+3*second)
	two.Ended(0, 1000+3*second, 1000+3*second, 1000+5*second, OK) // after it: unanswered
	l, err := Merge([]*Recorder{one, two}, time.Duration(3*second+second/2))
	if err != nil {
		t.Fatal(err)
	}
	v := l.Intervals
	if v.LengthNS != second || len(v.List) != 5 {
		t.Fatalf("%d intervals of %v", len(v.List), time.Duration(v.LengthNS))
	}
	for k, want := range []result.Interval{
		{OK: 1, MaxNS: second - 1}, {OK: 2, Errors: 1, Bytes: 57, MaxNS: second}, {}, {}, {OK: 1, MaxNS: second},
	} {
		got := v.List[k]
		var h result.Packed
		if got.Histogram != "" {
			if err := h.Decode(got.Histogram); err != nil {
				t.Error(err)
			}
		}
		if got.Histogram = ""; got != want || h.Count() != want.OK {
			t.Errorf("interval %d: %+v with %d response times, want %+v", k, got, h.Count(), want)
		}
	}
	balanced(t, l)
}

// balanced checks that the sum of the intervals equals the books.
func balanced(t *testing.T, l *result.Load) {
	t.Helper()
	var ok, errors, bytes int64
	for _, i := range l.Intervals.List {
		ok, errors, bytes = ok+i.OK, errors+i.Errors, bytes+i.Bytes
	}
	if ok != l.Requests.OK || errors != l.Requests.Errors || bytes != l.BytesRead {
		t.Errorf("intervals hold %d good replies, %d errors and %d bytes, the books %+v and %d bytes", ok, errors, bytes, l.Requests, l.BytesRead)
	}
}

// A day takes as much memory as ten minutes, and no request is lost: percentiles of an interval are within 0.8 %, maxima exact.
func TestIntervalsOfADay(t *testing.T) {
	const day = int64(24 * time.Hour)
	random := rand.New(rand.NewPCG(1, 2))
	workers := []*Recorder{NewRecorder(1, false, nil), NewRecorder(1, false, nil)}
	took := map[int64][]int64{}
	until := []int64{day, day / 40} // by worker: the second one has merged its intervals less often
	const length = 256 * int64(time.Second)
	for w, r := range workers {
		r.Open(0)
		for at := int64(0); at < until[w]; at += int64(time.Second) / 2 {
			response := min(int64(math.Exp(random.Float64()*20)), at)
			r.Sent(0, at-response)
			r.Ended(0, at-response, at-response, at, []Class{OK, OK, ReadReset}[random.IntN(3)])
			r.Read(at, 10)
		}
	}
	// Generate the same requests again, for the expected content of each interval.
	random = rand.New(rand.NewPCG(1, 2))
	for w := range workers {
		for at := int64(0); at < until[w]; at += int64(time.Second) / 2 {
			response := min(int64(math.Exp(random.Float64()*20)), at)
			if random.IntN(3) < 2 {
				took[at/length] = append(took[at/length], response)
			}
		}
	}
	l := merged(t, day, 0, workers...)
	balanced(t, l)
	if l.Intervals.LengthNS != length || len(l.Intervals.List) > mostIntervals || len(l.Intervals.List) < mostIntervals/2 {
		t.Fatalf("%d intervals of %v", len(l.Intervals.List), time.Duration(l.Intervals.LengthNS))
	}
	for k, got := range l.Intervals.List {
		want := took[int64(k)]
		slices.Sort(want)
		h, err := result.Decode(got.Histogram)
		if err != nil {
			t.Fatal(err)
		}
		if h.Count() != int64(len(want)) || got.OK != h.Count() || got.MaxNS != want[len(want)-1] {
			t.Fatalf("interval %d: %d good replies, %d response times, the longest %d, want %d, %d", k, got.OK, h.Count(), got.MaxNS, len(want), want[len(want)-1])
		}
		for _, q := range []float64{0.5, 0.99, 1} {
			exact := float64(want[int(math.Ceil(q*float64(len(want))))-1])
			if off := math.Abs(float64(h.Quantile(q))/exact - 1); off > 0.009 { // half a step, and the width of a bucket
				t.Errorf("interval %d: the quantile %v is %d, which is off by %.2f %%", k, q, h.Quantile(q), 100*off)
			}
		}
	}
}

// The window of a load in slices has no intervals, because it has pauses.
func TestNoIntervalsOfParts(t *testing.T) {
	r := NewRecorder(1, false, nil)
	r.Part(0, 0, 0, 0)
	r.Sent(0, 5)
	r.Ended(0, 5, 5, 9, OK)
	r.Keep()
	if l := merged(t, 100, 0, r); l.Intervals != nil {
		t.Errorf("%+v", l.Intervals)
	}
}

// A merge of the intervals stops a sender: first after ten minutes, then ever more rarely.
func BenchmarkWiden(b *testing.B) {
	r := NewRecorder(1, false, nil)
	r.Open(0)
	for b.Loop() {
		b.StopTimer()
		r.intervals = newIntervals()
		for at := int64(0); at < mostIntervals*int64(time.Second); at += int64(time.Second) / 1000 {
			r.intervals.at(at).took(50_000 + at*7919%10_000_000)
		}
		b.StartTimer()
		r.intervals.widen()
	}
}
