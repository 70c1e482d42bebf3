package engine

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/sock"
)

// With --no-keepalive each request has a connection of its own and announces that it is the last on it. With --source each connection comes from
// another address.
func TestNoKeepalive(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			var mu sync.Mutex
			from := map[string]int{}
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				host, _, _ := net.SplitHostPort(p.RemoteAddr().String())
				mu.Lock()
				from[host]++
				mu.Unlock()
				closes := false
				for line := ""; line != "\r\n"; closes = closes || line == "Connection: close\r\n" {
					var err error
					if line, err = p.in.ReadString('\n'); err != nil {
						return
					}
				}
				if p.received.Add(1); closes {
					fmt.Fprint(p, hello)
				}
				p.in.ReadByte() // wait until the client closes
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.NoKeepalive, s.Duration, s.Requests = engine, true, 0, 1000
			if sock.Linux {
				s.Source = []string{"127.0.0.0/28"}
			}
			l := carryOut(t, s)
			if l.Requests.OK != 1000 || l.Connections.Opened != 1000 || srv.accepted.Load() != 1000 || srv.received.Load() != 1000 {
				t.Errorf("%+v %+v, %d accepted, %d asked", l.Requests, l.Connections, srv.accepted.Load(), srv.received.Load())
			}
			mu.Lock()
			defer mu.Unlock()
			if want := map[bool]int{true: 14, false: 1}[len(s.Source) > 0]; len(from) != want {
				t.Errorf("they came from %v, want %d addresses", from, want)
			}
		})
	}
}

// As many requests are under way at once as the pipeline depth, and each is timed from when it was sent.
func TestPipeline(t *testing.T) {
	const n, pause = 5, 20 * time.Millisecond
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				for {
					for range n {
						if !p.request() {
							return
						}
					}
					time.Sleep(pause)
					fmt.Fprint(p, strings.Repeat(hello, n))
				}
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Connections, s.Pipeline, s.Duration, s.Requests = engine, 1, n, 0, 4*n
			l := carryOut(t, s)
			if l.Requests.OK != 4*n || l.Connections.Opened != 1 {
				t.Errorf("%+v %+v", l.Requests, l.Connections)
			}
			if p50, all := time.Duration(l.Latency.P50), time.Duration(l.Window.ElapsedNS); p50 < pause || l.Latency.Max > int64(all-2*pause) {
				t.Errorf("the median is %v, the longest %v of %v: each waits for one pause", p50, time.Duration(l.Latency.Max), all)
			}
		})
	}
}

// A client with --read-rate reads a reply slowly, and the server cannot send the rest meanwhile.
func TestReadRate(t *testing.T) {
	const rate = 64 << 10
	for _, engine := range engines() {
		if engine == result.Uring {
			continue // it does not support --read-rate
		}
		t.Run(engine, func(t *testing.T) {
			var body, taken atomic.Int64
			srv := serve(t, "127.0.0.1:0", func(p *peer) {
				p.Conn.(*net.TCPConn).SetWriteBuffer(4 << 10)
				for p.request() {
					size := body.Load()
					fmt.Fprintf(p, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
					for range size >> 10 {
						n, _ := p.Write(make([]byte, 1<<10))
						taken.Add(int64(n))
					}
				}
			})
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Connections, s.ReadRate, s.Duration, s.Requests = engine, 1, rate, 0, 3
			body.Store(rate / 4)
			l := carryOut(t, s)
			if took := time.Duration(l.Window.ElapsedNS); l.Requests.OK != 3 || took < 650*time.Millisecond || took > 1200*time.Millisecond {
				t.Errorf("%+v in %v: there are three quarters of a second to read", l.Requests, took)
			}
			body.Store(8 << 20)
			taken.Store(0)
			s.Duration, s.Requests = 500*time.Millisecond, 0
			carryOut(t, s)
			if n := taken.Load(); n < rate/2 || sock.Linux && n > 1<<20 {
				t.Errorf("the server got rid of %d bytes, %d of which can have been read", n, rate/2)
			}
		})
	}
}

// With --think a connection rests before it sends again.
func TestThink(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			srv := serve(t, "127.0.0.1:0", say(hello))
			s := load("http://" + srv.addr + "/")
			s.Engine, s.Think, s.Duration, s.Grace = engine, 50*time.Millisecond, time.Second, time.Second
			l := carryOut(t, s)
			if n := l.Requests.Sent; n < 20 || n > 80 || l.Requests.OK != n {
				t.Errorf("%+v: four connections rest 50 ms, 20 times a second", l.Requests)
			}
			if p50 := time.Duration(l.Latency.P50); p50 > 40*time.Millisecond {
				t.Errorf("the median is %v: a rest is no response time", p50)
			}
		})
	}
}
