package verdict

import (
	"fmt"
	"math"
	"time"

	"carousel/internal/trial"
	"carousel/loadgen/record"
	"carousel/loadgen/spec"
)

// beyond is how many requests must lie above a percentile for it to be printed.
const beyond = 10

// shown is the relative difference that counts as one; what moves a figure by less is not mentioned.
const shown = 0.02

// Figure is one figure of a latency summary with its doubt.
type Figure struct {
	Name  string // as in the record: p50 ... p999, max, mean
	NS    float64
	Most  float64 // what requests without an answer could make of it at most; +Inf where nothing bounds it
	Lacks string  // why the figure is not supported; "" when it is
}

// AtLeast says that requests without an answer could move the figure up noticeably.
func (f Figure) AtLeast() bool { return f.Most > f.NS*(1+shown) }

// Response is the response time's summary, due to answered, in the order p50 p90 p95 p99 p999 max mean.
func Response(s spec.Spec, l *trial.Load) []Figure {
	lacks := Starved(s, l)
	if saturated(s, l) && lacks == "" {
		lacks = "the target fell behind the offered rate, so the time from due measures the length of the run"
	}
	return figures(l.Histogram, l.Latency, l, lacks)
}

// Service is the service time's summary, sent to answered, in the same order.
func Service(s spec.Spec, l *trial.Load) []Figure {
	return figures(l.ServiceHistogram, l.Service, l, Starved(s, l))
}

func figures(encoded string, sum trial.Latency, l *trial.Load, lacks string) []Figure {
	h, err := trial.Decode(encoded)
	var n int64
	if err == nil {
		n = h.Count()
	}
	if l.Requests.OK == 0 && lacks == "" {
		lacks = "no request succeeded"
	}
	// What is in the histogram without a good reply sits at the age it reached. Were all of it to take for ever, a
	// percentile would move up by so many ranks at most.
	unsettled := max(0, n-l.Requests.OK-record.Unsaved(l.Errors))
	most := func(q float64) float64 {
		switch rank := q + float64(unsettled)/float64(n); {
		case n == 0 || unsettled == 0:
			return 0
		case rank >= 1:
			return math.Inf(1)
		default:
			return float64(h.Quantile(rank))
		}
	}
	percentile := func(name string, q float64, ns int64) Figure {
		f := Figure{Name: name, NS: float64(ns), Most: most(q), Lacks: lacks}
		if need := needs(q); lacks == "" && n < need {
			f.Lacks = fmt.Sprintf("%s needs %d requests, there are %d", name, need, n)
		}
		f.Most = max(f.Most, f.NS)
		return f
	}
	exact := func(name string, ns float64) Figure { return Figure{Name: name, NS: ns, Most: ns, Lacks: lacks} }
	return []Figure{
		percentile("p50", 0.50, sum.P50),
		percentile("p90", 0.90, sum.P90),
		percentile("p95", 0.95, sum.P95),
		percentile("p99", 0.99, sum.P99),
		percentile("p999", 0.999, sum.P999),
		exact("max", float64(sum.Max)),
		exact("mean", sum.Mean),
	}
}

// needs is how many requests support percentile q.
func needs(q float64) int64 { return int64(math.Ceil(beyond / (1 - q) * (1 - 1e-9))) }

// Supports reports whether n requests support percentile q, 0 to 1.
func Supports(n int64, q float64) bool { return n >= needs(q) }

// count is how many requests a histogram of the record holds.
func count(encoded string) int64 {
	h, err := trial.Decode(encoded)
	if err != nil {
		return 0
	}
	return h.Count()
}

// Short writes a duration of ns nanoseconds with three digits and the unit that suits it: 812ns, 1.52us, 23.4ms, 12.0s.
func Short(ns float64) string {
	switch {
	case ns < 999.5:
		return fmt.Sprintf("%.0fns", ns)
	case ns < 999.5e3:
		return digits(ns/1e3) + "us"
	case ns < 999.5e6:
		return digits(ns/1e6) + "ms"
	case ns < 120e9:
		return digits(ns/1e9) + "s"
	}
	return time.Duration(ns).Round(time.Second).String()
}

// digits writes v, 1 to 999, with three significant digits.
func digits(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
