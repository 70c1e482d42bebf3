package engine

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
)

// After an interrupt, requests under way are still answered, and no more are sent.
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
		when(t, func() bool { return srv.received.Load() == 4 }, func() {
			cancel()
			time.Sleep(100 * time.Millisecond) // time for the load to send more by mistake
			close(ended)
		})
		l, err := Run(ctx, context.Background(), s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if q := l.Requests; q.OK < 4 || q.OK != q.Sent || q.Sent != srv.received.Load() || l.Connections.Answered != 4 {
			t.Errorf("%s: %+v, %+v, asked %d times", engine, q, l.Connections, srv.received.Load())
		}
	}
}

// A request without a reply at the end of the grace is recorded with its age at that time.
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

// An interrupt in the grace ends the grace, and the run is complete. One in the window ends the window, and a second one ends the grace.
func TestInterruptedGrace(t *testing.T) {
	for _, engine := range append(engines(), result.Hey) {
		for inWindow, whole := range map[bool]bool{false: true, true: false} {
			srv := serve(t, "127.0.0.1:0", func(p *peer) { p.request(); p.request() })
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Duration, s.Grace = engine, 100*time.Millisecond, time.Hour
			if inWindow {
				s.Duration = time.Hour
			}
			ctx, interrupt := context.WithCancel(t.Context())
			patience, again := context.WithCancel(t.Context())
			when(t, func() bool { return srv.received.Load() == 4 }, func() {
				if inWindow {
					interrupt()
				}
				time.Sleep(s.Duration%time.Hour + 300*time.Millisecond) // into the grace
				interrupt()
				again()
			})
			began := time.Now()
			l, err := Run(ctx, patience, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			if q := l.Requests; q.Unanswered != 4 || q.Sent != 4 || l.Complete != whole || time.Since(began) > time.Minute {
				t.Errorf("%s, interrupted in the window %v: %+v, complete %v after %v", engine, inWindow, q, l.Complete, time.Since(began))
			}
			if age, most := time.Duration(l.Latency.Max), time.Since(began); age < 300*time.Millisecond || age > most {
				t.Errorf("%s: the oldest is %v old after %v", engine, age, most)
			}
		}
	}
}

// A second close of an engine must not close a descriptor that has been reused meanwhile.
func TestClosedTwice(t *testing.T) {
	for _, engine := range engines() {
		s := load("http://127.0.0.1:1/")
		r := &run{base: time.Now(), addr: "127.0.0.1:1"}
		s.Engine, s.Threads = engine, 1
		r.Run = flight.New(s, client.New(s), nil, r.now)
		threads := startThreads(s)
		defer threads.stop()
		c, err := newEngine(r, threads)
		if err != nil {
			t.Fatal(err)
		}
		c.close()
		var files []*os.File
		for range 10 {
			f, err := os.CreateTemp(t.TempDir(), "")
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		c.close()
		for _, f := range files {
			if _, err := f.WriteString("still open"); err != nil {
				t.Errorf("%s: %v", engine, err)
			}
			f.Close()
		}
	}
}
