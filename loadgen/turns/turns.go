// Package turns compares servers: one client loads them in turns, in slices of tens of milliseconds, so that what the machine does to one
// it does to all, and their figures are compared cycle by cycle.
//
// It does no I/O: a Stand has the connections and the processes.
package turns

import (
	"context"
	"sort"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// Settings is what to compare, and for how long.
type Settings struct {
	Names    []string      // of the servers, the target first
	Slice    time.Duration // a short one; a long one is three times as long
	Duration time.Duration // of the load that each server gets
	Cycles   int           // how many cycles, an even number, in slices of exactly Slice; 0: as many as Duration has room for
	Warmup   time.Duration // of load before, which is not counted: at least a cycle of short and one of long slices, or short ones alone if it is at most Slice
	Grace    time.Duration // longest wait, after a slice, for what was sent in it
	Rate     float64       // requests per second; 0: a closed loop
	Seed     uint64        // of the random order
	Twin     string        // the second name of the target, if it is also compared with itself; "": it is not
	Until    float64       // the comparison may end early when each ratio is known within this share (0.01: 1 %); 0: it does not

	Processors int // of the machine; 0: pairs of cycles that other programs disturb are not repeated
}

// Stand is the servers and the client that loads them.
type Stand interface {
	// Slice loads a server for one slice. The caller sets Cycle and Order of the result. After the stand was stopped, slices have length 0.
	Slice(server int, t Turn) result.Slice

	Rest(d time.Duration) // waits without load

	// Harvest calls take for each bucket of the response times of a server since its last Harvest; after a warm-up, of its service times.
	Harvest(server int, take func(low, width, n int64))

	Forget(server int) // removes the results of a server's slices since its last Harvest or Forget

	Reached(server int) bool             // reports whether the server can be loaded
	SameProcess(i, j int) bool           // reports whether servers i and j are the same process
	Finish() (*result.Comparison, error) // returns the servers in their order with their loads, and what the machine did; no slice follows
}

// Turn describes a slice.
type Turn struct {
	Lead, Length time.Duration
	Warm         bool          // part of the warm-up: not counted
	Timed        bool          // its requests are timed
	Patience     time.Duration // longest wait, after Length, for what was sent
}

const (
	LongFactor = 3  // a long slice is LongFactor times as long as a short one
	roomy      = 20 // if a request takes longer than the lead, slices are made this many times as long as a request
)

// Lead returns the length of the first part of a slice, in which the burst of requests at its begin passes: 10 ms, half of the slice at most.
func Lead(slice time.Duration) time.Duration { return min(usualLead, slice/2) }

const usualLead = 10 * time.Millisecond

// MinPairs is the fewest pairs of a short and a long cycle that give a ratio and its interval.
const MinPairs = 8

// Pair returns how long each server is loaded in a short and a long cycle together.
func Pair(slice time.Duration) time.Duration { return (1 + LongFactor) * slice }

// tooMuch is the share of the machine's processor time above which other programs disturb a pair of cycles.
const tooMuch = 0.1

// mostRepeats returns how many disturbed pairs are repeated at most: a quarter of all pairs, but one of two or three, and none of a single pair. If
// more are disturbed, the machine is always like that, and they count.
func mostRepeats(pairs int) int { return max(min(1, pairs/2), pairs/4) }

// Results are the slices of a comparison.
type Results struct {
	Slices   [][]result.Slice // of each server, those that count
	Repeated [][]result.Slice // of each server, those that were disturbed and measured again
	Slice    time.Duration    // the length of short slices, as used
	Lead     time.Duration
	Wanted   time.Duration // the length of short slices that the slowest requests need
	Cycles   int           // complete cycles that count
	Looks    []result.Look
	alpha    float64 // the probability of a false claim in an interval
	times    times
	paced    bool
	fitted   bool // a request takes longer than the usual lead, so slices and lead were made longer
}

// Run loads the servers of a stand in turns. It ends early when ctx is done, and with Until.
//
// A pair of cycles in which other programs used more than a tenth of the machine's processor time is not counted but measured again at the end;
// at most a quarter of the pairs are. The servers' own figures do not decide which.
func Run(ctx context.Context, p Settings, stand Stand, live *Live) *Results {
	n := len(p.Names)
	c := &Results{Slices: make([][]result.Slice, n), Repeated: make([][]result.Slice, n), Slice: p.Slice, Lead: Lead(p.Slice), Wanted: p.Slice, alpha: alpha, times: newTimes(n), paced: p.Rate > 0}
	var reached []int
	for k := range n {
		if stand.Reached(k) {
			reached = append(reached, k)
		}
	}
	if len(reached) == 0 {
		return c
	}
	c.run(ctx, p, stand, live, newOrder(reached, p.Seed, stand.SameProcess).next)
	return c
}

// run is Run with a given order: next returns that of the next cycle, and before which of its turns to rest.
func (c *Results) run(ctx context.Context, p Settings, stand Stand, live *Live, next func() (turns []int, rests []bool)) {
	cycle := func(number int, length time.Duration, t Turn) bool {
		turns, rests := next()
		for place, k := range turns {
			if rests[place] {
				stand.Rest(length)
			}
			if ctx.Err() != nil {
				return false
			}
			t.Lead, t.Length = c.Lead, length
			s := stand.Slice(k, t)
			if s.Cycle, s.Order = number, place; !t.Warm && s.LengthNS > 0 {
				c.Slices[k] = append(c.Slices[k], s)
			}
		}
		return ctx.Err() == nil
	}

	live.set(Progress{Warming: true})
	var typical time.Duration // median service time of the slowest server in the last cycle of the warm-up
	warming := []time.Duration{p.Slice, LongFactor * p.Slice}
	if p.Warmup > 0 && p.Warmup <= p.Slice {
		warming = warming[:1]
	}
	for pair := 0; pair == 0 || time.Duration(pair)*Pair(p.Slice) < p.Warmup && len(warming) > 1 || typical > c.Lead && pair < 3; pair++ {
		for i, length := range warming {
			if i == 1 {
				c.harvest(stand) // drop the times of the short cycle
			}
			if !cycle(0, length, Turn{Warm: true, Patience: max(p.Grace, min(p.Duration/10, 10*time.Second))}) {
				return
			}
		}
		typical = 0
		for _, times := range c.harvest(stand) {
			typical = max(typical, time.Duration(stats.Quantile(times, 0.5)))
		}
	}
	c.fit(p, typical)

	pairs := p.pairs(c.Slice)
	looks := planLooks(p, pairs)
	if len(looks) > 0 {
		c.alpha = looks[len(looks)-1].alpha
	}
	for measured, repeats := 0, 0; c.Cycles < 2*pairs; measured++ {
		for i, length := range []time.Duration{c.Slice, LongFactor * c.Slice} {
			if !cycle(2*measured+i, length, Turn{Timed: i == 1, Patience: p.Grace}) {
				return
			}
			c.Cycles++
		}
		if repeats < mostRepeats(pairs) && c.disturbed(p, 2*measured) {
			repeats++
			c.leaveOut(stand, 2*measured)
			continue
		}
		c.times.add(c.harvest(stand))
		if live.due() {
			live.set(c.progress(p))
		}
		if len(looks) > 0 && c.Cycles == 2*looks[0].pairs {
			look := result.Look{Cycles: c.Cycles, Alpha: looks[0].alpha}
			look.Reached = c.knownWithin(p, p.Until, look.Alpha)
			c.Looks = append(c.Looks, look)
			if looks = looks[1:]; look.Reached {
				c.alpha = look.Alpha
				return
			}
		}
	}
}

// disturbed reports whether other programs used too much processor time in the last pair of cycles, which begins with cycle first.
func (c *Results) disturbed(p Settings, first int) bool {
	var beside, all float64
	for _, slices := range c.Slices {
		for _, s := range slices[since(slices, first):] {
			beside += float64(s.BesideNS)
			all += float64(s.ElapsedNS)
		}
	}
	return beside > tooMuch*all*float64(p.Processors) && p.Processors > 0
}

// leaveOut removes the cycles from first on from what counts.
func (c *Results) leaveOut(stand Stand, first int) {
	for k, slices := range c.Slices {
		from := since(slices, first)
		for _, s := range slices[from:] {
			s.Disturbed = true
			c.Repeated[k] = append(c.Repeated[k], s)
		}
		c.Slices[k] = slices[:from]
		stand.Forget(k)
	}
	c.Cycles -= 2
}

// since returns the index of the first slice of the given cycle or a later one.
func since(all []result.Slice, cycle int) int {
	return sort.Search(len(all), func(i int) bool { return all[i].Cycle >= cycle })
}

// pairs returns how many pairs of cycles the comparison has, with slices of the given length.
func (p Settings) pairs(slice time.Duration) int {
	if p.Cycles > 0 {
		return p.Cycles / 2
	}
	return max(MinPairs, int(p.Duration/Pair(slice)))
}

// harvest returns the response times of each server since the last harvest.
func (c *Results) harvest(stand Stand) []stats.Counts {
	all := make([]stats.Counts, len(c.Slices))
	for k := range all {
		stand.Harvest(k, func(low, width, n int64) {
			all[k] = append(all[k], stats.Bucket{Low: low, Width: width, N: n})
		})
	}
	return all
}

// fit makes slices longer if a request typically takes longer than the lead: most of the slice would be its initial burst. If the number of cycles
// is given, the length of slices is too, and only the lead grows.
func (c *Results) fit(p Settings, typical time.Duration) {
	if typical <= c.Lead {
		return
	}
	c.Wanted = max(c.Slice, roomy*typical)
	if p.Cycles == 0 {
		c.Slice = max(c.Slice, min(c.Wanted, p.Duration/MinPairs/(1+LongFactor)))
	}
	c.Lead = min(typical, c.Slice/2)
	c.fitted = true
}
