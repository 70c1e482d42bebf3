package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"carousel/internal/result"
)

// What is under way when a run is ended is answered, and nothing more is sent.
func TestGrace(t *testing.T) {
	for _, engine := range append(engines(), result.Hey) {
		ended := make(chan struct{})
		srv := serve(t, "127.0.0.1:0", func(p *peer) {
			for p.request() {
				<-ended
				fmt.Fprint(p, hello)
			}
		})
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Duration, s.Grace = engine, time.Hour, time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		when(t, func() bool { return srv.asked.Load() == 4 }, func() {
			cancel()
			time.Sleep(100 * time.Millisecond) // were it too short, it would only hide a fault
			close(ended)
		})
		l, err := Run(ctx, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if q := l.Requests; q.OK < 4 || q.OK != q.Sent || q.Sent != srv.asked.Load() || l.Connections.Answered != 4 {
			t.Errorf("%s: %+v, %+v, asked %d times", engine, q, l.Connections, srv.asked.Load())
		}
	}
}

// What is still not answered when the grace is over is as old as it is then.
func TestGraceIsOver(t *testing.T) {
	for _, engine := range append(engines(), result.Hey) {
		srv := serve(t, "127.0.0.1:0", func(p *peer) { p.request(); p.request() })
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Duration, s.Grace = engine, time.Second, 200*time.Millisecond
		l := carryOut(t, s)
		if q := l.Requests; q.Unanswered != 4 || q.Sent != 4 {
			t.Errorf("%s: %+v", engine, q)
		}
		if age := time.Duration(l.Latency.Max); age > s.Duration+s.Grace+time.Millisecond || age < s.Duration+s.Grace-time.Millisecond && engine != result.Hey || age < s.Grace {
			t.Errorf("%s: %v", engine, age)
		}
	}
}
