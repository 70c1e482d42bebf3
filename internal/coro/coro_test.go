package coro

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errTest = errors.New("test error")

// echo yields what it was sent and returns its number of values when ErrEnded is thrown in.
func echo(c *Co[string, string]) (n int, err error) {
	value := "ready"
	for {
		value, err = c.Yield(value)
		switch err {
		case nil:
			n++
		case errTest:
			value = "caught " + err.Error()
		case ErrEnded:
			return n, nil
		default:
			return n, err
		}
	}
}

// nested delegates to echo through depth generators, each a started one or a new one.
func nested(depth int, started bool) *Gen[string, string, int] {
	if depth == 0 {
		return New(echo)
	}
	return New(func(c *Co[string, string]) (int, error) {
		sub := nested(depth-1, started)
		if started {
			sub.Primed()
		}
		n, err := YieldFrom(c, sub)
		if sub.State() != Closed {
			return n, fmt.Errorf("sub-generator is %v after YieldFrom", sub.State())
		}
		return n + 100, err
	})
}

// TestThroughAnyDepth sends, throws and ends through delegators of both kinds and sees the same at every depth.
func TestThroughAnyDepth(t *testing.T) {
	for _, started := range []bool{false, true} {
		for _, depth := range []int{0, 1, 3, 10} {
			t.Run(fmt.Sprintf("started=%v/depth=%d", started, depth), func(t *testing.T) {
				g := nested(depth, started)
				var log []string
				say := func(y string, err error) { log = append(log, fmt.Sprintf("%s/%v", y, err)) }
				say(g.Next())
				first := len(log)
				say(g.Send("a"))
				say(g.Throw(errTest))
				say(g.Send("b"))
				say(g.Throw(ErrEnded))
				want := "a/<nil> caught test error/<nil> b/<nil> /coro: the generator has ended"
				if got := strings.Join(log[first:], " "); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				n, err := g.Result()
				extra := 0
				if started {
					extra = depth // Next on a started sub-generator sends it the zero value
				}
				if n != 100*depth+2+extra || err != nil {
					t.Errorf("result %d, %v", n, err)
				}
			})
		}
	}
}

// TestCloseAtAnyDepth sees every level tidy up, innermost first.
func TestCloseAtAnyDepth(t *testing.T) {
	for _, started := range []bool{false, true} {
		var log []string
		var level func(depth int) *Gen[int, None, None]
		level = func(depth int) *Gen[int, None, None] {
			return New(func(c *Co[int, None]) (none None, err error) {
				defer func() { log = append(log, fmt.Sprint(depth, ": ", err)) }()
				if depth == 0 {
					_, err = c.Yield(1)
					return none, err
				}
				sub := level(depth - 1)
				if started {
					sub.Primed()
				}
				return YieldFrom(c, sub)
			})
		}
		g := level(3)
		if started {
			// The innermost was primed and passed its only yield, so it ends with the delegator's Next.
			g = New(func(c *Co[int, None]) (none None, err error) {
				defer func() { log = append(log, fmt.Sprint("top: ", err)) }()
				sub := New(func(c *Co[int, None]) (none None, err error) {
					defer func() { log = append(log, fmt.Sprint("sub: ", err)) }()
					c.Yield(1)
					_, err = c.Yield(2)
					return none, err
				}).Primed()
				return YieldFrom(c, sub)
			})
		}
		if _, err := g.Next(); err != nil {
			t.Fatal(err)
		}
		if err := g.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		closed := ": " + ErrClosed.Error()
		want := []string{"0" + closed, "1" + closed, "2" + closed, "3" + closed}
		if started {
			want = []string{"sub" + closed, "top" + closed}
		}
		if fmt.Sprint(log) != fmt.Sprint(want) {
			t.Errorf("started=%v: got %q, want %q", started, log, want)
		}
		if g.State() != Closed {
			t.Errorf("state %v", g.State())
		}
	}
}

// TestMisuse holds the package to the rules of its doc comment.
func TestMisuse(t *testing.T) {
	twoYields := func(c *Co[int, int]) (string, error) {
		if _, err := c.Yield(1); err != nil {
			return "", err
		}
		_, err := c.Yield(2)
		return "done", err
	}
	stubborn := func(c *Co[int, int]) (string, error) {
		for {
			c.Yield(0)
		}
	}
	for _, tc := range []struct {
		name string
		do   func() error
		want error
	}{
		{"send before priming", func() error { _, err := New(twoYields).Send(1); return err }, ErrNotPrimed},
		{"throw before priming", func() error { _, err := New(twoYields).Throw(errTest); return err }, errTest},
		{"resume after throw before priming", func() error {
			g := New(twoYields)
			g.Throw(errTest)
			_, err := g.Next()
			return err
		}, ErrEnded},
		{"close before priming", func() error { return New(twoYields).Close() }, nil},
		{"resume after close before priming", func() error {
			g := New(twoYields)
			g.Close()
			_, err := g.Next()
			return err
		}, ErrEnded},
		{"send after the end", func() error {
			g := New(echo).Primed()
			g.Throw(ErrEnded)
			_, err := g.Send("x")
			return err
		}, ErrEnded},
		{"throw after the end", func() error {
			g := New(echo).Primed()
			g.Throw(ErrEnded)
			_, err := g.Throw(errTest)
			return err
		}, ErrEnded},
		{"close twice", func() error { g := New(echo).Primed(); g.Close(); return g.Close() }, nil},
		{"close a body that fails meanwhile", func() error {
			g := New(func(c *Co[int, int]) (none None, err error) {
				c.Yield(1)
				return none, errTest
			}).Primed()
			return g.Close()
		}, errTest},
		{"throw nil is next", func() error {
			g := New(twoYields)
			defer g.Close()
			y, err := g.Throw(nil)
			if y != 1 {
				return fmt.Errorf("yielded %d", y)
			}
			return err
		}, nil},
		{"result too early", func() error {
			g := New(twoYields).Primed()
			defer g.Close()
			_, err := g.Result()
			return err
		}, ErrNotEnded},
		{"ignored close", func() error { return New(stubborn).Primed().Close() }, ErrIgnoredClose},
		{"resume after ignored close", func() error {
			g := New(stubborn).Primed()
			g.Close()
			_, err := g.Next()
			return err
		}, ErrEnded},
		{"ignored close behind recover", func() error {
			return New(func(c *Co[int, int]) (none None, err error) {
				for {
					func() {
						defer func() { recover() }()
						c.Yield(0)
					}()
				}
			}).Primed().Close()
		}, ErrIgnoredClose},
		{"ignored close in a deferred call", func() error {
			return New(func(c *Co[int, int]) (none None, err error) {
				defer func() {
					for {
						c.Yield(2)
					}
				}()
				_, err = c.Yield(1)
				return none, err
			}).Primed().Close()
		}, ErrIgnoredClose},
		{"ignored close by a sub-generator", func() error {
			return New(func(c *Co[int, int]) (string, error) { return YieldFrom(c, New(stubborn)) }).Primed().Close()
		}, ErrIgnoredClose},
		{"ignored close by a started sub-generator", func() error {
			return New(func(c *Co[int, int]) (string, error) { return YieldFrom(c, New(stubborn).Primed()) }).Primed().Close()
		}, ErrIgnoredClose},
		{"resume from inside", func() (err error) {
			var g *Gen[int, int, None]
			g = New(func(c *Co[int, int]) (none None, err error) {
				_, err = g.Next()
				return none, err
			})
			_, err = g.Next()
			return err
		}, ErrRunning},
		{"close from inside", func() (err error) {
			var g *Gen[int, int, None]
			g = New(func(c *Co[int, int]) (none None, err error) { return none, g.Close() })
			_, err = g.Next()
			return err
		}, ErrRunning},
		{"delegate to itself", func() (err error) {
			var g *Gen[int, int, None]
			g = New(func(c *Co[int, int]) (None, error) { return YieldFrom(c, g) })
			_, err = g.Next()
			return err
		}, ErrRunning},
		{"delegate to one that is over", func() error {
			g := New(func(c *Co[string, string]) (int, error) {
				sub := New(echo).Primed()
				sub.Close()
				_, err := YieldFrom(c, sub)
				if err != ErrEnded {
					return 0, err
				}
				return 0, nil
			})
			_, err := g.Next()
			return err
		}, ErrEnded},
		{"resume a lent sub-generator", func() error { return resumeLent(New(echo)) }, ErrRunning},
		{"resume a started, lent sub-generator", func() error { return resumeLent(New(echo).Primed()) }, ErrRunning},
		{"close a lent sub-generator", func() error {
			sub := New(echo)
			g := New(func(c *Co[string, string]) (int, error) { return YieldFrom(c, sub) }).Primed()
			defer g.Close()
			return sub.Close()
		}, ErrRunning},
		{"throw a close by hand", func() error {
			sub := New(echo).Primed()
			g := New(func(c *Co[string, string]) (int, error) { return YieldFrom(c, sub) }).Primed()
			_, err := g.Throw(ErrClosed)
			if sub.State() != Closed {
				return fmt.Errorf("sub-generator is %v", sub.State())
			}
			return err
		}, ErrClosed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.do(); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func resumeLent(sub *Gen[string, string, int]) error {
	g := New(func(c *Co[string, string]) (int, error) { return YieldFrom(c, sub) }).Primed()
	defer g.Close()
	if sub.State() != Suspended {
		return fmt.Errorf("sub-generator is %v", sub.State())
	}
	_, err := sub.Send("past the delegator")
	return err
}

// TestReturnedEnd is PEP 479: an end that leaks out of a body is a mistake, not the body's end, wherever it runs.
func TestReturnedEnd(t *testing.T) {
	leak := func(c *Co[int, int]) (None, error) { return None{}, ErrEnded }
	if _, err := New(leak).Next(); err == nil || errors.Is(err, ErrEnded) {
		t.Errorf("on its own flow: %v", err)
	}
	New(func(c *Co[int, int]) (None, error) {
		if _, err := YieldFrom(c, New(leak)); err == nil || errors.Is(err, ErrEnded) {
			t.Errorf("on its delegator's: %v", err)
		}
		return None{}, nil
	}).Next()
}
