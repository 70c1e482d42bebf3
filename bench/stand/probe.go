package stand

import (
	"context"
	"net"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// probe opens silent connections, up to limit, and at ever larger numbers of them asks on a connection of its own for what a right server says. It stops at the
// first answer that is not there within wait, or that turns it away. Each silent connection is opened before its probe, so whoever accepts
// in order takes it first.
func probe(ctx context.Context, up *server, limit int, wait time.Duration) (*result.Probe, error) {
	p := &result.Probe{Limit: limit}
	var silent []net.Conn
	defer func() {
		for _, c := range silent {
			c.Close()
		}
	}()
	for _, n := range scenario.ThinkingSteps(limit) {
		for p.Silent < n {
			if context.Cause(ctx) != nil {
				return nil, context.Cause(ctx)
			}
			c, err := net.DialTimeout("tcp", up.addr, wait)
			if err != nil {
				if p.Silent > 0 { // nobody accepts any more
					p.WaitNS = int64(wait)
					return p, nil
				}
				return nil, err
			}
			if tcp, is := c.(*net.TCPConn); is {
				tcp.SetLinger(0) // thousands that closed in order would keep their ports for a minute
			}
			silent = append(silent, c)
			p.Silent++
		}
		asked := time.Now()
		if status, err := up.ask(wait); err != nil {
			p.WaitNS, p.Status = int64(time.Since(asked)), status
			return p, nil
		}
	}
	p.Answered = true
	return p, nil
}

// asking is what bench asks by itself, without loadgen, by the name of the scenario.
var asking = map[string]func(context.Context, *server, protocol.Job, *result.Trial) error{
	"thinking": func(ctx context.Context, up *server, j protocol.Job, t *result.Trial) (err error) {
		t.Probe, err = probe(ctx, up, j.Common.Connections, j.Wait)
		return err
	},
	"ceiling": func(ctx context.Context, up *server, j protocol.Job, t *result.Trial) (err error) {
		t.Ceiling, err = ceiling(ctx, up, j.Common.Connections, j.Wait)
		return err
	},
	"exhaust": func(ctx context.Context, up *server, j protocol.Job, t *result.Trial) (err error) {
		if up.process == nil {
			t.NA = "it runs already, and keeps the descriptors that it has"
			return nil
		}
		t.Exhaust, err = exhaust(ctx, up, j.Common.Connections, j.Wait, j.Window)
		return err
	},
}
