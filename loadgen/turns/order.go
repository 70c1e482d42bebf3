package turns

import "math/rand/v2"

// order decides the order of turns: in each cycle every server has one, in a new random order, and no process has two in a row.
//
// A process that has just worked need not wake, so a second slice in a row would be cheaper than those of others. Where two turns in a row cannot
// be avoided, all servers rest before the second.
//
// Two servers alternate. Which one is first changes every keepFor cycles: the first one always follows a slice of the other length.
type order struct {
	random *rand.Rand
	same   func(i, j int) bool // servers i and j are the same process
	turns  []int
	last   int // the server of the latest turn; -1: none
	cycles int
}

// keepFor is for how many cycles two servers keep their order.
const keepFor = 8

// attempts are how many orders are drawn to find one without a rest.
const attempts = 100

func newOrder(servers []int, seed uint64, same func(i, j int) bool) *order {
	return &order{random: rand.New(rand.NewPCG(seed, 0)), same: same, turns: servers, last: -1}
}

// next returns the order of the next cycle, valid until the next call, and before which of its turns to rest.
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

// rests returns before which turns to rest: those of the same process as the turn before.
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
