package engine

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"carousel/internal/result"
)

// The record has how many silent connections stayed and how many were turned away, and, if the process is known, how much memory they take.
func TestSilentConnectionsAreWeighed(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			var come atomic.Int64
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				if come.Add(1) <= 3 { // silent connections are opened first
					fmt.Fprint(p, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
					return
				}
				say(hello)(p)
			})
			defer srv.die()
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Idle, s.Duration, s.Requests, s.PID = engine, 20, 0, 100, os.Getpid()
			got := carryOut(t, s).Silent
			if got == nil || got.Refused != 3 || got.Open != 17 {
				t.Fatalf("%+v, want 3 of 20 turned away", got)
			}
			if known := weighable(); (got.Before != nil) != known || (got.Settled != nil) != known {
				t.Errorf("memory is known: %v; before %+v, settled %+v", known, got.Before, got.Settled)
			}
			if b := got.Before; b != nil && (b.User < 1<<20 || b.Kernel < 1<<20) {
				t.Errorf("this process has %d bytes, the kernel %d", b.User, b.Kernel)
			}
			s.PID = 0
			if got := carryOut(t, s).Silent; got == nil || got.Before != nil || got.Settled != nil {
				t.Errorf("of nobody: %+v", got)
			}
			s.Idle = 0
			if l := carryOut(t, s); l.Silent != nil {
				t.Errorf("without silent connections: %+v", l.Silent)
			}
		})
	}
}

// weighable reports whether memory is known on this system.
func weighable() bool { return memory(os.Getpid()) != nil }

func TestMemoryIsAtRest(t *testing.T) {
	of := func(looks ...int64) func() *result.Memory {
		i := -1
		return func() *result.Memory {
			i = min(i+1, len(looks)-1)
			return &result.Memory{User: looks[i], Kernel: 7}
		}
	}
	const mb = 1 << 20
	for _, c := range []struct {
		looks []int64
		want  int64
	}{
		{[]int64{5 * mb}, 5 * mb},
		{[]int64{1 * mb, 2 * mb, 3 * mb, 4 * mb, 4*mb + 4096, 4 * mb, 4 * mb, 99 * mb}, 4 * mb}, // pages come and go
		{[]int64{4 * mb, 4 * mb, 4 * mb, 9 * mb, 9 * mb, 9 * mb, 9 * mb, 99 * mb}, 9 * mb},
	} {
		if got := atRest(t.Context(), of(c.looks...)); got.User != c.want {
			t.Errorf("%v: it is at rest at %d, want %d", c.looks, got.User, c.want)
		}
	}
	if got := atRest(t.Context(), func() *result.Memory { return nil }); got != nil {
		t.Errorf("of nobody: %+v", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	looks := 0
	atRest(ctx, func() *result.Memory { looks++; return &result.Memory{User: int64(looks) * mb} })
	if looks != 1 {
		t.Errorf("interrupted, it looked %d times", looks)
	}
}
