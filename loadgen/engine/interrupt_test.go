package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"carousel/internal/result"
)

func TestInterrupted(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 2000} {
			for _, warmup := range []time.Duration{0, time.Hour} {
				t.Run(fmt.Sprint(engine, rate, warmup), func(t *testing.T) {
					srv := serve(t, "127.0.0.1:0", say(hello))
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					when(t, func() bool { return srv.received.Load() >= 20 }, cancel) // with 4 connections most of them answered
					s := load("http://" + srv.addr + "/")
					s.Engine, s.Rate, s.Warmup, s.Duration, s.Requests = engine, rate, warmup, 0, 1<<40
					l, err := Run(ctx, context.Background(), s, nil)
					if err != nil {
						t.Fatal(err)
					}
					balance(t, l)
					if l.Complete || l.Requests.Planned != 1<<40 || l.UnsentBy["interrupted"] == 0 {
						t.Errorf("complete %v, %+v %v", l.Complete, l.Requests, l.UnsentBy)
					}
					if warm := warmup > 0; warm != (l.Window.ElapsedNS == 0) || warm != (l.Requests.OK == 0) {
						t.Errorf("%+v %+v", l.Window, l.Requests)
					}
				})
			}
		}
	}
}

// A run that is interrupted while it connects ends at once, and does not report that the server is unreachable.
func TestInterruptedWhileConnecting(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	for _, engine := range append(engines(), result.Hey) {
		s := load("http://" + ln.Addr().String() + "/")
		s.Engine = engine
		if l, err := Run(ctx, context.Background(), s, nil); l != nil || err != enough {
			t.Errorf("%s: %v, %v", engine, l, err)
		}
	}
}
