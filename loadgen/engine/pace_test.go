package engine

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"carousel/internal/result"
)

// A sender that waits for the next due instant must not block the only processor of the Go scheduler. Otherwise a reply would be read only when its
// connection sends again, connections / rate later.
func TestOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	srv := serve(t, "127.0.0.1:0", say(hello))
	for _, engine := range engines() {
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Connections, s.Rate, s.Duration, s.Requests = engine, 64, 100, 0, 160
		if l := carryOut(t, s); l.Requests.OK != 160 || l.Service.P50 > int64(320*time.Millisecond) {
			t.Errorf("%s: %+v, service time %+v", engine, l.Requests, l.Service)
		}
	}
}

// A run works and its books balance even if the next request or the end is further away than the clock's range.
func TestBeyondAllTime(t *testing.T) {
	const years = time.Duration(math.MaxInt64)
	for _, engine := range engines() {
		for _, c := range []struct {
			name    string
			change  func(*result.Spec)
			planned int64 // 0: any number
		}{
			{"next", func(s *result.Spec) { s.Rate, s.Duration, s.Requests = 1e-12, 0, 2 }, 2},
			{"end", func(s *result.Spec) { s.Duration = years }, 0},
			{"warm-up", func(s *result.Spec) { s.Warmup, s.Duration = years, years }, 0},
		} {
			t.Run(engine+" "+c.name, func(t *testing.T) {
				srv := serve(t, "127.0.0.1:0", say(hello))
				s := load("http://" + srv.addr + "/")
				s.Engine, s.Connections = engine, 1
				c.change(&s)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				when(t, func() bool { return srv.received.Load() > 0 }, cancel)
				l, err := Run(ctx, context.Background(), s, nil)
				if err != nil {
					t.Fatal(err)
				}
				balance(t, l)
				if q := l.Requests; l.Complete || c.planned > 0 && q.Planned != c.planned || srv.received.Load() == 0 {
					t.Errorf("complete %v, %+v %v", l.Complete, q, l.UnsentBy)
				}
			})
		}
	}
}
