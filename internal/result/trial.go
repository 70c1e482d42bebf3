// Package result is the record of a trial: the schema that loadgen writes, bench collects and report reads.
//
// A run is a folder: run.json says what was asked and where, trials.jsonl holds one Trial a line, appended and
// synced as each trial ends. Every field is explained in results/README.md.
package result

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"carousel/internal/usage"
)

// Schema is the version of the records below. A reader takes earlier ones as well; it refuses a newer one and says so.
const Schema = 2

// Null is the model name of the null responder, whose cells show what the client can do.
const Null = "null"

// Twin is what a comparison calls the second process of the model that is measured against itself.
const Twin = "twin"

// Placements: split gives server and client a processor of their own, shared gives both all of them.
const (
	Split  = "split"
	Shared = "shared"
)

// Modes of scenario download, which are three ways to write the client: a program that does one thing at a time; one that has many
// requests on their way and hands files to others; the same with the files written in place.
const (
	OneByOne  = "one-by-one"
	AllAtOnce = "all-at-once"
	Inline    = "inline"
)

// Cell names what a trial measured: one model in one scenario under one load.
type Cell struct {
	Model       string  `json:"model"`
	Scenario    string  `json:"scenario"`
	Connections int     `json:"connections"`
	Idle        int     `json:"idle,omitempty"`     // silent connections beside them
	RateRPS     float64 `json:"rate_rps,omitempty"` // offered rate; 0 is a closed loop
	Rule        string  `json:"rule,omitempty"`     // how the offered rate was found, where the rule and not the rate is what cells have in common
	Placement   string  `json:"placement"`
	Engine      string  `json:"engine,omitempty"`  // loadgen's engine where it is not the default
	Mode        string  `json:"mode,omitempty"`    // scenario download: how the client goes about it
	Control     bool    `json:"control,omitempty"` // the same cell a second time in a round: what a model shows against itself
}

// Trial is one line of trials.jsonl: a fresh server process in one round, loaded in turns with the others of its cell or by itself.
type Trial struct {
	Schema   int       `json:"schema"`
	Round    int       `json:"round"` // from 1
	Order    int       `json:"order"` // position in the run, from 1
	Cell     Cell      `json:"cell"`
	Started  time.Time `json:"started"`
	Server   Server    `json:"server"`
	Load     *Load     `json:"load,omitempty"`     // what loadgen wrote
	Turns    *Turns    `json:"turns,omitempty"`    // the load came in slices, in turns with the other servers of the cell
	Probe    *Probe    `json:"probe,omitempty"`    // scenario thinking: asked by bench itself
	Ceiling  []Crowd   `json:"ceiling,omitempty"`  // scenario ceiling: likewise
	Exhaust  *Exhaust  `json:"exhaust,omitempty"`  // scenario exhaust: likewise
	Portrait *Portrait `json:"portrait,omitempty"` // scenario portrait: likewise
	Second   *Second   `json:"second,omitempty"`   // where a second client was there beside the one of Load
	NA       string    `json:"na,omitempty"`       // why this cell cannot be measured on this server, such as "no /sleep"
	Failed   string    `json:"failed,omitempty"`
}

// Server is the process that was measured.
type Server struct {
	Command    []string    `json:"command"`
	CPUs       []int       `json:"cpus,omitempty"` // processors it was confined to
	GOMAXPROCS int         `json:"gomaxprocs,omitempty"`
	Usage      *usage.Line `json:"usage,omitempty"`          // absent for a foreign server
	PeakRSS    int64       `json:"peak_rss_bytes,omitempty"` // of a foreign server: all its processes, as the kernel counts; 0: not known
}

// Second is a second client, and what the server's processes have resident.
type Second struct {
	Load      *Load `json:"load"`             // its record, from before the window until after it
	RSSBefore int64 `json:"rss_before_bytes"` // before the two clients came; 0: not known
	RSSAfter  int64 `json:"rss_after_bytes"`  // when the window was over and the second client still there
}

// Probe is the answer of scenario thinking.
type Probe struct {
	Silent   int   `json:"silent"`           // silent connections when a probe first went unanswered, or Limit
	Limit    int   `json:"limit"`            // silent connections at most
	Answered bool  `json:"answered"`         // every probe was answered
	WaitNS   int64 `json:"wait_ns"`          // how long an unanswered probe waited
	Status   int   `json:"status,omitempty"` // HTTP status that the probe was turned away with, such as 503; 0: it got none
}

// Turns is the part of a trial that only a load in turns has. The trials of a cell in a round are of one process of loadgen, and only
// all of them together are a cell that was measured.
type Turns struct {
	Servers     int                `json:"servers"` // trials that the cell has in this round
	Place       int                `json:"place"`   // of this one among them, from 1
	Cycles      int                `json:"cycles"`  // that every server had its slice of
	SliceNS     int64              `json:"slice_ns"`
	LeadNS      int64              `json:"lead_ns"`
	Seed        uint64             `json:"seed"`
	Slices      []Slice            `json:"slices"`
	Cost        *Cost              `json:"cost,omitempty"`
	Effects     map[string]float64 `json:"effects,omitempty"`
	IdleShare   float64            `json:"idle_share,omitempty"`
	Trouble     string             `json:"trouble,omitempty"`
	BesideShare float64            `json:"beside_share"`
	Verdict     Verdict            `json:"verdict"` // of the comparison; that of this server's load is in its load
}

// Load is loadgen's record of one run.
type Load struct {
	Schema           int              `json:"schema"`
	Complete         bool             `json:"complete"`
	Gone             bool             `json:"gone,omitempty"` // nobody listened any more at the end: no connection was open, and the latest connect was refused
	Spec             Spec             `json:"spec"`           // as it was carried out
	Window           Window           `json:"window"`
	Requests         Requests         `json:"requests"`
	UnsentBy         map[string]int64 `json:"unsent_by"`
	Errors           map[string]int64 `json:"errors"` // by class; sums to Requests.Errors
	ConnectErrors    map[string]int64 `json:"connect_errors"`
	RateRPS          float64          `json:"rate_rps"`   // ok replies that came in the window, whenever due, per second of it
	InFlight         float64          `json:"in_flight"`  // on average over the window, due to answered: Little's N
	BytesRead        int64            `json:"bytes_read"` // in the window, whatever became of the requests they were for
	Redirects        int64            `json:"redirects"`  // followed: the server was asked Requests.Sent + Redirects times
	Resent           int64            `json:"resent"`     // sent a second time, after the server had closed the connection without a word
	Latency          Latency          `json:"latency_ns"` // response time: due to answered, unanswered included
	Service          Latency          `json:"service_ns"` // service time: sent to answered
	Paths            []PathLatency    `json:"paths,omitempty"`
	Connections      Connections      `json:"connections"`
	TLS              *TLS             `json:"tls,omitempty"`      // nil: no handshake was made
	Answered         *Answered        `json:"answered,omitempty"` // where some connections were never answered: the times of the others
	Silent           *Silent          `json:"silent,omitempty"`   // where silent connections were opened
	CPU              usage.CPU        `json:"cpu"`                // loadgen's own, over the window
	TargetCPU        *usage.CPU       `json:"target_cpu,omitempty"`
	TargetCPULacks   string           `json:"target_cpu_lacks,omitempty"` // why a process was named and TargetCPU is not there
	Counters         *Counters        `json:"counters,omitempty"`         // of the target, over the window; nil: it was not counted
	Lateness         Latency          `json:"lateness_ns"`                // due to sent; paced runs only
	PacerLateness    Latency          `json:"pacer_lateness_ns"`          // the same, of requests for which a connection was free: loadgen's own doing
	SliceNS          int64            `json:"slice_ns,omitempty"`         // in a comparison: how long those slices are whose requests are timed
	Timed            int64            `json:"timed,omitempty"`            // in a comparison: the good replies that latency and service time are of
	Arrivals         *Arrivals        `json:"arrivals,omitempty"`         // of an open loop: whether requests were sent as they were asked for
	OwnStallNS       int64            `json:"own_stall_ns"`               // longest time between two looks of a sender at what there is to do
	SpunNS           int64            `json:"spun_ns,omitempty"`          // of loadgen's processor time: looking instead of sleeping before a request was due, with nothing to do
	Host             HostDelta        `json:"host"`
	GC               *GC              `json:"gc,omitempty"`          // loadgen's own, over the window; nil: nothing was collected
	Room             *Room            `json:"room,omitempty"`        // when the window closed; nil: not known
	Series           *Series          `json:"series,omitempty"`      // over the window; nil: it was too short, or is in slices
	Intervals        *Intervals       `json:"intervals,omitempty"`   // over the window and its grace; nil: it is in slices
	CeilingRPS       float64          `json:"ceiling_rps,omitempty"` // what loadgen reached against a server that does nothing; 0: not measured
	Trace            *Trace           `json:"trace,omitempty"`       // nil: nothing was traced
	Histogram        string           `json:"histogram"`             // HDR V2, compressed, base64
	ServiceHistogram string           `json:"service_histogram"`
	Merged           []Part           `json:"merged,omitempty"` // the records that this one was added up from; none: it is of one run
	Verdict          Verdict          `json:"verdict"`
}

// Part is a record that was added up with others.
type Part struct {
	File        string  `json:"file"`
	Target      string  `json:"target"`
	Window      Window  `json:"window"`
	Connections int     `json:"connections"`
	Offered     float64 `json:"offered_rps,omitempty"` // 0: a closed loop
	RateRPS     float64 `json:"rate_rps"`
	OK          int64   `json:"ok"`
	Verdict     Verdict `json:"verdict"`
}

// Arrivals says whether the requests of an open loop were sent as they were asked for, by the gaps between two that one thread sent.
type Arrivals struct {
	Gaps        int64   `json:"gaps"`         // between requests that found a connection free
	Waited      int64   `json:"waited"`       // requests that found none: when they were sent is the target's doing
	ToleranceNS int64   `json:"tolerance_ns"` // by which a gap may be off: a quarter of the mean gap, 5 to 50 us
	OffShare    float64 `json:"off_share"`    // of the gaps are longer or shorter than asked by more
}

// Window is when the measurement took place.
type Window struct {
	Start     time.Time `json:"start"`
	ElapsedNS int64     `json:"elapsed_ns"`
}

// Trace is the file in which each request of a load is an event, and how much of the load is in it.
type Trace struct {
	File            string `json:"file"`
	Limit           int64  `json:"limit"`    // of what is in it, requests and connects
	Requests        int64  `json:"requests"` // that are in it, warm-up included
	Connects        int64  `json:"connects"`
	DroppedRequests int64  `json:"dropped_requests,omitempty"` // that are not: the limit was reached
	DroppedConnects int64  `json:"dropped_connects,omitempty"`
}

// Requests are the books: Planned = Sent + Unsent, Sent = OK + Errors + Unanswered.
type Requests struct {
	Planned    int64 `json:"planned"`
	Sent       int64 `json:"sent"`
	Unsent     int64 `json:"unsent"`
	OK         int64 `json:"ok"`
	Errors     int64 `json:"errors"`
	Unanswered int64 `json:"unanswered"` // sent in the window and not answered when the grace was over, counted at the age they reached
}

// Latency summarises a histogram, in nanoseconds.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  int64   `json:"p50"`
	P90  int64   `json:"p90"`
	P95  int64   `json:"p95"`
	P99  int64   `json:"p99"`
	P999 int64   `json:"p999"`
	Max  int64   `json:"max"`

	Unanswered int64             `json:"unanswered,omitempty"` // the longest of a request without an answer, which is unsent, timed out or unanswered: at least so long
	Withheld   map[string]string `json:"withheld,omitempty"`   // figures that the record does not support, each with the reason; they are null
	AtLeast    []string          `json:"at_least,omitempty"`   // figures that requests without an answer could move up by more than 2 %
}

// MarshalJSON writes null for what is withheld.
func (l Latency) MarshalJSON() ([]byte, error) {
	type plain Latency
	figure := func(name string, of any) any {
		if l.Withheld[name] != "" {
			return nil
		}
		return of
	}
	return json.Marshal(struct {
		Mean any `json:"mean"`
		P50  any `json:"p50"`
		P90  any `json:"p90"`
		P95  any `json:"p95"`
		P99  any `json:"p99"`
		P999 any `json:"p999"`
		Max  any `json:"max"`
		plain
	}{
		figure("mean", l.Mean), figure("p50", l.P50), figure("p90", l.P90), figure("p95", l.P95), figure("p99", l.P99),
		figure("p999", l.P999), figure("max", l.Max), plain(l),
	})
}

// PathLatency is what became of the requests for one path, where a load asks for several in turn, or of one kind of a mix. A request that
// was never sent was for none.
type PathLatency struct {
	Path    string           `json:"path"`
	Kind    string           `json:"kind,omitempty"` // of a mix, by its name; "": it is of a path
	OK      int64            `json:"ok"`
	Errors  map[string]int64 `json:"errors,omitempty"` // by class
	Count   int64            `json:"count"`            // timed requests: those with a good reply, and those in vain
	Latency Latency          `json:"latency_ns"`
}

// Name is what the requests are called.
func (p PathLatency) Name() string { return cmp.Or(p.Kind, p.Path) }

// Connections says who was served.
type Connections struct {
	Opened        int64   `json:"opened"` // connects that succeeded, reconnects included
	Failed        int64   `json:"failed"` // attempts to connect that failed
	Used          int64   `json:"asked"`  // connections that were given a request
	Answered      int64   `json:"answered"`
	Fewest        int64   `json:"fewest"` // replies on the least served connection
	Most          int64   `json:"most"`
	Fairness      float64 `json:"fairness,omitempty"` // Jain's index of the replies of connections that were given a request: 1 all alike, 1/n one had all; 0: there were none
	LongestWaitNS int64   `json:"longest_wait_ns"`    // longest time a connection that was never answered waited
}

// TLS is how connections were secured. Handshakes of the whole run are in it, also those before the window.
type TLS struct {
	Version    string  `json:"version"` // of the first handshake, such as "TLS 1.3"
	Cipher     string  `json:"cipher"`  // of the same, such as TLS_AES_128_GCM_SHA256
	Handshakes int64   `json:"handshakes"`
	Handshake  Latency `json:"handshake_ns"` // once connected until done
}

// Answered is what Latency and Service are without the requests of connections that were never answered. Those that were never sent, which
// any connection could have taken, are in it as they are in Latency.
type Answered struct {
	Connections      int64   `json:"connections"` // that were answered
	Of               int64   `json:"of"`          // that had a right to be
	Latency          Latency `json:"latency_ns"`
	Service          Latency `json:"service_ns"`
	Histogram        string  `json:"histogram"` // HDR V2, compressed, base64
	ServiceHistogram string  `json:"service_histogram"`
}

// Unsaved is how many of the errors are good replies whose file could not be written.
func (l *Load) Unsaved() (n int64) {
	for class, count := range l.Errors {
		if strings.HasPrefix(class, "save-") {
			n += count
		}
	}
	return n
}

// HostDelta is what the machine did during the window.
type HostDelta struct {
	StealShare  float64 `json:"steal_share"`  // of all processors' time
	ListenDrops int64   `json:"listen_drops"` // attempts to connect that the target turned away, where its listen queue is known, else anybody on this machine; a retry is one more
	OwnShare    float64 `json:"own_share"`    // loadgen's processor time, but for SpunNS, over what its threads could have had

	ListenBacklog  *int64  `json:"listen_backlog,omitempty"`  // the limit of the target's listen queue; nil: the target is elsewhere, or it cannot be seen
	ListenWaiting  int64   `json:"listen_waiting,omitempty"`  // connections in that queue, at the edge of the window at which they were more
	RunDelayShare  float64 `json:"run_delay_share,omitempty"` // of the time of loadgen's threads that send: they were ready and waited for a processor
	BesideShare    float64 `json:"beside_share,omitempty"`    // of all processors' time: neither loadgen nor the target used it; 0 also where the target's process is not known
	Throttled      int64   `json:"throttled,omitempty"`       // periods in which the quota of loadgen's control group was used up
	ThrottledNS    int64   `json:"throttled_ns,omitempty"`    // time that threads of the group lost by it, added up
	Retransmits    int64   `json:"retransmits,omitempty"`     // TCP segments that this network namespace sent once more
	SynRetransmits int64   `json:"syn_retransmits,omitempty"` // of those: attempts to connect, or the answers to them
}

// GC is what collecting garbage did to loadgen.
type GC struct {
	Cycles  int64 `json:"cycles"`
	PauseNS int64 `json:"pause_ns"` // the world stood still, in total
}

// Room is how much of what connections need was in use, and how much there is of it; 0: not known.
type Room struct {
	Descriptors     int64 `json:"descriptors"`
	DescriptorLimit int64 `json:"descriptor_limit"`
	Ports           int64 `json:"ports"` // of the local address with the most connections to the target, those in TIME_WAIT included
	PortLimit       int64 `json:"port_limit"`
}

// Series is how a window went: a figure for each of its bins, which are alike and follow one another. What is left at the end is in none.
type Series struct {
	BinNS   int64   `json:"bin_ns"`
	Replies []int64 `json:"replies"` // good ones that came in it
	BusyNS  []int64 `json:"busy_ns"` // time in it that requests were under way, due to answered, added up
}

// Intervals is how a window and its grace went, from when the window opened: its intervals are alike and follow one another. The window may
// end in the middle of one. A request is in the one in which it ended.
type Intervals struct {
	LengthNS int64      `json:"length_ns"` // a second or, of a long run, a power of two times that, so that there are 600 at most
	List     []Interval `json:"list"`
}

// Interval is what ended in one of them. Together they hold Requests.OK and Requests.Errors.
type Interval struct {
	OK        int64  `json:"ok"`
	Errors    int64  `json:"errors"`
	Bytes     int64  `json:"bytes"`     // read in it, of the window
	MaxNS     int64  `json:"max_ns"`    // longest response time of OK; 0: there were none
	Histogram string `json:"histogram"` // response times of OK, each within 0.8 %: HDR V2, compressed, base64; "": there were none
}

// Run is run.json: what was asked for and on which machine.
type Run struct {
	Schema      int               `json:"schema"`
	ID          string            `json:"id"`
	Plan        string            `json:"plan"` // name of a built-in plan, or the path of a file
	Seed        uint64            `json:"seed"`
	Flags       Flags             `json:"flags"` // that changed the plan
	Rounds      int               `json:"rounds"`
	BudgetNS    int64             `json:"budget_ns,omitempty"` // what the whole run was to fit into; 0: it had none
	WarmupNS    int64             `json:"warmup_ns"`
	WindowNS    int64             `json:"window_ns"`
	Models      []string          `json:"models"` // in the order of the ladder
	Started     time.Time         `json:"started"`
	Finished    *time.Time        `json:"finished,omitempty"`
	Environment map[string]string `json:"environment"` // kernel, processors, limits, Go version ...
	Doctor      string            `json:"doctor"`      // what scripts/doctor.sh printed before the run
	Notes       []string          `json:"notes"`       // warnings that hold for the whole run

	// Expect is what was expected before the run, by scenario and model: fine, degrades, refuses or fails.
	Expect map[string]map[string]string `json:"expect,omitempty"`
}

// Flags are those of bench that change a plan, as they were given.
type Flags struct {
	Models    []string `json:"models,omitempty"`
	Scenarios []string `json:"scenarios,omitempty"`
	Servers   []string `json:"servers,omitempty"` // as NAME=COMMAND or NAME=http://...
	Rounds    int      `json:"rounds,omitempty"`
	BudgetNS  int64    `json:"budget_ns,omitempty"`
	Path      string   `json:"path,omitempty"`
	Expect    int      `json:"expect,omitempty"`
}
