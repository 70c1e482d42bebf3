package coro

import (
	"fmt"
	"iter"
	"testing"
)

// BenchmarkSwitch is the price of one step of a generator, there and back, by the way it is made, with one generator
// and with 10,000 that take turns, whose stacks do not fit into a cache. A goroutine behind a pair of channels is what a
// generator would be without iter.Pull; a hand-written state machine is what it would be without a stack.
func BenchmarkSwitch(b *testing.B) {
	for _, way := range []struct {
		name string
		make func() (step func(int) int, stop func())
	}{
		{"machine", machine},
		{"pull", pull},
		{"coro", viaCoro(0, false)},
		{"coro-yieldfrom-3", viaCoro(3, false)},
		{"coro-yieldfrom-3-started", viaCoro(3, true)},
		{"channels", channels},
	} {
		for _, n := range []int{1, 10_000} {
			b.Run(fmt.Sprintf("%s/n=%d", way.name, n), func(b *testing.B) {
				steps := make([]func(int) int, n)
				for i := range steps {
					step, stop := way.make()
					defer stop()
					step(0)
					steps[i] = step
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i = (i + 1) % n {
					if got := steps[i](i); got < 0 {
						b.Fatal(got)
					}
				}
			})
		}
	}
}

// BenchmarkLife is the price of a generator that is made, primed and closed.
func BenchmarkLife(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(total).Primed().Close()
	}
}

// total yields the sum of what it is sent.
func total(c *Co[int, int]) (sum int, err error) {
	for {
		n, err := c.Yield(sum)
		if err != nil {
			return sum, err
		}
		sum += n
	}
}

func viaCoro(depth int, started bool) func() (func(int) int, func()) {
	var nest func(int) *Gen[int, int, int]
	nest = func(depth int) *Gen[int, int, int] {
		if depth == 0 {
			return New(total)
		}
		return New(func(c *Co[int, int]) (int, error) {
			sub := nest(depth - 1)
			if started {
				sub.Primed()
			}
			return YieldFrom(c, sub)
		})
	}
	return func() (func(int) int, func()) {
		g := nest(depth).Primed()
		return func(n int) int { sum, _ := g.Send(n); return sum }, func() { g.Close() }
	}
}

func pull() (func(int) int, func()) {
	sent := 0
	next, stop := iter.Pull(func(yield func(int) bool) {
		for sum := 0; yield(sum); {
			sum += sent
		}
	})
	next()
	return func(n int) int { sent = n; sum, _ := next(); return sum }, stop
}

func channels() (func(int) int, func()) {
	in, out := make(chan int), make(chan int)
	go func() {
		sum := 0
		for n := range in {
			sum += n
			out <- sum
		}
	}()
	return func(n int) int { in <- n; return <-out }, func() { close(in) }
}

func machine() (func(int) int, func()) {
	sum := 0
	return func(n int) int { sum += n; return sum }, func() {}
}
