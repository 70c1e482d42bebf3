package main

import (
	"fmt"
	"strings"
	"time"
)

// What a server costs while it has nothing to do, and at its limits.
var loadCases = []testcase{
	{name: "spins: nobody has come", alone: true, run: func(x *exam) { x.idles() }},
	{name: "spins: never removes a dead socket: some have left", alone: true, run: func(x *exam) {
		x.served()
		x.served()
		x.idles()
	}},
	{name: "spins: silent connections", alone: true, run: func(x *exam) {
		all := x.dials(20)
		all[0].hello()
		all[1].send(x.request()[:4])
		x.idles()
	}},
	{name: "spins: never removes a dead socket: many have left", alone: true, run: func(x *exam) {
		before := x.resting()
		for i := range 30 {
			c := x.dial()
			c.hello()
			switch i % 3 {
			case 0:
				c.close()
			case 1:
				c.reset()
			case 2:
				c.finish()
			}
		}
		x.idles()
		x.hangUp()
		x.atRest(before)
		x.served()
	}},
	{name: "spins: further input during a sleep", needs: web, alone: true, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/1s"))
		time.Sleep(20 * time.Millisecond)
		c.send(get + get[:5])
		x.idles()
		c.expect(hello + hello)
		c.send(get[5:])
		c.expect(hello)
	}},
	{name: "spins: much further input during a sleep", needs: web, alone: true, run: func(x *exam) {
		const n = 5000
		c := x.dial()
		c.send(ask("/sleep/1s") + strings.Repeat(get, n))
		x.idles()
		c.expect(strings.Repeat(hello, n+1))
	}},
	{name: "spins: half-closed during a sleep", needs: web | halfClosed, alone: true, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/1s"))
		time.Sleep(20 * time.Millisecond)
		c.finish()
		x.idles()
		c.expect(hello)
		c.ended()
	}},
	{name: "spins: reset during a sleep", needs: web, alone: true, run: func(x *exam) {
		before := x.resting()
		c := x.dial()
		c.send(ask("/sleep/1s"))
		time.Sleep(20 * time.Millisecond)
		c.reset()
		x.idles()
		x.served()
		x.atRest(before)
	}},
	{name: "spins: closed with further input during a sleep", needs: web, alone: true, run: func(x *exam) {
		before := x.resting()
		c := x.dial()
		c.send(ask("/sleep/1s") + get)
		time.Sleep(20 * time.Millisecond)
		c.close()
		x.idles()
		x.served()
		x.atRest(before)
	}},
	{name: "spins: a client that does not read", needs: web, alone: true, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(ask("/bytes/1073741824") + get)
		c.expect("HTTP/1.1 200 OK\r\n")
		x.calms()
		c.finish()
		x.idles()
		c.reset()
		x.idles()
		x.served()
	}},
	{name: "spins: a pipeliner that does not read", alone: true, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(x.flood())
		c.expect(x.response()[:12])
		x.calms()
	}},
	{name: "the first picture costs no more than others", needs: web, alone: true, run: func(x *exam) {
		x.served()
		before := x.s.rss()
		c := x.dial()
		c.send(ask("/image/0"))
		c.reply("GET")
		if grown := x.s.rss() - before; grown > 4<<20 { // all the pictures together have 2 MiB
			x.failf("the first picture, of 2 KiB, costs the server %d KiB", grown>>10)
		}
	}},
	{name: "appends for ever to a peer that never reads", needs: web | backpressure, alone: true, run: func(x *exam) {
		x.neverReads(strings.Repeat(ask("/bytes/1048576"), 100) + strings.Repeat(post(content(1<<20)), 40))
	}},
	{name: "lines: appends for ever to a peer that never reads", needs: lines | backpressure, alone: true, run: func(x *exam) {
		x.lines = true
		x.neverReads(strings.Repeat("\n", 24<<20)) // 300 MB of replies
	}},
	{name: "scans lists from the front, O(n) per turn: idle connections cost a busy one nothing", needs: several | crowds | scale, alone: true, run: func(x *exam) {
		const idle = 800
		x.limit(idle + 200)
		c := x.dial()
		few := min(x.cost(c), x.cost(c), x.cost(c)) // the least: other work on the machine would hide what the idle connections cost
		for _, silent := range x.dials(idle) {
			silent.hello()
		}
		x.until(func() string { // again, since other work on the machine adds to the cost
			if many := x.cost(c); many > 3*few { // a loop that lists them all needs 5 to 12 times as much, any other up to 1.5
				return fmt.Sprintf("a request costs %v, and %v beside %d idle connections", few, many, idle)
			}
			return ""
		})
	}},

	{name: "EMFILE: costs little", needs: exhaustion, alone: true, run: func(x *exam) {
		x.served()
		x.limit(64)
		for _, c := range x.dials(crowd) {
			c.send(x.request())
		}
		x.calms()
	}},
	{name: "closes a descriptor before unregistering it: EMFILE passes", needs: exhaustion, alone: true, run: func(x *exam) {
		x.served()
		x.limit(64)
		for _, c := range x.dials(crowd) {
			c.send(x.request())
		}
		x.hangUp()
		for range 20 {
			x.servesAgain()
		}
	}},
	{name: "EMFILE: those who got in are served", alone: true, needs: several | crowds | exhaustion, run: func(x *exam) {
		x.served()
		x.limit(64)
		in := x.dials(30) // these first: a model with several queues does not accept in the order of arrival
		for _, c := range in {
			c.hello()
		}
		x.dials(crowd - len(in))
		for range 2 {
			for _, c := range in {
				c.hello()
			}
		}
	}},
	{name: "EMFILE: those left out get a 503", alone: true, needs: several | crowds | exhaustion | refusal, run: func(x *exam) {
		const limit = 64
		x.served()
		x.limit(limit)
		all := x.dials(crowd)
		for _, c := range all {
			c.send(x.request())
		}
		told := 0
		for _, c := range all {
			switch begin, err := c.in.Peek(12); string(begin) {
			case x.response()[:12]:
				c.expect(x.response())
			case "HTTP/1.1 503":
				told++
			default:
				x.failf("a connection beyond the limit is told %q: %w", begin, err)
			}
		}
		if told < crowd-limit {
			x.failf("%d connections and a limit of %d descriptors, and only %d are refused", crowd, limit, told)
		}
	}},
	{name: "EMFILE: those left out get a 503, though files take the descriptors", alone: true, needs: several | crowds | exhaustion | refusal | web, run: func(x *exam) {
		const limit, late = 40, 20
		x.served()
		x.limit(limit)
		all := x.dials(crowd)
		for _, c := range all {
			c.send(strings.Repeat(ask("/store/100000"), 5))
		}
		told := 0
		listen := func(c *conn) {
			switch begin, err := c.in.Peek(12); string(begin) {
			case "HTTP/1.1 200", "HTTP/1.1 500": // 500: no descriptor was left for the file
			case "HTTP/1.1 503":
				told++
			default:
				x.failf("a connection beyond the limit is told %q: %w", begin, err)
			}
		}
		for _, c := range all {
			listen(c)
		}
		for _, c := range x.dials(late) {
			c.send(ask("/store/0"))
			listen(c)
		}
		if told < crowd+late-limit {
			x.failf("%d connections and a limit of %d descriptors, and only %d are refused", crowd+late, limit, told)
		}
	}},
	{name: "fd >= 1024 crashes", alone: true, needs: several | crowds | thousands, run: func(x *exam) {
		const n = 1100
		x.limit(n + 200)
		all := x.dials(n)
		var in []*conn
		for _, c := range all {
			c.send(x.request())
		}
		for _, c := range all {
			switch begin, _ := c.in.Peek(12); string(begin) {
			case x.response()[:12]:
				c.expect(x.response())
				in = append(in, c)
			case "HTTP/1.1 503":
				c.reply("GET")
				c.cutOff()
			case "":
				c.cutOff()
			default:
				x.failf("connection %d is told %q", len(in)+1, begin)
			}
		}
		if len(in) < 1000 {
			x.failf("only %d of %d connections are served", len(in), n)
		}
		if len(in) < n {
			x.explains("1024")
		}
		for _, c := range in {
			c.send(x.request())
		}
		for _, c := range in {
			c.expect(x.response())
		}
		x.hangUp()
		x.servesAgain()
	}},
}

// afterwards returns the cases for a process that has run all the others. before is how many descriptors it had open at first.
func afterwards(before int) []testcase {
	return []testcase{
		{name: "afterwards: every descriptor was closed", run: func(x *exam) { x.atRest(before) }},
		{name: "afterwards: it idles", run: func(x *exam) { x.calms() }},
		{name: "afterwards: it serves", run: func(x *exam) { x.served() }},
	}
}
