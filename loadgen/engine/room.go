package engine

import (
	"net/netip"
	"runtime/debug"

	"carousel/internal/host"
	"carousel/internal/result"
)

// room is how much of what connections to addrs need is in use now, of ports where most are; nil where nothing is known.
func room(addrs ...string) *result.Room {
	_, ports := host.LocalPorts()
	r := &result.Room{Descriptors: int64(host.OpenFiles()), PortLimit: int64(ports)}
	if r.Descriptors == 0 && r.PortLimit == 0 {
		return nil
	}
	if soft, _, err := host.FDLimit(); err == nil {
		r.DescriptorLimit = int64(soft)
	}
	for _, addr := range addrs {
		if to, err := netip.ParseAddrPort(addr); err == nil {
			r.Ports = max(r.Ports, int64(host.PortsTo(to)))
		} else {
			r.PortLimit = 0 // a Unix socket has none
		}
	}
	return r
}

// collected is what collecting garbage has done so far.
func collected() result.GC {
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	return result.GC{Cycles: stats.NumGC, PauseNS: int64(stats.PauseTotal)}
}
