package record

import (
	"time"

	"carousel/internal/result"
)

// The intervals of a window and its grace: their length at first, and their maximum number. When a window needs more, intervals are merged in
// pairs, so that a run of any length takes the same memory: 9 MiB of address space per worker, and about 10 KiB resident per interval.
const (
	shortestInterval = int64(time.Second)
	mostIntervals    = 600
)

// middling is the fineness (see stepOf) of the response times of an interval: the middle of a step is within 0.8 % of all times in it.
const middling = 6

// steps is the number of steps for all durations.
const steps = (64 - middling) << middling

// interval counts the requests that ended in a part of a window.
type interval struct {
	ok, errors, bytes int64
	longest           int64 // the longest response time
	shortest          int64 // the step of the shortest response time; undefined if ok is 0
	times             [steps]uint32
}

// intervals are those of a window and its grace.
type intervals struct {
	width int64 // nanoseconds of an interval
	from  int64 // when now begins, in nanoseconds from when the window opened
	now   *interval
	list  [mostIntervals]interval
}

func newIntervals() *intervals {
	v := &intervals{width: shortestInterval}
	v.now = &v.list[0]
	return v
}

// at returns the interval of an instant, in nanoseconds from when the window opened.
func (v *intervals) at(at int64) *interval {
	if uint64(at-v.from) >= uint64(v.width) {
		v.move(max(at, 0))
	}
	return v.now
}

// move sets now to the interval of an instant.
func (v *intervals) move(at int64) {
	for at > v.width*mostIntervals-1 {
		v.widen()
	}
	v.from = at - at%v.width
	v.now = &v.list[at/v.width]
}

// took records a good reply with this response time.
func (i *interval) took(response int64) {
	response = max(response, 0)
	step := stepOf(uint64(response), middling)
	if i.ok == 0 || int64(step) < i.shortest {
		i.shortest = int64(step)
	}
	i.ok++
	i.longest = max(i.longest, response)
	i.times[step]++
}

// take moves the counts of o to i. It does not write steps without a count, so that their memory pages need not become resident.
func (i *interval) take(o *interval) {
	i.errors, i.bytes = i.errors+o.errors, i.bytes+o.bytes
	o.errors, o.bytes = 0, 0
	if o.ok == 0 {
		return
	}
	if i.ok == 0 || o.shortest < i.shortest {
		i.shortest = o.shortest
	}
	for step := int(o.shortest); step <= stepOf(uint64(o.longest), middling); step++ {
		if n := o.times[step]; n > 0 {
			i.times[step] += n
			o.times[step] = 0
		}
	}
	i.ok, i.longest = i.ok+o.ok, max(i.longest, o.longest)
	o.ok, o.longest = 0, 0
}

// widen merges each pair of neighbours.
func (v *intervals) widen() {
	for k := range v.list {
		if k > 0 {
			v.list[k/2].take(&v.list[k])
		}
	}
	v.width *= 2
	v.from, v.now = 0, &v.list[0]
}

// intervalsOf returns the sum of the workers' intervals for a window of the given length and its grace, and empties them. It returns nil if
// the window is in parts or never opened. In the HDR V2 text of an interval each response time is in the middle of its step.
func intervalsOf(workers []*Recorder, elapsed time.Duration) *result.Intervals {
	sum := workers[0].intervals
	for _, r := range workers {
		if r.parts != nil {
			return nil
		}
	}
	for _, r := range workers[1:] {
		for sum.width < r.intervals.width {
			sum.widen()
		}
		for r.intervals.width < sum.width {
			r.intervals.widen()
		}
		for k := range sum.list {
			sum.list[k].take(&r.intervals.list[k])
		}
	}
	for sum.width*mostIntervals < int64(elapsed) {
		sum.widen()
	}
	n := int((int64(elapsed) + sum.width - 1) / sum.width)
	for k := n; k < mostIntervals; k++ {
		if i := &sum.list[k]; i.ok+i.errors > 0 {
			n = k + 1
		}
	}
	if n == 0 {
		return nil
	}
	all := &result.Intervals{LengthNS: sum.width, List: make([]result.Interval, n)}
	var buckets result.Sparse
	for k := range n {
		i := &sum.list[k]
		one := result.Interval{OK: i.ok, Errors: i.errors, Bytes: i.bytes, MaxNS: i.longest}
		if i.ok > 0 {
			buckets.Reset()
			for step := int(i.shortest); step <= stepOf(uint64(i.longest), middling); step++ {
				low, width := stepAt(step, middling)
				buckets.Add(low+width/2, int64(i.times[step]))
			}
			one.Histogram = buckets.Encode()
		}
		all.List[k] = one
	}
	return all
}
