//go:build !race

package truth

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/trace"
)

// The memory of a shard and its record does not grow with the number of requests: from the millionth on nothing is allocated, in any kind of load,
// with response times from a nanosecond to half a minute.
func TestNothingGrowsWithRequests(t *testing.T) {
	first, last := int64(1_000_000), int64(2_000_000)
	if *live {
		last = 50_000_000
	}
	for _, c := range []struct {
		load   string
		change func(*result.Spec)
		traced int
	}{
		{load: "closed loop", change: func(*result.Spec) {}},
		{load: "closed loop, traced up to the limit", change: func(*result.Spec) {}, traced: int(first) * 3 / 2},
		{load: "open loop, traced up to the limit", change: func(s *result.Spec) { s.Rate = 1e6 }, traced: int(first) * 3 / 2},
		{load: "closed loop, 16 at once on a connection", change: func(s *result.Spec) { s.Pipeline = 16 }},
		{load: "open loop", change: func(s *result.Spec) { s.Rate = 1e6 }},
		{load: "open loop at random in bursts", change: func(s *result.Spec) { s.Rate, s.Arrivals, s.Burst = 1e6, result.Poisson, 10 }},
		{load: "closed loop, a connection for each request", change: func(s *result.Spec) { s.NoKeepalive = true }},
		{load: "closed loop, read slowly", change: func(s *result.Spec) { s.ReadRate = 10_000_000 }},
	} {
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Connections, s.Duration, s.Timeout = "http://127.0.0.1:1/", result.Net, 50, 1000*time.Hour, time.Hour
		c.change(&s)
		grown := allocated(s, first, last, c.traced)
		row(t, fmt.Sprintf("memory allocated from request %s to %s, %s", units.Count(first), units.Count(last), c.load),
			"nothing", units.Count(grown)+" bytes", "16 KiB", grown <= 16<<10)
	}
}

// allocated returns how many bytes the shard, record and trace of a load allocate from request first to request last, on a simulated clock. traced
// is the limit of the trace; 0: there is none.
func allocated(s result.Spec, first, last int64, traced int) int64 {
	now := int64(0)
	requests := client.New(s)
	run := flight.New(s, requests, nil, func() int64 { return now })
	if traced > 0 {
		t := trace.New(traced)
		t.Room(1)
		run.Trace = t.Process("", s.Connections, 0, 1, run.Names())
	}
	shard := run.Shard(0, 1, nil)
	var before, after runtime.MemStats
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
	waits := make([]int, shard.Size()) // by connection: requests without a reply
	sent := int64(0)
	act := func() {
		for c, do := shard.Next(); do != flight.Nothing; c, do = shard.Next() {
			switch do {
			case flight.Connect:
				waits[c.Index] = 0
				shard.Connected(c)
			case flight.Send:
				n := int64(len(c.Out()) / len(requests[0].Bytes))
				waits[c.Index] += int(n)
				sent += n
				c.Sent(len(c.Out()))
			}
		}
	}
	shard.Try(false)
	for shard.Turn() {
		act()
		now = shard.Wake()
	}
	run.Flow(now)
	shard.Start()
	for turn := 0; sent < last && shard.Turn(); turn++ {
		if sent >= first && before.Mallocs == 0 {
			runtime.ReadMemStats(&before)
		}
		act()
		now += 1 << (turn % 35)
		for k, n := range waits {
			if c := shard.Conn(k); n > 0 && c.Room() > 0 {
				waits[k]--
				shard.Feed(c, answer)
			}
		}
		act()
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}
