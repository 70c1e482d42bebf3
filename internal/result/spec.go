package result

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The engines of loadgen.
const (
	Epoll = "epoll"
	Uring = "uring"
	Net   = "net"
	Hey   = "hey"
)

// HeyResults is how many results hey keeps at most (github.com/rakyll/hey v0.1.5); a run by time ends there.
const HeyResults = 1_000_000

// The protocols.
const (
	HTTP = "http"
	Line = "line"
)

// Poisson is a value of Spec.Arrivals: requests are due at random, like those of many independent users.
const Poisson = "poisson"

// Stage is a part of a schedule in which the offered rate changes evenly from one to another, in requests per second.
type Stage struct {
	From   float64       `json:"from_rps"`
	To     float64       `json:"to_rps"`
	Length time.Duration `json:"length_ns"`
}

// Carousel is a value of Spec.Expect: bodies must be those of Carousel's own servers.
const Carousel = "carousel"

// Offload is a value of Spec.SaveMode: other threads write files. With Inline the thread that sends and receives does.
const Offload = "offload"

// Spec describes a load. Durations are nanoseconds in JSON.
type Spec struct {
	Target       string        `json:"target"`          // http://host:port/path, https://host:port/path or unix:/socket:/path
	Paths        []string      `json:"paths,omitempty"` // more targets, requested in turn with Target: paths on its server, or full URLs on others
	Proto        string        `json:"proto"`           // http or line
	Method       string        `json:"method"`
	Headers      []string      `json:"headers,omitempty"`     // "Name: value"
	Body         string        `json:"body,omitempty"`        // not in JSON if it came from a file
	BodyFile     string        `json:"body_file,omitempty"`   // where Body was read from; "-" is standard input
	BodyBytes    int64         `json:"body_bytes,omitempty"`  // of what came from a file
	BodySHA256   string        `json:"body_sha256,omitempty"` // of the same, in hexadecimal
	Mix          []Kind        `json:"mix,omitempty"`         // kinds of requests, in place of Method, Paths and Body
	MixFile      string        `json:"mix_file,omitempty"`    // where they were read from
	Order        string        `json:"order,omitempty"`       // of Mix: weighted, shuffled or file
	Expect       string        `json:"expect,omitempty"`      // required status of replies, or Carousel; "": any status below 400
	Connections  int           `json:"connections"`
	First        int           `json:"connections_first,omitempty"` // opened before the load; another whenever a request is due and none is free; 0: all
	Duration     time.Duration `json:"duration_ns"`                 // 0 when Requests is given
	Requests     int64         `json:"requests"`                    // 0 when Duration is given
	Rate         float64       `json:"rate_rps"`                    // per second over all connections, on average over the window; 0: closed loop
	Arrivals     string        `json:"arrivals,omitempty"`          // poisson: due at random; "": evenly spaced
	Burst        int           `json:"burst,omitempty"`             // requests due at the same instant; 0 means 1
	Seed         uint64        `json:"seed,omitempty"`              // of random arrivals and mixes
	Stages       []Stage       `json:"stages,omitempty"`            // rates of the window, in order; none: Rate throughout
	StagesFile   string        `json:"stages_file,omitempty"`       // where they were read from; "": from --ramp
	Spin         time.Duration `json:"spin_ns,omitempty"`           // longest time that a thread polls, instead of sleeping, before a request is due
	Warmup       time.Duration `json:"warmup_ns"`
	Timeout      time.Duration `json:"timeout_ns"`
	Grace        time.Duration `json:"grace_ns"` // longest wait for replies after the window; no new request begins
	Threads      int           `json:"threads"`
	Engine       string        `json:"engine"`                  // epoll, net or hey, never auto
	Idle         int           `json:"idle"`                    // silent connections, opened first
	NoKeepalive  bool          `json:"no_keepalive,omitempty"`  // each request opens its own connection
	Pipeline     int           `json:"pipeline,omitempty"`      // most requests in flight on a connection; 0 means 1
	Think        time.Duration `json:"think_ns,omitempty"`      // pause of a connection after each reply, in a closed loop
	ReadRate     int64         `json:"read_rate_bps,omitempty"` // most bytes per second that a connection reads; 0: no limit
	Insecure     bool          `json:"insecure,omitempty"`      // the server's certificate is not checked
	CACert       string        `json:"cacert,omitempty"`        // file of the certificates that are trusted; "": those of the system
	Cert         string        `json:"cert,omitempty"`          // file of the client's certificate; "": it has none
	Key          string        `json:"key,omitempty"`           // file of its key
	Source       []string      `json:"source,omitempty"`        // local addresses and prefixes, used in turn; none: the system chooses
	MaxRedirects int           `json:"max_redirects,omitempty"` // most redirects followed for a request; 0: a redirect is a reply like any other
	Save         string        `json:"save,omitempty"`          // folder for the bodies of good replies; "": not saved
	SaveMode     string        `json:"save_mode,omitempty"`     // inline or offload, with Save
	PID          int           `json:"pid,omitempty"`

	Counters map[string]int `json:"-"` // by name, descriptors of counters that the program that started the target opened
}

// SeveralHosts reports whether any of Paths is on another server than Target.
func (s Spec) SeveralHosts() bool {
	return slices.ContainsFunc(s.Paths, func(further string) bool { return !strings.HasPrefix(further, "/") })
}

// MarshalJSON omits a body that came from a file, which may be long or binary, and the values of secret headers.
func (s Spec) MarshalJSON() ([]byte, error) {
	s.Headers = HideSecrets(s.Headers)
	if s.BodyFile != "" {
		s.Body = ""
	}
	type fields Spec // without this method
	return json.Marshal(fields(s))
}

// DefaultTarget is where `servers` listens by default.
const DefaultTarget = "http://127.0.0.1:5000/"

// DefaultSpec is the load of a command line without flags. Engine and Threads are zero, because their defaults depend on the system.
func DefaultSpec() Spec {
	return Spec{Target: DefaultTarget, Proto: HTTP, Method: "GET", Connections: 50, Duration: 10 * time.Second, Timeout: 30 * time.Second, Grace: time.Second}
}
