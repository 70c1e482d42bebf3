package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
)

var and = units.List

// measures name the metrics. More and less are the comparatives: "epoll is 12 % shorter than generator". Short is a one-word name.
var measures = map[string]struct{ name, more, less, short string }{
	findings.Rate:     {"requests per second", "more", "fewer", "rate"},
	findings.Capacity: {"requests per second of one server processor", "more per processor", "fewer per processor", "capacity"},
	findings.Cost:     {"server processor time per request", "more server processor time", "less server processor time", "cost"},
	findings.Whole:    {"server processor time per request, waking included", "more", "less", ""},
	findings.Client:   {"client processor time per request", "more", "less", ""},
	findings.Both:     {"processor time per request, server and client", "more", "less", "cost"},
	findings.Waking:   {"server processor time per waking", "more", "less", ""},
	findings.Mean:     {"mean response time", "longer", "shorter", ""},
	findings.P50:      {"median response time", "longer", "shorter", "median"},
	findings.P90:      {"90th percentile of response time", "longer", "shorter", ""},
	findings.P99:      {"99th percentile of response time", "longer", "shorter", "p99"},
	findings.P999:     {"99.9th percentile of response time", "longer", "shorter", ""},
	findings.Beside50: {"median response time of small requests", "longer", "shorter", ""},
	findings.Beside90: {"90th percentile of response time of small requests", "longer", "shorter", ""},
	findings.Beside99: {"99th percentile of response time of small requests", "longer", "shorter", ""},
	findings.Fairness: {"fairness among the others", "more even", "less even", ""},
	findings.Share:    {"share of all replies that went to the second client", "more", "less", ""},
	findings.Added:    {"memory that clients add", "more", "less", ""},
	findings.Total:    {"time until all requests are done", "longer", "shorter", ""},
	findings.Memory:   {"peak memory", "more", "less", "memory"},
	findings.User:     {"memory for silent connections", "more", "less", ""},
	findings.Kernel:   {"kernel memory for silent connections, both ends", "more", "less", ""},
	findings.Full:     {"share of a processor while full", "more", "less", ""},
	findings.Recovery: {"time until a client is served again", "longer", "shorter", ""},

	findings.Calls:      {"system calls per request", "more", "fewer", ""},
	findings.Waits:      {"waits per request", "more", "fewer", ""},
	findings.Switches:   {"context switches per request", "more", "fewer", ""},
	findings.Migrations: {"migrations per request", "more", "fewer", ""},
	findings.Faults:     {"page faults per request", "more", "fewer", ""},
}

// Measure names a metric.
func Measure(metric string) string {
	if m, ok := measures[metric]; ok {
		return m.name
	}
	return Words(metric)
}

// Value writes a metric's figure with its unit.
func Value(metric string, v float64) string {
	switch metric {
	case findings.Rate:
		return units.Rate(v) + "/s"
	case findings.Capacity:
		return Thousands(v) + "/s"
	case findings.Memory, findings.User, findings.Kernel, findings.Added:
		return Mebibytes(v) + "\u00a0MiB"
	case findings.Fairness:
		return units.Ratio(v)
	case findings.Full, findings.Share:
		return units.Percent(v)
	case findings.Calls, findings.Waits, findings.Switches, findings.Migrations, findings.Faults:
		return each(v)
	}
	return units.Duration(v)
}

// Mebibytes writes bytes as MiB, without the unit.
func Mebibytes(v float64) string { return units.Rate(v / (1 << 20)) }

// each is how often something happens per request. A rate near 0 is not rounded to 0.
func each(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return units.None
	case v == 0:
		return "0"
	case v < 0.001:
		return "<\u00a00.001"
	case v < 0.1:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Thousands rounds to three significant digits: a capacity is not known more precisely.
func Thousands(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return units.Rate(v)
	}
	step := math.Pow(10, max(0, math.Floor(math.Log10(math.Abs(v)))-2))
	return units.Rate(math.Round(v/step) * step)
}

// Figure writes a model's figure with its interval: "113,000/s (112,000–115,000)".
func Figure(metric string, f findings.Figure) string {
	return AtLeast(f) + Value(metric, f.Value) + " (" + Interval(metric, f) + ")"
}

// AtLeast marks a figure that requests without an answer could raise.
func AtLeast(f findings.Figure) string {
	if f.AtLeast {
		return "≥ "
	}
	return ""
}

// Interval writes the interval of a figure, with the unit once if both ends share it.
func Interval(metric string, f findings.Figure) string {
	low, high := Value(metric, f.Low), Value(metric, f.High)
	for _, between := range []string{"\u00a0", "/"} {
		a, unit, ok := strings.Cut(low, between)
		if b, other, too := strings.Cut(high, between); ok && too && unit == other {
			return a + "–" + b + strings.TrimSuffix(between+unit, "/s")
		}
	}
	return low + "–" + high
}

// percent writes a share as percent: whole from 2 on, else with one decimal.
func percent(share float64, round func(float64) float64) string {
	if math.Abs(share) >= 0.01995 {
		return strconv.FormatFloat(round(100*share), 'f', 0, 64)
	}
	return strconv.FormatFloat(round(1000*share)/10, 'f', 1, 64)
}

// down and up round the ends of an interval outwards; 1e-9 forgives the rounding errors of a ratio.
func down(v float64) float64 { return math.Floor(v + 1e-9) }
func up(v float64) float64   { return math.Ceil(v - 1e-9) }

// within writes a bound, rounded up.
func within(share float64) string {
	return "within " + percent(share, up) + "\u00a0%"
}

// gap is a ratio as parts of a sentence.
type gap struct {
	much string // "17 %", "2.61"
	sure string // "15 to 19 %", "2.50 to 2.72"
	form string // "more", "less", "times", or "" if the interval includes 1
}

// gapOf words a ratio as a share more or less, or as a multiple from 2 on.
func gapOf(r findings.Ratio) gap {
	switch {
	case !(r.Ratio > 0.01 && r.Ratio < 1.995):
		return gap{units.Ratio(r.Ratio), units.Ratio(r.Low) + " to " + units.Ratio(r.High), "times"}
	case r.Low < 1 && r.High > 1:
		return gap{"", units.Ratio(r.Low) + " to " + units.Ratio(r.High), ""}
	case r.Ratio >= 1:
		much, sure := shares(r.Ratio-1, r.Low-1, r.High-1)
		return gap{much, sure, "more"}
	}
	much, sure := shares(1-r.Ratio, 1-r.High, 1-r.Low)
	return gap{much, sure, "less"}
}

// shares writes a share and its interval, rounded outwards, all whole or all with one decimal.
func shares(middle, low, high float64) (much, sure string) {
	unit, decimals := 100.0, 0
	if low < 0.02 {
		unit, decimals = 1000, 1
	}
	write := func(v float64) string { return strconv.FormatFloat(v*100/unit, 'f', decimals, 64) }
	much, from, to := write(math.Round(unit*middle)), write(down(unit*low)), write(up(unit*high))
	if from == to {
		return much + "\u00a0%", to + "\u00a0%"
	}
	return much + "\u00a0%", from + " to " + to + "\u00a0%"
}

// By says how far a model is from another, with the interval: "17 % more than `goroutine` (15 to 19 %)".
func By(r findings.Ratio) string {
	m := measures[r.Metric]
	a := gapOf(r)
	switch {
	case r.Outcome == result.Same:
		return "the same as " + Model(r.To) + " " + within(r.Within)
	case r.Outcome == result.Undecided || a.form == "":
		return "not surely different from " + Model(r.To) + " (" + units.Ratio(r.Low) + " to " + units.Ratio(r.High) + ")"
	case a.form == "times":
		return fmt.Sprintf("%s times %s (%s)", a.much, Model(r.To), a.sure)
	case a.form == "more":
		return fmt.Sprintf("%s %s than %s (%s)", a.much, m.more, Model(r.To), a.sure)
	}
	return fmt.Sprintf("%s %s than %s (%s)", a.much, m.less, Model(r.To), a.sure)
}

// Ratio is a ratio in a table: "1.17 (1.15–1.19)" or "same within 3 %"; "~" if its interval includes 1; "?" if it does not, but the difference
// is not sure among all pairs of the cell.
func Ratio(r findings.Ratio) string {
	interval := " (" + units.Ratio(r.Low) + "–" + units.Ratio(r.High) + ")"
	switch r.Outcome {
	case result.Same:
		return "same " + within(r.Within)
	case result.Undecided:
		return unsure(r.Low, r.High) + interval
	}
	return units.Ratio(r.Ratio) + interval
}

// unsure is the sign of an undecided ratio with this interval: "?" if it excludes 1, which is not sure among so many claims, else "~".
func unsure(low, high float64) string {
	if low > 1 || high < 1 {
		return "?"
	}
	return "~"
}

// upper begins a text with a capital.
func upper(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[n:]
}
