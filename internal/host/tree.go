package host

import (
	"fmt"

	"carousel/internal/usage"
)

// tick is the unit of the times in /proc, in nanoseconds: USER_HZ is 100 wherever Go runs.
const tick = 10_000_000

// Tree is what a process and its descendants had used of the processors at one moment; the zero Tree is that of nobody.
type Tree struct {
	root int
	all  map[int]process
}

// process is one of a tree.
type process struct {
	parent  int
	started uint64    // in ticks: tells a process from a later one of the same number
	own     usage.CPU // exact in sum
	waited  usage.CPU // of the ended children it waited for and of theirs, each kind cut down to ticks
	deaf    bool      // it ignores SIGCHLD: the kernel reaps its children for it and forgets their time
	ended   bool      // nobody has waited for it yet
}

// Until is the processor time that the tree used from a to b, good to about two ticks where processes ended; neither part is
// negative. The error says why it cannot be known: the process at the root ended, or another ended and its time reached nobody.
func (a Tree) Until(b Tree) (usage.CPU, error) {
	if root := a.all[a.root]; a.root != 0 && root.started != b.all[b.root].started {
		return usage.CPU{}, fmt.Errorf("process %d ended, and another has its number", a.root)
	}
	ended := map[int]usage.CPU{} // what they had used at a, by whose waiting for them hands it on
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
