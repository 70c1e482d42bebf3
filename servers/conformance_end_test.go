package main

import (
	"strings"
	"time"
)

const halfBody = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc"

// How conversations end: half-closed, closed in the middle, reset.
var endCases = []testcase{
	{name: "closes the listener when the first client leaves", run: func(x *exam) {
		for range 3 {
			c := x.dial()
			c.hello()
			c.close()
		}
		x.dial().reset()
		x.served()
	}},
	{name: "closes the listener on data", needs: several, run: func(x *exam) {
		c := x.dial()
		c.hello()
		x.served()
		c.hello()
	}},
	{name: "answers end-of-file", run: func(x *exam) {
		c := x.dial()
		c.finish()
		c.ended()
		c = x.dial()
		c.hello()
		c.finish()
		c.ended()
		x.served()
	}},
	{name: "half-closed after a request", needs: web, run: func(x *exam) {
		c := x.dial()
		c.send(get)
		c.finish()
		c.expect(hello)
		c.ended()
	}},
	{name: "half-closed after a body", needs: web, run: func(x *exam) {
		c := x.dial()
		c.send(post("abc") + chunked("3\r\nxyz\r\n0\r\n\r\n"))
		c.finish()
		c.answered(ok("abc"), ok("xyz"))
		c.ended()
	}},
	{name: "half-closed after many requests", needs: web | halfClosed, run: func(x *exam) {
		c := x.dial()
		c.send(strings.Repeat(get, 1000) + ask("/sleep/50ms") + ask("/bytes/100000") + ask("/block/10ms") + ask("/bytes/3"))
		c.finish()
		c.expect(strings.Repeat(hello, 1001))
		c.answered(ok(content(100000)), ok(world), ok("ABC"))
		c.ended()
	}},
	{name: "half-closed during a sleep", needs: web | halfClosed, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/100ms") + get)
		time.Sleep(30 * time.Millisecond)
		c.finish()
		c.expect(hello + hello)
		c.ended()
	}},
	{name: "ignores the count send returns: half-closed during a large reply", needs: web | halfClosed, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(ask("/bytes/8388608"))
		time.Sleep(20 * time.Millisecond)
		c.finish()
		c.answered(ok(content(8 << 20)))
		c.ended()
	}},
	{name: "a request cut short is not answered", needs: web | strict, run: func(x *exam) {
		for _, s := range []string{
			"GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x", "GET / HTTP/1.1\r\nHost: x\r\n", get[:len(get)-1],
		} {
			c := x.dial()
			c.hello()
			c.send(s)
			c.finish()
			c.ended()
		}
	}},
	{name: "a body cut short is not answered", needs: web | strict, run: func(x *exam) {
		for _, s := range []string{
			halfBody, chunked("5\r\nabcd"), chunked("5\r\nabcde"), chunked("5\r\nabcde\r\n"),
			chunked("5\r\nabcde\r\n0\r\n"), chunked("5\r\nabcde\r\n0\r\nA: b\r\n"),
		} {
			c := x.dial()
			c.hello()
			c.send(s)
			c.finish()
			c.ended()
		}
	}},
	{name: "the close eats the error reply", needs: web, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/50ms") + "GET / HTTP/1.1\r\nHost : x\r\n\r\n")
		c.send(strings.Repeat("x", 30<<10)) // more than a server reads at once: a plain close would answer it with a reset
		c.expect(hello)
		c.answered(answer{status: 400})
		c.ended()
	}},
	{name: "what came whole is answered, what was cut short is not", needs: web | strict | halfClosed, run: func(x *exam) {
		c := x.dial()
		c.send(get + ask("/sleep/20ms") + get[:10])
		c.finish()
		c.expect(hello + hello)
		c.ended()
	}},
	{name: "closed with the reply unread", needs: web, run: func(x *exam) {
		for range 20 {
			c := x.dial()
			c.send(get + ask("/bytes/100000"))
			c.close()
		}
		x.served()
	}},
	{name: "reset without a word", run: func(x *exam) {
		for range 20 {
			x.dial().reset()
		}
		x.served()
	}},
	{name: "reset in the middle of a request", needs: web, run: func(x *exam) {
		for range 20 {
			c := x.dial()
			c.send(get[:20])
			c.reset()
		}
		x.served()
	}},
	{name: "reset in the middle of a body", needs: web, run: func(x *exam) {
		for range 20 {
			c := x.dial()
			c.send(halfBody)
			c.reset()
		}
		x.served()
	}},
	{name: "reset in the middle of a reply", needs: web, run: func(x *exam) {
		for range 10 {
			c := x.dialNarrow()
			c.send(ask("/bytes/1073741824"))
			c.expect("HTTP/1.1 200 OK\r\n")
			c.reset()
		}
		x.served()
	}},
	{name: "reset with requests in the pipeline", needs: web, run: func(x *exam) {
		for range 10 {
			c := x.dial()
			c.send(strings.Repeat(get, 400))
			c.expect(hello)
			c.reset()
		}
		x.served()
	}},
	{name: "reset during work", needs: web, run: func(x *exam) {
		for _, work := range []string{"/sleep/30ms", "/block/10ms", "/spin/5ms", "/store/10000"} {
			c := x.dial()
			c.send(ask(work) + get)
			time.Sleep(2 * time.Millisecond)
			c.reset()
		}
		x.served()
	}},
}
