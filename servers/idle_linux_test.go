package main

import (
	"fmt"
	"net"
	"testing"
	"time"

	"carousel/internal/host"
)

// TestIdleConnections allows 6 KiB of the server's memory for each connection that is silent after one request: the slope from 1,000 to 5,000
// connections.
func TestIdleConnections(t *testing.T) {
	const few, many, most = 1000, 5000, 6 << 10
	if soft, _, err := host.FDLimit(); err != nil || soft < many+200 {
		t.Skipf("descriptor limit is %d, %d connections need about %d", soft, many, many+200)
	}
	if raceEnabled {
		t.Skip("the race detector keeps memory of its own")
	}
	for _, name := range loopsBut("select", "generator", "asyncio-executor") { // select and generator cannot watch so many; asyncio-executor holds connections as asyncio does
		t.Run(name, func(t *testing.T) {
			skipUnavailable(t, name)
			v, err := ours(name).start()
			if err != nil {
				t.Fatal(err)
			}
			defer v.kill()
			var open []net.Conn
			defer func() {
				for _, c := range open {
					c.Close()
				}
			}()
			grow := func(n int) int64 {
				reply := make([]byte, 77)
				for len(open) < n {
					c, err := net.DialTimeout("tcp", v.addr, patience)
					if err != nil {
						t.Fatal(err)
					}
					open = append(open, c)
					c.SetDeadline(time.Now().Add(patience))
					fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
					if _, err := c.Read(reply); err != nil {
						t.Fatal(err)
					}
				}
				return v.rss()
			}
			low := grow(few)
			each := float64(grow(many)-low) / (many - few)
			t.Logf("%.0f bytes a connection", each)
			if each > most || low == 0 {
				t.Errorf("an idle connection costs %.0f bytes, want at most %d", each, most)
			}
		})
	}
}
