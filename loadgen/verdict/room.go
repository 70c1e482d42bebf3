package verdict

import (
	"fmt"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/record"
)

// The checks of this file are of what connections need: descriptors of loadgen's own process, and local ports.

// roomy is the share in use above which a remark is made.
const roomy = 0.80

func checkDescriptors(l *result.Load) (state, text, advice string) {
	advice = "raise \"ulimit -n\" for loadgen or use fewer connections (-c)"
	limit := ""
	if r := l.Room; r != nil && r.DescriptorLimit > 0 {
		limit = fmt.Sprintf(", of which it may have %s", units.Count(r.DescriptorLimit))
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

// lackOf is how far it hurts that so many attempts to connect failed for want of something of this machine's.
func lackOf(l *result.Load, n int64) string {
	if n >= int64(l.Spec.Connections) {
		return result.Invalid
	}
	return result.Suspect
}

func crowded(used, limit int64) bool { return limit > 0 && float64(used) > roomy*float64(limit) }

// unreached is how many attempts to connect failed for which the target or the way to it is to blame.
func unreached(l *result.Load) int64 {
	return l.Connections.Failed - l.ConnectErrors[record.ConnectNoFile.String()] - l.ConnectErrors[record.ConnectNoPort.String()]
}
