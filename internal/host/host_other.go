//go:build !linux

package host

import (
	"errors"
	"net/netip"
	"runtime"
)

// TreeCPU needs Linux.
func TreeCPU(int) (Tree, error) {
	return Tree{}, errors.New("the processor time of another process can be read on Linux only")
}

// Meter needs Linux.
type Meter struct{}

// NewMeter needs Linux.
func NewMeter(int) (*Meter, error) {
	_, err := TreeCPU(0)
	return nil, err
}

// Begin needs Linux.
func (m *Meter) Begin() (ns int64, err error) { return 0, nil }

// End needs Linux.
func (m *Meter) End() (ns int64, err error) { return 0, nil }

// Watch needs Linux: elsewhere nothing is known of what disturbs.
type Watch struct{}

// NewWatch returns a Watch that sees nothing.
func NewWatch([]*Meter) *Watch { return &Watch{} }

// Begin does nothing.
func (w *Watch) Begin(*Meter) {}

// End tells of no disturbance.
func (w *Watch) End(*Meter) Disturbance { return Disturbance{} }

// Close does nothing.
func (w *Watch) Close() {}

// PeakBelow is not known here.
func PeakBelow(int) int64 { return 0 }

// Resident is not known here.
func Resident(int) int64 { return 0 }

// Slab is not known here.
func Slab() (bytes int64, err error) {
	return 0, errors.New("what memory the kernel has for itself is known on Linux only")
}

// LimitFiles needs Linux.
func LimitFiles(int, int) error {
	return errors.New("the descriptors of another process can be limited on Linux only")
}

// Listener needs Linux.
func Listener(string) (pid int, err error) {
	return 0, errors.New("the process that listens on an address is known on Linux only")
}

// ListenQueue is not known here.
func ListenQueue(string) (q Queue, known bool) { return q, false }

// Thread is not known here.
func Thread() int { return 0 }

// RunDelay is not known here.
func RunDelay([]int) int64 { return 0 }

// OpenFiles is not known here.
func OpenFiles() int { return 0 }

// LocalPorts are not known here.
func LocalPorts() (low, n int) { return 0, 0 }

// PortsTo is not known here.
func PortsTo(netip.AddrPort) int { return 0 }

// Take returns an empty snapshot: the counters are read on Linux only.
func Take() Snapshot { return Snapshot{} }

// TakeAll returns an empty snapshot too.
func TakeAll() Snapshot { return Snapshot{} }

// CPUs are the processors this process may use: here, all.
func CPUs() []int {
	cpus := make([]int, runtime.NumCPU())
	for i := range cpus {
		cpus[i] = i
	}
	return cpus
}

// Processors is how many the machine has.
func Processors() int { return runtime.NumCPU() }

// Siblings are the other processors of cpu's core, which are known on Linux only.
func Siblings(int) []int { return nil }

func machine(map[string]string) {}
