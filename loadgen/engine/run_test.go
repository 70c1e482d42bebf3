package engine

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/record"
)

func TestExactNumber(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 5000} {
			for _, warmup := range []time.Duration{0, 50 * time.Millisecond} {
				t.Run(fmt.Sprint(engine, rate, warmup), func(t *testing.T) {
					srv := serve(t, "127.0.0.1:0", say(hello))
					s := load("http://" + srv.addr + "/")
					s.Engine, s.Rate, s.Duration, s.Requests, s.Warmup, s.Connections = engine, rate, 0, 777, warmup, 7
					l := carryOut(t, s)
					if q := l.Requests; q.Planned != 777 || q.OK != 777 || !l.Complete {
						t.Errorf("complete %v, %+v", l.Complete, q)
					}
					if received := srv.received.Load(); warmup == 0 && received != 777 || warmup > 0 && received <= 777 {
						t.Errorf("the server was asked %d times", received)
					}
				})
			}
		}
	}
}

// A server serves one connection after another: in a run with -n, a connection without a further request is closed, so that the server accepts the
// next.
func TestOneAtATime(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			var turn sync.Mutex
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				turn.Lock()
				defer turn.Unlock()
				say(hello)(p)
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Duration, s.Requests = engine, 0, 100
			for _, rate := range []float64{0, 1000} {
				s.Rate = rate
				if l := carryOut(t, s); l.Requests.OK != 100 || l.Connections.Answered != l.Connections.Used {
					t.Errorf("%v/s: %+v %+v", rate, l.Requests, l.Connections)
				}
			}
			s.Rate, s.Duration, s.Requests = 0, time.Second, 0
			l := carryOut(t, s)
			if c := l.Connections; c.Answered != 1 || c.Used != 4 || c.Fewest != 0 || c.LongestWaitNS != int64(s.Duration) {
				t.Errorf("%+v", c)
			}
			// The served connection may have been between two requests.
			if n := l.Requests.Unanswered; n < 3 || n > 4 || l.Latency.Max != int64(s.Duration) {
				t.Errorf("%+v %+v", l.Requests, l.Latency)
			}
		})
	}
}

// A request belongs to the window if it was due in it; a request of the warm-up is not counted.
func TestWarmup(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			srv := serve(t, "127.0.0.1:0", say(hello))
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Rate, s.Warmup, s.Duration = engine, 1000, 200*time.Millisecond, 300*time.Millisecond
			l := carryOut(t, s)
			if l.Requests.Planned != 300 || l.Window.ElapsedNS != int64(s.Duration) {
				t.Errorf("%+v %+v", l.Requests, l.Window)
			}
			if received := srv.received.Load(); received <= l.Requests.Sent || received > 500 {
				t.Errorf("the server was asked %d times, %d of them in the window", received, l.Requests.Sent)
			}
		})
	}
}

// A server stalls: requests wait, and are timed from when they were due, even those that were never sent.
func TestStallIsSeen(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			var began sync.Once
			var stall time.Time
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				for p.request() {
					began.Do(func() { stall = time.Now().Add(100 * time.Millisecond) })
					if time.Now().After(stall) {
						select {
						case <-t.Context().Done():
						case <-time.After(10 * time.Second):
						}
						return
					}
					fmt.Fprint(p, hello)
				}
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Rate, s.Duration, s.Connections = engine, 1000, time.Second, 2
			l := carryOut(t, s)
			if l.Requests.Planned != 1000 || l.Requests.Unanswered != 2 || l.UnsentBy["no-connection"] < 700 {
				t.Errorf("%+v %v", l.Requests, l.UnsentBy)
			}
			// The requests of 900 ms have ages of 0 to 900 ms: a tenth of all requests is older than 800 ms.
			if p90 := time.Duration(l.Latency.P90); p90 < 500*time.Millisecond || p90 >= 900*time.Millisecond {
				t.Errorf("p90 %v", p90)
			}
		})
	}
}

func TestSilentConnectionsComeFirst(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			var mu sync.Mutex
			var silent, first int64
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				if !p.request() {
					mu.Lock()
					silent++
					mu.Unlock()
					return
				}
				mu.Lock()
				if first == 0 {
					first = p.accepted.Load()
				}
				mu.Unlock()
				fmt.Fprint(p, hello)
				say(hello)(p)
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Idle, s.Duration, s.Requests = engine, 100, 0, 100
			l := carryOut(t, s)
			srv.die()
			if silent < 100 || first < 100 || l.Connections.Opened != 104 || l.Requests.OK != 100 { // not every connection need be used: a fast one may send all requests
				t.Errorf("%d silent connections, %d open at the first request; %+v", silent, first, l.Connections)
			}
		})
	}
}

func TestThreadsShareTheWork(t *testing.T) {
	if !sock.Linux {
		t.Skip("needs the epoll engine")
	}
	for _, rate := range []float64{0, 3000} {
		srv := serve(t, "127.0.0.1:0", say(hello))
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Rate, s.Threads, s.Connections, s.Duration, s.Requests = result.Epoll, rate, 3, 10, 0, 1000
		if l := carryOut(t, s); l.Requests.OK != 1000 || l.Connections.Opened != 10 || srv.received.Load() != 1000 {
			t.Errorf("%+v %+v", l.Requests, l.Connections)
		}
	}
}

func TestLiveProgress(t *testing.T) {
	for _, engine := range engines() {
		srv := serve(t, "127.0.0.1:0", say(hello))
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Duration, s.Warmup = engine, time.Hour, 100*time.Millisecond
		live := new(record.Live)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var seen record.Progress // the first progress with a reply
		when(t, func() bool {
			p := live.Read()
			if seen.Answered == 0 {
				seen = p
			}
			return seen.Answered > 0 && p.Answered > seen.Answered && !p.Warming
		}, cancel)
		if _, err := Run(ctx, context.Background(), s, live); err != nil {
			t.Error(err)
		}
		if seen.P50 <= 0 || seen.P99 < seen.P50 || seen.RatePerSecond <= 0 {
			t.Errorf("%s: %+v was read during the run", engine, seen)
		}
		if p := live.Read(); p.Answered <= seen.Answered || p.Answered > srv.received.Load() || p.Planned < p.Answered || p.Errors != 0 || p.Warming {
			t.Errorf("%s: %+v of %d", engine, p, srv.received.Load())
		}
	}
}

func TestProcessorTime(t *testing.T) {
	srv := serve(t, "127.0.0.1:0", say(hello))
	for _, engine := range engines() {
		s := load("http://" + srv.addr + "/")
		s.Engine, s.PID, s.Duration = engine, os.Getpid(), 300*time.Millisecond
		l := carryOut(t, s)
		if l.CPU.Total() <= 0 || l.Host.OwnShare <= 0 {
			t.Errorf("%s: own %+v, share %v", engine, l.CPU, l.Host.OwnShare)
		}
		switch {
		case !sock.Linux: // the processor time of other processes is known on Linux only
		case l.TargetCPU == nil:
			t.Errorf("%s: the target's processor time is missing", engine)
		case l.TargetCPU.Total() < l.CPU.Total()/2: // the target is this process, so the two are about equal
			t.Errorf("%s: own %+v, target %+v", engine, l.CPU, *l.TargetCPU)
		}
	}
}

// The processor time is read at both edges of the window, however short the run is.
func TestShortRunIsPriced(t *testing.T) {
	srv := serve(t, "127.0.0.1:0", say(hello))
	for _, engine := range engines() {
		s := load("http://" + srv.addr + "/")
		s.Engine, s.PID, s.Connections, s.Duration, s.Requests = engine, os.Getpid(), 1, 0, 1
		for range 50 {
			if l := carryOut(t, s); l.CPU.Total() <= 0 || l.TargetCPU == nil && sock.Linux {
				t.Fatalf("%s: own %+v, target %v", engine, l.CPU, l.TargetCPU)
			}
		}
	}
}

// child does what a test started this binary for, according to the environment, and exits.
func child() {
	if text := os.Getenv("ENGINE_TEST_ALONE"); text != "" {
		alone(text)
		os.Exit(0)
	}
	if text := os.Getenv("ENGINE_TEST_SERVER"); text != "" {
		fewFiles(text)
		os.Exit(0)
	}
	if text := os.Getenv("ENGINE_TEST_SPEC"); text != "" {
		underLimits(text)
		os.Exit(0)
	}
}
