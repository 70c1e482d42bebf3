// Package schedule computes when each request of an open loop is due: evenly spaced or at random, one by one or in bursts, at one rate or in
// stages. It is arithmetic, without a clock, so there is no drift. The same schedule has the same instants, to the nanosecond, on every machine.
package schedule

import (
	"math"
	"time"

	"carousel/internal/result"
)

// Schedule has the instants at which requests are due. Requests are numbered from 0; instants count from its start. It does not change and may
// be shared.
//
// All schedules work alike: the number of requests expected until an instant is the area under the rate until then. Evenly spaced, request i is
// due when i are expected; at random, when the expected number reaches the sum of the first i+1 gaps of a Poisson process of rate 1.
type Schedule struct {
	stages  []stage
	burst   int64 // requests that are due at once
	poisson bool
	seed    uint64
}

// stage is a part of a schedule in which the rate, per second, goes evenly from one to another.
type stage struct {
	from, to float64
	begin    time.Duration
	length   float64 // seconds; infinite: the last stage
	expected float64 // requests before the stage
}

// Even returns a schedule of evenly spaced requests, rate per second, above 0, for ever. The first is due at once.
func Even(rate float64) *Schedule { return New(result.Spec{Rate: rate}) }

// New returns the schedule of s, an open loop: one rate for ever, or its stages, with a warm-up before them at the rate with which they begin.
func New(s result.Spec) *Schedule {
	p := &Schedule{burst: max(1, int64(s.Burst)), poisson: s.Arrivals == result.Poisson, seed: s.Seed}
	if len(s.Stages) == 0 {
		p.stages = []stage{{from: s.Rate, to: s.Rate, length: math.Inf(1)}}
		return p
	}
	stages := s.Stages
	if first := stages[0].From; s.Warmup > 0 {
		stages = append([]result.Stage{{From: first, To: first, Length: s.Warmup}}, stages...)
	}
	var begin time.Duration
	expected := 0.0
	for _, of := range stages {
		st := stage{from: of.From, to: of.To, begin: begin, length: of.Length.Seconds(), expected: expected}
		p.stages = append(p.stages, st)
		begin += of.Length
		expected += st.area(st.length)
	}
	return p
}

// Before returns how many requests are due earlier than d after the start. In a random schedule it counts them one by one.
func (p *Schedule) Before(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	if p.poisson {
		w := p.Walk()
		for w.Due() < d {
			w.Skip(1)
		}
		return w.Next
	}
	bursts := int64(math.Ceil(p.Expected(d) / float64(p.burst)))
	for bursts > 0 && p.due(bursts-1) >= d { // rounding may put the area one off
		bursts--
	}
	for p.due(bursts) < d {
		bursts++
	}
	return bursts * p.burst
}

// Due returns when request i of an evenly spaced schedule is due, to the nearest nanosecond, whatever i. It returns math.MaxInt64, 292 years, for
// requests beyond that or after the last stage.
func (p *Schedule) Due(i int64) time.Duration { return p.due(i / p.burst) }

func (p *Schedule) due(burst int64) time.Duration {
	if burst > math.MaxInt64/p.burst {
		return math.MaxInt64
	}
	return p.at(float64(burst * p.burst))
}

// Poisson reports whether requests are due at random.
func (p *Schedule) Poisson() bool { return p.poisson }

// Expected returns how many requests are expected before d: the area under the rate.
func (p *Schedule) Expected(d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	st := p.stages[0]
	for _, next := range p.stages[1:] {
		if next.begin > d {
			break
		}
		st = next
	}
	return st.expected + st.area(min((d-st.begin).Seconds(), st.length))
}

// at returns the instant at which so many requests are expected.
func (p *Schedule) at(expected float64) time.Duration {
	st := p.stages[0]
	for _, next := range p.stages[1:] {
		if next.expected > expected {
			break
		}
		st = next
	}
	seconds := st.reach(expected - st.expected)
	ns := math.Round(seconds * 1e9)
	if !(seconds <= st.length) || ns >= float64(math.MaxInt64-st.begin) { // a stage at rate 0 is endless
		return math.MaxInt64
	}
	return st.begin + time.Duration(ns)
}

// A conversion rounds each product before it is added: without one, Go may use a fused multiply-add on some processors, which rounds once and
// differs in the last bit.

// area returns how many requests are expected in the first so many seconds of the stage.
func (st *stage) area(seconds float64) float64 {
	if st.from == st.to {
		return st.from * seconds
	}
	return float64(st.from*seconds) + float64((st.to-st.from)/st.length*seconds*seconds)/2
}

// reach returns the seconds after which area requests are expected: the inverse of area, in the form that loses no digits.
func (st *stage) reach(area float64) float64 {
	switch {
	case area <= 0:
		return 0
	case st.from == st.to:
		return area / st.from
	}
	slope := (st.to - st.from) / st.length
	square := float64(st.from*st.from) + float64(2*slope*area)
	return 2 * area / (st.from + math.Sqrt(max(0, square)))
}
