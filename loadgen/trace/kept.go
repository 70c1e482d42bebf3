package trace

import (
	"cmp"
	"slices"
)

// Tally is how many records of a load are in its trace.
type Tally struct {
	Limit                            int64 // of the trace, in records
	Requests, Connects               int64 // in the trace
	DroppedRequests, DroppedConnects int64 // not in it, for want of room
}

// kept is a record to write, with its process and its place among the requests under way on its connection.
type kept struct {
	*Record
	process *Process
	place   int
}

// keep returns the records to write, in the order of sending, and their counts.
func (t *Trace) keep() (all []kept, n Tally) {
	left := map[*Writer]int{} // free slots of its last block, the only one that is not full
	for _, p := range t.processes {
		for _, w := range p.writers {
			left[w] = len(w.block)
			n.DroppedRequests += w.dropped[Request]
			n.DroppedConnects += w.dropped[Connect]
		}
	}
	blocks := int(min(t.taken.Load(), int64(len(t.owner))))
	for k := blocks - 1; k >= 0; k-- {
		w := t.owner[k]
		for i := range block - left[w] {
			all = append(all, kept{Record: &t.slots[k*block+i], process: w.process})
		}
		left[w] = 0
	}
	if len(all) > t.limit { // Room allocated more, for several writers
		slices.SortStableFunc(all, func(a, b kept) int { return cmp.Compare(a.Done, b.Done) })
		for _, one := range all[t.limit:] {
			n.count(one.What, 0, 1)
		}
		all = all[:t.limit]
	}
	slices.SortFunc(all, func(a, b kept) int {
		return cmp.Or(cmp.Compare(a.Sent, b.Sent), cmp.Compare(a.What, b.What), cmp.Compare(a.Done, b.Done), cmp.Compare(a.Conn, b.Conn))
	})
	for _, one := range all {
		n.count(one.What, 1, 0)
	}
	n.Limit = int64(t.limit)
	return all, n
}

func (n *Tally) count(what What, kept, dropped int64) {
	switch what {
	case Request:
		n.Requests += kept
		n.DroppedRequests += dropped
	case Connect:
		n.Connects += kept
		n.DroppedConnects += dropped
	}
}

// settle sets the place of each record and the lanes of each connection. A lane has one request at a time, so that its events nest.
func (t *Trace) settle(all []kept) {
	busy := map[*Process][][]int64{} // by connection and place: until when it is busy
	for _, p := range t.processes {
		busy[p] = make([][]int64, p.conns+p.silent)
	}
	for i := range all {
		one := &all[i]
		places := &busy[one.process][one.process.lane(one.Conn)]
		if len(*places) == 0 {
			*places = []int64{0}
		}
		if one.What != Request || one.process.depth == 1 {
			continue // a connect is within all requests that wait for it
		}
		one.place = slices.IndexFunc(*places, func(until int64) bool { return until <= one.Sent })
		if one.place < 0 {
			one.place = len(*places)
			*places = append(*places, 0)
		}
		(*places)[one.place] = one.Done
	}
	next := 1 // Perfetto ignores thread 0
	for _, p := range t.processes {
		p.base, p.lanes = next, make([]int, p.conns+p.silent+1)
		next++
		for k, places := range busy[p] {
			p.lanes[k] = next
			next += len(places)
		}
		p.lanes[p.conns+p.silent] = next
	}
}

// lane returns the index of a connection in p.lanes.
func (p *Process) lane(conn int32) int {
	if conn < 0 {
		return p.conns - 1 - int(conn)
	}
	return int(conn)
}
