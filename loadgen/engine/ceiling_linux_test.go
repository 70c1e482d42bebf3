package engine

import (
	"context"
	"testing"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
)

// Ceiling answers the requests of any load, and measures a closed loop.
func TestCeiling(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*result.Spec)
	}{
		{"as usual", func(*result.Spec) {}},
		{"a schedule", func(s *result.Spec) { s.Rate = 10 }},
		{"a number", func(s *result.Spec) { s.Duration, s.Requests = 0, 5 }},
		{"bodies", func(s *result.Spec) { s.Method, s.Body = "POST", string(make([]byte, 100_000)) }},
		{"heads", func(s *result.Spec) { s.Method = "HEAD" }},
		{"lines", func(s *result.Spec) { s.Proto, s.Body = result.Line, "hello" }},
		{"many on their way", func(s *result.Spec) { s.Pipeline = 1000 }},
		{"connections of their own", func(s *result.Spec) { s.NoKeepalive = true }},
		{"several paths, checked", func(s *result.Spec) { s.Paths, s.Expect = []string{"/bytes/1000"}, result.Carousel }},
		{"package net", func(s *result.Spec) { s.Engine = result.Net }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := result.DefaultSpec()
			s.Target, s.Connections, s.Engine = "http://192.0.2.1:80/some/where", 3, Default()
			c.change(&s)
			rps, err := ceiling(t.Context(), t.Context(), s, 50*time.Millisecond)
			if err != nil || rps <= 0 {
				t.Errorf("%v/s, %v", rps, err)
			}
		})
	}
}

func TestCeilingThatIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := result.DefaultSpec()
	s.Engine = Default()
	if rps, err := Ceiling(ctx, t.Context(), s); err == nil {
		t.Errorf("%v/s and no error", rps)
	}
}

// The thread pool has the IDs of the sending threads, and no others: their run delay is read.
func TestThreadsKnowTheirIDs(t *testing.T) {
	s := result.DefaultSpec()
	s.Engine, s.Threads = result.Epoll, 3
	threads := startThreads(s)
	defer threads.stop()
	if len(threads.ids) != 3 {
		t.Fatalf("threads %v, want 3 of them", threads.ids)
	}
	threads.do(func(i int) {
		if n := host.Thread(); n != threads.ids[i] || n == 0 {
			t.Errorf("thread %d is %d, not %d", i, n, threads.ids[i])
		}
	})
}
