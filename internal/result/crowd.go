package result

// Measured reports whether anything was, whatever became of the trial.
func (t *Trial) Measured() bool {
	return t.Load != nil || t.Probe != nil || len(t.Ceiling) > 0 || t.Exhaust != nil || t.Portrait != nil
}

// Crowd is what became of clients each of whom asked once and stayed.
type Crowd struct {
	Connections int            `json:"connections"`
	Served      int            `json:"served"`
	Refused     int            `json:"refused"`             // turned away with a 503 that was whole
	Broken      int            `json:"broken"`              // all others
	BrokenBy    map[string]int `json:"broken_by,omitempty"` // one of the ways below; they sum to Broken
}

// Ways in which a client is neither served nor turned away.
const (
	NoConnect  = "connect"    // no connection could be opened
	Reset      = "reset"      // it was reset
	CutOff     = "closed"     // it was closed before an answer was whole
	Unanswered = "unanswered" // nothing came in time
	Wrong      = "wrong"      // something else did
)

// Exhaust is what a server does that has fewer descriptors than clients.
type Exhaust struct {
	Files      int     `json:"files"` // descriptors that each of its processes may have
	Crowd      Crowd   `json:"crowd"`
	BusyShare  float64 `json:"busy_share"`      // of one processor, while all stayed and nobody asked
	Recovered  bool    `json:"recovered"`       // somebody was served when all had left
	RecoveryNS int64   `json:"recovery_ns"`     // from then until the first was, or until nobody waited any longer
	Ended      string  `json:"ended,omitempty"` // how, and its last words; "": it ran on
}

// Silent is what became of silent connections, and what they take of this machine's memory.
type Silent struct {
	Open    int64   `json:"open"`              // when the window had closed
	Refused int64   `json:"refused"`           // turned away with a 503
	Before  *Memory `json:"before,omitempty"`  // before the first was opened; nil: not known
	Settled *Memory `json:"settled,omitempty"` // when all were open and it changed no more, before any other was opened
}

// Memory is what the target and the kernel had at one moment, in bytes.
type Memory struct {
	User   int64 `json:"user_bytes"`   // resident, of the target's process tree; pages that processes share count in each
	Kernel int64 `json:"kernel_bytes"` // the slab of the whole machine: sockets of both ends and all that belongs to them, beside whatever else the kernel keeps
}
