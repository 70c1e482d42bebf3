package verdict

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"carousel/internal/result"
)

// The gates of a comparison. One on a ratio is broken only if the whole interval is beyond the limit: a report that a server has become slower
// must be sure.

// ratios are the metrics that compare a further server with the target, and the sentence that a broken gate prints.
var ratios = []struct{ name, of, sentence string }{
	{"rate_ratio", result.MetricRate, "%s serves %s of what %s does"},
	{"p50_ratio", result.MetricP50, "the p50 of %s is %s of that of %s"},
	{"p99_ratio", result.MetricP99, "the p99 of %s is %s of that of %s"},
	{"target_cpu_ratio", result.MetricSteady, "a request costs %s %s of what it costs %s"},
	{"target_cpu_whole_ratio", result.MetricWhole, "a request, waking included, costs %s %s of what it costs %s"},
}

// overTarget returns them as metrics of a single load, which has none of these ratios.
func overTarget() (out []metric) {
	for _, r := range ratios {
		out = append(out, metric{r.name, times, func(*result.Load) value {
			return value{lacks: "nothing was compared, which is done with --vs"}
		}})
	}
	return out
}

// ratio returns the index of g's metric in ratios, or -1.
func (g Gate) ratio() int {
	for i, r := range ratios {
		if r.name == g.metric.name {
			return i
		}
	}
	return -1
}

// OfRatio reports whether g is about a ratio of a further server to the target.
func (g Gate) OfRatio() bool { return g.ratio() >= 0 }

// OfCost reports whether g is about the target's processor time, or a ratio of it.
func (g Gate) OfCost() bool { return strings.HasPrefix(g.metric.name, "target_cpu") }

// Finding is one way in which a comparison fails a gate.
type Finding struct {
	Text      string
	Undecided bool // the ratio is not known, so the gate is neither broken nor met
}

// Broken returns how c fails the gates. A gate on a ratio applies to each server but the target and its twin, one on the verdict to the verdict of
// the comparison, and any other to the load of each server.
func Broken(gates []Gate, c *result.Comparison) []Finding { return broken(gates, c, true) }

// BrokenApart is Broken for servers that were loaded one after another, whose ratios have no interval: the ratio itself is compared with the limit.
func BrokenApart(gates []Gate, c *result.Comparison) []Finding { return broken(gates, c, false) }

func broken(gates []Gate, c *result.Comparison, intervals bool) []Finding {
	var out []Finding
	for _, g := range gates {
		switch {
		case g.OfRatio():
			out = append(out, g.brokenRatios(c, intervals)...)
		case g.metric.kind.words != nil:
			if is, why := g.Broken(&result.Load{Verdict: c.Verdict}); is {
				out = append(out, Finding{Text: why})
			}
		default:
			for _, s := range c.Servers {
				if is, why := g.Broken(s.Load); is {
					out = append(out, Finding{Text: s.Name + ": " + why})
				}
			}
		}
	}
	return out
}

func (g Gate) brokenRatios(c *result.Comparison, intervals bool) (out []Finding) {
	metric := ratios[g.ratio()]
	for _, s := range c.Servers[min(1, len(c.Servers)):] {
		if s.Name == c.Twin {
			continue // it differs by chance alone
		}
		r := c.Ratio(s.Name, metric.of)
		switch {
		case r == nil || r.Lacks != "":
			why := "the record has no such ratio"
			if r != nil {
				why = r.Lacks
			}
			out = append(out, Finding{fmt.Sprintf("%s: not measured for %s: %s", g.Expr, s.Name, why), true})
		case g.holds(r.Low) && g.holds(r.High):
			ratio, low, high := g.apart(r)
			text := fmt.Sprintf("%s: "+metric.sentence, g.Expr, s.Name, ratio, r.To)
			if intervals {
				text += fmt.Sprintf(" (%s to %s)", low, high)
			}
			out = append(out, Finding{Text: text})
		}
	}
	return out
}

// apart formats a ratio and its interval with two decimals, or as many more (six at most) as show that the interval is beyond the limit.
func (g Gate) apart(r *result.Ratio) (ratio, low, high string) {
	edge := r.Low
	if math.Abs(r.High-g.limit) < math.Abs(r.Low-g.limit) {
		edge = r.High
	}
	decimals := 2
	write := func(v float64) string { return strconv.FormatFloat(v, 'f', decimals, 64) }
	for ; decimals < 6 && g.holds(edge) != g.holds(rounded(edge, decimals)); decimals++ {
	}
	return write(r.Ratio), write(r.Low), write(r.High)
}

// rounded returns v rounded to so many decimals.
func rounded(v float64, decimals int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', decimals, 64), 64)
	if err != nil {
		return v
	}
	return r
}
