// Package timer is the deadlines of a loop: one for each descriptor at most, the earliest first.
package timer

import (
	"iter"
	"time"
)

// Queue holds deadlines by descriptor in a binary heap; its zero value is ready.
type Queue struct {
	heap  []deadline
	place []int32 // of a descriptor in heap, plus one; 0 is nowhere
}

type deadline struct {
	at time.Duration // since start
	fd int32
}

var start = time.Now()

func now() time.Duration { return time.Since(start) }

// Set makes fd due after wait, in place of what it was due at before; a wait of 0 only takes the old one back.
func (q *Queue) Set(fd int, wait time.Duration) {
	if fd < len(q.place) && q.place[fd] > 0 {
		q.remove(int(q.place[fd] - 1))
	}
	if wait == 0 {
		return
	}
	for fd >= len(q.place) {
		q.place = append(q.place, 0)
	}
	q.heap = append(q.heap, deadline{now() + wait, int32(fd)})
	q.up(len(q.heap) - 1)
}

// Wait is how long until the earliest deadline, at least 0; -1 when there is none.
func (q *Queue) Wait() time.Duration {
	if len(q.heap) == 0 {
		return -1
	}
	return max(0, q.heap[0].at-now())
}

// Due takes out, one after another, the descriptors that were due when it began; what is set meanwhile can wait.
func (q *Queue) Due() iter.Seq[int] {
	return func(yield func(fd int) bool) {
		if len(q.heap) == 0 {
			return
		}
		for began := now(); len(q.heap) > 0 && q.heap[0].at <= began; {
			fd := int(q.heap[0].fd)
			q.remove(0)
			if !yield(fd) {
				return
			}
		}
	}
}

func (q *Queue) remove(i int) {
	last := len(q.heap) - 1
	q.place[q.heap[i].fd] = 0
	moved := q.heap[last]
	if q.heap = q.heap[:last]; i < last {
		q.put(i, moved)
		q.down(i)
		q.up(i)
	}
}

func (q *Queue) put(i int, d deadline) {
	q.heap[i] = d
	q.place[d.fd] = int32(i + 1)
}

func (q *Queue) up(i int) {
	d := q.heap[i]
	for i > 0 && q.heap[(i-1)/2].at > d.at {
		q.put(i, q.heap[(i-1)/2])
		i = (i - 1) / 2
	}
	q.put(i, d)
}

func (q *Queue) down(i int) {
	d := q.heap[i]
	for {
		child := 2*i + 1
		if child+1 < len(q.heap) && q.heap[child+1].at < q.heap[child].at {
			child++
		}
		if child >= len(q.heap) || q.heap[child].at >= d.at {
			break
		}
		q.put(i, q.heap[child])
		i = child
	}
	q.put(i, d)
}
