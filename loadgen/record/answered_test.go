package record

import (
	"slices"
	"testing"
	"time"

	"carousel/internal/result"
)

// of returns a histogram of these durations.
func of(durations ...int64) *result.Histogram {
	h := result.NewHistogram()
	for _, ns := range durations {
		h.Record(ns)
	}
	return h
}

// holds fails t unless the encoded histogram and its summary are those of want.
func holds(t *testing.T, what, encoded string, sum result.Latency, want *result.Histogram) {
	t.Helper()
	got, err := result.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) || sum.Mean != want.Mean() || sum.Max != want.Max() {
		t.Errorf("%s: %d of %v to %v, mean %v; want %d of %v to %v, mean %v", what,
			got.Count(), got.Min(), sum.Max, sum.Mean, want.Count(), want.Min(), want.Max(), want.Mean())
	}
}

// Answered has all times of the connections that had a reply, and none of the others.
func TestTimesOfTheAnswered(t *testing.T) {
	const always, late, never, inWarmUp, atTheEnd = 0, 1, 2, 3, 4
	r := NewRecorder(5, true, nil)
	r.Open(100)
	r.Close(1000, 1200)
	request := func(c int, due, sent, at int64, class Class) {
		r.Sent(c, due)
		r.Ended(c, due, sent, at, class)
	}
	request(inWarmUp, 10, 10, 20, OK) // this reply came before the window
	request(always, 110, 115, 120, OK)
	request(always, 200, 200, 500, Timeout) // on a connection that had a reply before
	request(always, 510, 510, 520, ReadReset)
	request(late, 100, 120, 420, Timeout)
	request(late, 400, 420, 720, Timeout)
	request(never, 100, 130, 430, Timeout)
	request(inWarmUp, 150, 160, 460, Timeout)
	request(late, 700, 720, 730, Status(503)) // a reply, though an error
	request(late, 730, 740, 790, OK)
	r.Sent(never, 800)
	r.Unanswered(never, 800, 810)
	r.Sent(always, 900)
	r.Unanswered(always, 900, 910)
	r.Sent(atTheEnd, 950)
	r.Ended(atTheEnd, 950, 960, 1200, OK) // too late
	r.Unsent(990, NoConnection)

	mine := []int64{10, 300, 320, 320, 60, 300, 10} // the last is the unsent request
	mineService := []int64{5, 300, 300, 300, 50, 290}
	others := []int64{330, 310, 400, 250}
	othersService := []int64{300, 300, 390, 240}
	l := merged(t, 1000, 100, r)
	holds(t, "all", l.Histogram, l.Latency, of(append(others, mine...)...))
	holds(t, "all, service", l.ServiceHistogram, l.Service, of(append(othersService, mineService...)...))
	if l.Latency.Unanswered != 400 || l.Service.Unanswered != 390 || l.Connections.Answered != 2 || l.Requests.OK != 2 {
		t.Errorf("%+v %+v %+v", l.Latency, l.Service, l.Connections)
	}
	a, err := Answered(r)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, "answered", a.Histogram, a.Latency, of(mine...))
	holds(t, "answered, service", a.ServiceHistogram, a.Service, of(mineService...))
	if a.Latency.Unanswered != 320 || a.Service.Unanswered != 300 {
		t.Errorf("the longest of the answered without an answer: %d, %d", a.Latency.Unanswered, a.Service.Unanswered)
	}
}

// The memory of a connection without a reply is bounded, however many of its requests time out, and is freed with its first reply.
func TestSilenceTakesNoRoom(t *testing.T) {
	r := NewRecorder(2, true, nil)
	r.Open(0)
	timeout := func(i int64) {
		due := i * ms
		for c := range r.conns {
			r.Sent(c, due)
			r.Ended(c, due, due, due+1000*ms+i%1000*ms/100, Timeout) // after 1 s to 1.01 s
		}
	}
	for i := range int64(1000) {
		timeout(i)
	}
	kept := cap(r.conns[0].unreplied)
	if n := testing.AllocsPerRun(1000, func() { timeout(1000) }); n != 0 {
		t.Errorf("a further timeout allocates %v times", n)
	}
	for i := range int64(100_000) {
		timeout(i)
	}
	if got := cap(r.conns[0].unreplied); got != kept || got > 8 {
		t.Errorf("room for %d kinds of timeouts after 1000, for %d after 101,000", kept, got)
	}
	answered := -1
	if n := testing.AllocsPerRun(1, func() { // AllocsPerRun calls it twice
		answered++
		r.Sent(answered, 5)
		r.Ended(answered, 5, 5, 6, OK)
	}); n != 0 || r.conns[1].unreplied != nil {
		t.Errorf("the first reply allocates %v times and leaves %v", n, r.conns[1].unreplied)
	}
	a, err := Answered(r)
	if err != nil {
		t.Fatal(err)
	}
	l := merged(t, int64(time.Hour), 0, r)
	if l.Requests.OK != 2 || l.Requests.Errors != l.Requests.Sent-2 || l.Requests.Errors < 200_000 {
		t.Errorf("%+v", l.Requests)
	}
	near(t, "p50 of the answered", a.Latency.P50, l.Latency.P50)
	near(t, "p99 of the answered", a.Latency.P99, l.Latency.P99)
	if d := a.Latency.Mean/l.Latency.Mean - 1; d > 1e-6 || d < -1e-6 {
		t.Errorf("means %v and %v", a.Latency.Mean, l.Latency.Mean)
	}
}

// Requests without a reply make lower bounds of the figures of their own path only, whether their connection has a reply or not.
func TestLowerBoundsAreOfTheirPath(t *testing.T) {
	r := NewRecorder(2, false, nil)
	r.Split([]result.PathLatency{{Path: "/"}, {Path: "/slow"}})
	r.Open(0)
	r.Close(10_000*ms, 10_000*ms)
	for c := range 2 {
		for i := range int64(20) {
			r.Sent(c, i)
			r.For(1).Ended(c, i, i, i+500*ms, Timeout)
		}
		for i := range int64(1000) {
			r.Sent(0, i)
			r.For(int(i%2)).Ended(0, i, i, i+ms, OK)
		}
	}
	l := merged(t, 10_000*ms, 0, r)
	if fine := l.Paths[0]; fine.Count != 1000 || fine.Latency.AtLeast != nil {
		t.Errorf("%+v", fine)
	}
	if slow := l.Paths[1]; slow.Count != 1040 || !slices.Equal(slow.Latency.AtLeast, []string{"p95", "p99", "p999", "max", "mean"}) {
		t.Errorf("%+v", slow)
	}
}
