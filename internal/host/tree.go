package host

import (
	"fmt"

	"carousel/internal/usage"
)

// tick is the unit of the times in /proc, in nanoseconds: USER_HZ is 100 wherever Go runs.
const tick = 10_000_000

// Tree is the processor time that a process and its descendants had used at one moment; the zero Tree has no process.
type Tree struct {
	root int
	all  map[int]process
}

// process is one of a tree.
type process struct {
	parent  int
	started uint64    // in ticks: differs if another process got the same number
	own     usage.CPU // exact in sum
	waited  usage.CPU // of ended children that it waited for, and of theirs; user and system each rounded down to ticks
	deaf    bool      // it ignores SIGCHLD: the kernel reaps its children for it and forgets their time
	ended   bool      // but its parent has not waited for it yet
}

// Until returns the processor time that the tree used from a to b, good to about two ticks if processes ended; neither part is
// negative. It returns an error if the root ended, or if another process ended and no process of the tree got its time.
func (a Tree) Until(b Tree) (usage.CPU, error) {
	if root := a.all[a.root]; a.root != 0 && root.started != b.all[b.root].started {
		return usage.CPU{}, fmt.Errorf("process %d ended, and another has its number", a.root)
	}
	ended := map[int]usage.CPU{} // what ended processes had used at a, by the living ancestor that gets their time
	for pid, p := range a.all {
		if b.has(pid, p) {
			continue
		}
		heir := p.parent
		for next, known := a.all[heir]; known && !b.has(heir, next); next, known = a.all[heir] {
			heir = next.parent
		}
		ended[heir] = plus(ended[heir], plus(p.own, p.waited))
	}
	var sum usage.CPU
	for pid, p := range b.all {
		var then process
		if a.has(pid, p) {
			then = a.all[pid]
		}
		handed := minus(p.waited, then.waited)
		switch {
		case p.deaf || then.deaf:
			return usage.CPU{}, fmt.Errorf("a process of the tree ignores SIGCHLD, so the kernel forgets what its ended children used")
		case handed.Total()+2*tick < ended[pid].Total():
			return usage.CPU{}, fmt.Errorf("a process left the tree, or ended and was not waited for, so part of what it used is missing")
		}
		sum = plus(sum, minus(plus(minus(p.own, then.own), handed), ended[pid]))
	}
	total := max(0, sum.Total())
	sum.UserNS = min(max(0, sum.UserNS), total)
	sum.SystemNS = total - sum.UserNS
	return sum, nil
}

func (t Tree) has(pid int, p process) bool {
	same, there := t.all[pid]
	return there && same.started == p.started
}

func plus(a, b usage.CPU) usage.CPU {
	return usage.CPU{UserNS: a.UserNS + b.UserNS, SystemNS: a.SystemNS + b.SystemNS}
}

func minus(a, b usage.CPU) usage.CPU {
	return usage.CPU{UserNS: a.UserNS - b.UserNS, SystemNS: a.SystemNS - b.SystemNS}
}
