package main

import (
	"slices"
	"testing"
)

// watchable is the first descriptor that epoll does not watch for a server that runs as "unwatched".
const watchable = 20

// TestWatchLimit connects more clients than epoll can watch. Raw loops answer those left out with a 503; package net closes such a connection
// without a reply. The reason goes to standard error.
func TestWatchLimit(t *testing.T) {
	for name, reply := range map[string]string{
		"epoll": "HTTP/1.1 503", "coroutine": "HTTP/1.1 503", "asyncio": "HTTP/1.1 503", "asyncio-executor": "HTTP/1.1 503",
		"goroutine": "", "nethttp": "", "fasthttp": "", "reactors": "HTTP/1.1 503",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var flags []string
			if name == "reactors" { // each loop has descriptors of its own
				flags = []string{"--loops", "2"}
			}
			err := try(modelOf("unwatched", name), nil, testcase{flags: flags, run: func(x *exam) {
				all := x.dials(3 * watchable)
				for _, c := range all {
					c.send(get)
				}
				in := slices.DeleteFunc(all, func(c *conn) bool {
					switch begin, err := c.in.Peek(12); string(begin) {
					case hello[:12]:
						c.expect(hello)
						return false
					case reply:
						if reply == "" && !cut(err) && err.Error() != "EOF" {
							x.failf("a connection that cannot be watched is not closed: %w", err)
						}
						return true
					default:
						x.failf("a connection that cannot be watched is told %q: %w", begin, err)
					}
					return true
				})
				if len(in) == 0 || len(in) >= watchable {
					x.failf("%d connections are served, though descriptors from %d on cannot be watched", len(in), watchable)
				}
				for _, c := range in {
					c.hello()
				}
				x.explains("max_user_watches")
				x.hangUp()
				x.servesAgain()
			}}, lacks[name], patience)
			if err != nil {
				t.Error(err)
			}
		})
	}
}
