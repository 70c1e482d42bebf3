package verdict

import (
	"fmt"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/record"
)

// The checks in this file are of what connections need: descriptors of loadgen's own process, and local ports.

// crowdedFrom is the share in use above which a remark is made.
const crowdedFrom = 0.80

func checkDescriptors(l *result.Load) (state, text, advice string) {
	advice = "raise \"ulimit -n\" for loadgen or use fewer connections (-c)"
	limit := ""
	if r := l.Room; r != nil && r.DescriptorLimit > 0 {
		limit = fmt.Sprintf(" (its limit is %s)", units.Count(r.DescriptorLimit))
	}
	if n := l.ConnectErrors[record.ConnectNoFile.String()]; n > 0 {
		return lackOf(l, n), fmt.Sprintf("%s attempts to connect failed as loadgen had no descriptor left%s", units.Count(n), limit), advice
	}
	if r := l.Room; r != nil && crowded(r.Descriptors, r.DescriptorLimit) {
		return result.Valid, fmt.Sprintf("loadgen had %s descriptors open%s", units.Count(r.Descriptors), limit), advice
	}
	return "", "", ""
}

func checkPorts(l *result.Load) (state, text, advice string) {
	advice = "widen net.ipv4.ip_local_port_range, come from more addresses (--source) or use fewer connections (-c)"
	if n := l.ConnectErrors[record.ConnectNoPort.String()]; n > 0 {
		return lackOf(l, n), fmt.Sprintf("%s attempts to connect failed as no local port was left", units.Count(n)), advice
	}
	if r := l.Room; r != nil && crowded(r.Ports, r.PortLimit) {
		return result.Valid, fmt.Sprintf("connections to the target held %s of the %s local ports that one address has, those in TIME_WAIT included", units.Count(r.Ports), units.Count(r.PortLimit)), advice
	}
	return "", "", ""
}

// lackOf grades n failed attempts to connect: invalid if there are as many as connections, else suspect.
func lackOf(l *result.Load, n int64) string {
	if n >= int64(l.Spec.Connections) {
		return result.Invalid
	}
	return result.Suspect
}

func crowded(used, limit int64) bool { return limit > 0 && float64(used) > crowdedFrom*float64(limit) }

// unreached returns how many attempts to connect failed because of the target or the network, not for want of descriptors or ports.
func unreached(l *result.Load) int64 {
	return l.Connections.Failed - l.ConnectErrors[record.ConnectNoFile.String()] - l.ConnectErrors[record.ConnectNoPort.String()]
}
