package main

import (
	"strings"
	"time"
)

// expectSlowly is expect by a client that reads little at a time.
func (c *conn) expectSlowly(want string, piece int, pause time.Duration) {
	for len(want) > 0 {
		n := min(piece, len(want))
		c.expect(want[:n])
		want = want[n:]
		time.Sleep(pause)
	}
}

// expectHead reads the head of a reply, whatever it is.
func (c *conn) expectHead() {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.x.failf("reply head: %w", err)
		}
		if line == "\r\n" {
			return
		}
	}
}

// expectBytes reads the reply to /bytes/n, the body slowly.
func (c *conn) expectBytes(n, piece int, pause time.Duration) {
	c.expectHead()
	c.expectSlowly(content(n), piece, pause)
}

// Clients that take their time, and large replies to them.
var slowCases = []testcase{
	{name: "1 MiB to a slow reader", run: func(x *exam) {
		c := x.dialNarrow()
		c.send(ask("/bytes/1048576"))
		time.Sleep(20 * time.Millisecond)
		c.expectBytes(1<<20, 16<<10, time.Millisecond)
		c.hello()
	}},
	{name: "ignores the count send returns: 8 times 1 MiB in a pipeline to a slow reader", run: func(x *exam) {
		c := x.dialNarrow()
		c.send(strings.Repeat(ask("/bytes/1048576"), 8))
		time.Sleep(50 * time.Millisecond)
		for range 8 {
			c.expectBytes(1<<20, 128<<10, time.Millisecond)
		}
		c.hello()
	}},
	{name: "ignores the count send returns: 16 MiB", run: func(x *exam) {
		c := x.dial()
		c.send(ask("/bytes/16777216"))
		c.expectBytes(16<<20, 1<<20, 0)
		c.hello()
	}},
	{name: "ignores the count send returns: small replies to a pipeliner that does not read", run: func(x *exam) {
		const n = 6000
		c := x.dialNarrow()
		c.send(strings.Repeat(ask("/bytes/1000"), n))
		x.rests(c)
		for range n {
			c.expectBytes(1000, 1000, 0)
		}
		c.hello()
	}},
	{name: "ignores the count send returns: large replies to a pipeliner that does not read", run: func(x *exam) {
		const n = 500
		c := x.dialNarrow()
		c.send(strings.Repeat(ask("/bytes/20000"), n))
		x.rests(c)
		for range n {
			c.expectBytes(20000, 20000, 0)
		}
		c.hello()
	}},
	{name: "ignores the count send returns: the largest body to a client that does not read", run: func(x *exam) {
		c := x.dialNarrow()
		c.send(strings.Repeat(post(content(1<<20)), 4))
		x.rests(c)
		for range 4 {
			c.answered(ok(content(1 << 20)))
		}
		c.hello()
	}},
	{name: "a slow writer", run: func(x *exam) {
		c := x.dial()
		c.sendPieces(post("0123456789")+chunked("a\r\n0123456789\r\n0\r\n\r\n"), 1, time.Millisecond)
		c.answered(ok("0123456789"), ok("0123456789"))
		c.hello()
	}},
	{name: "a large body in small pieces", run: func(x *exam) {
		c := x.dial()
		c.sendPieces(post(content(200_000)), 997, 0)
		c.answered(ok(content(200_000)))
		c.hello()
	}},
}
