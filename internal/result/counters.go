package result

import "maps"

// The counters: what a server's process tree asks of the kernel.
const (
	Calls      = "calls"      // system calls
	Waits      = "waits"      // of these, those that wait for many descriptors: select, poll, epoll and io_uring
	Switches   = "switches"   // context switches: a thread left its processor
	Migrations = "migrations" // a thread went to another processor
	Faults     = "faults"     // page faults
)

// CounterNames are all of them, in their order.
var CounterNames = []string{Calls, Waits, Switches, Migrations, Faults}

// Counters is what was counted in a window. Each counter stands in one of the two.
type Counters struct {
	Counts map[string]int64  `json:"counts"`          // by name
	Lacks  map[string]string `json:"lacks,omitempty"` // by name, why it was not counted
}

// Since is what was counted from then on.
func (c *Counters) Since(then *Counters) *Counters {
	d := &Counters{map[string]int64{}, map[string]string{}}
	maps.Copy(d.Lacks, then.Lacks)
	maps.Copy(d.Lacks, c.Lacks)
	for name, n := range c.Counts {
		if before, counted := then.Counts[name]; counted {
			d.Counts[name] = n - before
		}
	}
	return d
}
