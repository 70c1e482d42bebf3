package verdict

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/result"
	"carousel/internal/units"
)

// Gate is a condition under which a run fails, such as "p99>5ms".
type Gate struct {
	Expr   string
	metric *metric
	op     string
	limit  float64 // nanoseconds, requests per second, a count, a share, a ratio, or an index in kind.words
	share  bool    // limit is a share of the requests sent (%)
}

// metric is a figure that a gate can be about.
type metric struct {
	name string
	kind kind
	read func(*result.Load) value
}

// value is the interval in which a metric lies, or why there is none.
type value struct {
	low, high float64
	lacks     string
}

func exactly(v float64) value { return value{low: v, high: v} }

// kind is how a limit is written: its operators, and either units with their factors, or words.
type kind struct {
	ops     []string
	units   map[string]float64
	words   []string
	written string // what to write, for error messages
}

var (
	order = []string{">", "<", ">=", "<="}
	equal = []string{"=", "==", "!="}

	span  = kind{order, map[string]float64{"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9}, nil, "a time with ns, us, ms or s"}
	rate  = kind{order, map[string]float64{"": 1, "/s": 1}, nil, "a number per second, with or without /s"}
	tally = kind{order, map[string]float64{"": 1}, nil, "a plain number"}
	part  = kind{order, map[string]float64{"": 1, "%": 0.01}, nil, "a number, or with % a share of the requests sent"}
	times = kind{order, map[string]float64{"": 1, "%": 0.01}, nil, "a plain number, or with % the same in hundredths"}
	state = kind{equal, nil, []string{result.Valid, result.Suspect, result.Invalid}, "valid, suspect or invalid"}
)

var metrics = slices.Concat(
	latencies("", result.Response),
	latencies("service_", result.Service),
	[]metric{
		lateness("lateness_p99", result.Lateness),
		lateness("pacer_lateness_p99", result.PacerLateness),
		{"rate", rate, func(l *result.Load) value { return exactly(l.RateRPS) }},
		{"errors", part, func(l *result.Load) value { return exactly(float64(l.Requests.Errors)) }},
		{"unanswered", part, func(l *result.Load) value { return exactly(float64(l.Requests.Unanswered)) }},
		{"starved", tally, func(l *result.Load) value {
			return exactly(float64(l.Eligible() - l.Connections.Answered))
		}},
		{"connect_failures", tally, func(l *result.Load) value { return exactly(float64(l.Connections.Failed)) }},
		{"cpu_per_request", span, func(l *result.Load) value { return perRequest(l.CPU.Total(), l) }},
		{"target_cpu_per_request", span, func(l *result.Load) value {
			if l.TargetCPU == nil {
				return value{lacks: cmp.Or(l.TargetCPULacks, "the target's processor time is read with --pid")}
			}
			return perRequest(l.TargetCPU.Total(), l)
		}},
		{"verdict", state, func(l *result.Load) value {
			at := slices.Index(state.words, l.Verdict.State)
			if at < 0 {
				return value{lacks: "the record has no verdict"}
			}
			return exactly(float64(at))
		}},
	},
	overTarget(),
)

func latencies(prefix string, read func(*result.Load) result.Summary) []metric {
	var out []metric
	for _, name := range []string{"p50", "p90", "p95", "p99", "p999", "max", "mean"} {
		out = append(out, metric{prefix + result.Label(name), span, func(l *result.Load) value {
			f := read(l).Figure(name)
			return value{low: f.NS, high: f.Upper, lacks: f.Withheld}
		}})
	}
	return out
}

// lateness returns the metric of the 99th percentile of a lateness.
func lateness(name string, read func(*result.Load) result.Summary) metric {
	return metric{name, span, func(l *result.Load) value {
		if l.Spec.Rate == 0 {
			return value{lacks: "a closed loop has no schedule to be late for"}
		}
		p99 := read(l).Figure("p99")
		return value{low: p99.NS, high: p99.Upper, lacks: p99.Withheld}
	}}
}

func perRequest(ns int64, l *result.Load) value {
	if l.Served() == 0 {
		return value{lacks: "no request succeeded in the window"}
	}
	return exactly(float64(ns) / l.Served())
}

// Metrics returns the names of the metrics that a gate can be about.
func Metrics() []string {
	var names []string
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

var grammar = regexp.MustCompile(`^\s*([^<>=!\s]+)\s*([<>=!]+)\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)?\s*(\S*)\s*$`)

const incomplete = "it takes a metric, one of > < >= <=, and a limit with its unit, as in p99, < and 5ms; or the verdict, = or !=, and valid, suspect or invalid"

// Parse parses a gate: a metric, one of > < >= <=, a number and its unit, such as "p99>5ms", "errors > 0.1%" or
// "rate<20000/s"; or the verdict, = or != and a state, such as "verdict!=valid". p999, the name in the record, and p(99) mean p99.9 and p99. The
// error lists what is allowed.
func Parse(expr string) (Gate, error) {
	bad := func(format string, args ...any) (Gate, error) {
		return Gate{}, fmt.Errorf(format, args...)
	}
	m := grammar.FindStringSubmatch(expr)
	if m == nil || m[3]+m[4] == "" {
		return bad(incomplete)
	}
	name, op, number, unit := m[1], m[2], m[3], m[4]
	at := slices.IndexFunc(metrics, func(m metric) bool { return m.name == plainName(name) })
	if at < 0 {
		return bad("unknown metric %s; there are %s", name, strings.Join(Metrics(), " "))
	}
	g := Gate{Expr: strings.TrimSpace(expr), metric: &metrics[at], op: op, share: unit == "%"}
	kind := g.metric.kind
	if !slices.Contains(kind.ops, op) {
		return bad("%s is no operator of %s; there are %s", op, g.metric.name, strings.Join(kind.ops, " "))
	}
	if kind.words != nil {
		at := slices.Index(kind.words, number+unit)
		if at < 0 {
			return bad("%s is %s, not %s", g.metric.name, kind.written, number+unit)
		}
		g.limit = float64(at)
		return g, nil
	}
	if number == "" {
		return bad(incomplete)
	}
	factor, ok := kind.units[unit]
	if !ok && unit == "" {
		return bad("%s of what? %s takes %s", number, g.metric.name, kind.written)
	}
	if !ok {
		return bad("unknown unit %s; %s takes %s", unit, g.metric.name, kind.written)
	}
	limit, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(limit*factor, 0) {
		return bad("%s is no number", number)
	}
	g.limit = limit * factor
	return g, nil
}

// plainName turns names such as p(99) and P999 into those of metrics.
func plainName(name string) string {
	name = strings.ToLower(name)
	if i := strings.LastIndexByte(name, 'p'); i >= 0 && strings.HasSuffix(name, ")") && strings.HasPrefix(name[i+1:], "(") {
		name = name[:i+1] + name[i+2:len(name)-1]
	}
	return result.Label(name)
}

// Broken reports whether the record of a load fails the gate, and why. A gate on a figure that the record does not support is broken, and so is
// one that requests without an answer could break.
func (g Gate) Broken(l *result.Load) (bool, string) {
	v := g.read(l)
	switch {
	case v.lacks != "":
		return true, fmt.Sprintf("%s: not measured: %s", g.Expr, v.lacks)
	case g.holds(v.low):
		return true, fmt.Sprintf("%s: %s is %s", g.Expr, g.metric.name, g.write(v.low))
	case g.holds(v.high):
		return true, fmt.Sprintf("%s: %s is at least %s, and requests without an answer could break the gate: give the run more time",
			g.Expr, g.metric.name, g.write(v.low))
	}
	return false, ""
}

// Reading is the metric of a gate in a record, where the gate is used as a condition that must hold (--find-max).
type Reading struct {
	Holds bool   // the condition holds, however long requests without an answer would have taken
	Text  string // such as "p99 1.20ms"; it says so if requests without an answer decide whether it holds
	Lacks string // why there is no figure; "" if there is one
}

// Read returns the gate's metric in the record of a load.
func (g Gate) Read(l *result.Load) Reading {
	v := g.read(l)
	if v.lacks != "" {
		return Reading{Lacks: v.lacks}
	}
	low, high, text := g.holds(v.low), g.holds(v.high), g.metric.name+" "+g.write(v.low)
	if low != high {
		text = fmt.Sprintf("%s >=%s, and requests without an answer could put it on the other side", g.metric.name, g.write(v.low))
	}
	return Reading{Holds: low && high, Text: text}
}

// On reports whether the gate is about this metric.
func (g Gate) On(metric string) bool { return g.metric.name == metric }

// read returns the metric of a record, as a share of the requests sent if the limit is one.
func (g Gate) read(l *result.Load) value {
	v := g.metric.read(l)
	if !g.share || v.lacks != "" {
		return v
	}
	if l.Requests.Sent == 0 {
		return value{lacks: "nothing was sent"}
	}
	return value{low: v.low / float64(l.Requests.Sent), high: v.high / float64(l.Requests.Sent)}
}

// OfLateness reports whether g is about how late requests were sent.
func (g Gate) OfLateness() bool { return strings.HasSuffix(g.metric.name, "lateness_p99") }

// Backwards returns the gate with its operator reversed if, as a condition, it could hold only above some level of a load, as "p99>5ms" does.
// It returns "" for a gate that can hold below a level.
func (g Gate) Backwards() string {
	turned := map[string]string{">": "<", ">=": "<=", "!=": "="}[g.op]
	if g.metric.name == "rate" || strings.Contains(g.metric.name, "cpu") || turned == "" { // such a figure may rise or fall with the load
		return ""
	}
	return strings.Replace(g.Expr, g.op, turned, 1)
}

// Needs returns how many requests a load must have for the gate's metric to be shown: 0 unless it is a percentile.
func (g Gate) Needs() int64 {
	_, digits, _ := strings.Cut(g.metric.name, "p")
	if q, err := strconv.ParseFloat("0."+strings.ReplaceAll(digits, ".", ""), 64); err == nil && q > 0 {
		return result.RequestsFor(q)
	}
	return 0
}

// holds reports whether v is beyond the limit, by the operator.
func (g Gate) holds(v float64) bool {
	switch g.op {
	case ">":
		return v > g.limit
	case "<":
		return v < g.limit
	case ">=":
		return v >= g.limit
	case "<=":
		return v <= g.limit
	case "!=":
		return v != g.limit
	}
	return v == g.limit
}

func (g Gate) write(v float64) string {
	switch {
	case g.metric.kind.words != nil:
		return g.metric.kind.words[int(v)]
	case g.share:
		return Percent(v)
	case g.metric.kind.units["ns"] != 0:
		return units.Short(v)
	case g.metric.kind.units["/s"] != 0:
		return units.Count(math.Round(10*v)/10) + "/s"
	}
	return units.Count(v)
}
