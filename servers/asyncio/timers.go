package asyncio

import (
	"container/heap"
	"time"
)

// TimerHandle is a callback that is scheduled for a time.
type TimerHandle struct {
	Handle
	loop  *Loop
	when  time.Duration
	order uint64 // of two for the same time the one made first is called first
	place int    // in the heap; -1 when it has left
}

// When returns the loop's time at which the callback is due.
func (h *TimerHandle) When() time.Duration { return h.when }

// Cancel keeps the callback from being called.
func (h *TimerHandle) Cancel() {
	h.Handle.Cancel()
	if h.place >= 0 {
		heap.Remove(&h.loop.timers, h.place)
	}
}

// CallLater schedules fn for after delay.
func (l *Loop) CallLater(delay time.Duration, fn func()) *TimerHandle {
	return l.CallAt(l.Time()+delay, fn)
}

// CallAt schedules fn for the loop's time when. It panics with ErrLoopClosed on a closed loop.
func (l *Loop) CallAt(when time.Duration, fn func()) *TimerHandle {
	if l.closed {
		panic(ErrLoopClosed)
	}
	l.timers.made++
	h := &TimerHandle{Handle: Handle{fn: fn}, loop: l, when: when, order: l.timers.made}
	heap.Push(&l.timers, h)
	return h
}

// dueTimers moves those whose time has come to the ready queue.
func (l *Loop) dueTimers() {
	if len(l.timers.heap) == 0 {
		return
	}
	now := l.Time()
	for len(l.timers.heap) > 0 && l.timers.heap[0].when <= now {
		l.soon(heap.Pop(&l.timers).(*TimerHandle))
	}
}

// timers is a heap, the earliest first.
type timers struct {
	heap []*TimerHandle
	made uint64
}

func (t *timers) next() (when time.Duration, ok bool) {
	if len(t.heap) == 0 {
		return 0, false
	}
	return t.heap[0].when, true
}

// drop removes all. Their handles may still be cancelled.
func (t *timers) drop() {
	for _, h := range t.heap {
		h.place = -1
	}
	t.heap = nil
}

func (t *timers) Len() int { return len(t.heap) }

func (t *timers) Less(i, j int) bool {
	a, b := t.heap[i], t.heap[j]
	return a.when < b.when || a.when == b.when && a.order < b.order
}

func (t *timers) Swap(i, j int) {
	t.heap[i], t.heap[j] = t.heap[j], t.heap[i]
	t.heap[i].place, t.heap[j].place = i, j
}

func (t *timers) Push(h any) {
	h.(*TimerHandle).place = len(t.heap)
	t.heap = append(t.heap, h.(*TimerHandle))
}

func (t *timers) Pop() any {
	last := len(t.heap) - 1
	h := t.heap[last]
	t.heap[last], t.heap = nil, t.heap[:last]
	h.place = -1
	return h
}
