package result

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"carousel/internal/units"
)

// Support is how many requests must lie above a percentile, or it is withheld.
const Support = 10

// noticeable is the smallest relative difference of a figure that is reported.
const noticeable = 0.02

// Figure is one figure of a latency summary, and whether to print it, to mark it ">=", or to withhold it.
type Figure struct {
	Name     string // as in the record: p50 ... p999, max, mean
	NS       float64
	Upper    float64 // upper bound, given requests without a reply; +Inf: there is none
	Withheld string  // why the figure is withheld; "" when it is not
}

// Label is the printed name of a figure: that of the record, but p99.9 for p999.
func Label(name string) string { return strings.Replace(name, "p999", "p99.9", 1) }

// AtLeast reports whether requests without a reply could raise the figure by more than 2 %.
func (f Figure) AtLeast() bool { return f.Upper > f.NS*(1+noticeable) }

// Eligible is how many connections should have been answered: in a closed loop by time all of them; otherwise those that were given a request,
// because a schedule or a number of requests may leave none for the others.
func (l *Load) Eligible() int64 {
	if l.Spec.Rate > 0 || l.Spec.Requests > 0 {
		return l.Connections.Used
	}
	return int64(l.Spec.Connections)
}

// Starved states how many connections were never answered while others were; "" if there were none.
func Starved(l *Load) string {
	entitled, n := l.Eligible(), l.Connections.Answered
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
	of := "connections"
	if entitled < int64(l.Spec.Connections) {
		of = "connections that were given a request"
	}
	return fmt.Sprintf("%s of %s %s %s ever answered; %s waited %.3g s",
		units.Count(n), units.Count(entitled), of, were, others, time.Duration(l.Connections.LongestWaitNS).Seconds())
}

// Figure returns the figure of this name in nanoseconds, even if it is withheld.
func (l Latency) Figure(name string) float64 {
	for _, p := range percentiles {
		if p.name == name {
			return float64(p.of(l))
		}
	}
	return map[string]float64{"max": float64(l.Max), "mean": l.Mean}[name]
}

// Served is the number of good replies by which processor time is divided: those that came in the window, whenever they were due; in a comparison
// all good replies of the slices.
func (l *Load) Served() float64 {
	if l.inSlices() {
		return float64(l.Requests.OK)
	}
	return l.RateRPS * float64(l.Window.ElapsedNS) / 1e9
}

// inSlices reports whether the load is one of a comparison.
func (l *Load) inSlices() bool { return l.SliceNS > 0 }

// Summary holds the figures of one latency of a record.
type Summary struct {
	Figures  []Figure // p50 p90 p95 p99 p999 max mean
	Further  []Figure // percentiles at the additional shares, without names, up to the first that is withheld
	Count    int64    // of requests
	Withheld string   // why nothing of it can be shown; "" where at least the mean can
	unsent   bool     // requests were due and never sent
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

const fellBehind = "the target fell behind the offered rate, so the time from due measures the length of the run"

// Response summarizes the response time, due to answered.
func Response(l *Load) Summary { return response(l, nil) }

func response(l *Load, further []float64) Summary {
	lacks := Starved(l)
	if lacks == "" && Overloaded(l) {
		lacks = fellBehind
	}
	return summarize(l.Histogram, l.Latency, l, lacks, further)
}

// unsent reports whether requests were due and never sent.
func (l *Load) unsent() bool { return l.Requests.Unsent > l.UnsentBy["interrupted"] }

// Service summarizes the service time, sent to answered.
func Service(l *Load) Summary {
	return summarize(l.ServiceHistogram, l.Service, l, Starved(l), nil)
}

// OfAnswered summarizes response and service time of the connections that were answered, if others never were; otherwise, or if the record does not
// separate them, known is false.
func OfAnswered(l *Load) (response, service Summary, known bool) {
	a := l.Answered
	if a == nil || Starved(l) == "" {
		return response, service, false
	}
	lacks := ""
	if Overloaded(l) {
		lacks = fellBehind
	}
	return summarize(a.Histogram, a.Latency, l, lacks, nil), summarize(a.ServiceHistogram, a.Service, l, "", nil), true
}

// Lateness summarizes the send lateness of an open loop, due to sent. Requests that were never sent could raise it.
func Lateness(l *Load) Summary {
	s := Summary{Count: l.Requests.Sent}
	if Overloaded(l) {
		s.Withheld = fellBehind
	}
	s.fill(l.Lateness, nil, 0)
	if l.unsent() {
		for i := range s.Figures {
			s.Figures[i].Upper = math.Inf(1)
		}
	}
	return s
}

// PacerLateness summarizes the send lateness of requests that found a connection free, which loadgen itself causes.
func PacerLateness(l *Load) Summary {
	s := Summary{Count: l.Requests.Sent}
	s.fill(l.PacerLateness, nil, 0)
	return s
}

// Handshake summarizes the times of TLS handshakes. l.TLS must not be nil.
func Handshake(l *Load) Summary {
	s := Summary{Count: l.TLS.Handshakes}
	s.fill(l.TLS.Handshake, nil, 0)
	return s
}

// Path summarizes the response time of p, one path of the load that s summarizes. Unsent requests could have been for any path.
func (s Summary) Path(p PathLatency) Summary {
	one := Summary{Count: p.Count, Withheld: s.Withheld}
	if p.Count == 0 {
		one.Withheld = cmp.Or(one.Withheld, "no request was timed")
	}
	one.fill(p.Latency, nil, 0)
	for i, f := range one.Figures { // the record has no histogram by path
		if slices.Contains(p.Latency.AtLeast, f.Name) || s.unsent && s.Figures[i].AtLeast() {
			one.Figures[i].Upper = math.Inf(1)
		}
	}
	return one
}

// Describe sets count and latency of p from h, which holds its response times. unanswered of them are ages of requests without a reply.
func (h *Histogram) Describe(p *PathLatency, unanswered int64) {
	p.Count, p.Latency = h.Count(), h.Latency()
	whole := Summary{Count: p.Count}
	whole.fill(p.Latency, h, unanswered)
	for _, f := range whole.Figures {
		if f.AtLeast() {
			p.Latency.AtLeast = append(p.Latency.AtLeast, f.Name)
		}
	}
}

// quantiles is a histogram.
type quantiles interface {
	Quantile(q float64) int64
}

// CountBetween returns how many times of an encoded histogram lie in [from, to); 0 if it cannot be decoded.
func CountBetween(encoded string, from, to time.Duration) int64 {
	h := buckets.Get().(*Packed)
	defer buckets.Put(h)
	if h.Decode(encoded) != nil {
		return 0
	}
	return h.below(int64(to)) - h.below(int64(from))
}

// buckets holds decoders to reuse, because a report reads many histograms.
var buckets = sync.Pool{New: func() any { return new(Packed) }}

func summarize(encoded string, sum Latency, l *Load, lacks string, further []float64) Summary {
	s := Summary{Withheld: lacks, unsent: l.unsent()}
	if lacks == "" && l.Requests.OK == 0 {
		s.Withheld = "no request succeeded"
	}
	packed := buckets.Get().(*Packed)
	defer buckets.Put(packed)
	var h quantiles // nil where there are none
	if packed.Decode(encoded) == nil {
		h, s.Count = packed, packed.Count()
	}
	answered := l.Requests.OK + l.Unsaved()
	if l.inSlices() {
		answered = l.Timed
	}
	unanswered := max(0, s.Count-answered)
	s.fill(sum, h, unanswered)
	for _, q := range further {
		f := s.at(q, h, unanswered)
		if h == nil || f.Withheld != "" {
			break
		}
		f.NS = float64(h.Quantile(q))
		f.Upper = max(f.Upper, f.NS)
		s.Further = append(s.Further, f)
	}
	return s
}

// fill appends the figures of sum, with their upper bounds and the reasons to withhold them. h is their histogram or nil; unanswered of its values
// are ages of requests without a reply: unanswered, timed out or unsent.
func (s *Summary) fill(sum Latency, h quantiles, unanswered int64) {
	for _, p := range percentiles {
		f := s.at(p.q, h, unanswered)
		f.Name, f.NS = p.name, float64(p.of(sum))
		f.Upper = max(f.Upper, f.NS)
		s.Figures = append(s.Figures, f)
	}
	longest, mean := Figure{Name: "max", NS: float64(sum.Max), Withheld: s.Withheld}, Figure{Name: "mean", NS: sum.Mean, Withheld: s.Withheld}
	longest.Upper, mean.Upper = longest.NS, mean.NS
	if unanswered > 0 || sum.Unanswered > 0 && sum.Unanswered >= sum.Max { // such a request could have waited for ever
		longest.Upper, mean.Upper = math.Inf(1), math.Inf(1)
	}
	s.Figures = append(s.Figures, longest, mean)
	for i, f := range s.Figures {
		if f.Withheld == "" {
			s.Figures[i].Withheld = sum.Withheld[f.Name]
		}
	}
}

// at returns percentile q without its value: its upper bound, and why it is withheld.
func (s *Summary) at(q float64, h quantiles, unanswered int64) Figure {
	f := Figure{Withheld: s.Withheld}
	if f.Withheld == "" {
		f.Withheld = tooFew(s.Count, q)
	}
	if h == nil || s.Count == 0 {
		return f
	}
	// If all unanswered requests took for ever, the percentile would move up by their share.
	if rank := q + float64(unanswered)/float64(s.Count); rank < 1 {
		f.Upper = float64(h.Quantile(rank))
	} else if unanswered > 0 {
		f.Upper = math.Inf(1)
	}
	return f
}

// Figure returns the figure of this name; it panics if there is none.
func (s Summary) Figure(name string) Figure {
	return s.Figures[slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Name == name })]
}

// RequestsFor is how many requests percentile q, 0 to 1, needs.
func RequestsFor(q float64) int64 { return int64(math.Ceil(Support / (1 - q) * (1 - 1e-9))) }

// tooFew is why n requests are too few for percentile q, 0 to 1; "" if they are enough.
func tooFew(n int64, q float64) string {
	if need := RequestsFor(q); n < need {
		return fmt.Sprintf("p%.6g needs %s requests, there are %s", 100*q, units.Count(need), units.Count(n))
	}
	return ""
}

// Annotate sets Withheld and AtLeast of each latency in the record.
func (l *Load) Annotate() {
	l.AnnotateResponse()
	l.AnnotateService()
	if l.Spec.Rate > 0 {
		l.AnnotateLateness()
	}
	if l.TLS != nil {
		l.TLS.Handshake.annotate(Handshake(l))
	}
	if response, service, known := OfAnswered(l); known {
		l.Answered.Latency.annotate(response)
		l.Answered.Service.annotate(service)
	}
}

// AnnotateResponse annotates the response time, in total and by path. It returns its summary, with additional percentiles at the shares further, 0
// to 1.
func (l *Load) AnnotateResponse(further ...float64) Summary {
	whole := response(l, further)
	for i, p := range l.Paths {
		l.Paths[i].Latency.annotate(whole.Path(p))
	}
	l.Latency.annotate(whole)
	return whole
}

// AnnotateService annotates the service time.
func (l *Load) AnnotateService() { l.Service.annotate(Service(l)) }

// AnnotateLateness annotates the send lateness of an open loop, and loadgen's own part of it.
func (l *Load) AnnotateLateness() {
	l.Lateness.annotate(Lateness(l))
	l.PacerLateness.annotate(PacerLateness(l))
}

func (l *Latency) annotate(s Summary) {
	l.Withheld, l.AtLeast = nil, nil
	for _, f := range s.Figures {
		switch {
		case f.Withheld != "":
			if l.Withheld == nil {
				l.Withheld = map[string]string{}
			}
			l.Withheld[f.Name] = f.Withheld
		case f.AtLeast():
			l.AtLeast = append(l.AtLeast, f.Name)
		}
	}
}
