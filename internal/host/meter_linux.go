package host

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// Meter reads the processor time of a process and its descendants at the edges of the slices in which it is loaded.
//
// The kernel books a running thread's time when the thread stops running, or at a tick. What is read right after the last reply
// therefore lacks 1 % of a slice of tens of milliseconds on average and 9 % at worst, so the end of a slice is read when the
// processes are at rest. Every nanosecond falls on one side of an edge or the other: the two kinds of readings add up to what
// the tree used in all.
//
// Processes that are born or end are counted as far as Tree.Until can. A Meter is for one goroutine at a time.
type Meter struct {
	pid         int
	edge        Tree // at the last edge
	begun       bool
	descendants []int
	clocks      []int32 // of the process and its descendants
	born        string  // number of the machine's newest process or thread, before descendants were looked up
}

// NewMeter prepares to measure the process pid. The error is that of TreeCPU, or says that the process ended.
func NewMeter(pid int) (*Meter, error) {
	m := &Meter{pid: pid}
	var err error
	if m.edge, err = m.look(); err == nil && m.edge.all[pid].ended {
		err = m.gone()
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Begin begins a slice and returns the nanoseconds that the tree used since the last End; 0 the first time.
// The error is one of Tree.Until, or says that the process ended. After an error the next slice is measured if possible.
func (m *Meter) Begin() (ns int64, err error) {
	ns, err = m.pass()
	if !m.begun {
		m.begun = true
		return 0, err
	}
	return ns, err
}

// End ends a slice and returns the nanoseconds that the tree used since Begin. It waits until they have not changed
// for 100 us, which takes at most 1 ms unless other programs take its processor. Time that is used later is part of the next Begin.
// Errors are as in Begin.
func (m *Meter) End() (ns int64, err error) {
	settle(m.booked, time.Now)
	return m.pass()
}

// pass makes this moment the edge and returns what was used since the last one.
func (m *Meter) pass() (ns int64, err error) {
	now, err := m.look()
	switch {
	case errors.Is(err, errNoProcess) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH):
		return 0, m.gone()
	case err != nil:
		return 0, err
	}
	if root := now.all[m.pid]; root.ended || root.started != m.edge.all[m.pid].started {
		return 0, m.gone()
	}
	before := m.edge
	m.edge = now
	used, err := before.Until(now)
	return used.Total(), err
}

func (m *Meter) gone() error { return fmt.Errorf("process %d ended", m.pid) }

// look reads the tree. Looking descendants up takes much longer than reading them. look skips it if no process or thread was
// created on the whole machine since (each gets the next number) and no descendant ended.
func (m *Meter) look() (Tree, error) {
	born := read("/proc/sys/kernel/ns_last_pid") // not /proc/loadavg, which may be a stale copy in a container
	if born != "" && born == m.born {
		if t, whole, err := readTree(m.pid, m.descendants); err == nil && whole {
			return t, nil
		}
	}
	t, descendants, err := lookUp(m.pid)
	if err != nil {
		return Tree{}, err
	}
	m.born, m.descendants, m.clocks = born, descendants, m.clocks[:0]
	for pid := range t.all {
		m.clocks = append(m.clocks, clock(pid))
	}
	return t, nil
}

// booked returns the sum of the clocks of the known processes, in nanoseconds; ended ones have no clock.
func (m *Meter) booked() (ns int64) {
	for _, c := range m.clocks {
		var ts unix.Timespec
		if unix.ClockGettime(c, &ts) == nil {
			ns += ts.Nano()
		}
	}
	return ns
}

// settle returns when booked no longer changes. It does not sleep, because such a short sleep may take a millisecond.
func settle(booked func() int64, now func() time.Time) {
	const rest, most = 100 * time.Microsecond, time.Millisecond
	last := booked()
	begun := now()
	for changed := begun; ; {
		unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) // a process that still has work may be waiting for this very processor
		next, at := booked(), now()
		if next != last {
			last, changed = next, at
		}
		if at.Sub(changed) >= rest || at.Sub(begun) >= most {
			return
		}
	}
}
