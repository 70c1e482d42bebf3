package flight

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/schedule"
)

// flown plays a script to a pilot whose first connections are open. Each line has the expected actions, an instant, an event, and its connection and
// reply, if any.
func flown(t *testing.T, s result.Spec, lives [][]string) *pilot {
	t.Helper()
	p := newPilot(s)
	for k := range max(s.First, 1) {
		p.shard.Connected(p.shard.Conn(k))
	}
	for _, life := range lives {
		if got := p.live(life[1:]); got != life[0] {
			t.Errorf("%v: %q, want %q", life[1:], got, life[0])
		}
	}
	return p
}

// For each request that is due while no connection is free, one more connection is opened. The request is sent on the connection that is free first.
func TestGrowing(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Rate, s.Duration, s.First, s.Connections = "http://h:1/", 100, 100*time.Millisecond, 1, 3 // due every 10 ms from 100 on
	p := flown(t, s, [][]string{
		{"send 0", "100", "start"},
		{"connect 1", "110", "turn"},
		{"", "115", "turn"}, // no second connect for the same request
		{"send 1", "116", "connected", "1"},
		{"connect 2", "120", "turn"},
		{"send 0", "121", "reply", "0", "ok"}, // the request for which 2 was opened
		{"", "122", "connected", "2"},
		{"send 2", "130", "turn"},
		{"", "140", "turn"}, // no connection is left to open
		{"", "150", "turn"},
		{"send 0", "151", "reply", "0", "ok"},
		{"send 1", "151", "reply", "1", "ok"},
		{"", "152", "reply", "2", "ok"},
	})
	if p.shard.Alive() != 3 {
		t.Errorf("%d connections are open", p.shard.Alive())
	}
}

// While connects are refused, the shard tries those connections again and opens no further ones.
func TestGrowingWhereNobodyListens(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Rate, s.Duration, s.First, s.Connections = "http://h:1/", 100, 100*time.Millisecond, 1, 9
	flown(t, s, [][]string{
		{"send 0", "100", "start"},
		{"connect 1", "110", "turn"},
		{"close 1", "111", "refused", "1"},
		{"connect 1", "120", "turn"},
	})
}

// The shard wakes for the next request even if no connection is free, as long as another one may be opened for it.
func TestWakesToGrow(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Rate, s.Duration, s.First, s.Connections = "http://h:1/", 100, 100*time.Millisecond, 1, 2
	p := flown(t, s, [][]string{{"send 0", "100", "start"}, {"", "101", "turn"}})
	if got := p.shard.Wake(); got != 110*ms {
		t.Errorf("it wakes at %v", time.Duration(got))
	}
	p = flown(t, s, [][]string{{"send 0", "100", "start"}, {"connect 1", "110", "turn"}})
	if got := p.shard.Wake(); got == 120*ms {
		t.Error("it wakes for a request that is due with no connection left for it")
	}
}

// With --spin a shard sleeps until shortly before a request is due, then busy-waits. Only time without an event counts as busy-waiting.
func TestSpin(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Connections, s.Rate, s.Spin = "http://h:1/", 2, 100, 60*time.Microsecond
	p := flown(t, s, [][]string{{"", "90", "connected", "1"}, {"send 0", "100", "start"}})
	turn := func(at int64) {
		p.now = at
		p.shard.Turn()
		p.act()
	}
	turn(101 * ms)
	if got, want := p.shard.Wake(), 110*ms-int64(s.Spin); got != want {
		t.Errorf("it wakes at %v, want %v", time.Duration(got), time.Duration(want))
	}
	for at := 110*ms - 50_000; at < 110*ms; at += 10_000 { // five turns, one of them with a reply
		turn(at)
		if got := p.shard.Wake(); got != at {
			t.Errorf("at %v it sleeps until %v", time.Duration(at), time.Duration(got))
		}
		if at == 110*ms-20_000 {
			p.shard.Feed(p.shard.Conn(0), []byte(replies["ok"]))
			p.act()
		}
	}
	turn(110 * ms)
	p.shard.Wake()
	p.now = 112 * ms
	p.run.Stop()
	p.shard.Turn()
	l := bookkept(t, p)
	if got := time.Duration(l.SpunNS); got != 40*time.Microsecond {
		t.Errorf("it looked at nothing for %v", got)
	}
	if l.Lateness.Max != 0 {
		t.Errorf("it was late by %v", time.Duration(l.Lateness.Max))
	}
}

// With random arrivals, with stages and with a warm-up, every request is sent when it is due, and the books have those that were not sent.
func TestSchedules(t *testing.T) {
	for name, s := range map[string]result.Spec{
		"poisson": {Rate: 2000, Arrivals: result.Poisson, Seed: 5},
		"ramp":    {Rate: 1000, Stages: []result.Stage{{From: 0, To: 2000, Length: time.Second}}},
		"warm":    {Rate: 1000, Stages: []result.Stage{{From: 500, To: 1500, Length: time.Second}}, Warmup: 200 * time.Millisecond, Arrivals: result.Poisson, Burst: 3},
	} {
		s.Target, s.Proto, s.Method, s.Connections, s.Duration, s.Timeout = "http://h:1/", "http", "GET", 1, time.Second, time.Minute
		p := newPilot(s)
		p.shard.Connected(p.shard.Conn(0))
		p.act()
		p.now = 100 * ms
		p.run.Flow(p.now)
		p.shard.Start()
		p.act()
		var want, got []int64
		end := 100*ms + int64(s.Warmup+s.Duration)
		for w := schedule.New(s).Walk(); w.Due() < s.Warmup+s.Duration; w.Skip(1) {
			want = append(want, 100*ms+int64(w.Due()))
		}
		stopped := 900 * ms
		for range 10_000 {
			if p.now >= stopped {
				break
			}
			c := p.shard.Conn(0)
			if c.inFlight > 0 {
				got = append(got, c.due)
				p.shard.Feed(c, []byte(replies["ok"]))
				p.act()
				continue
			}
			p.now = p.shard.Wake()
			p.shard.Turn()
			p.act()
		}
		if diff := cmp.Diff(want[:len(got)], got); diff != "" || len(got) < 300 {
			t.Errorf("%s: %d were sent; %s", name, len(got), diff)
		}
		p.now = end
		for i := 0; p.shard.Turn() && i < 1000; i++ {
			p.now += ms
		}
		l := bookkept(t, p)
		planned := 0
		for _, due := range want {
			if due >= 100*ms+int64(s.Warmup) {
				planned++
			}
		}
		if int(l.Requests.Planned) != planned || l.Requests.Unsent == 0 {
			t.Errorf("%s: %+v, want %d planned", name, l.Requests, planned)
		}
	}
}
