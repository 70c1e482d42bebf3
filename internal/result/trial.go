// Package result defines the records that loadgen writes, bench collects and report reads.
//
// A run is a folder: run.json holds the settings and the machine, and trials.jsonl one Trial per line, appended and
// synced as each cell ends. results/README.md explains every field.
package result

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"carousel/internal/usage"
)

// Schema is the version of these records. Readers accept earlier versions, and reject newer ones with an error.
const Schema = 2

// Null is the model name of the null responder, whose cells show the client's limit.
const Null = "null"

// Twin is the name of the second process of a model that is compared with itself.
const Twin = "twin"

// Placements: split gives server and client a processor of their own, shared gives both all of them.
const (
	Split  = "split"
	Shared = "shared"
)

// The modes of scenario download, three ways to write a client: one request at a time; many requests in flight, with files written by other threads;
// many requests in flight, with files written by the thread that sends and receives.
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
	Rule        string  `json:"rule,omitempty"`     // how the offered rate was found, if cells share this rule and not the rate
	Placement   string  `json:"placement"`
	Engine      string  `json:"engine,omitempty"`  // loadgen's engine where it is not the default
	Mode        string  `json:"mode,omitempty"`    // scenario download: one of the modes above
	Control     bool    `json:"control,omitempty"` // the same cell a second time in a round, to compare the model with itself
}

// Trial is one line of trials.jsonl: a fresh server process in one round, loaded in turns with the others of its cell or by itself.
type Trial struct {
	Schema   int       `json:"schema"`
	Round    int       `json:"round"` // from 1
	Order    int       `json:"order"` // position in the run, from 1
	Cell     Cell      `json:"cell"`
	Started  time.Time `json:"started"`
	Server   Server    `json:"server"`
	Load     *Load     `json:"load,omitempty"`     // loadgen's record
	Turns    *Turns    `json:"turns,omitempty"`    // the load came in slices, in turns with the other servers of the cell
	Probe    *Probe    `json:"probe,omitempty"`    // scenario thinking, measured by bench itself
	Ceiling  []Crowd   `json:"ceiling,omitempty"`  // scenario ceiling: likewise
	Exhaust  *Exhaust  `json:"exhaust,omitempty"`  // scenario exhaust: likewise
	Portrait *Portrait `json:"portrait,omitempty"` // scenario portrait: likewise
	Second   *Second   `json:"second,omitempty"`   // the second client, beside that of Load
	NA       string    `json:"na,omitempty"`       // why this cell cannot be measured on this server, such as "no /sleep"
	Failed   string    `json:"failed,omitempty"`
}

// Server is the process that was measured.
type Server struct {
	Command    []string    `json:"command"`
	CPUs       []int       `json:"cpus,omitempty"` // processors it was confined to
	GOMAXPROCS int         `json:"gomaxprocs,omitempty"`
	Usage      *usage.Line `json:"usage,omitempty"`          // absent for a foreign server
	PeakRSS    int64       `json:"peak_rss_bytes,omitempty"` // of a foreign server: the sum over its processes; 0: not known
}

// Second is a second client, and the resident memory of the server's processes.
type Second struct {
	Load      *Load `json:"load"`             // its record, from before the window until after it
	RSSBefore int64 `json:"rss_before_bytes"` // before the two clients connected; 0: not known
	RSSAfter  int64 `json:"rss_after_bytes"`  // after the window, with the second client still connected
}

// Probe is the result of scenario thinking.
type Probe struct {
	Silent   int   `json:"silent"`           // silent connections when a probe first went unanswered, or Limit
	Limit    int   `json:"limit"`            // silent connections at most
	Answered bool  `json:"answered"`         // every probe was answered
	WaitNS   int64 `json:"wait_ns"`          // how long an unanswered probe waited
	Status   int   `json:"status,omitempty"` // HTTP status with which the probe was rejected, such as 503; 0: it got none
}

// Turns holds the fields of a load in turns. One process of loadgen measures all trials of a cell in a round, and they count only if all are
// present.
type Turns struct {
	Servers     int                `json:"servers"` // trials that the cell has in this round
	Place       int                `json:"place"`   // number of this one among them, from 1
	Cycles      int                `json:"cycles"`  // those in which every server had its slice
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
	Gone             bool             `json:"gone,omitempty"` // the server was gone at the end: no connection was open, and the last connect was refused
	Spec             Spec             `json:"spec"`           // as it was carried out
	Window           Window           `json:"window"`
	Requests         Requests         `json:"requests"`
	UnsentBy         map[string]int64 `json:"unsent_by"`
	Errors           map[string]int64 `json:"errors"` // by class; sums to Requests.Errors
	ConnectErrors    map[string]int64 `json:"connect_errors"`
	RateRPS          float64          `json:"rate_rps"`   // ok replies that came in the window, whenever due, per second of it
	InFlight         float64          `json:"in_flight"`  // requests on average over the window, due to answered: Little's N
	BytesRead        int64            `json:"bytes_read"` // in the window, also for requests that failed
	Redirects        int64            `json:"redirects"`  // followed: the server got Requests.Sent + Redirects requests
	Resent           int64            `json:"resent"`     // sent again, after the server had closed the connection before it replied
	Latency          Latency          `json:"latency_ns"` // response time: due to answered, unanswered included
	Service          Latency          `json:"service_ns"` // service time: sent to answered
	Paths            []PathLatency    `json:"paths,omitempty"`
	Connections      Connections      `json:"connections"`
	TLS              *TLS             `json:"tls,omitempty"`      // nil: no handshake was made
	Answered         *Answered        `json:"answered,omitempty"` // if some connections were never answered: the times of the others
	Silent           *Silent          `json:"silent,omitempty"`   // if silent connections were opened
	CPU              usage.CPU        `json:"cpu"`                // loadgen's own, over the window
	TargetCPU        *usage.CPU       `json:"target_cpu,omitempty"`
	TargetCPULacks   string           `json:"target_cpu_lacks,omitempty"` // why TargetCPU is nil although a process was named
	Counters         *Counters        `json:"counters,omitempty"`         // of the target, over the window; nil: it was not counted
	Lateness         Latency          `json:"lateness_ns"`                // due to sent; open loop only
	PacerLateness    Latency          `json:"pacer_lateness_ns"`          // the same, only for requests that found a connection free: caused by loadgen
	SliceNS          int64            `json:"slice_ns,omitempty"`         // in a comparison: length of the long slices, whose requests are timed
	Timed            int64            `json:"timed,omitempty"`            // in a comparison: the good replies that Latency and Service count
	Arrivals         *Arrivals        `json:"arrivals,omitempty"`         // of an open loop: whether requests were sent on schedule
	OwnStallNS       int64            `json:"own_stall_ns"`               // longest time between two polls of a thread that sends
	SpunNS           int64            `json:"spun_ns,omitempty"`          // of loadgen's processor time: polling before requests were due, with nothing to do
	Host             HostDelta        `json:"host"`
	GC               *GC              `json:"gc,omitempty"`          // loadgen's own, over the window; nil: no collection
	Room             *Room            `json:"room,omitempty"`        // when the window closed; nil: not known
	Series           *Series          `json:"series,omitempty"`      // over the window; nil: too short, or in slices
	Intervals        *Intervals       `json:"intervals,omitempty"`   // over the window and its grace; nil: in slices
	CeilingRPS       float64          `json:"ceiling_rps,omitempty"` // what loadgen reached against a server that does no work; 0: not measured
	Trace            *Trace           `json:"trace,omitempty"`       // nil: no trace
	Histogram        string           `json:"histogram"`             // HDR V2, compressed, base64
	ServiceHistogram string           `json:"service_histogram"`
	Merged           []Part           `json:"merged,omitempty"` // the records that this one is the sum of; none: it is of one run
	Verdict          Verdict          `json:"verdict"`
}

// Part is one of the records that were added up.
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

// Arrivals compares the gaps between consecutive requests of one thread with the schedule of an open loop.
type Arrivals struct {
	Gaps        int64   `json:"gaps"`         // gaps between requests that found a connection free
	Waited      int64   `json:"waited"`       // requests that found no connection free: the target delayed them
	ToleranceNS int64   `json:"tolerance_ns"` // of a gap: a quarter of the mean gap, within 5 to 50 us
	OffShare    float64 `json:"off_share"`    // share of gaps that are off by more
}

// Window is when the measurement took place.
type Window struct {
	Start     time.Time `json:"start"`
	ElapsedNS int64     `json:"elapsed_ns"`
}

// Trace is the file with each request of a load as an event, and how much of the load it holds.
type Trace struct {
	File            string `json:"file"`
	Limit           int64  `json:"limit"`    // most requests and connects that it holds
	Requests        int64  `json:"requests"` // in it, warm-up included
	Connects        int64  `json:"connects"`
	DroppedRequests int64  `json:"dropped_requests,omitempty"` // not in it, because the limit was reached
	DroppedConnects int64  `json:"dropped_connects,omitempty"`
}

// Requests counts requests: Planned = Sent + Unsent, and Sent = OK + Errors + Unanswered.
type Requests struct {
	Planned    int64 `json:"planned"`
	Sent       int64 `json:"sent"`
	Unsent     int64 `json:"unsent"`
	OK         int64 `json:"ok"`
	Errors     int64 `json:"errors"`
	Unanswered int64 `json:"unanswered"` // sent in the window and not answered by the end of the grace; they count with the age they reached
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

	Unanswered int64             `json:"unanswered,omitempty"` // longest age of a request without a reply: unsent, timed out or unanswered
	Withheld   map[string]string `json:"withheld,omitempty"`   // names of withheld figures, which are null, with the reasons
	AtLeast    []string          `json:"at_least,omitempty"`   // names of figures that requests without a reply could raise by more than 2 %
}

// MarshalJSON writes null for withheld figures.
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

// PathLatency is the outcome of the requests for one of several paths, or of one kind of a mix. Requests that were never sent belong to
// none.
type PathLatency struct {
	Path    string           `json:"path"`
	Kind    string           `json:"kind,omitempty"` // name of the kind of a mix; "": it is of a path
	OK      int64            `json:"ok"`
	Errors  map[string]int64 `json:"errors,omitempty"` // by class
	Count   int64            `json:"count"`            // timed requests: those with a good reply, and those without a reply
	Latency Latency          `json:"latency_ns"`
}

// Name is the name of the kind, or the path.
func (p PathLatency) Name() string { return cmp.Or(p.Kind, p.Path) }

// Connections is how many connections there were, and how evenly they were served.
type Connections struct {
	Opened        int64   `json:"opened"` // connects that succeeded, reconnects included
	Failed        int64   `json:"failed"` // attempts to connect that failed
	Used          int64   `json:"asked"`  // connections that were given a request
	Answered      int64   `json:"answered"`
	Fewest        int64   `json:"fewest"` // replies on the least served connection
	Most          int64   `json:"most"`
	Fairness      float64 `json:"fairness,omitempty"` // Jain's index of replies per connection in Used: 1 if equal, 1/n if one got all; 0: there were none
	LongestWaitNS int64   `json:"longest_wait_ns"`    // longest wait of a connection that was never answered
}

// TLS is the TLS of the connections. It counts the handshakes of the whole run, also those before the window.
type TLS struct {
	Version    string  `json:"version"` // of the first handshake, such as "TLS 1.3"
	Cipher     string  `json:"cipher"`  // of the same, such as TLS_AES_128_GCM_SHA256
	Handshakes int64   `json:"handshakes"`
	Handshake  Latency `json:"handshake_ns"` // from connected to done
}

// Answered is Latency and Service without the requests of connections that were never answered. Unsent requests, which any
// connection could have taken, count as they do in Latency.
type Answered struct {
	Connections      int64   `json:"connections"` // that were answered
	Of               int64   `json:"of"`          // that should have been, see Eligible
	Latency          Latency `json:"latency_ns"`
	Service          Latency `json:"service_ns"`
	Histogram        string  `json:"histogram"` // HDR V2, compressed, base64
	ServiceHistogram string  `json:"service_histogram"`
}

// Unsaved is how many errors are good replies whose file could not be written.
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
	ListenDrops int64   `json:"listen_drops"` // attempts to connect that found the target's listen queue full; if it is not known, any listen queue of this machine; a retry counts again
	OwnShare    float64 `json:"own_share"`    // loadgen's processor time, without SpunNS, over what its threads could have used

	ListenBacklog  *int64  `json:"listen_backlog,omitempty"`  // length of the target's listen queue; nil: the target is on another machine, or it cannot be read
	ListenWaiting  int64   `json:"listen_waiting,omitempty"`  // connections in that queue at the beginning or end of the window, the larger
	RunDelayShare  float64 `json:"run_delay_share,omitempty"` // of the time of loadgen's threads that send: they were ready and waited for a processor
	BesideShare    float64 `json:"beside_share,omitempty"`    // of all processors' time: neither loadgen nor the target used it; 0 also where the target's process is not known
	Throttled      int64   `json:"throttled,omitempty"`       // periods in which loadgen's control group used up its quota
	ThrottledNS    int64   `json:"throttled_ns,omitempty"`    // total time for which threads of the group were throttled
	Retransmits    int64   `json:"retransmits,omitempty"`     // TCP segments retransmitted in this network namespace
	SynRetransmits int64   `json:"syn_retransmits,omitempty"` // of these: SYN and SYN-ACK
}

// GC counts loadgen's garbage collections.
type GC struct {
	Cycles  int64 `json:"cycles"`
	PauseNS int64 `json:"pause_ns"` // total stop-the-world time
}

// Room is how many descriptors and ports were in use, and their limits; 0: not known.
type Room struct {
	Descriptors     int64 `json:"descriptors"`
	DescriptorLimit int64 `json:"descriptor_limit"`
	Ports           int64 `json:"ports"` // of the local address with the most connections to the target, those in TIME_WAIT included
	PortLimit       int64 `json:"port_limit"`
}

// Series has a figure for each bin of the window. Bins are equal and consecutive; what remains at the end is in none.
type Series struct {
	BinNS   int64   `json:"bin_ns"`
	Replies []int64 `json:"replies"` // good replies that came in each
	BusyNS  []int64 `json:"busy_ns"` // total time in each that requests were in flight, due to answered
}

// Intervals divides a window and its grace into equal, consecutive intervals. The window may end in the middle of one. A request belongs to the interval
// in which it ended.
type Intervals struct {
	LengthNS int64      `json:"length_ns"` // a second; in a long run a power of two of it, so that there are at most 600
	List     []Interval `json:"list"`
}

// Interval counts what ended in it. All intervals together count Requests.OK and Requests.Errors.
type Interval struct {
	OK        int64  `json:"ok"`
	Errors    int64  `json:"errors"`
	Bytes     int64  `json:"bytes"`     // read in it, within the window
	MaxNS     int64  `json:"max_ns"`    // longest response time of OK; 0: there were none
	Histogram string `json:"histogram"` // response times of OK, each within 0.8 %: HDR V2, compressed, base64; "": there were none
}

// Run is run.json: the settings of a run and its machine.
type Run struct {
	Schema      int               `json:"schema"`
	ID          string            `json:"id"`
	Plan        string            `json:"plan"` // name of a built-in plan, or the path of a file
	Seed        uint64            `json:"seed"`
	Flags       Flags             `json:"flags"` // that changed the plan
	Rounds      int               `json:"rounds"`
	BudgetNS    int64             `json:"budget_ns,omitempty"` // time budget of the whole run; 0: none
	WarmupNS    int64             `json:"warmup_ns"`
	WindowNS    int64             `json:"window_ns"`
	Models      []string          `json:"models"` // in the order of the ladder
	Started     time.Time         `json:"started"`
	Finished    *time.Time        `json:"finished,omitempty"`
	Environment map[string]string `json:"environment"` // kernel, processors, limits, Go version ...
	Doctor      string            `json:"doctor"`      // what scripts/doctor.sh printed before the run
	Notes       []string          `json:"notes"`       // warnings that hold for the whole run

	// Expect is the prediction from before the run, by scenario and model: fine, degrades, refuses or fails.
	Expect map[string]map[string]string `json:"expect,omitempty"`
}

// Flags are the flags of bench that change a plan, as given.
type Flags struct {
	Models    []string `json:"models,omitempty"`
	Scenarios []string `json:"scenarios,omitempty"`
	Servers   []string `json:"servers,omitempty"` // as NAME=COMMAND or NAME=http://...
	Rounds    int      `json:"rounds,omitempty"`
	BudgetNS  int64    `json:"budget_ns,omitempty"`
	Path      string   `json:"path,omitempty"`
	Expect    int      `json:"expect,omitempty"`
}
