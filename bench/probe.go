package main

import (
	"context"
	"net"
	"time"

	"carousel/internal/result"
)

// probe opens silent connections one by one, up to limit, and after each asks GET / on a connection of its own. It stops at the
// first answer that is not there within wait. Each silent connection is opened before its probe, so whoever accepts in order
// takes it first.
func probe(ctx context.Context, addr string, limit int, wait time.Duration) (*result.Probe, error) {
	p := &result.Probe{Limit: limit}
	var silent []net.Conn
	defer func() {
		for _, c := range silent {
			c.Close()
		}
	}()
	for p.Silent < limit {
		if context.Cause(ctx) != nil {
			return nil, context.Cause(ctx)
		}
		c, err := net.DialTimeout("tcp", addr, wait)
		if err != nil {
			return nil, err
		}
		silent = append(silent, c)
		p.Silent++
		asked := time.Now()
		if _, err := ask(addr, "/", wait); err != nil {
			p.WaitNS = int64(time.Since(asked))
			return p, nil
		}
	}
	p.Answered = true
	return p, nil
}
