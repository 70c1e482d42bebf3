package stand

import (
	"context"
	"net"
	"time"

	"carousel/bench/protocol"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// probe opens silent connections, up to limit, and at growing numbers of them checks one answer on a new connection. It stops at the
// first answer that is wrong or does not come within wait. The silent connections are opened before the new one, so a server that accepts
// in order takes them first.
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
				if p.Silent > 0 { // the server accepts no more
					p.WaitNS = int64(wait)
					return p, nil
				}
				return nil, err
			}
			if tcp, ok := c.(*net.TCPConn); ok {
				tcp.SetLinger(0) // close by reset: in TIME-WAIT thousands would hold their ports for a minute
			}
			silent = append(silent, c)
			p.Silent++
		}
		sent := time.Now()
		if status, err := up.request(wait); err != nil {
			p.WaitNS, p.Status = int64(time.Since(sent)), status
			return p, nil
		}
	}
	p.Answered = true
	return p, nil
}

// probes are the measurements that bench makes itself, without loadgen, by scenario.
var probes = map[string]func(context.Context, *server, protocol.Job, *result.Trial) error{
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
			t.NA = "bench did not start this server, so it cannot limit its descriptors"
			return nil
		}
		if !priced() {
			t.NA = "what it uses while it is full cannot be read here"
			return nil
		}
		t.Exhaust, err = exhaust(ctx, up, j.Common.Connections, j.Wait, j.Window)
		return err
	},
}
