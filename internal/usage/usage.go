// Package usage is the line a server prints when it ends: what it served and what that cost.
package usage

import "sync"

// CPU is processor time, in nanoseconds.
type CPU struct {
	UserNS   int64 `json:"user_ns"`
	SystemNS int64 `json:"system_ns"`
}

// Total is user and system time together, in nanoseconds.
func (c CPU) Total() int64 { return c.UserNS + c.SystemNS }

// Line is one server process's whole life; package json renders it as the line.
type Line struct {
	Model       string `json:"model"`
	Requests    int64  `json:"requests"`    // replies whose last byte the kernel took
	Connections int64  `json:"connections"` // connections accepted
	Bytes       int64  `json:"bytes"`       // reply bytes the kernel took
	ElapsedNS   int64  `json:"elapsed_ns"`  // from READY to this line
	Self        CPU    `json:"self"`        // this process
	Children    CPU    `json:"children"`    // its ended children
	PeakRSS     int64  `json:"peak_rss_bytes"`
	Switches    struct {
		Voluntary   int64 `json:"voluntary"`
		Involuntary int64 `json:"involuntary"`
	} `json:"context_switches"`
	GC struct {
		Cycles  int64 `json:"cycles"`
		PauseNS int64 `json:"pause_ns"` // the world stopped, in total
		CPUNS   int64 `json:"cpu_ns"`
	} `json:"gc"`
	GOMAXPROCS int `json:"gomaxprocs"`
}

var children struct {
	sync.Mutex
	sum Line
}

// AddChild records the line of a child process that served in place of this one.
func AddChild(l Line) {
	children.Lock()
	defer children.Unlock()
	children.sum.add(l)
}

// AddChildren adds the counts of the children to l, but not their processor time and context switches, which the kernel
// adds up for their parent.
func (l *Line) AddChildren() {
	children.Lock()
	defer children.Unlock()
	l.add(children.sum)
}

func (l *Line) add(other Line) {
	l.Requests += other.Requests
	l.Connections += other.Connections
	l.Bytes += other.Bytes
	l.PeakRSS += other.PeakRSS
	l.GC.Cycles += other.GC.Cycles
	l.GC.PauseNS += other.GC.PauseNS
	l.GC.CPUNS += other.GC.CPUNS
}
