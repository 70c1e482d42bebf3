package schedule

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// Walk goes through the requests of a schedule in order. All walks of one schedule see the same instants.
type Walk struct {
	Next int64 // number of the request at which it stands

	schedule  *Schedule
	random    rand.PCG
	high, low uint64 // random schedules: the sum of the gaps so far, 128 bits in units of 1/gapUnit, so that no digit gets lost
}

// gapUnit is the resolution of a random gap: multiples of 1/gapUnit. The longest gap is about 37.
const gapUnit = 1 << 48

// Walk returns a walk that stands at request 0.
func (p *Schedule) Walk() Walk {
	w := Walk{schedule: p, random: *rand.NewPCG(p.seed, 0)}
	if p.poisson {
		w.draw()
	}
	return w
}

// Due returns when the request at which w stands is due; math.MaxInt64 if it never is.
func (w *Walk) Due() time.Duration {
	if !w.schedule.poisson {
		return w.schedule.Due(w.Next)
	}
	gaps := float64(w.high)*(1<<64/gapUnit) + float64(w.low)/gapUnit
	return w.schedule.at(gaps * float64(w.schedule.burst))
}

// Skip moves w on by n requests.
func (w *Walk) Skip(n int64) {
	burst := w.Next / w.schedule.burst
	w.Next += n
	if w.schedule.poisson {
		for ; burst < w.Next/w.schedule.burst; burst++ {
			w.draw()
		}
	}
}

// draw adds a random gap to those so far.
func (w *Walk) draw() {
	carry := uint64(0)
	w.low, carry = bits.Add64(w.low, uint64(gap(w.random.Uint64())*gapUnit), 0)
	w.high += carry
}

// gap returns an exponentially distributed number of mean 1, made of 64 random bits: -ln u, with u uniform between 0 and 1. It does not use
// math.Log, whose last bit differs from processor to processor.
func gap(random uint64) float64 {
	u := (float64(random>>12) + 0.5) / (1 << 52)
	m, exponent := math.Frexp(u)
	if m < math.Sqrt2/2 {
		m, exponent = 2*m, exponent-1
	}
	// ln m = 2 artanh s, a series in s², which is below 0.03
	s := (m - 1) / (m + 1)
	square, series := s*s, 0.0
	for k := 21.0; k >= 1; k -= 2 {
		series = float64(series*square) + 1/k
	}
	return -(float64(float64(exponent)*math.Ln2) + float64(2*s*series))
}
