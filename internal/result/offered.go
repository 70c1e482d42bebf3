package result

import (
	"math"
)

// Offered is the rate at which requests were due in the window, per second; 0 in a closed loop. For an even schedule it is that of the spec. For a
// random one, bursts, stages or a window that was cut short, it is counted.
func Offered(l *Load) float64 {
	s, due := l.Spec, l.Requests.Planned-l.UnsentBy["interrupted"]
	even := s.Arrivals == "" && s.Burst <= 1 && len(s.Stages) == 0 && l.Complete
	if even || s.Rate == 0 || s.Requests > 0 || due == 0 || l.inSlices() || l.Window.ElapsedNS <= 0 {
		return s.Rate
	}
	return float64(due) / float64(l.Window.ElapsedNS) * 1e9
}

// Shortfall is the share of the offered rate that was not served; negative if more was served, 0 in a closed loop. Requests due so late that
// their reply could not come in the window do not count; the fastest tenth of response times decides how late that is. A run that ends by number lasts
// until its last reply: its shortfall is the share of its length beyond the schedule and the slowest request.
func Shortfall(l *Load) float64 {
	elapsed := float64(l.Window.ElapsedNS)
	if l.Spec.Rate == 0 || elapsed <= 0 {
		return 0
	}
	due := float64(l.Requests.Planned - l.UnsentBy["interrupted"]) // a short schedule holds fewer requests than rate times length
	if l.Spec.Requests > 0 && l.Complete {
		return 1 - (due/l.Spec.Rate*1e9+float64(l.Service.Max))/elapsed
	}
	offered := Offered(l)
	if due > 0 {
		offered = min(offered, due/elapsed*1e9)
	}
	lag := 1 - l.RateRPS/offered
	if l.inSlices() && l.Spec.Arrivals == Poisson && due > 0 {
		lag -= 3 / math.Sqrt(due) // three standard deviations of a Poisson count
	}
	if lag <= noticeable/2 || l.inSlices() {
		return lag
	}
	tenth, known := l.quantiles(0.1)
	if !known {
		return lag
	}
	answerable := elapsed - max(0, tenth[0]-float64(l.Spec.Warmup))
	if answerable <= 0 {
		return 0 // unknown: no reply could come in the window
	}
	return 1 - l.RateRPS*elapsed/(offered*answerable)
}

// quantiles returns the response times at these shares, in nanoseconds; known is false if the record has no histogram.
func (l *Load) quantiles(shares ...float64) (at []float64, known bool) {
	h := buckets.Get().(*Packed)
	defer buckets.Put(h)
	if h.Decode(l.Histogram) != nil || h.Count() == 0 {
		return nil, false
	}
	for _, q := range shares {
		at = append(at, float64(h.Quantile(q)))
	}
	return at, true
}

// Overloaded reports whether the target fell behind the offered rate throughout, so that response times grow with the length of the run. If a
// constant share of the offered rate is too much, waiting times are uniform from 0 to that share of the run, and the median is in the middle.
// If half of the requests hardly wait, the target stood still for a while instead, and response times show for how long. A complete run by
// number answered all its requests, and is never overloaded.
func Overloaded(l *Load) bool {
	lag := Shortfall(l)
	if lag <= noticeable || l.Spec.Requests > 0 && l.Complete {
		return false
	}
	inGrace := max(0, float64(l.Requests.OK)-l.Served())
	if float64(l.Requests.Unsent+l.Requests.Unanswered)+inGrace <= float64(l.Requests.Errors) {
		return false // errors explain the shortfall
	}
	at, known := l.quantiles(0.01, 0.5)
	length := l.Window.ElapsedNS
	if l.inSlices() {
		length = l.SliceNS // each slice begins without a backlog
	}
	middle := lag * float64(length) / 2
	return !known || at[1]-at[0] > middle/10
}
