package main

import (
	"fmt"
	"testing"
	"time"

	"carousel/internal/host"
)

// BenchmarkFull measures a server that has 64 descriptors and 200 clients, which have all sent a request: the share of a processor that it
// uses while it is full, and how long it takes until it serves a new client after all have left.
func BenchmarkFull(b *testing.B) {
	for _, m := range models {
		if m.hidden || m.unavailable() != "" || lacks[m.name]&exhaustion != 0 {
			continue
		}
		b.Run(m.name, func(b *testing.B) {
			inExam(b, m.name, nil, func(x *exam) {
				x.served()
				x.limit(64)
				for _, c := range x.dials(crowd) {
					c.send(x.request())
				}
				time.Sleep(100 * time.Millisecond)
				share := x.share(2 * time.Second)
				x.hangUp()
				began := time.Now()
				x.servesAgain()
				report(b, "recovery-ms", time.Since(began))
				b.ReportMetric(share, "full-%")
			})
		})
	}
}

// BenchmarkIdle measures the share of a processor that a server uses for connections that are silent after one request.
func BenchmarkIdle(b *testing.B) {
	for _, c := range []struct {
		name string
		idle int
		flag string
	}{
		{"select", 900, ""}, {"generator", 900, ""}, // their sets have 1024 places
		{"poll", 5000, ""}, {"epoll", 5000, ""}, {"coroutine", 5000, ""}, {"asyncio", 5000, ""}, {"goroutine", 5000, ""},
		{"thread", 5000, "--threads=6000"}, {"reactors", 5000, ""}, {"uring", 5000, ""},
	} {
		b.Run(fmt.Sprintf("%s/%d", c.name, c.idle), func(b *testing.B) {
			if soft, _, err := host.FDLimit(); err != nil || soft < uint64(c.idle)+200 {
				b.Skipf("descriptor limit is %d, %d connections need about %d", soft, c.idle, c.idle+200)
			}
			var flags []string
			if c.flag != "" {
				flags = append(flags, c.flag)
			}
			inExam(b, c.name, flags, func(x *exam) {
				for range c.idle {
					x.dial().hello()
				}
				time.Sleep(100 * time.Millisecond)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(x.share(5*time.Second), "idle-%")
			})
		})
	}
}

// inExam runs f against a model, to measure it.
func inExam(b *testing.B, name string, flags []string, run func(x *exam)) {
	if err := try(ours(name), nil, testcase{flags: flags, run: run}, lacks[name], 2*patience); err != nil {
		b.Error(err)
	}
}

// share returns how much of one processor the server uses during d, in percent.
func (x *exam) share(d time.Duration) float64 {
	before, began := x.processor(), time.Now()
	time.Sleep(d)
	return 100 * float64(x.processor()-before) / float64(time.Since(began))
}
