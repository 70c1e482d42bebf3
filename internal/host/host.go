// Package host reads figures of the machine: processor time, stolen time, dropped connections, limits, processors, and
// the settings that a measurement depends on. Linux has all of them; on other systems the functions return an error or zero
// values.
package host

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

// Delta is what the machine did between two snapshots. The kernel counts in units of 10 ms for each processor, so on two processors
// the shares of a window of 1 s are good to about 0.01. It may sample only at ticks what runs: a program that works in short pieces
// between ticks hardly shows in BusyShare. A program that has ended is missing from ProgramsNS.
type Delta struct {
	AllNS       int64   // all processors' time, idle or not
	ProgramsNS  int64   // of it: used by programs that are alive, by their clocks; 0 without TakeAll
	BusyShare   float64 // of it: programs or the kernel were at work, by the machine's ticks
	StealShare  float64 // of it: the hypervisor gave it to others
	ListenDrops int64   // connection attempts, retries included, that the listening sockets of this network namespace turned away

	Retransmits    int64 // segments that this network namespace retransmitted
	SynRetransmits int64 // of those: SYN and SYN-ACK
	Throttled      int64 // periods in which a quota of this process's control groups was used up
	ThrottledNS    int64 // time that their threads lost by it, summed
}

// Snapshot is the machine's counters at one moment; seconds are summed over all processors.
type Snapshot struct {
	total, busy, steal float64
	drops              int64
	retransmits, syns  int64
	throttled, lost    int64         // periods, nanoseconds
	programs           map[int]int64 // nanoseconds that each process has used
}

// Until is what happened from a to b.
func (a Snapshot) Until(b Snapshot) Delta {
	d := Delta{
		ListenDrops: b.drops - a.drops,
		Retransmits: b.retransmits - a.retransmits, SynRetransmits: b.syns - a.syns,
		Throttled: b.throttled - a.throttled, ThrottledNS: b.lost - a.lost,
	}
	if total := b.total - a.total; total > 0 {
		d.AllNS = int64(total * 1e9)
		share := func(part float64) float64 { return min(max(0, part/total), 1) } // rounding can put it slightly outside
		d.BusyShare, d.StealShare = share(b.busy-a.busy), share(b.steal-a.steal)
	}
	for process, used := range b.programs {
		d.ProgramsNS += max(0, used-a.programs[process]) // negative if another process got the number
	}
	return d
}

// Beside returns the share of all processors' time that was in use, without the knownNS nanoseconds: by clocks or by ticks,
// whichever is more. It is never negative, and 0 if nothing is known of the machine.
func (d Delta) Beside(knownNS int64) float64 {
	if d.AllNS == 0 {
		return 0
	}
	all := float64(d.AllNS)
	return max(0, max(d.BusyShare, float64(d.ProgramsNS)/all)-float64(knownNS)/all)
}

// Queue is the accept queue of a listening socket. Waiting is how many connections are established and not accepted yet; Linux allows Backlog+1.
// Drops is how many connection attempts, retries included, the socket has turned away so far.
type Queue struct{ Backlog, Waiting, Drops int64 }

// Full reports whether no further connection can be made.
func (q Queue) Full() bool { return q.Waiting > q.Backlog }

// MostThreads is how many threads a Watch reads of each server, and of this process. It keeps one file open for each.
const MostThreads = 12

// Disturbance is processor time that others took during a slice, in nanoseconds; 0 if not known.
type Disturbance struct {
	BesideNS int64 // other programs used
	StealNS  int64 // the hypervisor gave to others since the slice before ended, in ticks of 10 ms
	DelayNS  int64 // threads of the server and of this process were ready to run and waited, summed
}

// Environment returns the settings of the machine that results depend on, by name, without those that cannot be read.
// The names are explained in results/README.md.
func Environment() map[string]string {
	env := map[string]string{
		"os":         runtime.GOOS,
		"arch":       runtime.GOARCH,
		"go":         runtime.Version(),
		"gomaxprocs": strconv.Itoa(runtime.GOMAXPROCS(0)),
		"gogc":       "100",
		"cpus":       strconv.Itoa(runtime.NumCPU()),
	}
	for name, variable := range map[string]string{"gogc": "GOGC", "gomemlimit": "GOMEMLIMIT", "godebug": "GODEBUG"} {
		if value := os.Getenv(variable); value != "" {
			env[name] = value
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				env["commit"] = s.Value
			case "vcs.modified":
				env["dirty"] = s.Value
			}
		}
	}
	if soft, hard, err := FDLimit(); err == nil {
		env["descriptors"] = strconv.FormatUint(soft, 10)
		env["descriptors_hard"] = strconv.FormatUint(hard, 10)
	}
	machine(env)
	return env
}
