package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
)

// Limits of what is printed over time: stages, parts of a ramp, and marks of a line. Fewer than leastMarks intervals print no line.
const (
	mostStages = 12
	rampParts  = 8
	mostMarks  = 20
	leastMarks = 4
	muchVaries = 0.3 // of the usual rate, between the lowest and the highest
)

// part is a run of consecutive intervals of a window.
type part struct {
	from, to   int64 // nanoseconds of the window
	ok, errors int64
	times      *result.Histogram
}

// between sums the whole intervals that lie between two instants of the window, from and to, in nanoseconds.
func between(l *result.Load, from, to int64) part {
	v := l.Intervals
	first, last := (from+v.LengthNS-1)/v.LengthNS, min(to, l.Window.ElapsedNS)/v.LengthNS
	p := part{from: first * v.LengthNS, to: last * v.LengthNS, times: result.NewHistogram()}
	for k := first; k < last && k < int64(len(v.List)); k++ {
		one := v.List[k]
		p.ok, p.errors = p.ok+one.OK, p.errors+one.Errors
		if h, err := result.Decode(one.Histogram); err == nil {
			p.times.Merge(h)
		}
	}
	return p
}

func (p part) rate() float64 { return float64(p.ok) / float64(p.to-p.from) * 1e9 }

// quantile is a percentile of response times; "-" if too few samples lie above it, or the record has none.
func (p part) quantile(q float64) string {
	if p.times.Count() < result.RequestsFor(q) || p.times.Count() != p.ok {
		return "-"
	}
	return units.Short(float64(p.times.Quantile(q)))
}

// over is what happened over time: a table by stage if there are stages, else lines if anything changed.
func (p page) over() {
	switch l := p.l; {
	case l.Intervals == nil || l.Intervals.LengthNS <= 0:
	case len(l.Spec.Stages) > 0:
		p.stages()
	default:
		p.marks()
	}
}

// stages is a table by stage, each from the whole intervals that lie in it.
func (p page) stages() {
	list := p.l.Spec.Stages
	if len(list) == 1 {
		list = parts(list[0], p.l.Intervals.LengthNS)
	}
	p.line("by stage", "%6s%17s%8s%9s%7s%8s%8s", "from", "offered", "rate", "ok", "errors", "p50", "p99")
	begins, cut, most := time.Duration(0), false, min(len(list), mostStages)
	for _, s := range list[:most] {
		of := between(p.l, int64(begins), int64(begins+s.Length))
		offered := units.Rate(s.From)
		if s.To != s.From {
			offered += " to " + units.Rate(s.To)
		}
		if row := fmt.Sprintf("%6s%17s", begins.String(), offered+"/s"); int64(begins) >= p.l.Window.ElapsedNS {
			p.line("", "%s  not reached", row)
		} else if of.to <= of.from {
			p.line("", "%s  no whole interval of %s lies in it", row, units.Short(float64(p.l.Intervals.LengthNS)))
		} else {
			p.line("", "%s%8s%9s%7s%8s%8s", row, units.Rate(of.rate()), units.Count(of.ok), units.Count(of.errors), of.quantile(0.5), of.quantile(0.99))
			cut = cut || of.to-of.from < int64(s.Length)
		}
		begins += s.Length
	}
	if more := len(list) - most; more > 0 {
		p.line("", "and %s more, see --csv FILE", units.Plural(more, "stage"))
	}
	note := "by the time of the reply; response times of good replies"
	if cut {
		note += fmt.Sprintf("; only whole intervals of %s", units.Short(float64(p.l.Intervals.LengthNS)))
	}
	p.line("", "%s", note)
}

// parts divides a ramp into parts of whole intervals.
func parts(s result.Stage, interval int64) (all []result.Stage) {
	whole := int64(s.Length) / interval
	if whole < 2 {
		return []result.Stage{s}
	}
	each := time.Duration((whole + rampParts - 1) / rampParts * interval)
	at := func(d time.Duration) float64 { return s.From + (s.To-s.From)*float64(d)/float64(s.Length) }
	for from := time.Duration(0); from < s.Length; from += each {
		to := min(from+each, s.Length)
		all = append(all, result.Stage{From: at(from), To: at(to), Length: to - from})
	}
	return all
}

// marks draws lines of rate, p99 and errors over time if there were errors or the rate varied.
func (p page) marks() {
	v := p.l.Intervals
	whole := min(p.l.Window.ElapsedNS/v.LengthNS, int64(len(v.List)))
	if whole < leastMarks {
		return
	}
	each := (whole + mostMarks - 1) / mostMarks * v.LengthNS
	var all []part
	for from := int64(0); from+each <= whole*v.LengthNS; from += each {
		all = append(all, between(p.l, from, from+each))
	}
	var rates, p99, failed []float64
	errors := false
	for _, one := range all {
		rates = append(rates, one.rate())
		failed = append(failed, float64(one.errors))
		errors = errors || one.errors > 0
		if one.times.Count() >= result.RequestsFor(0.99) && one.times.Count() == one.ok {
			p99 = append(p99, float64(one.times.Quantile(0.99)))
		}
	}
	low, high := slices.Min(rates), slices.Max(rates)
	if !errors && high-low <= muchVaries*stats.Median(rates) {
		return
	}
	p.line("over time", "%s  rate, %s to %s/s, a mark for %s", marked(rates), units.Rate(low), units.Rate(high), time.Duration(each))
	if len(p99) == len(all) {
		p.line("", "%s  p99, %s to %s", marked(p99), units.Short(slices.Min(p99)), units.Short(slices.Max(p99)))
	}
	if errors {
		p.line("", "%s  errors, %s to %s", marked(failed), units.Count(slices.Min(failed)), units.Count(slices.Max(failed)))
	}
}

// marked draws values as marks from 0 to the largest; "." is 0.
func marked(values []float64) string {
	const heights = "▁▂▃▄▅▆▇█"
	all, most := []rune(heights), slices.Max(values)
	var b strings.Builder
	for _, v := range values {
		if v <= 0 {
			b.WriteByte('.')
			continue
		}
		b.WriteRune(all[min(int(v/most*float64(len(all))), len(all)-1)])
	}
	return b.String()
}
