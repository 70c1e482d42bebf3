package main

import (
	"strings"
	"time"
)

// lined is a case in the line protocol: send, and nothing but n replies comes back; whole, then byte by byte.
func lined(send string, n int) func(x *exam) {
	return func(x *exam) {
		c := x.dial()
		c.send(send)
		c.expect(strings.Repeat(world, n))
		c.silent(20 * time.Millisecond)
		c.close()
		c = x.dial()
		c.sendPieces(send, 1, 0)
		c.expect(strings.Repeat(world, n))
		c.silent(20 * time.Millisecond)
	}
}

// The conversation in lines, as nc has it.
var lineCases = []testcase{
	{name: "lines: one", needs: lines, run: lined("hello\n", 1)},
	{name: "lines: ended by CRLF", needs: lines, run: lined("hello\r\nhello\r\n", 2)},
	{name: "lines: an empty line is answered", needs: lines, run: lined("\n\n\n", 3)},
	{name: "lines: one leading CRLF is skipped, only one and only leading", needs: lines, run: lined("\r\nhello\n\r\n", 2)},
	{name: "lines: nothing but CRLF", needs: lines, run: lined("\r\n\r\n\r\n", 2)},
	{name: "lines: bytes that are no text", needs: lines, run: lined("\x00\x01\xff\r\r\r\n \n", 2)},
	{name: "lines: HTTP without its version is a line", needs: lines, run: lined("GET /\r\nGET / http/1.1\r\n", 2)},
	{name: "lines: the first line decides", needs: lines, run: lined("hello\n"+get, 4)},
	{name: "lines: of every length", needs: lines, run: func(x *exam) {
		c := x.dial()
		for _, n := range []int{1, 100, 255, 256, 257, 4096, 8191} {
			c.send(strings.Repeat("x", n) + "\n")
			c.expect(world)
		}
		c.silent(20 * time.Millisecond)
	}},
	{name: "lines: replies once per recv: merged lines", needs: lines, run: lined(strings.Repeat("hello\n", 5000), 5000)},
	{name: "lines: replies once per recv: a line in pieces", needs: lines, run: func(x *exam) {
		c := x.dial()
		for range 2 {
			c.sendPieces("hello", 1, 5*time.Millisecond)
			c.silent(10 * time.Millisecond)
			c.send("\n")
			c.expect(world)
		}
		c.sendPieces("one\ntwo\nthree\nfour\n", 7, 5*time.Millisecond)
		c.expect(strings.Repeat(world, 4))
		c.silent(20 * time.Millisecond)
	}},
	{name: "lines: half-closed after the last line", needs: lines, run: func(x *exam) {
		c := x.dial()
		c.send("one\ntwo\n")
		c.finish()
		c.expect(world + world)
		c.ended()
	}},
	{name: "lines: an unterminated last line is not answered", needs: lines, run: func(x *exam) {
		c := x.dial()
		c.send("one\ntwo")
		c.finish()
		c.expect(world)
		c.ended()
	}},
	{name: "lines: a talk that stops in its first line is not answered", needs: lines, run: func(x *exam) {
		for _, s := range []string{"h", "hello", "\r", "\r\n", "\r\nhello\r"} {
			c := x.dial()
			c.send(s)
			c.finish()
			c.ended()
		}
	}},
}
