package record

import (
	"time"

	"carousel/internal/result"
)

// The bins of a series: their length at first, and their maximum number. When a window needs more, bins are merged in pairs, so that a record
// of any length takes the same memory.
const (
	shortestBin = int64(100 * time.Millisecond)
	mostBins    = 512
)

// series has the good replies of a window in each of its bins, and how long requests were under way.
type series struct {
	width   int64 // nanoseconds of a bin
	replies [mostBins]int64
	busy    [mostBins]int64 // nanoseconds that requests were under way, added up
}

// reply records a good reply that came at nanoseconds into the window.
func (s *series) reply(at int64) {
	s.reach(at)
	s.replies[at/s.width]++
}

// underWay records that a request was under way from one instant of the window to another.
func (s *series) underWay(from, to int64) {
	s.reach(to)
	for from < to {
		i := from / s.width
		edge := min(to, (i+1)*s.width)
		s.busy[i] += edge - from
		from = edge
	}
}

// reach makes the bins longer until they cover an instant.
func (s *series) reach(at int64) {
	for at > s.width*mostBins-1 {
		s.widen()
	}
}

// widen merges each pair of neighbours.
func (s *series) widen() {
	for _, bins := range []*[mostBins]int64{&s.replies, &s.busy} {
		for i := range mostBins / 2 {
			bins[i] = bins[2*i] + bins[2*i+1]
		}
		clear(bins[mostBins/2:])
	}
	s.width *= 2
}

// seriesOf returns the sum of the workers' series over a window of the given length; nil if it has not one whole bin or is in parts.
func seriesOf(workers []*Recorder, elapsed time.Duration) *result.Series {
	sum := series{width: shortestBin}
	for _, r := range workers {
		if r.parts != nil {
			return nil
		}
		for sum.width < r.series.width {
			sum.widen()
		}
	}
	for _, r := range workers {
		one := *r.series
		for one.width < sum.width {
			one.widen()
		}
		for i := range mostBins {
			sum.replies[i] += one.replies[i]
			sum.busy[i] += one.busy[i]
		}
	}
	whole := min(int64(elapsed)/sum.width, mostBins)
	if whole == 0 {
		return nil
	}
	return &result.Series{BinNS: sum.width, Replies: append([]int64{}, sum.replies[:whole]...), BusyNS: append([]int64{}, sum.busy[:whole]...)}
}
