package cli

import (
	"cmp"
	"fmt"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// checkHosts rejects flags that cannot be combined with targets on several servers.
func (o *Options) checkHosts() error {
	s := o.Spec
	if !s.SeveralHosts() {
		return nil
	}
	n := len(client.Servers(s))
	first := cmp.Or(s.First, s.Connections)
	switch {
	case o.Servers[0].Auto || o.Servers[0].PID > 0:
		return fmt.Errorf("--pid: processor time is of one server, and the targets are on %d: leave it out, or load each by itself", n)
	case len(s.Counters) > 0:
		return fmt.Errorf("--counters are of one server, and the targets are on %d: load each by itself", n)
	case first < n:
		return fmt.Errorf("-c %d: the targets are on %d servers, each of which needs a connection: use -c %[2]d or more", first, n)
	}
	return nil
}

// each is the largest number of n connections that one server of s gets.
func each(s result.Spec, n int) int {
	servers := len(client.Servers(s))
	return n/servers + min(1, n%servers)
}

// ported reports whether connections of s need local ports: not on a Unix socket.
func ported(s result.Spec) bool { return client.Network(client.Addr(s.Target)) != "unix" }
