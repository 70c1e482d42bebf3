package tasks

import (
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"carousel/internal/wire"
	"carousel/lessons/inside"
	"carousel/servers/asyncio"
)

const clients = 10

// blocking times requests that the server awaits, requests that block its loop, and requests that block threads of an executor instead.
func blocking(out io.Writer) error {
	for _, c := range []struct {
		name, path string
		serve      func(ln int, open func() *wire.Talk) error
		by         string
	}{
		{"asyncio", "/sleep/10ms", asyncio.Serve, ""},
		{"asyncio", "/block/10ms", asyncio.Serve, ""},
		{"asyncio-executor", "/block/10ms", asyncio.ServeExecutor, fmt.Sprintf(", %d threads", asyncio.DefaultWorkers())},
	} {
		times, err := answers(c.serve, c.path)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-16s  %s  after", c.name, c.path)
		for _, t := range times {
			fmt.Fprintf(out, " %d", t.Milliseconds())
		}
		fmt.Fprintf(out, " ms: %.0f requests a second%s\n", clients/times[clients-1].Seconds(), c.by)
	}
	return nil
}

// answers makes ten clients send one request each at the same time, and returns the times to their replies, the shortest first.
func answers(serve func(ln int, open func() *wire.Talk) error, path string) (times []time.Duration, err error) {
	addr, stop, err := inside.Serve(serve)
	if err != nil {
		return nil, err
	}
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
		if stopped := stop(); err == nil {
			err = stopped
		}
	}()
	for range clients {
		c, err := net.DialTimeout("tcp", addr, 10*time.Second)
		if err != nil {
			return nil, err
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		conns = append(conns, c)
		if err := ask(c, "/"); err != nil { // so that all are accepted before the clock starts
			return nil, err
		}
	}
	type answer struct {
		after time.Duration
		err   error
	}
	answered := make(chan answer)
	began := time.Now()
	for _, c := range conns {
		go func() {
			err := ask(c, path)
			answered <- answer{time.Since(began), err}
		}()
	}
	for range conns {
		a := <-answered
		times = append(times, a.after)
		if a.err != nil {
			err = a.err
		}
	}
	slices.Sort(times)
	return times, err
}

// ask sends a request and takes its reply, which is as long for every path.
func ask(c net.Conn, path string) error {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, c.RemoteAddr()); err != nil {
		return err
	}
	const head, body = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n", "Hello world\n"
	reply := make([]byte, len(head+body))
	if _, err := io.ReadFull(c, reply); err != nil {
		return fmt.Errorf("no reply to %s: %w", path, err)
	}
	if string(reply) != head+body {
		return fmt.Errorf("the reply to %s is %q", path, reply)
	}
	return nil
}
