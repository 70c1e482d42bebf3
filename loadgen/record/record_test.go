package record

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/schedule"
)

const ms = int64(time.Millisecond)

func merged(t *testing.T, end int64, start int64, workers ...*Recorder) *result.Load {
	t.Helper()
	l, err := Merge(workers, time.Duration(end-start))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func near(t *testing.T, what string, got, want int64) {
	t.Helper()
	if math.Abs(float64(got-want)) > 0.03*float64(want) {
		t.Errorf("%s = %v, want %v", what, time.Duration(got), time.Duration(want))
	}
}

// A server stops for one of ten seconds, at 200 requests a second: a twentieth of all requests wait for longer than half a second. When it
// continues, the requests that were due meanwhile are sent and answered at once.
func TestStall(t *testing.T) {
	rate, service := schedule.Even(200), 100*int64(time.Microsecond)
	for _, stall := range []int64{4000 * ms, 9000 * ms} { // in the middle of the run, and until its end
		r := NewRecorder(1, true, nil)
		r.Open(0)
		r.Close(10_000*ms, 10_000*ms)
		for i := range rate.Before(10 * time.Second) {
			due := int64(rate.Due(i))
			sent := due
			if due >= stall && due < stall+1000*ms {
				if sent = stall + 1000*ms; sent >= 10_000*ms {
					r.Unsent(due, NoConnection)
					continue
				}
			}
			r.Sent(0, due)
			r.Late(due, sent, sent > due)
			r.Ended(0, due, sent, sent+service, OK)
		}
		l := merged(t, 10_000*ms, 0, r)
		if l.Requests.Planned != 2000 {
			t.Errorf("%+v", l.Requests)
		}
		near(t, "p95", l.Latency.P95, 500*ms)
		near(t, "p99", l.Latency.P99, 900*ms)
		near(t, "max", l.Latency.Max, 1000*ms)
		near(t, "service p99", l.Service.P99, service)
		if l.Latency.P50 > ms/2 || l.PacerLateness.Max != 0 {
			t.Errorf("p50 %v, pacer %+v", l.Latency.P50, l.PacerLateness)
		}
	}
}

// A server stops in the last second for good. A request that was sent has waited until the end of the grace, one that was not sent until the end of
// the window. How much longer they would have taken is unknown, so every figure that depends on it is marked as a lower bound, by path as well.
func TestStoppedInTheLastSecond(t *testing.T) {
	const connections, took, end, over = 50, 200_000, 10e9, 11e9
	r := NewRecorder(connections, true, nil)
	r.Split([]result.PathLatency{{Path: "/"}, {Path: "/image/1"}})
	r.Open(0)
	r.Close(end, over)
	for i := range int64(2000) { // 200 a second
		due, c := i*5*ms, int(i%connections)
		sent, of := due+10_000, r.For(int(i%2))
		switch {
		case due < 9000*ms:
			r.Sent(c, due)
			of.Ended(c, due, sent, due+took, OK)
		case due < 9000*ms+connections*5*ms:
			r.Sent(c, due)
			of.Unanswered(c, due, sent)
		default:
			r.Unsent(due, NoConnection)
		}
	}
	l := merged(t, end, 0, r)
	l.Spec = result.Spec{Rate: 200, Connections: connections}
	l.Annotate()
	if want := (result.Requests{Planned: 2000, Sent: 1850, Unsent: 150, OK: 1800, Unanswered: 50}); l.Requests != want {
		t.Errorf("%+v", l.Requests)
	}
	near(t, "p50", l.Latency.P50, took)
	near(t, "p90", l.Latency.P90, took)
	near(t, "p95", l.Latency.P95, 500*ms)  // a request due at 9.5 s and never sent
	near(t, "p99", l.Latency.P99, 1900*ms) // a request due at 9.1 s and sent
	near(t, "max", l.Latency.Max, 2000*ms)
	near(t, "service p95", l.Service.P95, took-10_000)
	near(t, "service p99", l.Service.P99, 1910*ms)
	for what, c := range map[string]struct {
		got  result.Latency
		want []string
	}{
		"response time":    {l.Latency, []string{"p90", "p95", "p99", "max", "mean"}},
		"service time":     {l.Service, []string{"p95", "p99", "max", "mean"}},
		"time of /":        {l.Paths[0].Latency, []string{"p90", "p95", "max", "mean"}}, // too few for a p99
		"time of /image/1": {l.Paths[1].Latency, []string{"p90", "p95", "max", "mean"}},
	} {
		if diff := cmp.Diff(c.want, c.got.AtLeast); diff != "" {
			t.Errorf("%s: lower bounds (-want +got):\n%s", what, diff)
		}
	}
}

func TestBooks(t *testing.T) {
	a, b := NewRecorder(2, false, nil), NewRecorder(1, false, nil)
	for _, r := range []*Recorder{a, b} {
		r.Open(100)
		r.Close(200, 200)
	}
	a.Opened()
	a.Opened()
	b.Opened()
	b.Failed(ConnectRefused)
	a.Sent(0, 50) // in the warm-up: not counted, but its reply came in the window
	a.Ended(0, 50, 50, 120, OK)
	a.Sent(0, 120)
	a.Ended(0, 120, 130, 150, OK)
	a.Sent(0, 150)
	a.Ended(0, 150, 150, 160, Status(503))
	a.Sent(0, 160)
	a.Ended(0, 160, 160, 199, ReadReset)
	a.Sent(1, 110)
	a.Ended(1, 110, 110, 200, OK) // too late
	b.Sent(0, 90)                 // in the warm-up, never answered
	b.Unanswered(0, 90, 90)
	b.Sent(0, 180)
	b.Ended(0, 180, 180, 190, Timeout)
	b.Unsent(195, NoConnection)
	for _, at := range []int64{99, 100, 199, 200} {
		a.Read(at, 20) // two of them in the window
	}
	b.NeverDue(4, Interrupted)
	l := merged(t, 200, 100, a, b)
	want := result.Requests{Planned: 10, Sent: 5, Unsent: 5, OK: 1, Errors: 3, Unanswered: 1}
	if diff := cmp.Diff(want, l.Requests); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ got, want map[string]int64 }{
		{l.Errors, map[string]int64{"status-503": 1, "read-reset": 1, "timeout": 1}},
		{l.UnsentBy, map[string]int64{"no-connection": 1, "interrupted": 4}},
		{l.ConnectErrors, map[string]int64{"connect-refused": 1}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(result.Connections{Opened: 3, Failed: 1, Used: 3, Answered: 1, Most: 3, Fairness: 1. / 3, LongestWaitNS: 110}, l.Connections); diff != "" {
		t.Error(diff)
	}
	if l.RateRPS != 2/100e-9 || l.BytesRead != 40 || l.InFlight != (20+30+10+39+90+100+10)/100. {
		t.Errorf("rate %v, %d bytes, %v in flight", l.RateRPS, l.BytesRead, l.InFlight)
	}
	if l.Latency.Unanswered != 90 || l.Service.Unanswered != 90 {
		t.Errorf("the longest without an answer %d, %d", l.Latency.Unanswered, l.Service.Unanswered)
	}
	// Response times: 30 answered, 90 unanswered, 10 timed out, 5 unsent. A request that was not sent has no service time.
	if l.Latency.Max != 90 || l.Latency.Mean != (30+90+10+5)/4. || l.Service.Mean != (20+90+10)/3. {
		t.Errorf("%+v %+v", l.Latency, l.Service)
	}
}

// UnsentSeries records the same as a call of Unsent for each request.
func TestUnsentSeries(t *testing.T) {
	for _, perSecond := range []float64{0.3, 7, 12_345.678, 100_000} {
		rate := schedule.Even(perSecond)
		one, all := NewRecorder(1, true, nil), NewRecorder(1, true, nil)
		n := rate.Before(10 * time.Second)
		due := func(i int64) int64 { return int64(rate.Due(i)) }
		for _, r := range []*Recorder{one, all} {
			r.Open(0)
			r.Close(10_000*ms, 10_000*ms)
		}
		for i := range n {
			one.Unsent(due(i), WindowClosed)
		}
		all.UnsentSeries(n, due, WindowClosed)
		want, got := merged(t, 10_000*ms, 0, one), merged(t, 10_000*ms, 0, all)
		want.Latency.Mean = math.Round(want.Latency.Mean)
		got.Latency.Mean = math.Round(got.Latency.Mean)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v/s: %s", perSecond, diff)
		}
	}
}

// A request answered in the grace counts with its response time, but not in the rate. An unanswered one counts with its age at the end of the grace.
func TestGrace(t *testing.T) {
	r := NewRecorder(3, false, nil)
	r.Open(100)
	r.Close(200, 300)
	for c := range 3 {
		r.Sent(c, 150)
	}
	r.Ended(0, 150, 150, 260, OK)
	r.Ended(1, 150, 150, 300, OK) // too late
	r.Unanswered(0, 150, 150)
	l := merged(t, 200, 100, r)
	if diff := cmp.Diff(result.Requests{Planned: 3, Sent: 3, OK: 1, Unanswered: 2}, l.Requests); diff != "" {
		t.Error(diff)
	}
	if l.RateRPS != 0 || l.BytesRead != 0 || l.InFlight != 3*50/100. || l.Latency.P50 != 110+40 || l.Latency.Mean != (110+150+150)/3. {
		t.Errorf("rate %v, %d bytes, %v in flight, %+v", l.RateRPS, l.BytesRead, l.InFlight, l.Latency)
	}
	if c := l.Connections; c.Answered != 1 || c.LongestWaitNS != 150 {
		t.Errorf("%+v", c)
	}
}

// A worker notices the end of the window late: a request that it sent after the end counts as unsent, even if it is answered in the grace.
func TestSentInTheGrace(t *testing.T) {
	r := NewRecorder(2, false, nil)
	r.Open(100)
	r.Close(200, 300)
	r.Sent(0, 190) // due before the end, by a schedule
	r.Ended(0, 190, 205, 260, OK)
	r.Sent(1, 210)
	r.Ended(1, 210, 210, 260, OK)
	l := merged(t, 200, 100, r)
	if diff := cmp.Diff(result.Requests{Planned: 2, Unsent: 2}, l.Requests); diff != "" || l.UnsentBy["window-closed"] != 1 || l.UnsentBy["interrupted"] != 1 {
		t.Errorf("%s, %v", diff, l.UnsentBy)
	}
}

// A worker that notices the end of the window late went on sending, but on one connection at most one request was under way at the end.
func TestEndNoticedLate(t *testing.T) {
	r := NewRecorder(1, false, nil)
	r.Open(100)
	ask := func(due, sent int64) { r.Sent(0, due); r.Ended(0, due, sent, sent+20, OK) }
	ask(100, 100)
	r.Sent(0, 120)
	r.Close(130, 130) // the worker notices at 180
	r.Ended(0, 120, 125, 145, OK)
	ask(125, 145) // due before the end, by a schedule
	ask(165, 165)
	r.Sent(0, 185)
	r.Unanswered(0, 185, 185)
	l := merged(t, 130, 100, r)
	if diff := cmp.Diff(result.Requests{Planned: 5, Sent: 2, Unsent: 3, OK: 1, Unanswered: 1}, l.Requests); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"window-closed": 1, "interrupted": 2}, l.UnsentBy); diff != "" {
		t.Error(diff)
	}
	if l.Latency.Max != 20 || l.Latency.Mean != (20+10+5)/3. { // the answered one, the one under way, and the one due but not sent
		t.Errorf("%+v", l.Latency)
	}
}

// If a hundredth of the requests for one path timed out, only the percentiles of that path are lower bounds.
func TestTimeoutsMarkTheirPathOnly(t *testing.T) {
	r := NewRecorder(1, true, nil)
	r.Split([]result.PathLatency{{Path: "/"}, {Path: "/slow"}})
	r.Open(0)
	r.Close(100_000*ms, 100_000*ms)
	for i := range int64(4000) {
		path, at, class := int(i%2), i*ms+ms, OK
		if path == 1 && i%200 == 1 {
			at, class = i*ms+5000*ms, Timeout
		}
		r.Sent(0, i*ms)
		r.For(path).Ended(0, i*ms, i*ms, at, class)
	}
	l := merged(t, 100_000*ms, 0, r)
	l.Spec.Connections = 1
	l.AnnotateResponse()
	var got [][]string
	for _, p := range l.Paths {
		got = append(got, p.Latency.AtLeast)
	}
	if diff := cmp.Diff([][]string{nil, {"p99", "max", "mean"}}, got); diff != "" { // 2000 requests have no p99.9
		t.Error(diff)
	}
}

func TestLateness(t *testing.T) {
	r := NewRecorder(1, true, nil)
	r.Open(100)
	r.Late(90, 99, false) // in the warm-up
	r.Late(100, 110, false)
	r.Late(110, 160, true)
	l := merged(t, 200, 100, r)
	if l.Lateness.Mean != 30 || l.PacerLateness.Mean != 10 {
		t.Errorf("%+v %+v", l.Lateness, l.PacerLateness)
	}
}

// A stall of the sender is the longest time between two calls of Awake, cut at the edges of the window.
func TestStallOfOurOwn(t *testing.T) {
	for _, c := range []struct {
		looks []int64
		want  int64
	}{
		{[]int64{100, 120, 150, 190, 200}, 40},
		{[]int64{20, 95, 150, 200}, 50}, // from 100 on: what lies before the window does not count
		{[]int64{180, 230}, 80},         // what lies after it does not either
		{[]int64{20, 230}, 100},
		{nil, 0},
	} {
		r := NewRecorder(1, false, nil)
		r.Open(100)
		r.Close(200, 200)
		for _, at := range c.looks {
			r.Awake(at)
		}
		if l := merged(t, 200, 100, NewRecorder(1, false, nil), r); l.OwnStallNS != c.want {
			t.Errorf("looks at %v: %d, want %d", c.looks, l.OwnStallNS, c.want)
		}
	}
}

func TestClassNames(t *testing.T) {
	seen := map[string]bool{}
	for c := OK; c < named; c++ {
		if name := c.String(); name == "" || seen[name] {
			t.Errorf("class %d is called %q", c, name)
		} else {
			seen[name] = true
		}
	}
	for code, want := range map[int]string{200: "ok", 302: "ok", 400: "status-400", 599: "status-599"} {
		if got := Status(code).String(); got != want {
			t.Errorf("%d: %s", code, got)
		}
	}
}

func TestLive(t *testing.T) {
	live := new(Live)
	if p := live.Read(); p.Elapsed != 0 || !p.Warming {
		t.Errorf("before it began: %+v", p)
	}
	live.Begin(time.Hour)
	r := NewRecorder(1, false, live)
	r.Open(0)
	for i := range int64(1000) {
		r.Sent(0, i)
		r.Ended(0, i, i, i+(i+1)*1000, OK)
	}
	r.Sent(0, 0)
	r.Ended(0, 0, 0, 1, ReadEOF)
	if p := live.Read(); p.Answered != 0 {
		t.Errorf("not handed in yet: %+v", p)
	}
	r.Publish(publishEvery)
	p := live.Read()
	if p.Planned != 1001 || p.Answered != 1000 || p.Errors != 1 || !p.Warming || p.RatePerSecond <= 0 {
		t.Errorf("%+v", p)
	}
	near(t, "p50", p.P50.Nanoseconds(), 500_000)
	near(t, "p99", p.P99.Nanoseconds(), 990_000)
	if p = live.Read(); p.P50 != 0 || p.Answered != 1000 {
		t.Errorf("nothing came since: %+v", p)
	}
	(*Live)(nil).Begin(0)
}

func TestSteps(t *testing.T) {
	for _, fineness := range []int{coarse, fine} {
		last := 0
		for ns := uint64(1); ns < 1<<62; ns += 1 + ns/(2<<fineness) {
			step := stepOf(ns, fineness)
			if step < last || step > last+1 || step >= 64<<fineness {
				t.Fatalf("%d ns: step %d after %d", ns, step, last)
			}
			last = step
			low, width := stepAt(step, fineness)
			if int64(ns) < low || int64(ns) >= low+width || width > 1 && width<<fineness > low {
				t.Fatalf("%d ns: step %d, which holds %d from %d on", ns, step, width, low)
			}
		}
	}
}

// Between two parts of a window a worker need not be awake, and a request under way at the end of a part counts as under way until then.
func TestParts(t *testing.T) {
	r := NewRecorder(1, false, nil)
	r.Part(0, 0, 10, 10)
	r.Close(100, Never)
	r.Awake(0)
	r.Sent(0, 20)
	r.Awake(90)
	r.Pause([]int64{20})
	r.Part(1000, 0, 1010, 1010)
	r.Close(1100, Never)
	r.Awake(1005)
	r.Ended(0, 20, 20, 1050, OK)
	r.Pause(nil)
	l, err := Merge([]*Recorder{r}, 180)
	if err != nil {
		t.Fatal(err)
	}
	if l.OwnStallNS != 90 {
		t.Errorf("it stood still for %d", l.OwnStallNS)
	}
	if want := float64(80+40) / 180; math.Abs(l.InFlight-want) > 1e-9 {
		t.Errorf("%v in flight, want %v", l.InFlight, want)
	}
	if c := Count(r); c != (Counts{OK: 1, InWindow: 1, Replies: 1}) || l.Timed != 1 {
		t.Errorf("%+v, timed %d", c, l.Timed)
	}
	var got []int64
	for range 2 {
		Harvest(func(low, width, n int64) { got = append(got, low, width, n) }, r)
	}
	if len(got) != 3 || got[0] > 1030 || got[0]+got[1] <= 1030 || got[2] != 1 {
		t.Errorf("harvested %v, want 1030 once", got)
	}
}

// After Forget, the part is not in the record, the books balance, and requests that were under way end in a later part.
func TestForget(t *testing.T) {
	type event struct {
		sent, ended int64 // 0: sent in an earlier part, or does not end in this one
		class       Class
	}
	r := NewRecorder(2, true, nil)
	r.Split([]result.PathLatency{{Path: "/"}, {Path: "/slow"}})
	begin := int64(0)
	part := func(keep bool, unsent int64, each ...[]event) {
		r.Part(begin, 0, begin+10, begin+10)
		r.Close(begin+100, Never)
		r.Awake(begin)
		for c, events := range each {
			for _, e := range events {
				if e.sent > 0 {
					r.Sent(c, begin+e.sent)
					r.Late(begin+e.sent, begin+e.sent+1, false)
				}
				if e.ended > 0 {
					r.For(c).Ended(c, begin+e.sent, begin+e.sent, begin+e.ended, e.class)
				}
			}
		}
		r.Awake(begin + 95)
		if unsent > 0 {
			r.Unsent(begin+20, NoConnection)
			r.UnsentSeries(unsent-1, func(i int64) int64 { return begin + i/20 }, WindowClosed)
		}
		r.Pause(nil)
		if begin += 1000; keep {
			r.Keep()
		} else {
			r.Forget()
		}
	}
	part(true, 0, []event{{20, 30, OK}, {40, 45, 503}}, []event{{20, 90, OK}, {95, 0, OK}})
	kept, err := Merge([]*Recorder{r}, 90)
	if err != nil {
		t.Fatal(err)
	}
	part(false, 1000, []event{{20, 99, OK}, {99, 0, OK}}, []event{{0, 15, OK}, {30, 35, Timeout}, {40, 41, Malformed}, {98, 0, OK}})
	got, err := Merge([]*Recorder{r}, 90)
	if err != nil {
		t.Fatal(err)
	}
	kept.Requests.Sent++ // two requests are under way now instead of one
	kept.Requests.Planned++
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Errorf("the record changed by what was forgotten: %s", diff)
	}
	part(true, 401, []event{{0, 50, OK}}, []event{{0, 60, OK}, {70, 80, OK}})
	l, err := Merge([]*Recorder{r}, 180)
	if err != nil {
		t.Fatal(err)
	}
	if q := l.Requests; q.Sent != 6 || q.OK != 5 || q.Errors != 1 || q.Unanswered != 0 || q.Unsent != 401 {
		t.Errorf("%+v", q)
	}
	if h, err := result.Decode(l.Histogram); err != nil || h.Count() != 3+201 || l.Timed != 3 || l.Latency.Max != 90 {
		t.Errorf("%d times, %d replies timed, the longest %d, %v", h.Count(), l.Timed, l.Latency.Max, err)
	}
	if p := l.Paths; p[0].OK != 2 || p[0].Errors["status-503"] != 1 || p[1].OK != 3 || p[1].Errors != nil || p[0].Count+p[1].Count != 3 {
		t.Errorf("by path %+v", p)
	}
	var times int64
	Harvest(func(low, width, n int64) { times += n }, r)
	if times != 1 {
		t.Errorf("%d times harvested since", times)
	}
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	r := NewRecorder(1, true, new(Live))
	r.Open(0)
	due := int64(0)
	if n := testing.AllocsPerRun(1000, func() {
		due += 1000
		r.Sent(0, due)
		r.Late(due, due+10, false)
		r.Ended(0, due, due+10, due+500, OK)
		r.Publish(due)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := NewRecorder(1, false, new(Live))
	r.Open(0)
	for i := int64(0); b.Loop(); i++ {
		r.Sent(0, i*1000)
		r.Ended(0, i*1000, i*1000, i*1000+100_000+i&0xffff, OK)
	}
}
