package engine

import (
	"net/netip"
	"runtime/debug"

	"carousel/internal/host"
	"carousel/internal/result"
)

// room returns how many descriptors and local ports are in use now: the ports are those to the one of addrs with the most. It is nil if nothing is
// known.
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

// collected returns how often the garbage collector has run so far, and how long it has paused the program.
func collected() result.GC {
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	return result.GC{Cycles: stats.NumGC, PauseNS: int64(stats.PauseTotal)}
}
