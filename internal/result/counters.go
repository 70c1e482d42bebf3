package result

import "maps"

// The counters of a server's process tree.
const (
	Calls      = "calls"      // system calls
	Waits      = "waits"      // of these: select, poll, epoll_wait and io_uring_enter in all their forms
	Switches   = "switches"   // context switches: a thread left its processor
	Migrations = "migrations" // a thread went to another processor
	Faults     = "faults"     // page faults
)

// CounterNames are all counters, in the order in which they are printed.
var CounterNames = []string{Calls, Waits, Switches, Migrations, Faults}

// Counters is what was counted in a window. Each counter is either in Counts or in Lacks.
type Counters struct {
	Counts map[string]int64  `json:"counts"`          // by name
	Lacks  map[string]string `json:"lacks,omitempty"` // by name, why it was not counted
}

// Since returns the counts of c minus those of then.
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
