// Package turns compares servers: one client loads them in turns, in slices of tens of milliseconds, so that what the machine does to one
// it does to all, and their figures are compared cycle by cycle.
//
// It knows no sockets and no processes: a Stand has those.
package turns

import (
	"context"
	"sort"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// Settings is what is to be compared, and for how long.
type Settings struct {
	Names    []string      // of the servers, the target first
	Slice    time.Duration // a short one; a long one is three times as long
	Duration time.Duration // of the load that each server gets
	Cycles   int           // instead, an even number of them, in slices as they are asked for; 0: Duration says how many
	Warmup   time.Duration // of load before, which counts nowhere: a short and a long cycle at least, a short one alone where it is no longer than that
	Grace    time.Duration // longest wait, after a slice, for what was sent in it
	Rate     float64       // requests per second; 0: a closed loop
	Seed     uint64        // of the order
	Twin     string        // the name that the target has a second time; "": it has not
	Until    float64       // the comparison may end early once each ratio is known within this share; 0: it lasts

	Processors int // of the machine, all programs together; 0: that others disturb is not looked at
}

// Stand is the servers and the client that loads them.
type Stand interface {
	// Slice loads a server for a slice. Cycle and Order are left to the caller. Once the stand was stopped, a slice has no length.
	Slice(server int, t Turn) result.Slice

	Rest(d time.Duration) // loads nobody

	// Harvest hands out the response times of a server since its last harvest; of a warm-up: the service times.
	Harvest(server int, take func(low, width, n int64))

	Forget(server int) // takes all that its slices came to since its last harvest, or since the last Forget, out of its books

	Reached(server int) bool             // it can be loaded
	SameProcess(i, j int) bool           // servers i and j are the same process
	Finish() (*result.Comparison, error) // closes the books: the servers in their order with their loads, and what the machine did
}

// Turn is what a slice is to be like.
type Turn struct {
	Lead, Length time.Duration
	Warm         bool          // it counts nowhere
	Timed        bool          // its requests are timed
	Patience     time.Duration // longest wait, after Length, for what was sent
}

const (
	LongFactor = 3  // a long slice is so many times as long as a short one
	roomy      = 20 // a slice holds so many requests of a connection where one takes longer than the lead
)

// Lead is the first part of a slice, until the burst with which it begins is over.
func Lead(slice time.Duration) time.Duration { return min(usualLead, slice/2) }

const usualLead = 10 * time.Millisecond

// MinPairs is the fewest pairs of a short and a long cycle of which a ratio is told, with its interval.
const MinPairs = 8

// Pair is how long each server is loaded in a short and a long cycle.
func Pair(slice time.Duration) time.Duration { return (1 + LongFactor) * slice }

// tooMuch is the share of the machine's processor time beyond which other programs disturb a pair of cycles.
const tooMuch = 0.1

// mostRepeats is how many of so many pairs are repeated for being disturbed: a quarter, of two or three one, and none where a single pair is
// all there is time for. Where more are, that is what the machine is like, and they count.
func mostRepeats(pairs int) int { return max(min(1, pairs/2), pairs/4) }

// Results is what was seen.
type Results struct {
	Slices   [][]result.Slice // of each server, those that count
	Repeated [][]result.Slice // of each server, those that were disturbed and measured again
	Slice    time.Duration    // a short one, as it was
	Lead     time.Duration
	Wanted   time.Duration // a short one as the slowest requests want it
	Cycles   int           // complete ones that count
	Looks    []result.Look
	alpha    float64 // what a claim may be wrong in
	times    times
	paced    bool
	fitted   bool // a request takes longer than the lead that was planned
}

// Run carries the comparison out on a stand. It ends early at the end of ctx, and with Until.
//
// A pair of cycles in which other programs took more than a tenth of the machine's processor time counts nowhere and is measured
// again at the end, a quarter of the pairs at most. What the servers did in it has no say in that.
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

// run does so in an order: next is that of the next cycle, and before which of its turns a rest is due.
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
	var typical time.Duration // time that a request of the slowest server takes, in the last cycle of the warm-up
	warming := []time.Duration{p.Slice, LongFactor * p.Slice}
	if p.Warmup > 0 && p.Warmup <= p.Slice {
		warming = warming[:1]
	}
	for pair := 0; pair == 0 || time.Duration(pair)*Pair(p.Slice) < p.Warmup && len(warming) > 1 || typical > c.Lead && pair < 3; pair++ {
		for i, length := range warming {
			if i == 1 {
				c.harvest(stand) // what came before is of no interest
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

// disturbed reports whether other programs took too much in the pair of cycles that begins with this one, the last.
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

// leaveOut has the cycles from this one on count nowhere.
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

// since is where the slices from a cycle on begin.
func since(all []result.Slice, cycle int) int {
	return sort.Search(len(all), func(i int) bool { return all[i].Cycle >= cycle })
}

// pairs is how many pairs of cycles the comparison has in slices of that length.
func (p Settings) pairs(slice time.Duration) int {
	if p.Cycles > 0 {
		return p.Cycles / 2
	}
	return max(MinPairs, int(p.Duration/Pair(slice)))
}

// harvest is the response times of each server since the last one.
func (c *Results) harvest(stand Stand) []stats.Counts {
	all := make([]stats.Counts, len(c.Slices))
	for k := range all {
		stand.Harvest(k, func(low, width, n int64) {
			all[k] = append(all[k], stats.Bucket{Low: low, Width: width, N: n})
		})
	}
	return all
}

// fit makes slices longer where a request typically takes longer than the lead: then the burst with which a slice begins would be most of it.
// Where the number of cycles is given so is what they take, and only the lead grows.
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
