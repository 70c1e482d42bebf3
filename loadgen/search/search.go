// Package search finds the highest level of a load that holds (--find-max). A level is a rate or a number of connections; one step loads the
// server at one level.
//
// The search doubles the level until a step fails, or halves it until one holds. It tries levels close to the rate that the server kept up with,
// bisects between the highest level that held and the lowest that did not, tries the lowest that failed once more, and confirms the highest that
// held in a longer step. Find does no I/O and reads no clock: a Step loads the server, and Judge returns its outcome.
package search

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"carousel/internal/result"
)

const (
	// MostSteps is the most steps of a search.
	MostSteps = 24

	// Most searches take UsualFew to UsualMany steps.
	UsualFew, UsualMany = 8, 12

	// near is the largest ratio of the lowest level that did not hold to the highest that did at which bisection ends: 3 %.
	near = 1.03

	// tries is how often a void step is repeated at most.
	tries = 3
)

// Levels are the levels that a search may try.
type Levels struct {
	First, Least, Most float64 // the level of the first step, and the range of all
	Whole              bool    // levels are whole numbers
}

// Step loads the server at a level and returns the outcome, one of result.Holds, Fails, Limited and Void. confirms requests a longer step. served
// is the level that the server kept up with if it fell behind, as a hint for the next level; else 0. An error ends the search.
type Step func(level float64, confirms bool) (outcome string, served float64, err error)

// Answer is what a search found.
type Answer struct {
	Level     float64 // the highest that held; 0: none did
	Above     float64 // the lowest above it that did not; 0: none
	Ended     string  // the outcome at Above
	Confirmed bool    // Level held in the longer step
	GaveUp    bool    // after MostSteps
}

var errGaveUp = errors.New("too many steps")

// Find searches the levels l. If the answer is not confirmed, it is what was known when step returned an error, when the search gave up, when no
// level held, or when the longer step was void. The error is that of step.
func Find(l Levels, step Step) (Answer, error) {
	s := search{Levels: l, step: step}
	confirmed, err := s.find()
	gaveUp := errors.Is(err, errGaveUp)
	if gaveUp {
		err = nil
	}
	edge := s.edge()
	return Answer{Level: s.low(), Above: edge.level, Ended: edge.outcome, Confirmed: confirmed, GaveUp: gaveUp}, err
}

// search is the state of a search.
type search struct {
	Levels
	step   Step
	steps  int
	tried  []trial // each level once
	served float64 // what the server kept up with in the last step in which it fell behind
}

// trial is the outcome of the last step at a level that was not void, or void if all were.
type trial struct {
	level   float64
	outcome string
	times   int // how many such outcomes there were
}

func (s *search) find() (confirmed bool, err error) {
	for level := s.First; level > 0; level = s.next() {
		o, err := s.try(level, false)
		if err != nil {
			return false, err
		}
		if o == result.Void && s.low() == 0 {
			return false, nil
		}
	}
	return s.confirm()
}

// confirm tries the highest level that held in a longer step, and goes down in small steps as long as it fails there.
func (s *search) confirm() (confirmed bool, err error) {
	for level := s.low(); level > 0; {
		o, err := s.try(level, true)
		if err != nil || o == result.Void || o == result.Holds {
			return o == result.Holds, err
		}
		lower := max(s.whole(level/near), s.low(), s.Least)
		if lower >= level {
			break
		}
		level = lower
	}
	return false, nil
}

// next returns the level to try next, 0 if what is known is enough.
func (s *search) next() float64 {
	low, edge := s.low(), s.edge()
	high := edge.level
	switch {
	case high == 0 && low == s.Most, low == 0 && high == s.Least:
		return 0
	case high == 0 && s.wavers(low):
		return min(s.above(low), s.Most)
	case high == 0:
		return min(2*low, s.Most)
	case low == 0 && s.served > 0:
		return max(s.whole(min(high/2, s.served)), s.Least)
	case low == 0:
		return max(s.whole(high/2), s.Least)
	case high/low > near && !(s.Whole && high-low <= 1):
		return s.within(low, high)
	case edge.outcome == result.Fails && edge.times == 1:
		return high // try once more: it may have failed by chance
	}
	return 0
}

// low returns the highest level that held, 0 if none did.
func (s *search) low() (highest float64) {
	for _, t := range s.tried {
		if t.outcome == result.Holds {
			highest = max(highest, t.level)
		}
	}
	return highest
}

// edge returns the lowest level above low that did not hold, the zero trial if there is none.
func (s *search) edge() (lowest trial) {
	low := s.low()
	for _, t := range s.tried {
		if t.level > low && (lowest.level == 0 || t.level < lowest.level) {
			lowest = t
		}
	}
	return lowest
}

// wavers reports whether a level that held had failed before: the highest level that holds is near.
func (s *search) wavers(level float64) bool {
	return slices.ContainsFunc(s.tried, func(t trial) bool { return t.level == level && t.times > 1 })
}

// above returns the next level above one: 3 % higher, or the next whole number.
func (s *search) above(level float64) float64 {
	next := s.whole(level * near)
	if s.Whole {
		return max(next, level+1)
	}
	return next
}

// within returns the level to try between one that held and one that did not: 1.5 % below or above what the server kept up with, if that is
// between them, else their middle.
func (s *search) within(low, high float64) float64 {
	for _, at := range []float64{s.whole(s.served / math.Sqrt(near)), s.whole(s.served * math.Sqrt(near))} {
		if low < at && at < high && !s.Whole {
			return at
		}
	}
	return s.between(low, high)
}

// between returns the geometric mean of two levels.
func (s *search) between(low, high float64) float64 {
	middle := s.whole(math.Sqrt(low * high))
	if s.Whole {
		return max(middle, low+1)
	}
	return middle
}

// whole rounds a level: down to a whole number if levels are whole, else to four digits.
func (s *search) whole(level float64) float64 {
	if s.Whole {
		return math.Floor(level)
	}
	return Round(level)
}

// Round returns level rounded to four significant digits.
func Round(level float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(level, 'g', 4, 64), 64)
	return rounded
}

// try makes steps at one level until one is not void, or tries of them were.
func (s *search) try(level float64, confirms bool) (outcome string, err error) {
	for range tries {
		if s.steps == MostSteps {
			return "", errGaveUp
		}
		s.steps++
		var served float64
		outcome, served, err = s.step(level, confirms)
		if served > 0 {
			s.served = served
		}
		if err != nil || outcome != result.Void {
			break
		}
	}
	if err != nil {
		return "", err
	}
	s.note(level, outcome)
	return outcome, nil
}

// note records the outcome at a level. A void one does not replace another.
func (s *search) note(level float64, outcome string) {
	at := slices.IndexFunc(s.tried, func(t trial) bool { return t.level == level })
	switch {
	case at < 0:
		s.tried = append(s.tried, trial{level, outcome, 1})
	case outcome != result.Void:
		s.tried[at] = trial{level, outcome, s.tried[at].times + 1}
	}
}
