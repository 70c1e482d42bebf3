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

// Support is how many requests must lie above a percentile for it to be shown.
const Support = 10

// noticeable is the relative difference that counts as one; what moves a figure by less is not mentioned.
const noticeable = 0.02

// Figure is one figure of a latency summary with its doubt: every program shows it, marks it ">=" or withholds it by this.
type Figure struct {
	Name     string // as in the record: p50 ... p999, max, mean
	NS       float64
	Upper    float64 // what requests without an answer could make of it at most; +Inf where nothing bounds it
	Withheld string  // why the figure is withheld; "" when it is not
}

// Label is the name of a figure for people: that of the record, but p99.9 for p999.
func Label(name string) string { return strings.Replace(name, "p999", "p99.9", 1) }

// AtLeast reports whether requests without an answer could move the figure up noticeably.
func (f Figure) AtLeast() bool { return f.Upper > f.NS*(1+noticeable) }

// Eligible is how many connections had a right to be served: all of a closed loop that runs for a time; where a schedule
// or a number of requests leaves nothing to some, those that were given one.
func (l *Load) Eligible() int64 {
	if l.Spec.Rate > 0 || l.Spec.Requests > 0 {
		return l.Connections.Used
	}
	return int64(l.Spec.Connections)
}

// Starved says who was never answered while others were, "" when nobody was left out.
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

// Figure is the one of this name as it was measured, whatever the doubt about it.
func (l Latency) Figure(name string) float64 {
	for _, p := range percentiles {
		if p.name == name {
			return float64(p.of(l))
		}
	}
	return map[string]float64{"max": float64(l.Max), "mean": l.Mean}[name]
}

// Served is how many good replies the processor time was spent on: those that came in the window, whenever they were due; in a comparison
// all of the slices, whose window lacks the first part of each.
func (l *Load) Served() float64 {
	if l.inSlices() {
		return float64(l.Requests.OK)
	}
	return l.RateRPS * float64(l.Window.ElapsedNS) / 1e9
}

// inSlices reports whether the load is one of a comparison.
func (l *Load) inSlices() bool { return l.SliceNS > 0 }

// Summary is the figures of one latency of a record.
type Summary struct {
	Figures  []Figure // p50 p90 p95 p99 p999 max mean
	Further  []Figure // the percentiles that were asked for besides, without a name, up to the first that cannot be shown
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

// Response is the response time, due to answered.
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

// Service is the service time, sent to answered.
func Service(l *Load) Summary {
	return summarize(l.ServiceHistogram, l.Service, l, Starved(l), nil)
}

// OfAnswered are the response and the service time of the connections that were answered, where others never were; known is false where the
// record does not tell those apart.
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

// Lateness is the send lateness, due to sent, of an open loop. Requests that were due and never sent would make it longer.
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

// PacerLateness is what of the send lateness is loadgen's own doing, which nothing the target does makes longer.
func PacerLateness(l *Load) Summary {
	s := Summary{Count: l.Requests.Sent}
	s.fill(l.PacerLateness, nil, 0)
	return s
}

// Handshake is how long the TLS handshakes of l took, which must have had some.
func Handshake(l *Load) Summary {
	s := Summary{Count: l.TLS.Handshakes}
	s.fill(l.TLS.Handshake, nil, 0)
	return s
}

// Path is the response time of the requests for one path, of which s is the whole. Requests that were never sent could have been for any.
func (s Summary) Path(p PathLatency) Summary {
	one := Summary{Count: p.Count, Withheld: s.Withheld}
	if p.Count == 0 {
		one.Withheld = cmp.Or(one.Withheld, "no request was timed")
	}
	one.fill(p.Latency, nil, 0)
	for i, f := range one.Figures { // the record has no buckets of a path, only what they said
		if slices.Contains(p.Latency.AtLeast, f.Name) || s.unsent && s.Figures[i].AtLeast() {
			one.Figures[i].Upper = math.Inf(1)
		}
	}
	return one
}

// Describe writes the response times of p, which h holds, into it; so many of them are the age that a request without an answer reached.
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

// quantiles are those of a histogram.
type quantiles interface {
	Quantile(q float64) int64
}

// CountBetween is how many of the times of an encoded histogram lie in a span, its end left out; 0 if there is none to read.
func CountBetween(encoded string, from, to time.Duration) int64 {
	h := buckets.Get().(*Packed)
	defer buckets.Put(h)
	if h.Decode(encoded) != nil {
		return 0
	}
	return h.below(int64(to)) - h.below(int64(from))
}

// buckets are read into memory that is taken again, since a report reads many.
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

// fill puts doubt to the figures of sum. h, which may be nil, are their buckets, in which so many requests sit at the age they
// reached: unanswered, timed out or unsent.
func (s *Summary) fill(sum Latency, h quantiles, unanswered int64) {
	for _, p := range percentiles {
		f := s.at(p.q, h, unanswered)
		f.Name, f.NS = p.name, float64(p.of(sum))
		f.Upper = max(f.Upper, f.NS)
		s.Figures = append(s.Figures, f)
	}
	longest, mean := Figure{Name: "max", NS: float64(sum.Max), Withheld: s.Withheld}, Figure{Name: "mean", NS: sum.Mean, Withheld: s.Withheld}
	longest.Upper, mean.Upper = longest.NS, mean.NS
	if unanswered > 0 || sum.Unanswered > 0 && sum.Unanswered >= sum.Max { // one of those could have waited for ever
		longest.Upper, mean.Upper = math.Inf(1), math.Inf(1)
	}
	s.Figures = append(s.Figures, longest, mean)
	for i, f := range s.Figures {
		if f.Withheld == "" {
			s.Figures[i].Withheld = sum.Withheld[f.Name]
		}
	}
}

// at is the doubt about percentile q.
func (s *Summary) at(q float64, h quantiles, unanswered int64) Figure {
	f := Figure{Withheld: s.Withheld}
	if f.Withheld == "" {
		f.Withheld = tooFew(s.Count, q)
	}
	if h == nil || s.Count == 0 {
		return f
	}
	// Were all of the unanswered to take for ever, a percentile would move up by so many ranks at most.
	if rank := q + float64(unanswered)/float64(s.Count); rank < 1 {
		f.Upper = float64(h.Quantile(rank))
	} else if unanswered > 0 {
		f.Upper = math.Inf(1)
	}
	return f
}

// Figure is the one of this name, as in the record.
func (s Summary) Figure(name string) Figure {
	return s.Figures[slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Name == name })]
}

// RequestsFor is how many requests percentile q, 0 to 1, is shown from.
func RequestsFor(q float64) int64 { return int64(math.Ceil(Support / (1 - q) * (1 - 1e-9))) }

// tooFew says why n requests do not support percentile q, 0 to 1; "" where they do.
func tooFew(n int64, q float64) string {
	if need := RequestsFor(q); n < need {
		return fmt.Sprintf("p%.6g needs %s requests, there are %s", 100*q, units.Count(need), units.Count(n))
	}
	return ""
}

// Annotate writes into the record, beside each latency, which of its figures are withheld and which are lower bounds.
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

// AnnotateResponse does so for the response time, by path as well. It returns that, with its percentiles at further shares, 0 to
// 1, which are taken from the buckets.
func (l *Load) AnnotateResponse(further ...float64) Summary {
	whole := response(l, further)
	for i, p := range l.Paths {
		l.Paths[i].Latency.annotate(whole.Path(p))
	}
	l.Latency.annotate(whole)
	return whole
}

// AnnotateService does so for the service time, DoubtLateness for the send lateness of an open loop and the part of it that is loadgen's own.
func (l *Load) AnnotateService() { l.Service.annotate(Service(l)) }
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
