package result

// Measured reports whether the trial has any result, even if it failed.
func (t *Trial) Measured() bool {
	return t.Load != nil || t.Probe != nil || len(t.Ceiling) > 0 || t.Exhaust != nil || t.Portrait != nil
}

// Crowd counts the outcomes of clients, each of which sent one request and stayed connected.
type Crowd struct {
	Connections int            `json:"connections"`
	Served      int            `json:"served"`
	Refused     int            `json:"refused"`             // rejected with a complete 503
	Broken      int            `json:"broken"`              // all others
	BrokenBy    map[string]int `json:"broken_by,omitempty"` // one of the ways below; they sum to Broken
}

// The ways in which a client is broken: neither served nor rejected.
const (
	NoConnect  = "connect"    // no connection could be opened
	Reset      = "reset"      // it was reset
	CutOff     = "closed"     // it was closed before the reply was complete
	Unanswered = "unanswered" // nothing came in time
	Wrong      = "wrong"      // the reply was wrong
)

// Exhaust is how a server behaves with fewer descriptors than clients.
type Exhaust struct {
	Files      int     `json:"files"` // descriptors that each of its processes may have
	Crowd      Crowd   `json:"crowd"`
	BusyShare  float64 `json:"busy_share"`      // of one processor, while all clients stayed and sent nothing
	Recovered  bool    `json:"recovered"`       // a client was served after all had left
	RecoveryNS int64   `json:"recovery_ns"`     // from then until the first was served, or until the last attempt
	Ended      string  `json:"ended,omitempty"` // how, and its last words; "": it ran on
}

// Silent is the outcome of silent connections, and the memory that they use.
type Silent struct {
	Open    int64   `json:"open"`              // when the window had closed
	Refused int64   `json:"refused"`           // rejected with a 503
	Before  *Memory `json:"before,omitempty"`  // before the first was opened; nil: not known
	Settled *Memory `json:"settled,omitempty"` // when all were open and memory was steady, before any other connection was opened
}

// Memory is the memory of the target and of the kernel at one moment, in bytes.
type Memory struct {
	User   int64 `json:"user_bytes"`   // resident, of the target's process tree; pages that processes share count in each
	Kernel int64 `json:"kernel_bytes"` // the slab of the whole machine: sockets of both ends, and everything else that the kernel keeps
}
