// Package units writes numbers for people, the same in loadgen's summary, tables and pictures.
package units

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// None stands where there is no number.
const None = "–"

// finite reports whether v is finite: 0/0 is not.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Count writes a number with a comma between thousands and no more decimals than it has, six at most.
func Count[N int | int64 | float64](n N) string {
	v := float64(n)
	if !finite(v) {
		return None
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', 6, 64), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if v < 0 && strings.Trim(whole, "0.") != "" {
		whole = "-" + whole
	}
	return whole
}

// Rate writes a rate: whole from 100 on, else with three digits.
func Rate(v float64) string { return Count(digits(v)) }

// digits rounds to three significant digits, or to a whole number from 100 on.
func digits(v float64) float64 {
	if math.IsNaN(v) || math.Abs(v) >= 99.95 || v == 0 {
		return math.Round(v)
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// Micros writes nanoseconds as microseconds with one decimal, without the unit.
func Micros(ns float64) string {
	if !finite(ns) {
		return None
	}
	return strconv.FormatFloat(ns/1000, 'f', 1, 64)
}

// Duration writes nanoseconds with three digits and their unit, with a space before it that does not break.
func Duration(ns float64) string {
	if !finite(ns) {
		return None
	}
	for _, unit := range []struct {
		ns   float64
		name string
	}{{float64(time.Second), "s"}, {float64(time.Millisecond), "ms"}, {float64(time.Microsecond), "µs"}} {
		if v := ns / unit.ns; digits(v) >= 1 {
			return Rate(v) + "\u00a0" + unit.name
		}
	}
	return Rate(ns) + "\u00a0ns"
}

// Short writes nanoseconds as Duration does, in ASCII and as one word, and always with three digits where it has them, so that a
// column or a line that is drawn again stands still: 812ns, 1.52us, 5.00ms; from two minutes on 2m0s.
func Short(ns float64) string {
	if finite(ns) && ns >= 120e9 {
		return time.Duration(min(ns, 1<<62)).Round(time.Second).String()
	}
	number, unit, _ := strings.Cut(Duration(ns), "\u00a0")
	whole, fraction, _ := strings.Cut(number, ".")
	if more := 3 - len(whole) - len(fraction); more > 0 && unit != "ns" && finite(ns) {
		number = whole + "." + fraction + strings.Repeat("0", more)
	}
	return number + strings.Replace(unit, "µ", "u", 1)
}

// Ratio writes a ratio with two decimals, or one from ten on.
func Ratio(v float64) string {
	switch {
	case !finite(v):
		return None
	case v >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// Percent writes a share in percent: 3.4 %, or without the decimal from ten on.
func Percent(share float64) string {
	if !finite(share) {
		return None
	}
	decimals := 1
	if share >= 0.0995 || share == 0 {
		decimals = 0
	}
	return strconv.FormatFloat(100*share, 'f', decimals, 64) + "\u00a0%"
}

// Plural writes n of a thing, "1 round" or "6 rounds".
func Plural[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Count(n) + " " + thing + "s"
}

// Processors formats a number of processors; 0 becomes unknown.
func Processors(n int, unknown string) string {
	if n == 0 {
		return unknown
	}
	return Plural(n, "processor")
}

// List joins words as a sentence does: "a", "a and b", "a, b and c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
