package trial

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Support is how many requests must lie above a percentile for it to be shown.
const Support = 10

// noticeable is the relative difference that counts as one; what moves a figure by less is not mentioned.
const noticeable = 0.02

// Figure is one figure of a latency summary with its doubt: every program shows it, marks it ">=" or withholds it by this.
type Figure struct {
	Name  string // as in the record: p50 ... p999, max, mean
	NS    float64
	Most  float64 // what requests without an answer could make of it at most; +Inf where nothing bounds it
	Lacks string  // why the figure is withheld; "" when it is not
}

// AtLeast reports whether requests without an answer could move the figure up noticeably.
func (f Figure) AtLeast() bool { return f.Most > f.NS*(1+noticeable) }

// Asked is the part of what was asked on which it depends whether a figure can be shown.
type Asked struct {
	Connections int64
	Requests    int64   // 0: the run ends by time
	RateRPS     float64 // 0: a closed loop
}

// Asked is what was asked in a record that was read from a file, zeros where its spec does not say.
func (l *Load) Asked() Asked {
	spec, _ := l.Spec.(map[string]any)
	number := func(key string) float64 {
		v, _ := spec[key].(float64)
		return v
	}
	return Asked{int64(number("connections")), int64(number("requests")), number("rate_rps")}
}

// Entitled is how many connections had a right to be served: all of a closed loop that runs for a time; where a schedule
// or a number of requests leaves nothing to some, those that were given one.
func (a Asked) Entitled(l *Load) int64 {
	if a.RateRPS > 0 || a.Requests > 0 {
		return l.Connections.Asked
	}
	return a.Connections
}

// Starved says who was never answered while others were, "" when nobody was left out.
func Starved(a Asked, l *Load) string {
	entitled, n := a.Entitled(l), l.Connections.Answered
	if n >= entitled || n == 0 {
		return ""
	}
	were, others := "were", "the others"
	if n == 1 {
		were = "was"
	}
	if entitled-n == 1 {
		others = "the other"
	}
	return fmt.Sprintf("%d of %d connections %s ever answered; %s waited %.3g s",
		n, entitled, were, others, time.Duration(l.Connections.LongestWaitNS).Seconds())
}

// Behind is the share of the offered rate that was not served, below 0 where more was; 0 in a closed loop.
func Behind(a Asked, l *Load) float64 {
	if a.RateRPS == 0 || !l.Complete || l.Window.ElapsedNS <= 0 {
		return 0
	}
	offered := a.RateRPS
	if l.Requests.Planned > 0 { // of a short run the schedule holds a whole number of requests
		offered = min(offered, float64(l.Requests.Planned)/(float64(l.Window.ElapsedNS)/1e9))
	}
	return 1 - l.RateRPS/offered
}

// overloaded reports whether the time from due measures the length of the run.
func overloaded(a Asked, l *Load) bool {
	return Behind(a, l) > 0.02 && l.Requests.Unsent+l.Requests.Unanswered > l.Requests.Errors
}

// Summary is the figures of one latency of a record.
type Summary struct {
	Figures []Figure // p50 p90 p95 p99 p999 max mean
	Count   int64    // of requests
	Lacks   string   // why nothing of it can be shown; "" where at least the mean can

	buckets    *Histogram // nil: there are none
	unanswered int64      // of Count, those that sit at the age they reached: unanswered, timed out or unsent
}

// percentiles are those of a record, in order.
var percentiles = []struct {
	name string
	q    float64
	of   func(Latency) int64
}{
	{"p50", 0.50, func(l Latency) int64 { return l.P50 }},
	{"p90", 0.90, func(l Latency) int64 { return l.P90 }},
	{"p95", 0.95, func(l Latency) int64 { return l.P95 }},
	{"p99", 0.99, func(l Latency) int64 { return l.P99 }},
	{"p999", 0.999, func(l Latency) int64 { return l.P999 }},
}

// Response is the response time, due to answered.
func Response(a Asked, l *Load) Summary {
	lacks := Starved(a, l)
	if lacks == "" && overloaded(a, l) {
		lacks = "the target fell behind the offered rate, so the time from due measures the length of the run"
	}
	return summarize(l.Histogram, l.Latency, l, lacks)
}

// Service is the service time, sent to answered.
func Service(a Asked, l *Load) Summary {
	return summarize(l.ServiceHistogram, l.Service, l, Starved(a, l))
}

func summarize(encoded string, sum Latency, l *Load, lacks string) Summary {
	s := Summary{Lacks: lacks}
	if lacks == "" && l.Requests.OK == 0 {
		s.Lacks = "no request succeeded"
	}
	if h, err := Decode(encoded); err == nil {
		s.buckets, s.Count = h, h.Count()
		s.unanswered = max(0, s.Count-l.Requests.OK-l.Unsaved())
	}
	return s.of(sum)
}

// Path is the response time of the requests for one path, of which Response is the whole.
func (s Summary) Path(p PathLatency) Summary {
	return Summary{Count: p.Count, Lacks: s.Lacks}.of(p.Latency)
}

func (s Summary) of(sum Latency) Summary {
	for _, p := range percentiles {
		f := s.At(p.q)
		f.Name, f.NS = p.name, float64(p.of(sum))
		f.Most = max(f.Most, f.NS)
		s.Figures = append(s.Figures, f)
	}
	longest := Figure{Name: "max", NS: float64(sum.Max), Most: float64(sum.Max), Lacks: s.Lacks}
	if sum.Unanswered > 0 && sum.Unanswered >= sum.Max {
		longest.Most = math.Inf(1)
	}
	s.Figures = append(s.Figures, longest, Figure{Name: "mean", NS: sum.Mean, Most: sum.Mean, Lacks: s.Lacks})
	for i, f := range s.Figures {
		if f.Lacks == "" {
			s.Figures[i].Lacks = sum.Withheld[f.Name]
		}
	}
	return s
}

// At is percentile q, 0 to 1, from the buckets.
func (s Summary) At(q float64) Figure {
	f := Figure{Lacks: s.Lacks}
	if f.Lacks == "" {
		f.Lacks = tooFew(s.Count, q)
	}
	if s.buckets == nil || s.Count == 0 {
		return f
	}
	f.NS = float64(s.buckets.Quantile(q))
	// Were all of the unanswered to take for ever, a percentile would move up by so many ranks at most.
	if rank := q + float64(s.unanswered)/float64(s.Count); rank < 1 {
		f.Most = float64(s.buckets.Quantile(rank))
	} else if s.unanswered > 0 {
		f.Most = math.Inf(1)
	}
	return f
}

// Figure is the one of this name, as in the record.
func (s Summary) Figure(name string) Figure {
	return s.Figures[slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Name == name })]
}

// tooFew says why n requests do not support percentile q, 0 to 1; "" where they do.
func tooFew(n int64, q float64) string {
	if need := int64(math.Ceil(Support / (1 - q) * (1 - 1e-9))); n < need {
		return fmt.Sprintf("p%s needs %d requests, there are %d", strings.ReplaceAll(fmt.Sprintf("%.6g", 100*q), ".", ""), need, n)
	}
	return ""
}

// Doubt writes into the record, beside each latency, which of its figures are withheld and which are lower bounds.
func (l *Load) Doubt(a Asked) {
	response := Response(a, l)
	l.Latency.doubt(response)
	l.Service.doubt(Service(a, l))
	for i, p := range l.Paths {
		l.Paths[i].Latency.doubt(response.Path(p))
	}
}

func (l *Latency) doubt(s Summary) {
	l.Withheld, l.AtLeast = map[string]string{}, nil
	for _, f := range s.Figures {
		switch {
		case f.Lacks != "":
			l.Withheld[f.Name] = f.Lacks
		case f.AtLeast():
			l.AtLeast = append(l.AtLeast, f.Name)
		}
	}
}
