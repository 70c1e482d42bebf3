// Package timer holds the deadlines of an event loop: at most one for each descriptor, the earliest first.
package timer

import (
	"iter"
	"time"
)

// Queue holds deadlines by descriptor in a binary heap; its zero value is ready.
type Queue struct {
	heap  []deadline
	place []int32 // by descriptor: its index in heap plus one; 0: it has no deadline
}

type deadline struct {
	at time.Duration // since start
	fd int32
}

var start = time.Now()

func now() time.Duration { return time.Since(start) }

// Set sets the deadline of fd to wait from now, in place of an earlier one. A wait of 0 removes the deadline.
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

// Wait returns how long until the earliest deadline, at least 0; -1 if there is none.
func (q *Queue) Wait() time.Duration {
	if len(q.heap) == 0 {
		return -1
	}
	return max(0, q.heap[0].at-now())
}

// Due removes and returns, the earliest first, the descriptors whose deadline had passed when the iteration began. One that is set meanwhile stays.
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
