package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// TestNewcomers connects clients while a loop is busy; each requests blocking work again and again. A loop must accept all that wait before it
// goes on. If it accepts one per turn, the last client waits as many turns as there are clients ahead of it.
func TestNewcomers(t *testing.T) {
	for _, name := range loopsBut("asyncio-executor", "reactors") { // they do blocking work on several threads
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipUnavailable(t, name)
			v, err := ours(name).start()
			if err != nil {
				t.Fatal(err)
			}
			defer v.kill()
			dial := func() net.Conn {
				c, err := net.DialTimeout("tcp", v.addr, patience)
				if err != nil {
					t.Fatal(err)
				}
				c.SetDeadline(time.Now().Add(patience))
				t.Cleanup(func() { c.Close() })
				return c
			}
			fmt.Fprint(dial(), "GET /block/300ms HTTP/1.1\r\nHost: h\r\n\r\n")
			time.Sleep(50 * time.Millisecond) // the loop is in its work by now

			const clients, turns = 16, 16
			var mu sync.Mutex
			replies := make([]int, clients)
			most := 0 // the most replies that a client had when the last client got its first
			var all sync.WaitGroup
			for i := range clients {
				c := dial()
				fmt.Fprint(c, "GET /block/5ms HTTP/1.1\r\nHost: h\r\n\r\n")
				all.Go(func() {
					r, reply := bufio.NewReader(c), make([]byte, 77)
					for range turns {
						if _, err := io.ReadFull(r, reply); err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						replies[i]++
						first := 0
						for _, n := range replies {
							if n > 0 {
								first++
							}
						}
						if first == clients && replies[i] == 1 {
							for _, n := range replies {
								most = max(most, n)
							}
						}
						mu.Unlock()
						fmt.Fprint(c, "GET /block/5ms HTTP/1.1\r\nHost: h\r\n\r\n")
					}
				})
			}
			all.Wait()
			if most > 3 {
				t.Errorf("one client had %d replies before the last had its first", most)
			}
		})
	}
}
