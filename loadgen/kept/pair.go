package kept

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/verdict"
)

// Record is the record of one load, with the name of its file.
type Record struct {
	Name string // of the file; with its folder only if another has the same name
	Load *result.Load
}

// Read reads the records in the files paths. It returns an error for a file that holds no record of a single load, or one without a window.
func Read(paths []string) (records []Record, err error) {
	for _, path := range paths {
		l, err := result.ReadLoad(path)
		if err != nil {
			return nil, err
		}
		if l.Window.ElapsedNS <= 0 || l.Window.Start.IsZero() {
			return nil, fmt.Errorf("%s: nothing was measured, or it is not known when", path)
		}
		name := filepath.Base(path)
		if slices.ContainsFunc(paths, func(other string) bool { return other != path && filepath.Base(other) == name }) {
			name = path
		}
		records = append(records, Record{name, l})
	}
	return records, nil
}

func (r Record) start() time.Time { return r.Load.Window.Start }
func (r Record) end() time.Time   { return r.start().Add(time.Duration(r.Load.Window.ElapsedNS)) }

// refusal is the error for two records of different loads.
func refusal(a, b Record, other []Difference) error {
	var texts []string
	for _, d := range other {
		texts = append(texts, d.String())
	}
	return fmt.Errorf("%s and %s ask different questions: %s", a.Name, b.Name, strings.Join(texts, "; "))
}

// Pair compares two records of the same load.
type Pair struct {
	A, B    Record
	Differs []Difference // fields that may differ, and do
	Figures []Figure
}

// Figure is one metric of both records. Times are in nanoseconds, rates per second.
type Figure struct {
	Metric string
	A, B   Value
	Ratio  float64 // of b to a
	Lacks  string  // why there is no ratio; "": there is one
}

// Value is a metric of one record.
type Value struct {
	Of      float64
	AtLeast bool   // unanswered requests could raise it
	Lacks   string // why it is not known
}

// MetricErrors is the share of the requests sent that failed, in the figures of a pair.
const MetricErrors = "error_share"

// metrics are the figures of a pair, in order.
var metrics = []struct {
	name string
	of   func(*result.Load) Value
}{
	{result.MetricRate, func(l *result.Load) Value { return Value{Of: l.RateRPS} }},
	{"p50", response("p50")},
	{"p90", response("p90")},
	{"p99", response("p99")},
	{"mean", response("mean")},
	{"service_p50", service("p50")},
	{"service_p99", service("p99")},
	{"service_mean", service("mean")},
	{"target_cpu_per_request", func(l *result.Load) Value {
		if l.TargetCPU == nil {
			return Value{Lacks: cmp.Or(l.TargetCPULacks, "its process is not known (--pid)")}
		}
		return perRequest(l.TargetCPU.Total(), l)
	}},
	{"cpu_per_request", func(l *result.Load) Value { return perRequest(l.CPU.Total(), l) }},
	{MetricErrors, func(l *result.Load) Value {
		if l.Requests.Sent == 0 {
			return Value{Lacks: "nothing was sent"}
		}
		return Value{Of: float64(l.Requests.Errors) / float64(l.Requests.Sent)}
	}},
}

func perRequest(ns int64, l *result.Load) Value {
	if l.Served() == 0 {
		return Value{Lacks: "no request succeeded in the window"}
	}
	return Value{Of: float64(ns) / l.Served()}
}

func response(name string) func(*result.Load) Value {
	return func(l *result.Load) Value { return valueOf(l.Histogram, l.Latency, l, result.Response, name) }
}

func service(name string) func(*result.Load) Value {
	return func(l *result.Load) Value { return valueOf(l.ServiceHistogram, l.Service, l, result.Service, name) }
}

// valueOf is a figure that may be withheld or a lower bound. Without histograms, these marks are those of the record.
func valueOf(histogram string, of result.Latency, l *result.Load, summary func(*result.Load) result.Summary, name string) Value {
	if histogram == "" {
		return Value{of.Figure(name), slices.Contains(of.AtLeast, name), of.Withheld[name]}
	}
	f := summary(l).Figure(name)
	return Value{f.NS, f.AtLeast(), f.Withheld}
}

// Compare compares two records. If they are of different loads, the error lists the fields that differ.
func Compare(a, b Record) (*Pair, error) {
	other, same := free.Compare(a.Load.Spec, b.Load.Spec)
	if len(other) > 0 {
		return nil, refusal(a, b, other)
	}
	p := &Pair{A: a, B: b, Differs: same}
	for _, m := range metrics {
		f := Figure{Metric: m.name, A: m.of(a.Load), B: m.of(b.Load)}
		for _, side := range []struct {
			name string
			Value
		}{{a.Name, f.A}, {b.Name, f.B}} {
			switch {
			case f.Lacks != "":
			case side.Lacks != "":
				f.Lacks = side.name + ": " + side.Lacks
			case side.AtLeast:
				f.Lacks = side.name + ": unanswered requests could raise it"
			case side.Of <= 0:
				f.Lacks = side.name + " has none"
			}
		}
		if f.Lacks == "" {
			f.Ratio = f.B.Of / f.A.Of
		}
		p.Figures = append(p.Figures, f)
	}
	return p, nil
}

// Find is the figure of that name.
func (p *Pair) Find(metric string) Figure {
	return p.Figures[slices.IndexFunc(p.Figures, func(f Figure) bool { return f.Metric == metric })]
}

// Apart states when the two runs took place relative to each other.
func (p *Pair) Apart() string {
	first, last := p.A, p.B
	if last.start().Before(first.start()) {
		first, last = last, first
	}
	gap := last.start().Sub(first.end())
	switch {
	case p.A.start().Equal(p.B.start()):
		return "one run twice"
	case gap < 0:
		return fmt.Sprintf("different runs, at the same time: %s began %s before %s ended, so each disturbed the other", last.Name, units.Short(float64(-gap)), first.Name)
	}
	return fmt.Sprintf("different runs, different minutes: %s began %s after %s ended", last.Name, units.Short(float64(gap)), first.Name)
}

// MarshalJSON writes the pair as results/README.md has it: null for what is not known.
func (p *Pair) MarshalJSON() ([]byte, error) {
	type side struct {
		File       string         `json:"file"`
		Target     string         `json:"target"`
		Window     result.Window  `json:"window"`
		Complete   bool           `json:"complete"`
		Verdict    result.Verdict `json:"verdict"`
		Unanswered int64          `json:"unanswered"`
	}
	type figure struct {
		Metric string   `json:"metric"`
		A      any      `json:"a"`
		B      any      `json:"b"`
		Ratio  any      `json:"ratio"`
		Lacks  string   `json:"lacks,omitempty"`
		Least  []string `json:"at_least,omitempty"`
	}
	sideOf := func(r Record) side {
		l := r.Load
		return side{r.Name, l.Spec.Target, l.Window, l.Complete, l.Verdict, l.Requests.Unanswered}
	}
	figures := []figure{}
	for _, f := range p.Figures {
		out := figure{Metric: f.Metric, Lacks: f.Lacks}
		if f.A.Lacks == "" {
			out.A = f.A.Of
		}
		if f.B.Lacks == "" {
			out.B = f.B.Of
		}
		if f.Lacks == "" {
			out.Ratio = f.Ratio
		}
		for name, v := range map[string]Value{"a": f.A, "b": f.B} {
			if v.Lacks == "" && v.AtLeast {
				out.Least = append(out.Least, name)
			}
		}
		slices.Sort(out.Least)
		figures = append(figures, out)
	}
	return json.Marshal(struct {
		Schema  int          `json:"schema"`
		A       side         `json:"a"`
		B       side         `json:"b"`
		Apart   string       `json:"apart"`
		Differs []Difference `json:"differs"`
		Figures []figure     `json:"figures"`
	}{result.Schema, sideOf(p.A), sideOf(p.B), p.Apart(), append([]Difference{}, p.Differs...), figures})
}

// Broken returns what --fail-if finds in the pair. A gate on a ratio tests the ratio of b to a itself, because there is no interval; one on the verdict
// tests the worse of the two; every other gate tests each record.
func (p *Pair) Broken(gates []verdict.Gate) []verdict.Finding {
	c := &result.Comparison{Verdict: result.Verdict{State: verdict.Worse(p.A.Load.Verdict.State, p.B.Load.Verdict.State)}}
	for _, r := range []Record{p.A, p.B} {
		c.Servers = append(c.Servers, result.Compared{Name: r.Name, Load: r.Load})
	}
	for _, metric := range []string{result.MetricRate, result.MetricP50, result.MetricP99, result.MetricSteady} {
		f := p.Find(metric)
		c.Ratios = append(c.Ratios, result.Ratio{Server: p.B.Name, To: p.A.Name, Metric: metric, Ratio: f.Ratio, Low: f.Ratio, High: f.Ratio, Lacks: f.Lacks})
	}
	c.Ratios = append(c.Ratios, result.Ratio{Server: p.B.Name, To: p.A.Name, Metric: result.MetricWhole, Lacks: "what waking costs shows in turns only (--vs)"})
	return verdict.BrokenApart(gates, c)
}
