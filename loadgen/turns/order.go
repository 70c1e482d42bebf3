package turns

import "math/rand/v2"

// order deals out turns: in a cycle every server has one, in a fresh random order, and never one process two in a row.
//
// A process that has just been at work need not be woken, which would make its slice cheaper than the others'. Where two turns in a row
// cannot be avoided, a rest is taken before the second.
//
// Two servers alternate, and which of them begins is turned round every few cycles: the one that does follows a slice of the other length.
type order struct {
	random *rand.Rand
	same   func(i, j int) bool // server i is the process that server j is
	turns  []int
	last   int // of the last cycle; -1: none
	cycles int
}

// keepFor is how many cycles two servers go on in the same order.
const keepFor = 8

// attempts are how many orders are drawn to find one without a rest.
const attempts = 100

func newOrder(servers []int, seed uint64, same func(i, j int) bool) *order {
	return &order{random: rand.New(rand.NewPCG(seed, 0)), same: same, turns: servers, last: -1}
}

// next is the order of the next cycle, good until it is called again, and before which of its turns a rest is due.
func (o *order) next() (turns []int, rests []bool) {
	switch {
	case len(o.turns) > 2 || o.cycles == 0:
		for range attempts {
			o.random.Shuffle(len(o.turns), func(i, j int) { o.turns[i], o.turns[j] = o.turns[j], o.turns[i] })
			if rests = o.rests(); !anyOf(rests) {
				break
			}
		}
	case len(o.turns) == 2 && o.cycles%keepFor == 0:
		o.turns[0], o.turns[1] = o.turns[1], o.turns[0]
	}
	rests = o.rests()
	o.last = o.turns[len(o.turns)-1]
	o.cycles++
	return o.turns, rests
}

// rests says before which turns the process of the one before would have two in a row.
func (o *order) rests() []bool {
	rests := make([]bool, len(o.turns))
	before := o.last
	for i, k := range o.turns {
		rests[i] = before >= 0 && (before == k || o.same(before, k))
		before = k
	}
	return rests
}

func anyOf(flags []bool) bool {
	for _, is := range flags {
		if is {
			return true
		}
	}
	return false
}
