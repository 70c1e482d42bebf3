package draw

import (
	"math"

	"gonum.org/v1/plot"

	"carousel/internal/units"
)

// log2 is an axis on which every doubling is a step.
type log2 struct{}

func (log2) Normalize(low, high, x float64) float64 {
	return math.Log2(x/low) / math.Log2(high/low)
}

// levels has a tick at each measured value.
type levels []float64

func (l levels) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, v := range l {
		ticks = append(ticks, plot.Tick{Value: v, Label: units.Count(v)})
	}
	return ticks
}

// nines is an axis of shares on which every further nine (90 %, 99 %, 99.9 %) is a step.
type nines struct{}

func (nines) Normalize(low, high, q float64) float64 {
	at := func(q float64) float64 { return -math.Log10(1 - q) }
	return (at(q) - at(low)) / (at(high) - at(low))
}

func (nines) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	wide := high > 0.99999
	for _, q := range []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999} {
		label := units.Count(100*q) + "\u00a0%"
		if wide && q == 0.995 {
			label = "" // it would touch its neighbour
		}
		if q >= low && q <= high {
			ticks = append(ticks, plot.Tick{Value: q, Label: label})
		}
	}
	return ticks
}

// durations is a logarithmic axis of nanoseconds, labelled at 1, 2 and 5 of each decade where there is room.
type durations struct{}

func (durations) Normalize(low, high, x float64) float64 {
	return math.Log(x/low) / math.Log(high/low)
}

func (durations) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	wide := math.Log10(high/low) > 4
	for decade := math.Pow(10, math.Floor(math.Log10(low))); decade <= high; decade *= 10 {
		for _, step := range []float64{1, 2, 5} {
			v := math.Round(decade * step)
			label := units.Duration(v)
			if wide && step != 1 {
				label = ""
			}
			if v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: label})
			}
		}
	}
	return ticks
}

// amounts is a linear axis from zero with a handful of round steps, each divided by unit before it is labelled.
type amounts struct{ unit float64 }

func (a amounts) Ticks(low, high float64) []plot.Tick {
	unit := a.unit
	if unit == 0 {
		unit = 1
	}
	span := (high - low) / unit
	if span <= 0 {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, round := range []float64{5, 2, 1} {
		if span/(step*round) >= 4 {
			step *= round
			break
		}
	}
	var ticks []plot.Tick
	for i := 0; float64(i)*step <= span*(1+1e-9); i++ {
		v := float64(i) * step
		ticks = append(ticks, plot.Tick{Value: low + v*unit, Label: units.Count(v)})
	}
	return ticks
}
