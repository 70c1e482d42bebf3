package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"image/png"
	"strings"
	"time"
)

const (
	get   = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	hello = "HTTP/1.1 200 OK\r\n" + helloFields + "\r\nHello world\n"
	world = "Hello world\n"

	helloFields   = "Content-Length: 12\r\nContent-Type: text/plain\r\n"
	swappedFields = "Content-Type: text/plain\r\nContent-Length: 12\r\n"
)

// ask is a GET request for a path.
func ask(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }

// post is a POST request to /echo with a Content-Length.
func post(body string) string {
	return fmt.Sprintf("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// chunked is a POST request to /echo; body is chunked already.
func chunked(body string) string {
	return "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

// The rest of a head, and a body that looks like a request.
var (
	sizedGet   = fmt.Sprintf("Host: x\r\nContent-Length: %d\r\n\r\n%s", len(get), get)
	chunkedGet = fmt.Sprintf("Host: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(get), get)
)

// content is what /bytes/n consists of.
func content(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return strings.Repeat(alphabet, n/64) + alphabet[:n%64]
}

func ok(body string) answer { return answer{status: 200, body: body} }

// says sends something, expects the answers, and then that the connection still serves. The input is sent whole, then byte by byte.
func says(send string, want ...answer) func(x *exam) {
	return func(x *exam) {
		c := x.dial()
		c.send(send)
		c.answered(want...)
		c.hello()
		if len(send) > 4<<10 {
			return
		}
		c.sendPieces(send, 1, 0)
		c.answered(want...)
		c.hello()
	}
}

// closes is says for input after which the server must close the connection.
func closes(send string, want ...answer) func(x *exam) {
	return func(x *exam) {
		c := x.dial()
		c.send(send)
		c.answered(want...)
		c.ended()
		if len(send) > 4<<10 {
			return
		}
		c = x.dial()
		c.sendPieces(send, 1, 0)
		c.answered(want...)
		c.cutOff()
	}
}

// exactly is says down to the bytes of the reply's head.
func exactly(send, want string) func(x *exam) {
	return func(x *exam) {
		c := x.dial()
		c.send(send)
		c.expect(want)
		c.hello()
		c.sendPieces(send, 1, 0)
		c.expect(want)
		c.hello()
	}
}

// The least of HTTP.
var helloCases = needing(http, []testcase{
	{name: "hello is 77 bytes", needs: order, run: func(x *exam) {
		c := x.dial()
		c.send(get)
		c.expectBytewise(hello)
	}},
	{name: "hello", run: exactly(get, hello)},
	{name: "keep-alive", run: exactly(strings.Repeat(get, 3), strings.Repeat(hello, 3))},
	{name: "replies once per recv: merged requests", run: exactly(strings.Repeat(get, 300), strings.Repeat(hello, 300))},
	{name: "replies once per recv: a request in single bytes", run: func(x *exam) {
		c := x.dial()
		c.sendPieces(get, 1, 2*time.Millisecond)
		c.expect(hello)
		c.silent(20 * time.Millisecond)
	}},
	{name: "replies once per recv: a request split at every byte", run: func(x *exam) {
		c := x.dial()
		for i := 1; i < len(get); i++ {
			c.sendPieces(get[:i], i, 2*time.Millisecond)
			c.send(get[i:])
			c.expect(hello)
		}
		c.silent(20 * time.Millisecond)
	}},
	{name: "a body that is never read", run: func(x *exam) {
		c := x.dial()
		for _, rest := range []string{sizedGet, chunkedGet} {
			c.send("GET / HTTP/1.1\r\n" + rest)
			c.expect(hello)
			c.silent(20 * time.Millisecond)
			c.hello()
		}
	}},
})

// The conversation of one client in HTTP.
var httpCases = []testcase{
	{name: "replies once per recv: merged requests in pieces of 7 bytes", run: func(x *exam) {
		c := x.dial()
		c.sendPieces(strings.Repeat(get+post("12345")+chunked("3\r\nabc\r\n0\r\n\r\n"), 4), 7, time.Millisecond)
		for range 4 {
			c.expect(hello)
			c.answered(ok("12345"), ok("abc"))
		}
		c.silent(20 * time.Millisecond)
	}},
	{name: "pipelining keeps the order, sleeps in the middle", run: says(
		ask("/bytes/1")+ask("/sleep/60ms")+ask("/bytes/2")+post("abc")+ask("/sleep/20ms")+ask("/bytes/3"),
		ok("A"), ok(world), ok("AB"), ok("abc"), ok(world), ok("ABC"))},
	{name: "pipelining keeps the order, work in the middle", run: says(
		ask("/bytes/1")+ask("/block/20ms")+ask("/bytes/2")+ask("/spin/2ms")+ask("/bytes/3")+ask("/store/100")+ask("/bytes/4"),
		ok("A"), ok(world), ok("AB"), ok(world), ok("ABC"), ok(world), ok("ABCD"))},
	{name: "HEAD is answered without a body", run: exactly(
		"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", strings.TrimSuffix(hello, world))},
	{name: "HEAD tells the length of a large body", run: func(x *exam) {
		c := x.dial()
		for _, n := range []int{0, 1, 1 << 20, 1 << 30} {
			c.send(fmt.Sprintf("HEAD /bytes/%d HTTP/1.1\r\nHost: x\r\n\r\n", n))
			if r := c.reply("HEAD"); r.status != 200 || r.field("Content-Length") != fmt.Sprint(n) {
				x.failf("HEAD /bytes/%d: %s", n, r.head)
			}
		}
		c.hello()
	}},
	{name: "HEAD, GET and POST merged", run: says(
		"HEAD /bytes/9 HTTP/1.1\r\nHost: x\r\n\r\n"+ask("/bytes/9")+"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"+post("abc"),
		answer{200, "", "HEAD"}, ok(content(9)), answer{200, "", "HEAD"}, ok("abc"))},

	{name: "Connection: close", run: closes("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", ok(world))},
	{name: "Connection: close among other options", run: closes("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", ok(world))},
	{name: "Connection: close stops a pipeline", run: closes(
		get+"GET /bytes/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"+ask("/bytes/9"), ok(world), ok("ABC"))},
	{name: "HTTP/1.0 closes", run: closes("GET /bytes/3 HTTP/1.0\r\nHost: x\r\n\r\n", ok("ABC"))},
	{name: "HTTP/1.0 is answered with our own version", needs: strict, run: func(x *exam) {
		c := x.dial()
		c.send("GET / HTTP/1.0\r\n\r\n")
		c.expect(hello)
		c.ended()
	}},
	{name: "HTTP/1.0 needs no Host", run: closes("GET /bytes/3 HTTP/1.0\r\n\r\n", ok("ABC"))},
	{name: "HTTP/1.0 keeps alive when asked and says so", run: func(x *exam) {
		c := x.dial()
		for range 3 {
			c.send("GET /bytes/3 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
			if r := c.reply("GET"); r.body != "ABC" || !strings.EqualFold(r.field("Connection"), "keep-alive") {
				x.failf("reply %q%q does not say Connection: keep-alive", r.head, r.body)
			}
		}
		c.send("GET / HTTP/1.0\r\n\r\n")
		c.answered(ok(world))
		c.ended()
	}},

	{name: "header names in any case, values with blanks around them", run: says(
		"POST /echo HTTP/1.1\r\nhOST:x\r\ncontent-LENGTH:  \t3 \t\r\nX-Empty:\r\n\r\nabc", ok("abc"))},
	{name: "a leading CRLF is skipped", needs: strictNet, run: says("\r\n"+get, ok(world))},
	{name: "echo by length", run: says(post("Hello\x00\r\n\r\n\xff"), ok("Hello\x00\r\n\r\n\xff"))},
	{name: "echo of nothing", run: func(x *exam) {
		c := x.dial()
		for _, request := range []string{post(""), chunked("0\r\n\r\n")} {
			c.send(request)
			if r := c.reply("POST"); r.status != 200 || r.body != "" {
				x.failf("%s is answered %d %q", brief(request), r.status, r.body)
			}
		}
		c.hello()
	}},
	{name: "echo of bodies that look like requests", run: says(post(get)+chunked(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(get), get)), ok(get), ok(get))},
	{name: "echo of the largest body, by length", run: says(post(content(1<<20)), ok(content(1<<20)))},
	{name: "echo of the largest body, in chunks", run: says(
		chunked(strings.Repeat("10000\r\n"+content(1<<16)+"\r\n", 16)+"0\r\n\r\n"), ok(strings.Repeat(content(1<<16), 16)))},
	{name: "chunks with capital sizes, leading zeros, extensions and trailers", needs: strictFast, run: says(
		chunked("A;name=value\r\n0123456789\r\n00a\r\nabcdefghij\r\n1;x=\"y\"\r\n!\r\n000\r\nTrailer: value\r\nOther: value\r\n\r\n"),
		ok("0123456789abcdefghij!"))},
	{name: "chunks of one byte", run: says(chunked(strings.Repeat("1\r\nx\r\n", 500)+"0\r\n\r\n"), ok(strings.Repeat("x", 500)))},
	{name: "bodies that nobody asked for are read", run: says(
		"GET /bytes/5 HTTP/1.1\r\n"+sizedGet+"GET /bytes/6 HTTP/1.1\r\n"+chunkedGet+"HEAD / HTTP/1.1\r\n"+sizedGet+ask("/bytes/7"),
		ok("ABCDE"), ok("ABCDEF"), answer{200, "", "HEAD"}, ok("ABCDEFG"))},
	{name: "Expect: 100-continue is answered before the body is sent", run: func(x *exam) {
		c := x.dial()
		for _, request := range []string{
			"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n!abcde",
			"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n!5\r\nabcde\r\n0\r\n\r\n",
		} {
			head, body, _ := strings.Cut(request, "!")
			c.send(head)
			c.expect("HTTP/1.1 100 Continue\r\n\r\n")
			c.silent(10 * time.Millisecond)
			c.send(body)
			c.answered(ok("abcde"))
		}
		c.hello()
	}},

	{name: "bytes of every size", run: func(x *exam) {
		c := x.dial()
		for _, n := range []int{1, 2, 63, 64, 65, 127, 1000, 16<<10 - 1, 16 << 10, 16<<10 + 1, 64 << 10, 1<<20 + 13} {
			c.send(ask(fmt.Sprintf("/bytes/%d", n)))
			c.answered(ok(content(n)))
		}
		c.send(ask("/bytes/0"))
		if r := c.reply("GET"); r.status != 200 || r.body != "" {
			x.failf("/bytes/0 is answered %d %q", r.status, r.body)
		}
		c.hello()
	}},
	{name: "images are what their digest says", run: func(x *exam) {
		c := x.dial()
		for k := range 10 {
			c.send(ask(fmt.Sprintf("/image/%d", k)))
			r := c.reply("GET")
			sum := sha256.Sum256([]byte(r.body))
			digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
			if r.status != 200 || len(r.body) != 2<<10<<k || r.field("Content-Type") != "image/png" || r.field("Content-Digest") != digest {
				x.failf("/image/%d has %d bytes with the digest %s and is headed %q", k, len(r.body), digest, r.head)
			}
			if _, err := png.Decode(strings.NewReader(r.body)); err != nil {
				x.failf("/image/%d: %w", k, err)
			}
		}
		c.hello()
	}},
	{name: "moved tells where to", run: func(x *exam) {
		c := x.dial()
		for _, path := range []string{"/bytes/3", "/moved/moved/image/1", "/"} {
			c.send(ask("/moved" + path))
			if r := c.reply("GET"); r.status != 302 || r.field("Location") != path {
				x.failf("/moved%s is answered %q", path, r.head)
			}
		}
		c.hello()
	}},
	{name: "sleep answers when the time is over, not before", run: func(x *exam) {
		c := x.dial()
		start := time.Now()
		c.send(ask("/sleep/80ms"))
		c.expect(hello)
		if d := time.Since(start); d < 80*time.Millisecond {
			x.failf("/sleep/80ms took %v", d)
		}
		c.send(ask("/sleep/0s") + ask("/sleep/1ns") + ask("/sleep/1.5ms") + get)
		c.expect(strings.Repeat(hello, 4))
	}},
	{name: "block, spin and store answer when they are done, not before", run: func(x *exam) {
		c := x.dial()
		for path, least := range map[string]time.Duration{
			"/block/60ms": 60 * time.Millisecond, "/spin/20ms": 20 * time.Millisecond, "/store/100000": 0,
			"/block/0s": 0, "/spin/0s": 0, "/store/0": 0,
		} {
			start := time.Now()
			c.send(ask(path))
			c.expect(hello)
			if d := time.Since(start); d < least {
				x.failf("%s took %v", path, d)
			}
		}
		c.hello()
	}},
}
