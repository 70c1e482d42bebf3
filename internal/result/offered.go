package result

import (
	"math"
)

// Offered is the rate at which requests were due in the window. Evenly spaced it is the one that was asked for; at random, in bursts, in stages
// and where the window was cut short, the draw and the end decide. 0 in a closed loop.
func Offered(l *Load) float64 {
	s, due := l.Spec, l.Requests.Planned-l.UnsentBy["interrupted"]
	even := s.Arrivals == "" && s.Burst <= 1 && len(s.Stages) == 0 && l.Complete
	if even || s.Rate == 0 || s.Requests > 0 || due == 0 || l.inSlices() || l.Window.ElapsedNS <= 0 {
		return s.Rate
	}
	return float64(due) / float64(l.Window.ElapsedNS) * 1e9
}

// Shortfall is the share of the offered rate that was not served, below 0 where more was; 0 in a closed loop. What was due too late to be
// answered in the window, by how long nearly every request takes, does not count. A run that ends by number lasts until the last request
// is answered: it is behind by what it took longer than its schedule and its slowest request.
func Shortfall(l *Load) float64 {
	elapsed := float64(l.Window.ElapsedNS)
	if l.Spec.Rate == 0 || elapsed <= 0 {
		return 0
	}
	due := float64(l.Requests.Planned - l.UnsentBy["interrupted"]) // of a short run the schedule holds a whole number of requests
	if l.Spec.Requests > 0 && l.Complete {
		return 1 - (due/l.Spec.Rate*1e9+float64(l.Service.Max))/elapsed
	}
	offered := Offered(l)
	if due > 0 {
		offered = min(offered, due/elapsed*1e9)
	}
	lag := 1 - l.RateRPS/offered
	if l.inSlices() && l.Spec.Arrivals == Poisson && due > 0 {
		lag -= 3 / math.Sqrt(due) // by so much a draw may be off
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
		return 0 // nobody can tell
	}
	return 1 - l.RateRPS*elapsed/(offered*answerable)
}

// quantiles are those of the response time at these shares, in nanoseconds, if the record has them.
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

// Overloaded reports whether the target fell behind the offered rate all along, so that the time from due measures the length of the run.
// Where a share of what is offered is too much, requests wait evenly for anything from nothing to that share of the run, and the median
// stands in the middle. Where half of them hardly wait, the target stood still for a while instead: the time from due says for how long. A
// run by number that came to its end has answered all it asked for: its times are whole.
func Overloaded(l *Load) bool {
	lag := Shortfall(l)
	if lag <= noticeable || l.Spec.Requests > 0 && l.Complete {
		return false
	}
	inGrace := max(0, float64(l.Requests.OK)-l.Served())
	if float64(l.Requests.Unsent+l.Requests.Unanswered)+inGrace <= float64(l.Requests.Errors) {
		return false // what lacks are errors
	}
	at, known := l.quantiles(0.01, 0.5)
	length := l.Window.ElapsedNS
	if l.inSlices() {
		length = l.SliceNS // each begins without a backlog
	}
	middle := lag * float64(length) / 2
	return !known || at[1]-at[0] > middle/10
}
