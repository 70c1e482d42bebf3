package coro

import (
	"runtime"
	"testing"
	"time"
)

// TestPanic sees the panic of a body at the resumer, through delegators of both kinds, and the generators closed.
func TestPanic(t *testing.T) {
	for _, started := range []bool{false, true} {
		sub := New(func(c *Co[int, None]) (none None, err error) {
			c.Yield(1)
			c.Yield(2)
			panic("out of the body")
		})
		if started {
			sub.Primed()
		}
		g := New(func(c *Co[int, None]) (None, error) { return YieldFrom(c, sub) })
		func() {
			defer func() {
				if p := recover(); p != "out of the body" {
					t.Errorf("recovered %v", p)
				}
			}()
			for range 3 {
				g.Next()
			}
		}()
		if g.State() != Closed || sub.State() != Closed {
			t.Errorf("states %v, %v", g.State(), sub.State())
		}
		if _, err := g.Next(); err != ErrEnded {
			t.Errorf("then: %v", err)
		}
		if _, err := g.Result(); err != ErrEnded {
			t.Errorf("result: %v", err)
		}
	}
}

// TestPanicWhileClosing sees the body's panic at Close.
func TestPanicWhileClosing(t *testing.T) {
	g := New(func(c *Co[int, None]) (none None, err error) {
		c.Yield(1)
		panic("no")
	}).Primed()
	defer func() {
		if p := recover(); p != "no" || g.State() != Closed {
			t.Errorf("recovered %v, state %v", p, g.State())
		}
	}()
	g.Close()
}

// TestGoexit sees a body's Goexit end the goroutine that resumed it, and nothing hang.
func TestGoexit(t *testing.T) {
	g := New(func(c *Co[int, None]) (none None, err error) { runtime.Goexit(); return })
	returned := false
	done := make(chan bool)
	go func() {
		defer close(done)
		g.Next()
		returned = true
	}()
	<-done
	if returned || g.State() != Closed {
		t.Errorf("Next returned %v, state %v", returned, g.State())
	}
}

// TestStrayYield checks that a Yield outside the running body panics.
func TestStrayYield(t *testing.T) {
	var stolen *Co[int, None]
	g := New(func(c *Co[int, None]) (none None, err error) { stolen = c; _, err = c.Yield(1); return })
	g.Next()
	defer g.Close()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	stolen.Yield(2)
}

// TestForgotten checks that a paused generator that nothing can resume is closed, and that one that never started costs nothing.
func TestForgotten(t *testing.T) {
	tidied := make(chan error, 1)
	func() {
		New(func(c *Co[int, None]) (none None, err error) {
			_, err = c.Yield(1)
			tidied <- err
			return none, err
		}).Primed()
		New(echo)
	}()
	for range 100 {
		runtime.GC()
		select {
		case err := <-tidied:
			if err != ErrClosed {
				t.Errorf("the body got %v", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("a forgotten generator was not closed")
}

// TestClosingIsNotForgotten checks that the collector leaves alone a generator whose last use is its Close, until that returns.
func TestClosingIsNotForgotten(t *testing.T) {
	for range 20 {
		tidied := 0
		func() {
			g := New(func(c *Co[int, None]) (none None, err error) {
				_, err = c.Yield(1)
				for range 3 {
					runtime.GC()
					time.Sleep(time.Millisecond)
				}
				tidied++
				return none, err
			}).Primed()
			g.Close()
		}()
		if tidied != 1 {
			t.Fatalf("the body tidied up %d times", tidied)
		}
	}
}

// TestLockedThread sees that no clean-up is planned where it would end the process.
func TestLockedThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g := New(echo).Primed()
	if g.net != nil || !g.flow.locked {
		t.Error("a clean-up on another thread was planned")
	}
	g.Send("a")
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// TestTenThousand creates, runs, delegates and closes; goleak sees to the rest.
func TestTenThousand(t *testing.T) {
	gens := make([]*Gen[string, string, int], 10_000)
	for i := range gens {
		gens[i] = nested(i%3, i%2 == 0).Primed()
	}
	for i, g := range gens {
		if y, err := g.Send("x"); y != "x" || err != nil {
			t.Fatal(i, y, err)
		}
	}
	for _, g := range gens {
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoAllocation holds the switches of a server to none: a yield, one through three delegators, and the delegation
// to a new sub-generator.
func TestNoAllocation(t *testing.T) {
	measure := func(name string, g *Gen[string, string, int]) {
		g.Primed()
		defer g.Close()
		if n := testing.AllocsPerRun(100, func() { g.Send("x") }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	measure("send", nested(0, false))
	measure("send through 3", nested(3, false))
	measure("send through 3 started", nested(3, true))
	measure("a new sub-generator each time", New(func(c *Co[string, string]) (n int, err error) {
		for err == nil {
			_, err = YieldFrom(c, once(&n))
		}
		return n, err
	}))
}

func once(n *int) *Gen[string, string, None] {
	return New(func(c *Co[string, string]) (none None, err error) {
		_, err = c.Yield("y")
		*n++
		return
	})
}
