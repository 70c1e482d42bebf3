package result

import "encoding/json"

// Comparison is loadgen's record of several servers that one client loaded in turns.
//
// A slice is one server's turn. A cycle gives every server one slice, in a fresh random order. Cycles of short slices alternate with cycles of slices
// three times as long: a server pays for waking up once per slice, whatever its length, so two lengths separate that from the cost of requests.
type Comparison struct {
	Schema      int        `json:"schema"`
	Complete    bool       `json:"complete"` // false: it was interrupted
	Servers     []Compared `json:"servers"`  // the target first
	Ratios      []Ratio    `json:"ratios"`
	Cycles      int        `json:"cycles"`          // those in which every server had its slice
	SliceNS     int64      `json:"slice_ns"`        // a short slice
	GivenNS     int64      `json:"slice_asked_ns"`  // a short slice given by --slice; slices get longer if a request takes longer than their lead
	NeededNS    int64      `json:"slice_wanted_ns"` // a short slice that the slowest requests need; the comparison may be too short for it
	LeadNS      int64      `json:"lead_ns"`         // the first part of each slice, which rates and percentiles leave out
	Seed        uint64     `json:"seed"`            // of the order
	Until       float64    `json:"until,omitempty"` // the run ends once more cycles could change no ratio by more than this share; 0: it does not end early
	Looks       []Look     `json:"looks,omitempty"` // with Until: the planned looks
	Twin        string     `json:"twin,omitempty"`  // the server that is the target under another name
	Trace       *Trace     `json:"trace,omitempty"` // nil: no trace
	Host        HostDelta  `json:"host"`            // over all slices; own_share is that of the busiest server's slices
	BesideShare float64    `json:"beside_share"`    // of all processors' time: programs that are neither loadgen nor a server whose process is known
	Verdict     Verdict    `json:"verdict"`         // of the comparison; that of each server is in its load
}

// Compared is one server of a comparison.
type Compared struct {
	Name   string  `json:"name"`
	Target string  `json:"target"`
	Load   *Load   `json:"load"` // all slices together; its times are those of the long slices
	Slices []Slice `json:"slices"`
	Cost   *Cost   `json:"cost,omitempty"` // where its process is known, see load.target_cpu_lacks

	// Effects is, by metric, the logarithm of the server's figure over the mean of all servers: the effect of one minus that of another is the
	// logarithm of their ratio, taken within cycles. A metric that is not known is missing.
	Effects map[string]float64 `json:"effects,omitempty"`

	IdleShare float64 `json:"idle_share,omitempty"` // of one processor: what its process used while others had their slices
	Gone      bool    `json:"gone,omitempty"`       // connecting failed at the beginning, or at the end
	Trouble   string  `json:"trouble,omitempty"`    // a problem of the server: "never answered", "stood still for 1.00 s" ...
}

// Slice is one server's turn.
type Slice struct {
	Cycle       int   `json:"cycle"`                   // from 0
	Order       int   `json:"order"`                   // place in the cycle, from 0
	BeginNS     int64 `json:"begin_ns"`                // since the first slice began
	LengthNS    int64 `json:"length_ns"`               // in which requests were sent
	ElapsedNS   int64 `json:"elapsed_ns"`              // until the last reply arrived, or loadgen stopped waiting
	OK          int64 `json:"ok"`                      // good replies taken in
	WindowOK    int64 `json:"window_ok"`               // of these, those that came after the lead and within LengthNS
	Errors      int64 `json:"errors"`                  // requests that failed
	Unanswered  int64 `json:"unanswered"`              // requests in flight when the slice ended
	TargetCPUNS int64 `json:"target_cpu_ns,omitempty"` // of the server's process, from the beginning until it was idle
	OwnCPUNS    int64 `json:"own_cpu_ns"`              // of loadgen

	BesideNS  int64 `json:"beside_ns,omitempty"` // processor time of other programs
	StealNS   int64 `json:"steal_ns,omitempty"`  // taken by the hypervisor, in ticks of 10 ms
	DelayNS   int64 `json:"delay_ns,omitempty"`  // that threads of the server and of loadgen were ready and waited for a processor, in total
	Disturbed bool  `json:"disturbed,omitempty"` // other programs used too much in this pair of cycles: it was repeated, and does not count
}

// Cost is a server's processor time per request and per slice, in nanoseconds.
type Cost struct {
	Steady float64 `json:"steady_ns"` // a request, once it is awake
	Waking float64 `json:"waking_ns"` // a slice, on top of its requests: falling asleep and waking up
	Whole  float64 `json:"whole_ns"`  // a request, waking included
}

// The metrics of a Ratio.
const (
	MetricRate   = "rate"
	MetricP50    = "p50"
	MetricP99    = "p99"
	MetricSteady = "target_cpu_per_request" // steady cost
	MetricWhole  = "target_cpu_whole"       // whole cost
)

// Metrics are the metrics of a Ratio, in the order in which they are printed.
var Metrics = []string{MetricRate, MetricP50, MetricP99, MetricSteady, MetricWhole}

// The outcomes of a Ratio.
const (
	Higher    = "higher"    // the whole interval is above 1
	Lower     = "lower"     // below 1
	Same      = "same"      // the interval holds 1 and is within SameWithin of it
	Undecided = "undecided" // none of these
)

// SameWithin is how far an interval may reach from 1 for two servers to be called the same.
const SameWithin = 0.02

// Ratio is one figure of a server over that of another.
type Ratio struct {
	Server     string  `json:"server"`
	To         string  `json:"to"`
	Metric     string  `json:"metric"`
	Ratio      float64 `json:"ratio"` // null if Lacks is set
	Low        float64 `json:"low"`   // of its interval
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // of the interval, 0 to 1; with several servers Holm's procedure sets it, so that all outcomes of a metric hold together
	Outcome    string  `json:"outcome"`
	Lacks      string  `json:"lacks,omitempty"` // why it is not known
}

// MarshalJSON writes null for the ratio and its interval if they are not known.
func (r Ratio) MarshalJSON() ([]byte, error) {
	type plain Ratio
	if r.Lacks == "" {
		return json.Marshal(plain(r))
	}
	return json.Marshal(struct {
		plain
		Ratio any `json:"ratio"`
		Low   any `json:"low"`
		High  any `json:"high"`
	}{plain: plain(r)})
}

// Look is a planned test of a running comparison, after which it may end.
type Look struct {
	Cycles  int     `json:"cycles"`  // done by then
	Alpha   float64 `json:"alpha"`   // its part of the false-alarm probability of 5 %
	Reached bool    `json:"reached"` // every ratio was within Until: the comparison ended there
}

// Ratio returns the ratio of a server to the target in a metric, nil if there is none.
func (c *Comparison) Ratio(server, metric string) *Ratio {
	for i, r := range c.Ratios {
		if r.Server == server && r.Metric == metric {
			return &c.Ratios[i]
		}
	}
	return nil
}

// Find returns the server of that name, nil if there is none.
func (c *Comparison) Find(name string) *Compared {
	for i := range c.Servers {
		if c.Servers[i].Name == name {
			return &c.Servers[i]
		}
	}
	return nil
}
