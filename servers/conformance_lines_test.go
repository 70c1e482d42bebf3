package main

import (
	"slices"
	"strings"
	"time"
)

// lined returns three cases in the line protocol: the messages are sent one by one, all at once, and byte by byte. Each gets one answer, and
// nothing else is sent.
func lined(name string, messages ...string) []testcase {
	conversation := func(send func(c *conn)) func(x *exam) {
		return func(x *exam) {
			c := x.dial()
			send(c)
			c.silent(20 * time.Millisecond)
		}
	}
	all := strings.Join(messages, "")
	return []testcase{
		{name: "lines: " + name, run: conversation(func(c *conn) {
			for _, m := range messages {
				c.send(m)
				c.expect(world)
			}
		})},
		{name: "lines: replies once per recv: merged: " + name, run: conversation(func(c *conn) {
			c.send(all)
			c.expect(strings.Repeat(world, len(messages)))
		})},
		{name: "lines: replies once per recv: in single bytes: " + name, run: conversation(func(c *conn) {
			c.sendPieces(all, 1, time.Millisecond)
			c.expect(strings.Repeat(world, len(messages)))
		})},
	}
}

// The conversation in lines, as with nc.
var lineCases = needing(lines,
	lined("two", "hello\n", "hello\n"),
	lined("ended by CRLF", "hello\r\n", "hello\r\n"),
	lined("an empty line is answered", "hello\n", "\n", "\n"),
	lined("one leading CRLF is skipped, only one and only leading", "\r\nhello\n", "\r\n"),
	lined("nothing but CRLF", "\r\n\r\n", "\r\n"),
	lined("bytes that are no text", "\x00\x01\xff\r\r\r\n", " \n"),
	lined("HTTP without its version is a line", "GET /\r\n", "GET / http/1.1\r\n"),
	lined("the first line decides", slices.Collect(strings.Lines("hello\n"+get))...),
	[]testcase{
		{name: "lines: of every length", run: func(x *exam) {
			c := x.dial()
			for _, n := range []int{1, 100, 255, 256, 257, 4096, 8191} {
				c.send(strings.Repeat("x", n) + "\n")
				c.expect(world)
			}
			c.silent(20 * time.Millisecond)
		}},
		{name: "lines: replies once per recv: 5000 lines merged", run: func(x *exam) {
			c := x.dial()
			c.send(strings.Repeat("hello\n", 5000))
			c.expect(strings.Repeat(world, 5000))
			c.silent(20 * time.Millisecond)
		}},
		{name: "lines: replies once per recv: lines in pieces", run: func(x *exam) {
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
		{name: "lines: answers end-of-file: half-closed after the last line", run: func(x *exam) {
			c := x.dial()
			c.send("one\n")
			c.expect(world)
			c.send("two\n")
			c.finish()
			c.expect(world)
			c.ended()
		}},
		{name: "lines: answers end-of-file, replies once per recv: an unterminated last line is not answered", run: func(x *exam) {
			c := x.dial()
			c.send("one\n")
			c.expect(world)
			c.send("two")
			c.finish()
			c.ended()
		}},
		{name: "lines: answers end-of-file, replies once per recv: a talk that stops in its first line is not answered", run: func(x *exam) {
			for _, s := range []string{"h", "hello", "\r", "\r\n", "\r\nhello\r"} {
				c := x.dial()
				c.send(s)
				c.finish()
				c.ended()
			}
		}},
	})
