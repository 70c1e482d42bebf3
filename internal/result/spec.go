package result

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The engines that carry out a load.
const (
	Epoll = "epoll"
	Uring = "uring"
	Net   = "net"
	Hey   = "hey"
)

// HeyResults is how many results hey keeps (github.com/rakyll/hey v0.1.5); a run by time ends there.
const HeyResults = 1_000_000

// The protocols.
const (
	HTTP = "http"
	Line = "line"
)

// Poisson is what Spec.Arrivals can be: requests are due at random, as those of many people who do not know of each other are.
const Poisson = "poisson"

// Stage is a part of a schedule in which the offered rate goes evenly from one to another.
type Stage struct {
	From   float64       `json:"from_rps"`
	To     float64       `json:"to_rps"`
	Length time.Duration `json:"length_ns"`
}

// Carousel is what Spec.Expect can be beside a status: bodies as our own servers send them.
const Carousel = "carousel"

// Offload has files written by threads of their own; Inline by the one that sends and receives.
const Offload = "offload"

// Spec is what a load was asked for. Durations are nanoseconds in JSON.
type Spec struct {
	Target       string        `json:"target"`          // http://host:port/path, https://host:port/path or unix:/socket:/path
	Paths        []string      `json:"paths,omitempty"` // further targets, asked for in turn with the target's own: paths on its server, whole targets on others
	Proto        string        `json:"proto"`           // http or line
	Method       string        `json:"method"`
	Headers      []string      `json:"headers,omitempty"`     // "Name: value"
	Body         string        `json:"body,omitempty"`        // what is sent; not in JSON where it came from a file
	BodyFile     string        `json:"body_file,omitempty"`   // where Body was read from; "-" is standard input
	BodyBytes    int64         `json:"body_bytes,omitempty"`  // of what came from a file
	BodySHA256   string        `json:"body_sha256,omitempty"` // of the same, in hexadecimal
	Mix          []Kind        `json:"mix,omitempty"`         // kinds of requests, instead of Method, Paths and Body
	MixFile      string        `json:"mix_file,omitempty"`    // where they were read from
	Order        string        `json:"order,omitempty"`       // of Mix: weighted, shuffled or file
	Expect       string        `json:"expect,omitempty"`      // a status that replies must have, or carousel: bodies must be what our own servers answer; "": whatever they are
	Connections  int           `json:"connections"`
	First        int           `json:"connections_first,omitempty"` // opened before the load, the others when a request is due and none is free; 0: all
	Duration     time.Duration `json:"duration_ns"`                 // 0 when Requests is given
	Requests     int64         `json:"requests"`                    // 0 when Duration is given
	Rate         float64       `json:"rate_rps"`                    // in total, on average over the window; 0 is a closed loop
	Arrivals     string        `json:"arrivals,omitempty"`          // poisson: due at random; "": evenly spaced
	Burst        int           `json:"burst,omitempty"`             // requests that are due at once; 0 is 1
	Seed         uint64        `json:"seed,omitempty"`              // of arrivals and of a mix at random
	Stages       []Stage       `json:"stages,omitempty"`            // rates of the window, in their order; none: Rate all the time
	StagesFile   string        `json:"stages_file,omitempty"`       // where they were read from; "": they are a ramp
	Spin         time.Duration `json:"spin_ns,omitempty"`           // before a request is due, its sender looks instead of sleeping for so long at most
	Warmup       time.Duration `json:"warmup_ns"`
	Timeout      time.Duration `json:"timeout_ns"`
	Grace        time.Duration `json:"grace_ns"` // after the window, in which replies are taken in and no further request begins
	Threads      int           `json:"threads"`
	Engine       string        `json:"engine"`                  // epoll, net or hey, never auto
	Idle         int           `json:"idle"`                    // silent connections opened first
	NoKeepalive  bool          `json:"no_keepalive,omitempty"`  // each request has a connection of its own
	Pipeline     int           `json:"pipeline,omitempty"`      // requests of a connection that may be under way at once; 0 is 1
	Think        time.Duration `json:"think_ns,omitempty"`      // rest of a connection after each reply, of a closed loop
	ReadRate     int64         `json:"read_rate_bps,omitempty"` // bytes per second that a connection takes in at most; 0: as they come
	Insecure     bool          `json:"insecure,omitempty"`      // whose certificate it is that an https server shows is not checked
	CACert       string        `json:"cacert,omitempty"`        // file of the certificates that are trusted; "": those of the system
	Cert         string        `json:"cert,omitempty"`          // file of the client's certificate; "": it has none
	Key          string        `json:"key,omitempty"`           // file of its key
	Source       []string      `json:"source,omitempty"`        // addresses and prefixes that connections come from in turn; none: as the system has it
	MaxRedirects int           `json:"max_redirects,omitempty"` // longest chain that is followed; 0: a redirect is a reply like others
	Save         string        `json:"save,omitempty"`          // folder for the bodies of good replies; "": they are not kept
	SaveMode     string        `json:"save_mode,omitempty"`     // inline or offload, with Save
	PID          int           `json:"pid,omitempty"`

	Counters map[string]int `json:"-"` // by name, the descriptors of counters that whoever started the target has opened
}

// SeveralHosts says whether further targets are on other servers than the target.
func (s Spec) SeveralHosts() bool {
	return slices.ContainsFunc(s.Paths, func(further string) bool { return !strings.HasPrefix(further, "/") })
}

// MarshalJSON leaves out a body that came from a file, which may be long and need not be text, and the values of headers that are secret.
func (s Spec) MarshalJSON() ([]byte, error) {
	s.Headers = HideSecrets(s.Headers)
	if s.BodyFile != "" {
		s.Body = ""
	}
	type fields Spec // without this method
	return json.Marshal(fields(s))
}

// DefaultTarget is where `servers` listens when nothing is said.
const DefaultTarget = "http://127.0.0.1:5000/"

// DefaultSpec is what a command line without flags asks for. Engine and Threads are empty: what is best depends on the system.
func DefaultSpec() Spec {
	return Spec{Target: DefaultTarget, Proto: HTTP, Method: "GET", Connections: 50, Duration: 10 * time.Second, Timeout: 30 * time.Second, Grace: time.Second}
}
