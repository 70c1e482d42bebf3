package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// What a server does besides serving: it counts, ends on SIGTERM, and closes idle connections.
var lifeCases = []testcase{
	{name: "books: requests, connections and bytes", needs: web, alone: true, run: func(x *exam) {
		const clients = 12
		for range clients {
			c := x.dial()
			c.send(get + ask("/bytes/100000") + post("abc"))
			c.answered(ok(world), ok(content(100000)), ok("abc"))
			c.send(ask("/sleep/1ms") + ask("/nope") + "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
			c.answered(ok(world), answer{status: 404}, answer{200, "", "HEAD"})
			c.finish()
			c.ended()
		}
		x.balance(clients*6, clients)
	}},
	{name: "books: ignores the count send returns: what was not sent whole was not served", needs: web, alone: true, run: func(x *exam) {
		before := x.resting()
		c := x.dialNarrow()
		c.send(get + ask("/bytes/1073741824") + get)
		c.expect(hello + "HTTP/1.1 200 OK\r\n")
		x.calms()
		c.reset()
		x.dial().close()
		x.served()
		x.atRest(before) // by then it has counted what it sent
		line, err := x.s.stop()
		if err != nil {
			x.failf("%w", err)
		}
		if line.Requests != 3 || line.Connections != 4 {
			x.failf("3 requests on 4 connections were served, but the usage line counts %d on %d", line.Requests, line.Connections)
		}
	}},
	{name: "books: a pipeline counts one by one", needs: web, alone: true, run: func(x *exam) {
		c := x.dial()
		c.send(strings.Repeat(get, 3000))
		c.expect(strings.Repeat(hello, 3000))
		c.send(strings.Repeat(ask("/bytes/9")+ask("/sleep/0s")+get, 100))
		for range 100 {
			c.answered(ok(content(9)), ok(world), ok(world))
		}
		x.balance(3300, 1)
	}},
	{name: "books: lines", needs: lines, alone: true, run: func(x *exam) {
		x.lines = true
		before := x.resting()
		for range 3 {
			c := x.dial()
			for _, line := range []string{"one\r\n", "two\n"} {
				c.send(line)
				c.expect(world)
			}
			c.close()
		}
		x.atRest(before)
		x.balance(7, 4)
	}},

	{name: "SIGTERM: nobody is there", alone: true, run: func(x *exam) { x.ends() }},
	{name: "SIGTERM: somebody was there", alone: true, run: func(x *exam) {
		x.served()
		x.ends()
	}},
	{name: "SIGTERM: open connections", alone: true, run: func(x *exam) {
		all := x.dials(20)
		all[0].hello()
		all[0].send(x.request()[:4])
		x.ends()
	}},
	{name: "SIGTERM: during sleeps", needs: web, alone: true, run: func(x *exam) {
		for _, c := range x.dials(5) {
			c.send(ask("/sleep/60s"))
		}
		time.Sleep(50 * time.Millisecond)
		x.ends()
	}},
	{name: "SIGTERM: during work", needs: web, alone: true, run: func(x *exam) {
		for _, path := range []string{"/block/60s", "/spin/60s"} {
			x.dial().send(ask(path))
		}
		time.Sleep(50 * time.Millisecond)
		x.ends()
	}},
	{name: "SIGTERM: during a store, whose file goes with the server", needs: web, alone: true, run: func(x *exam) {
		x.dial().send(strings.Repeat(ask("/store/4000000"), 300))
		x.until(func() string {
			name := x.openFile("/carousel-store-")
			if name == "" {
				return "no file is written"
			}
			if _, err := os.Stat(name); err == nil {
				return "the file that is written would stay: " + name
			}
			return ""
		})
		x.ends()
	}},
	{name: "SIGTERM: clients that do not read", needs: web, alone: true, run: func(x *exam) {
		for _, c := range []*conn{x.dialNarrow(), x.dialNarrow()} {
			c.send(ask("/bytes/1073741824"))
		}
		time.Sleep(50 * time.Millisecond)
		x.ends()
	}},

	{name: "SIGTERM: open connections are closed", needs: web, alone: true, run: func(x *exam) {
		var all []*conn
		for _, s := range []string{"", get[:10], ask("/sleep/60s"), ask("/bytes/1073741824")} {
			c := x.dialNarrow()
			c.send(s)
			all = append(all, c)
		}
		time.Sleep(50 * time.Millisecond)
		x.ends()
		for i, c := range all {
			if n, err := io.Copy(io.Discard, c.in); err != nil && !cut(err) {
				x.failf("connection %d of %d goes on after %d bytes: %w", i+1, len(all), n, err)
			}
		}
	}},

	{name: "idle timeout: silent connections are closed", needs: timeout, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		c := x.dial()
		c.ended()
		c = x.dial()
		c.hello()
		c.ended()
		x.servesAgain()
	}},
	{name: "idle timeout: a request that does not go on is not answered", needs: timeout | web | strict, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		for _, piece := range []string{"G", get[:20], halfBody} {
			c := x.dial()
			c.send(piece)
			c.cutOff()
		}
		x.servesAgain()
	}},
	{name: "idle timeout: who goes on stays", needs: timeout | web, alone: true, flags: []string{"--idle-timeout", "2s"}, run: func(x *exam) {
		c := x.dial()
		for range 3 {
			c.hello()
			time.Sleep(500 * time.Millisecond)
		}
		c.sendPieces(get, 7, 500*time.Millisecond)
		c.expect(hello)
	}},
	{name: "idle timeout: a sleep is no silence", needs: timeout | web, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/1500ms") + get)
		c.expect(hello + hello)
		c.hello()
	}},
	{name: "idle timeout: work is no silence", needs: timeout | web, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		c := x.dial()
		c.hello()
		c.send(strings.Repeat(ask("/block/1300ms"), 2))
		c.expect(strings.Repeat(hello, 2))
		c.hello()
	}},
	{name: "idle timeout: a client that does not read is cut off", needs: timeout | web, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		before := x.resting()
		c := x.dialNarrow()
		c.send(ask("/bytes/1073741824"))
		c.expect("HTTP/1.1 200 OK\r\n")
		x.atRest(before)
		x.servesAgain()
	}},
	{name: "idle timeout: a client that does not take its last reply from the kernel is cut off", needs: timeout | web, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		before := x.resting()
		c := x.dialNarrow()
		c.send(ask("/bytes/1000000"))
		c.expect("HTTP/1.1 200 OK\r\n")
		x.atRest(before)
		x.servesAgain()
	}},
	{name: "idle timeout: ignores the count send returns: a client that reads slowly stays", needs: timeout | web, alone: true, flags: []string{"--idle-timeout", "3s"}, run: func(x *exam) {
		for _, size := range []int{4 << 20, 1 << 20} { // more than the kernel takes at once, then less
			c := x.dialNarrow()
			c.send(ask(fmt.Sprintf("/bytes/%d", size)))
			c.expectHead()
			slow, rest := content(size)[:350_000], content(size)[350_000:]
			c.expectSlowly(slow, 10_000, 150*time.Millisecond) // too slow for the kernel to report room for more within the 3 s
			c.expect(rest)
			c.hello()
		}
	}},
	{name: "idle timeout: several silent connections are closed", needs: timeout | several, alone: true, flags: []string{"--idle-timeout", "1s"}, run: func(x *exam) {
		for _, c := range x.dials(20) {
			c.ended()
		}
	}},
}

// balance ends the server and compares its usage line with the given counts and the bytes that the case received.
func (x *exam) balance(requests, connections int64) {
	x.settles() // a reply is counted after it is sent
	line, err := x.s.stop()
	if err != nil {
		x.failf("%w", err)
	}
	bytes := x.received.Load()
	if line.Requests != requests || line.Connections != connections || line.Bytes != bytes {
		x.failf("%d requests on %d connections were answered with %d bytes, but the usage line counts %d on %d with %d",
			requests, connections, bytes, line.Requests, line.Connections, line.Bytes)
	}
}

// ends ends the server as its user does; stop checks that it ends in time.
func (x *exam) ends() {
	line, err := x.s.stop()
	if err != nil {
		x.failf("%w", err)
	}
	if line.ElapsedNS <= 0 || line.PeakRSS <= 0 || line.GOMAXPROCS <= 0 || line.Self.Total() <= 0 {
		x.failf("the usage line lacks something: %+v", line)
	}
}
