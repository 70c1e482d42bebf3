package main

import (
	"fmt"
	"slices"
	"strings"
)

// with is a GET request with further header lines.
func with(lines ...string) string {
	return "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// refused sends a request that must be refused, and a good one behind it. It expects the error reply and then the end of the connection. The
// input is sent whole, then byte by byte.
func refused(send string, status int) func(x *exam) {
	return func(x *exam) {
		c := x.dial()
		c.send(send)
		if r := c.reply("GET"); r.status != status {
			x.failf("got %d %s, want %d", r.status, brief(r.body), status)
		}
		if len(send) > 4<<10 { // the server may close before the rest is sent
			c.cutOff()
			return
		}
		c.ended()
		c = x.dial()
		c.send(get)
		c.expect(hello)
		c.sendPieces(send, 1, 0)
		if r := c.reply("GET"); r.status != status {
			x.failf("in single bytes: got %d %s, want %d", r.status, brief(r.body), status)
		}
		c.cutOff()
	}
}

// field fills a head up: a header line of n bytes with its CRLF.
func field(name string, n int) string {
	return name + ": " + strings.Repeat("x", n-len(name)-4) + "\r\n"
}

// sizedHead is a request whose head is n bytes long.
func sizedHead(n int) string {
	head := "GET / HTTP/1.1\r\nHost: x\r\n"
	for n-len(head) > 5000 {
		head += field("X", 4000)
	}
	return head + field("X", n-len(head)-2) + "\r\n"
}

// sizedLine is a request whose request line is n bytes long with its CRLF.
func sizedLine(n int) string {
	return "GET /?" + strings.Repeat("x", n-len("GET /? HTTP/1.1\r\n")) + " HTTP/1.1\r\nHost: x\r\n\r\n"
}

// What must be refused: the reply arrives, then the connection ends.
var refusals = []struct {
	what   string
	status int
	needs  trait
	send   string
}{
	{"no target", 400, 0, "GET HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"two blanks before the target", 400, 0, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"two blanks after the target", 400, 0, "GET /  HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a tab in the request line", 400, 0, "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a blank before the method", 400, 0, " GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a blank after the version", 400, 0, "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"},
	{"a target that is no path", 400, 0, "GET x HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a target with half a percent escape", 400, strictFast, "GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a target with a fragment", 400, strict, "GET /#x HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a target with a NUL", 400, 0, "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a target with a byte over 127", 400, strict, "GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a method that is no token", 400, 0, "G(T / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"unknown method", 501, 0, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"unknown method: get", 501, 0, "get / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"unknown version 1.2", 505, strict, "GET / HTTP/1.2\r\nHost: x\r\n\r\n"},
	{"unknown version 2.0", 505, strictFast, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
	{"unknown version 0.9", 505, strictFast, "GET / HTTP/0.9\r\nHost: x\r\n\r\n"},
	{"a version that is none", 400, 0, "GET / HTTP/1\r\nHost: x\r\n\r\n"},
	{"a version with more digits", 400, 0, "GET / HTTP/1.10\r\nHost: x\r\n\r\n"},
	{"the HTTP/2 preface", 505, strict, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},

	{"a bare LF after the request line", 400, strict, "GET / HTTP/1.1\nHost: x\r\n\r\n"},
	{"a bare LF after a header", 400, strict, "GET / HTTP/1.1\r\nHost: x\n\r\n"},
	{"a bare LF that ends the head", 400, strict, "GET / HTTP/1.1\r\nHost: x\r\n\n"},
	{"a bare CR in the request line", 400, 0, "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"a bare CR in a value", 400, 0, with("A: b\rc")},
	{"a bare CR before a CRLF", 400, 0, with("A: b\r")},
	{"a NUL in a value", 400, 0, with("A: b\x00c")},
	{"a control character in a value", 400, 0, with("A: b\x01c")},
	{"a DEL in a value", 400, 0, with("A: b\x7fc")},
	{"a NUL in a header name", 400, 0, with("A\x00: b")},
	{"a byte over 127 in a header name", 400, 0, with("\xe4: b")},
	{"a folded header", 400, strict, with("A: b", " c")},
	{"a folded first header", 400, 0, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
	{"a blank before the colon", 400, 0, with("A : b")},
	{"a tab before the colon", 400, 0, with("A\t: b")},
	{"a blank in a header name", 400, strictFast, with("A b: c")},
	{"a header without a colon", 400, 0, with("A")},
	{"a header without a name", 400, 0, with(": b")},
	{"no Host", 400, 0, "GET / HTTP/1.1\r\n\r\n"},
	{"a second Host", 400, 0, with("Host: y")},
	{"a second Host that says the same", 400, 0, with("host: x")},

	{"two lengths that differ", 400, 0, with("Content-Length: 3", "Content-Length: 4") + "abcd"},
	{"two lengths that agree", 400, strictNet, with("Content-Length: 3", "Content-Length: 3") + "abc"},
	{"a list of lengths", 400, 0, with("Content-Length: 3, 3") + "abc"},
	{"a length that is empty", 400, 0, with("Content-Length:")},
	{"a length with a plus", 400, 0, with("Content-Length: +3") + "abc"},
	{"a length with a minus", 400, 0, with("Content-Length: -3") + "abc"},
	{"a length with a blank inside", 400, 0, with("Content-Length: 1 2") + "abc"},
	{"a length in hex", 400, 0, with("Content-Length: 0x3") + "abc"},
	{"a length in letters", 400, 0, with("Content-Length: 3a") + "abc"},
	{"a length beside a transfer coding", 400, strict, with("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	{"a transfer coding beside a length", 400, strict, with("Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n"},
	{"chunked twice", 400, strictNet, with("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	{"chunked twice in one line", 501, strictFast, with("Transfer-Encoding: chunked, chunked") + "0\r\n\r\n"},
	{"another transfer coding", 501, strictFast, with("Transfer-Encoding: gzip")},
	{"another transfer coding before chunked", 501, strictFast, with("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n"},
	{"another transfer coding that sounds like chunked", 501, strictFast, with("Transfer-Encoding: xchunked") + "0\r\n\r\n"},
	{"a transfer coding in HTTP/1.0", 400, strictNet, "POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"another expectation", 417, strictFast, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 3\r\n\r\nabc"},

	{"a chunk size that is no number", 400, 0, chunked("x\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size that is empty", 400, 0, chunked("\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size that is only an extension", 400, 0, chunked(";a=b\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size with a minus", 400, 0, chunked("-3\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size with 0x", 400, 0, chunked("0x3\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size before a blank", 400, strict, chunked("3 \r\nabc\r\n0\r\n\r\n")},
	{"a chunk size of 9 digits", 400, strict, chunked("000000003\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size that overflows", 400, strictNet, chunked("ffffffffffffffff\r\nabc\r\n0\r\n\r\n")},
	{"a chunk size ended by a bare LF", 400, 0, chunked("3\nabc\r\n0\r\n\r\n")},
	{"a chunk longer than its size", 400, 0, chunked("3\r\nabcd\r\n0\r\n\r\n")},
	{"a chunk shorter than its size", 400, 0, chunked("5\r\nabc\r\n0\r\n\r\n")},
	{"a chunk ended by a bare LF", 400, 0, chunked("3\r\nabc\n0\r\n\r\n")},
	{"a chunk extension with a control character", 400, strict, chunked("3;a=\x01\r\nabc\r\n0\r\n\r\n")},
	{"a trailer that is malformed", 400, strict, chunked("3\r\nabc\r\n0\r\nA : b\r\n\r\n")},
	{"a trailer that gives a length", 400, strictNet, chunked("3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n")},

	{"a request line of 8 KiB and a byte", 414, strict, sizedLine(8<<10 + 1)},
	{"a request line that does not end", 414, strict, "GET /" + strings.Repeat("x", 12<<10)},
	{"no line at all", 414, strict, strings.Repeat("x", 9<<10)},
	{"a head of 32 KiB and a byte", 431, strictNet, sizedHead(32<<10 + 1)},
	{"a header that does not end", 431, 0, "GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 40<<10)},
	{"101 headers", 431, strict, "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 100) + "\r\n"},
	{"a body of 1 MiB and a byte, by length", 413, 0, fmt.Sprintf("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 1<<20+1)},
	{"a body of 1 MiB and a byte, in chunks", 413, 0, chunked(strings.Repeat("40000\r\n"+content(1<<18)+"\r\n", 4) + "1\r\nx\r\n0\r\n\r\n")},
	{"a length that overflows", 413, strict, with("Content-Length: 99999999999999999999999999")},
}

// What must be answered with an error, after which the connection serves on.
var declined = []struct {
	request string
	status  int
}{
	{ask("/nope"), 404},
	{ask("/bytes"), 404},
	{ask("//"), 404},
	{"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
	{"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
	{"POST / HTTP/1.1\r\n" + sizedGet, 405},
	{"POST /bytes/3 HTTP/1.1\r\n" + chunkedGet, 405},
	{ask("/echo"), 405},
	{"PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405},
	{ask("/bytes/"), 400},
	{ask("/bytes/-1"), 400},
	{ask("/bytes/+1"), 400},
	{ask("/bytes/0x10"), 400},
	{ask("/bytes/1e3"), 400},
	{ask("/bytes/1.5"), 400},
	{ask("/bytes/5/6"), 400},
	{ask("/bytes/abc"), 400},
	{ask("/bytes/1073741825"), 400},
	{ask("/bytes/99999999999999999999"), 400},
	{ask("/sleep/"), 400},
	{ask("/sleep/5"), 400},
	{ask("/sleep/-1s"), 400},
	{ask("/sleep/60.001s"), 400},
	{ask("/sleep/61s"), 400},
	{ask("/sleep/1ms/"), 400},
	{ask("/sleep/9999999999h"), 400},
	{ask("/block/61s"), 400},
	{ask("/block/soon"), 400},
	{ask("/spin/61s"), 400},
	{ask("/spin/-1ns"), 400},
	{ask("/store/67108865"), 400},
	{ask("/image/10"), 400},
	{ask("/image/x"), 400},
	{ask("/store/-1"), 400},
}

// The bounds of the subset, kept to the byte.
var bounds = []testcase{
	{name: "bound: a request line of 8 KiB", run: says(sizedLine(8<<10), ok(world))},
	{name: "bound: a head of 32 KiB", run: says(sizedHead(32<<10), ok(world))},
	{name: "bound: 100 headers", run: says("GET / HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("A: b\r\n", 99)+"\r\n", ok(world))},
	{name: "target: a query is no part of the path", run: says(ask("/bytes/3?x=y"), ok("ABC"))},
	{name: "target: in absolute form", run: says(ask("http://x/bytes/3")+ask("http://x/"), ok("ABC"), ok(world))},
	{name: "target: in absolute form without a path", run: says(ask("http://x"), ok(world))},
}

var errorCases = func() (all []testcase) {
	for _, r := range refusals {
		all = append(all, testcase{name: fmt.Sprintf("%d: %s", r.status, r.what), needs: r.needs, run: refused(r.send, r.status)})
	}
	for _, d := range declined {
		line, _, _ := strings.Cut(d.request, " HTTP/")
		all = append(all, testcase{name: fmt.Sprintf("%d: %s", d.status, line), run: says(d.request, answer{status: d.status})})
	}
	return slices.Concat(all, bounds)
}()
