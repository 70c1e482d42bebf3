package engine

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"carousel/internal/result"
)

// ceilingWindow is how long a ceiling is measured, after a warm-up of a fifth of that.
const ceilingWindow = time.Second

// deepest is the largest pipeline depth with which a ceiling is measured: the replies to all requests must fit the socket buffers.
const deepest = 256

// Ceiling measures the most replies per second that loadgen itself can take in on this machine with s: over as many connections, with the same
// engine, threads and request, in a closed loop for about a second, from a server in this process that does nothing. It returns an error if ctx is
// done before that.
func Ceiling(ctx, patience context.Context, s result.Spec) (rps float64, err error) {
	if rps, err = ceiling(ctx, patience, s, ceilingWindow); err != nil {
		return 0, fmt.Errorf("--ceiling: %w", err)
	}
	return rps, nil
}

func ceiling(ctx, patience context.Context, s result.Spec, window time.Duration) (rps float64, err error) {
	s.Rate, s.Requests, s.Duration, s.Warmup = 0, 0, window, window/5
	s.Arrivals, s.Burst, s.Seed, s.Stages, s.StagesFile, s.First, s.Spin = "", 0, 0, nil, "", 0, 0
	s.Pipeline = min(s.Pipeline, deepest)
	s.Paths, s.Mix, s.Order, s.Expect, s.Save, s.MaxRedirects, s.Idle = nil, nil, "", "", "", 0, 0
	s.Think, s.ReadRate, s.Source, s.PID, s.Counters = 0, 0, nil, 0, nil
	if s.NoKeepalive {
		s.Source = []string{"127.0.0.0/8"} // one address would run out of ports
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), Threads(s)+2))) // one more for the server, and one for the rest of the program
	null, err := serveNull(&s)
	if err != nil {
		return 0, err
	}
	defer null.stop()
	l, err := Run(ctx, patience, s, nil)
	switch {
	case err != nil:
		return 0, err
	case !l.Complete:
		return 0, context.Cause(ctx)
	case l.Requests.OK == 0 || l.Requests.Errors > 0:
		return 0, fmt.Errorf("of %d requests %d failed and %d were answered", l.Requests.Sent, l.Requests.Errors, l.Requests.OK)
	}
	return l.RateRPS, nil
}
