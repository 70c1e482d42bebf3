// Package spec is what a load asks for: target, connections, rate, workload; validated, printable, hashable.
package spec

import "time"

// Spec is one load. Durations are nanoseconds in JSON.
type Spec struct {
	Target      string        `json:"target"` // http://host:port/path
	Proto       string        `json:"proto"`  // http or line
	Method      string        `json:"method"`
	Headers     []string      `json:"headers,omitempty"` // "Name: value"
	Body        string        `json:"body,omitempty"`
	Connections int           `json:"connections"`
	Duration    time.Duration `json:"duration_ns"` // 0 when Requests is given
	Requests    int64         `json:"requests"`    // 0 when Duration is given
	Rate        float64       `json:"rate_rps"`    // in total, evenly spaced; 0 is a closed loop
	Warmup      time.Duration `json:"warmup_ns"`
	Timeout     time.Duration `json:"timeout_ns"`
	Threads     int           `json:"threads"`
	Engine      string        `json:"engine"` // epoll, net or hey, never auto once validated
	Idle        int           `json:"idle"`   // silent connections opened first
	PID         int           `json:"pid,omitempty"`
}
