// Package metrics exports the figures of a load to Prometheus: as text after the load and over HTTP during it, by the same names.
package metrics

import (
	"bytes"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// Figures are the figures of a load: over its window or, while it runs, since it began.
type Figures struct {
	Server                                           string // its name among others; "": it is the only one
	Planned, Sent, OK, Unanswered, BytesRead, Opened int64
	Errors, Unsent, Failed                           map[string]int64 // by class, reason, class
	InFlight, Offered                                float64          // Offered is 0 in a closed loop
	Times                                            map[float64]uint64
	Count                                            uint64  // of Times
	Sum                                              float64 // of them, in seconds
	Start                                            time.Time
	Length                                           time.Duration // of the window; 0: it has not ended
	Verdict                                          string        // "": there is none yet
}

// Bounds are the upper ends of the buckets of response time, in nanoseconds: from 10 us to 100 s.
var Bounds = func() (all []int64) {
	for decade := int64(10_000); decade < 1e11; decade *= 10 {
		for _, step := range []int64{10, 15, 20, 30, 50, 70} {
			all = append(all, decade*step/10)
		}
	}
	return append(all, 1e11)
}()

// Of returns the figures of a record. It returns an error if a histogram cannot be decoded.
func Of(server string, l *result.Load) (Figures, error) {
	f := Figures{
		Server: server, Planned: l.Requests.Planned, Sent: l.Requests.Sent, OK: l.Requests.OK, Unanswered: l.Requests.Unanswered,
		BytesRead: l.BytesRead, Opened: l.Connections.Opened, Errors: l.Errors, Unsent: l.UnsentBy, Failed: l.ConnectErrors,
		InFlight: l.InFlight, Times: map[float64]uint64{}, Start: l.Window.Start, Length: time.Duration(l.Window.ElapsedNS), Verdict: l.Verdict.State,
	}
	if l.Spec.Rate > 0 {
		f.Offered = result.Offered(l)
	}
	h, err := result.Decode(l.Histogram)
	if err != nil {
		return f, err
	}
	var buckets result.Packed
	if err := buckets.Decode(l.Histogram); err != nil {
		return f, err
	}
	for _, bound := range Bounds {
		f.Times[seconds(bound)] = uint64(buckets.UpTo(bound))
	}
	f.Count, f.Sum = uint64(h.Count()), h.Mean()*float64(h.Count())/1e9
	return f, nil
}

// Now returns the figures of a running load since it began, the warm-up included. offered is its rate in requests per second; 0: a closed loop.
func Now(live *record.Live, offered float64) Figures {
	f := Figures{Offered: offered, Times: map[float64]uint64{}}
	counts := make([]uint64, len(Bounds))
	t := live.Totals(func(ns, n int64) {
		for i := len(Bounds) - 1; i >= 0 && ns <= Bounds[i]; i-- {
			counts[i] += uint64(n)
		}
		f.Count += uint64(n)
	})
	for i, bound := range Bounds {
		f.Times[seconds(bound)] = counts[i]
	}
	failed := int64(0)
	for _, n := range t.Errors {
		failed += n
	}
	f.Planned, f.Sent, f.OK, f.Errors, f.BytesRead, f.Opened, f.Failed = t.Sent, t.Sent, t.OK, t.Errors, t.BytesRead, t.Opened, t.Failed
	f.InFlight, f.Sum, f.Start = float64(t.Sent-t.OK-failed), time.Duration(t.Waited).Seconds(), t.Began
	return f
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

// Text returns figures in the Prometheus text format.
func Text(all ...Figures) ([]byte, error) {
	families, err := registry(func() []Figures { return all }).Gather()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func registry(of func() []Figures) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector(of)) // there is only this one
	return r
}

// collector makes metrics of the figures that it returns.
type collector func() []Figures

// Describe sends no descriptions, because the set of metrics depends on the figures.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect makes the metrics.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, f := range c() {
		f.collect(to)
	}
}

func (f Figures) collect(to chan<- prometheus.Metric) {
	fixed := prometheus.Labels{}
	if f.Server != "" {
		fixed["server"] = f.Server
	}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("loadgen_"+name, help, labels, fixed)
	}
	count := func(name, help string, n int64) {
		to <- prometheus.MustNewConstMetric(desc(name, help), prometheus.CounterValue, float64(n))
	}
	by := func(name, help, label string, counts map[string]int64) {
		d := desc(name, help, label)
		for value, n := range counts {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), value)
		}
	}
	gauge := func(name, help string, v float64) {
		to <- prometheus.MustNewConstMetric(desc(name, help), prometheus.GaugeValue, v)
	}
	count("requests_planned_total", "Requests that were due; while the run is on, those that were sent.", f.Planned)
	count("requests_sent_total", "Requests that were sent.", f.Sent)
	count("requests_ok_total", "Good replies.", f.OK)
	by("requests_errors_total", "Requests that failed, by class.", "class", f.Errors)
	count("requests_unanswered_total", "Requests without a reply when the grace was over; 0 while the run is on.", f.Unanswered)
	by("requests_unsent_total", "Requests that were due and not sent, by reason; none while the run is on.", "reason", f.Unsent)
	count("read_bytes_total", "Bytes read.", f.BytesRead)
	count("connections_opened_total", "Connects that succeeded, reconnects included.", f.Opened)
	by("connections_failed_total", "Attempts to connect that failed, by class.", "class", f.Failed)
	gauge("in_flight_requests", "Requests under way: now, or on average over the window when the run has ended.", f.InFlight)
	if f.Offered > 0 {
		gauge("offered_requests_per_second", "Rate at which requests are due, on average; absent from a closed loop.", f.Offered)
	}
	to <- prometheus.MustNewConstHistogram(desc("response_time_seconds",
		"From when a request was due until its good reply; when the run has ended, also those in vain or unsent, at the age they reached."), f.Count, f.Sum, f.Times)
	if !f.Start.IsZero() {
		gauge("start_timestamp_seconds", "When the window opened; while the run is on, when requests began.", float64(f.Start.UnixNano())/1e9)
	}
	if f.Length > 0 {
		gauge("window_seconds", "Length of the window.", f.Length.Seconds())
	}
	if f.Verdict != "" {
		to <- prometheus.MustNewConstMetric(desc("verdict", "Whether the figures can be believed: valid, suspect or invalid.", "state"), prometheus.GaugeValue, 1, f.Verdict)
	}
}
