// Package search finds the highest level of a load that holds: it doubles the level until a step fails, or halves it until one holds,
// looks closer around what was served then, bisects between the two, tries the lowest that failed once more, and confirms the highest that
// held in a longer step. Find knows neither servers nor time; what a step came to is judged by its record.
package search

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"carousel/internal/result"
)

const (
	// MostSteps is how many steps a search makes at most.
	MostSteps = 24

	// From UsualFew to UsualMany steps are made as a rule.
	UsualFew, UsualMany = 8, 12

	// near is how far the highest level that held may be from the lowest that did not, as their ratio: 3 %.
	near = 1.03

	// tries is how often a level is tried until a step counts.
	tries = 3
)

// Levels says which levels there are.
type Levels struct {
	First, Least, Most float64 // the level of the first step, and the range that none leaves
	Whole              bool    // levels are whole numbers
}

// Step carries out one step. confirms asks for a longer one. served is the level that the server kept up with where it fell behind, a
// hint of where to go on below; 0 where there is none. The error ends the search.
type Step func(level float64, confirms bool) (outcome string, served float64, err error)

// Answer is what a search found.
type Answer struct {
	Level     float64 // the highest that held; 0: none did
	Above     float64 // the lowest above it that did not; 0: none
	Ended     string  // what became of Above
	Confirmed bool    // Level held in the longer step
	GaveUp    bool    // after MostSteps
}

var errGaveUp = errors.New("too many steps")

// Find searches by p. An answer that is not confirmed is what was known when step returned the error, when the search gave up, when no
// level held, or when the longer step counted for nothing.
func Find(p Levels, step Step) (Answer, error) {
	s := search{Levels: p, step: step}
	confirmed, err := s.find()
	gaveUp := errors.Is(err, errGaveUp)
	if gaveUp {
		err = nil
	}
	edge := s.edge()
	return Answer{Level: s.low(), Above: edge.level, Ended: edge.outcome, Confirmed: confirmed, GaveUp: gaveUp}, err
}

// search is one under way.
type search struct {
	Levels
	step   Step
	steps  int
	tried  []trial // each level once
	served float64 // by the last step in which the server fell behind
}

// trial is what became of a level when it was last tried.
type trial struct {
	level   float64
	outcome string
	times   int // that it was tried and counted, or never did
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

// next is the level to try after what is known, 0 when that is enough.
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
		return high // it may have failed by chance
	}
	return 0
}

// low is the highest level that held, 0 where none did.
func (s *search) low() (highest float64) {
	for _, t := range s.tried {
		if t.outcome == result.Holds {
			highest = max(highest, t.level)
		}
	}
	return highest
}

// edge is the lowest level above low that did not hold, the zero trial where there is none.
func (s *search) edge() (lowest trial) {
	low := s.low()
	for _, t := range s.tried {
		if t.level > low && (lowest.level == 0 || t.level < lowest.level) {
			lowest = t
		}
	}
	return lowest
}

// wavers reports whether a level that held had failed before: the highest is not far.
func (s *search) wavers(level float64) bool {
	return slices.ContainsFunc(s.tried, func(t trial) bool { return t.level == level && t.times > 1 })
}

// above is the next level above one that matters.
func (s *search) above(level float64) float64 {
	next := s.whole(level * near)
	if s.Whole {
		return max(next, level+1)
	}
	return next
}

// within is the level to try between one that held and one that did not: an edge of the 3 % around what the server served when it fell behind,
// where that is between them, else their middle.
func (s *search) within(low, high float64) float64 {
	for _, at := range []float64{s.whole(s.served / math.Sqrt(near)), s.whole(s.served * math.Sqrt(near))} {
		if low < at && at < high && !s.Whole {
			return at
		}
	}
	return s.between(low, high)
}

// between is the middle of two levels, as ratios go.
func (s *search) between(low, high float64) float64 {
	middle := s.whole(math.Sqrt(low * high))
	if s.Whole {
		return max(middle, low+1)
	}
	return middle
}

// whole is level without what nobody would type: the whole number below it where levels are that, else four digits of it.
func (s *search) whole(level float64) float64 {
	if s.Whole {
		return math.Floor(level)
	}
	return Round(level)
}

// Round is level with four digits, as a person writes it.
func Round(level float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(level, 'g', 4, 64), 64)
	return rounded
}

// try carries out steps of one level until one counts.
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

// note keeps what became of a level. What is known is not forgotten for what does not count.
func (s *search) note(level float64, outcome string) {
	at := slices.IndexFunc(s.tried, func(t trial) bool { return t.level == level })
	switch {
	case at < 0:
		s.tried = append(s.tried, trial{level, outcome, 1})
	case outcome != result.Void:
		s.tried[at] = trial{level, outcome, s.tried[at].times + 1}
	}
}
