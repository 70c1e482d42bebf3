package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate, Mid, and the range that holds the true value with a given confidence, from 0 to 1. In an unknown interval Mid, Low
// and High are NaN. Ratios are averaged as logs and shown as ratios: Exp converts.
type Interval struct {
	Mid, Low, High, Confidence float64
}

// Exp returns the interval of a number from the interval of its log.
func (i Interval) Exp() Interval {
	return Interval{math.Exp(i.Mid), math.Exp(i.Low), math.Exp(i.High), i.Confidence}
}

// Contains reports whether x lies in the interval. An unknown interval contains nothing.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// HalfWidth returns half the distance between the ends. For the log of a ratio that is about the relative error of the ratio: 0.02 is 2 %.
func (i Interval) HalfWidth() float64 { return (i.High - i.Low) / 2 }

// Order returns what the interval of a ratio shows: Higher or Lower if all of it is on one side of 1; Same if it contains 1 and neither end
// is further from 1 than margin (0.02: 2 %); else Tied; Unknown if the interval is. The inverse ratio gives the inverse order, since below 1 the
// margin ends at 1/(1+margin).
func (i Interval) Order(margin float64) Order {
	switch {
	case math.IsNaN(i.Low) || math.IsNaN(i.High):
		return Unknown
	case i.Low > 1:
		return Higher
	case i.High < 1:
		return Lower
	case i.Low >= 1/(1+margin) && i.High <= 1+margin:
		return Same
	}
	return Tied
}

// unknown returns an interval that has only a confidence.
func unknown(confidence float64) Interval {
	return Interval{math.NaN(), math.NaN(), math.NaN(), confidence}
}

// TInterval returns the interval of the mean of independent values: mean ± t s/√n, with n-1 degrees of freedom (Student 1908). shared, 0 or
// more, is the standard deviation of an error that all values have in common, which their spread cannot show; it is added as a normal
// error. The interval is unknown with fewer than two values or where one is not finite.
func TInterval(d []float64, shared, confidence float64) Interval {
	mean, e, ok := meanError(d)
	if !ok {
		return unknown(confidence)
	}
	half := reach(e, shared, confidence, len(d))
	return Interval{mean, mean - half, mean + half, confidence}
}

// TTest returns the p-value of the claim that the mean of independent values is not 0: TInterval at confidence c excludes 0 exactly when
// the p-value is below 1-c. It is NaN where the interval is unknown.
func TTest(d []float64, shared float64) float64 {
	mean, e, ok := meanError(d)
	switch {
	case !ok:
		return math.NaN()
	case mean == 0:
		return 1
	case shared == 0:
		return TwoSided(mean/e, float64(len(d)-1))
	}
	low, high := 0.0, 1.0 // between them lies the confidence at which the interval ends at 0
	for range 60 {
		if middle := (low + high) / 2; reach(e, shared, middle, len(d)) < math.Abs(mean) {
			low = middle
		} else {
			high = middle
		}
	}
	return 1 - low
}

// reach returns half the width of the interval of a mean of n values. e is the standard error of the mean; shared is as in TInterval.
func reach(e, shared, confidence float64, n int) float64 {
	p := (1 + confidence) / 2
	if p >= 1 {
		return math.Inf(1)
	}
	return math.Hypot(e*TQuantile(p, float64(n-1)), shared*distuv.UnitNormal.Quantile(p))
}

// meanError returns the mean and its standard error. ok is false with fewer than two values or where one is not finite.
func meanError(d []float64) (mean, e float64, ok bool) {
	if len(d) < 2 {
		return 0, 0, false
	}
	mean, s := stat.MeanStdDev(d, nil)
	e = s / math.Sqrt(float64(len(d)))
	return mean, e, !math.IsNaN(mean + e) // infinite values make the mean or the deviation NaN
}

// Widen adds to the interval of a ratio an error that all its values had in common: its log has a normal distribution with standard deviation
// shared, 0 or more.
func (i Interval) Widen(shared float64) Interval {
	z := distuv.UnitNormal.Quantile((1+i.Confidence)/2) * shared
	i.Low = i.Mid * math.Exp(-math.Hypot(math.Log(i.Mid/i.Low), z))
	i.High = i.Mid * math.Exp(math.Hypot(math.Log(i.High/i.Mid), z))
	return i
}

// TQuantile returns the p-quantile, p between 0 and 1, of Student's t distribution with df > 0 degrees of freedom.
func TQuantile(p, df float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p)
}

// TAbout returns TQuantile within 1 % for p from 0.5 to 0.9999, in a hundredth of its time (Abramowitz and Stegun 1964, 26.7.5).
func TAbout(p, df float64) float64 {
	if df < 10 {
		return TQuantile(p, df)
	}
	z := distuv.UnitNormal.Quantile(p)
	z2 := z * z
	return z + z*(z2+1)/(4*df) + z*((5*z2+16)*z2+3)/(96*df*df) + z*(((3*z2+19)*z2+17)*z2-15)/(384*df*df*df)
}

// TwoSided returns the probability that a value of Student's t distribution with df > 0 degrees of freedom is at least as far from 0 as t.
func TwoSided(t, df float64) float64 {
	if math.IsInf(t, 0) {
		return 0
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: df}.CDF(-math.Abs(t))
}
